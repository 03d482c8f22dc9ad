/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_mirrored.h"

#include "protect/draft.h"
#include "protect/host.h"
#include "protect/rules_words_nft.h"

/* No interface can be called so. */
static const char nobody[] = ".";

static bool takes(struct cs_span *rest, const char *word)
{
	struct cs_span after = *rest;
	struct cs_words_token token;

	if (!cs_words_next(&after, &token) || token.quoted ||
	    !cs_text_is(token.text, word))
		return false;
	*rest = after;
	return true;
}

/*
 * The interfaces that a rule about kinds is met by. One without a kind is met by none,
 * whatever it asks.
 */
struct kinds {
	bool out, not ;
	struct cs_span list; /* "bridge", or what stands in braces */
};

static bool has_kind(struct cs_span list, const char *kind)
{
	struct cs_words_token token;

	while (cs_words_next(&list, &token))
		if (cs_text_is(token.text, kind))
			return true;
	return false;
}

/*
 * "meta iifkind [!=] KINDS" is taken off @rest; false, and nothing is, where something
 * else follows.
 */
static bool take_kinds(struct cs_span *rest, struct kinds *out)
{
	struct cs_span at = *rest;
	struct cs_words_token token;
	const uint8_t *end;

	*out = (struct kinds){ 0 };
	if (!takes(&at, "meta"))
		return false;
	if (!takes(&at, "iifkind")) {
		out->out = true;
		if (!takes(&at, "oifkind"))
			return false;
	}
	out->not = takes(&at, "!=");
	if (takes(&at, "{")) {
		end = at.len ? memchr(at.ptr, '}', at.len) : NULL;
		if (!end)
			return false;
		out->list = cs_span_of(at.ptr, (size_t)(end - at.ptr));
		*rest = cs_text_after(at, out->list.len + 1);
		return true;
	}
	if (!cs_words_next(&at, &token) || !token.quoted)
		return false;
	out->list = token.text;
	*rest = at;
	return true;
}

static void put_names(const struct kinds *kinds, const struct cs_host *host, FILE *to)
{
	const char *before = "";

	fprintf(to, "%s { ", kinds->out ? "oifname" : "iifname");
	for (size_t i = 0; i < host->n_links; i++) {
		const struct cs_host_link *link = &host->links[i];

		if (!link->kind[0] || has_kind(kinds->list, link->kind) == kinds->not )
			continue;
		fprintf(to, "%s\"%s\"", before, link->name);
		before = ", ";
	}
	fprintf(to, before[0] ? " }" : "\"%s\" }", nobody);
}

static bool take_untrace(struct cs_span *rest)
{
	struct cs_span at = *rest;

	if (!takes(&at, "meta") || !takes(&at, "nftrace") || !takes(&at, "set") ||
	    !takes(&at, "0"))
		return false;
	*rest = at;
	return true;
}

static void put_line(struct cs_span line, const struct cs_host *host, FILE *to)
{
	struct cs_words_token token;
	struct kinds kinds;

	while (line.len) {
		struct cs_span from = line;

		if (take_untrace(&line)) {
			fputs(" counter", to);
		} else if (take_kinds(&line, &kinds)) {
			fputc(' ', to);
			put_names(&kinds, host, to);
		} else {
			(void)cs_words_next(&line,
					    &token); /* blanks at the end are none */
			cs_draft_put(to, cs_span_of(from.ptr, from.len - line.len));
		}
	}
	fputc('\n', to);
}

static bool is_touched(struct cs_span text)
{
	return cs_text_has(text, "ifkind ") || cs_text_has(text, "nftrace set 0");
}

enum cs_err cs_rules_mirrored(struct cs_span nft, const struct cs_host *host,
			      struct cs_arena *arena, struct cs_span *out)
{
	struct cs_draft draft;

	*out = nft;
	if (!is_touched(nft))
		return CS_OK;
	if (!cs_draft_open(&draft))
		return CS_ERR_NOMEM;
	for (struct cs_span line; cs_text_line(&nft, &line);)
		if (is_touched(line))
			put_line(line, host, draft.to);
		else
			cs_draft_line(draft.to, line);
	return cs_draft_close(&draft, arena, out);
}

bool cs_rules_mixes_kinds(struct cs_span rule)
{
	struct cs_words_token token;
	struct kinds kinds;

	while (rule.len) {
		if (take_kinds(&rule, &kinds))
			continue;
		(void)cs_words_next(&rule, &token); /* there is one, or the end */
		if (!token.quoted && (cs_text_is(token.text, "iifkind") ||
				      cs_text_is(token.text, "oifkind")))
			return true;
	}
	return false;
}
