/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/prober_rates.h"

#include "protect/draft.h"
#include "protect/rules_span.h"

enum { WORDS = 8 /* of the longest phrase that is looked at */ };

/* The first words of @s, none of them quoted. Returns how many there are. */
static size_t words_of(struct cs_span s, struct cs_span out[WORDS])
{
	size_t n = 0;

	while (n < WORDS && cs_text_word(&s, &out[n]) && out[n].ptr[0] != '"')
		n++;
	return n;
}

/* Bytes from the start of @s to the end of that word in it. */
static size_t up_to(struct cs_span s, struct cs_span word)
{
	return (size_t)(word.ptr + word.len - s.ptr);
}

static bool is_bytes(struct cs_span unit)
{
	return cs_text_starts(unit, "bytes") || cs_text_starts(unit, "kbytes") ||
	       cs_text_starts(unit, "mbytes") || cs_text_starts(unit, "gbytes");
}

static bool has_slash(struct cs_span s)
{
	return memchr(s.ptr, '/', s.len) != NULL;
}

/* "limit rate [over] 10/second [burst 5 packets]", "... 10 mbytes/second [burst 1 mbytes]" */
static size_t write_limit(FILE *to, struct cs_span s, const struct cs_span *w, size_t n)
{
	size_t i = 2, last;
	bool over = n > i && cs_text_is(w[i], "over");

	if (!cs_text_is(w[0], "limit") || !cs_text_is(w[1], "rate"))
		return 0;
	i += over;
	last = i < n && has_slash(w[i]) ? i : i + 1;
	if (last >= n || !has_slash(w[last]))
		return 0;
	(void)fprintf(to, "limit rate %s", over ? "over " : "");
	if (is_bytes(w[last]))
		(void)fprintf(to, "1 bytes/hour burst %d bytes", CS_RATES_BYTES);
	else
		(void)fprintf(to, "1/hour burst %d packets", CS_RATES_PACKETS);
	if (last + 3 < n && cs_text_is(w[last + 1], "burst"))
		last += 3;
	return up_to(s, w[last]);
}

/* "ct count [over] 20" */
static size_t write_count(FILE *to, struct cs_span s, const struct cs_span *w, size_t n)
{
	bool over = n > 2 && cs_text_is(w[2], "over");
	size_t last = over ? 3u : 2u;
	uint64_t count;

	if (!cs_text_is(w[0], "ct") || !cs_text_is(w[1], "count") || last >= n ||
	    !cs_num_u64(w[last], 0, UINT64_MAX, &count))
		return 0;
	if (count > CS_RATES_PACKETS)
		count = CS_RATES_PACKETS;
	(void)fprintf(to, "ct count %s%u", over ? "over " : "", (unsigned)count);
	return up_to(s, w[last]);
}

/* "numgen random mod 100 < 3", "numgen inc mod 10 0": every other packet instead */
static size_t write_numgen(FILE *to, struct cs_span s, const struct cs_span *w, size_t n)
{
	uint64_t value;
	size_t last = n > 4 && !cs_num_u64(w[4], 0, UINT64_MAX, &value) ? 5 : 4;

	if (!cs_text_is(w[0], "numgen") || !cs_text_is(w[2], "mod") || last >= n ||
	    !cs_num_u64(w[last], 0, UINT64_MAX, &value) ||
	    (last == 5 && !strchr("<>!=", w[4].ptr[0])))
		return 0;
	(void)fprintf(to, "numgen %.*s mod 2 0", (int)w[1].len, (const char *)w[1].ptr);
	return up_to(s, w[last]);
}

/* Writes what stands for the phrase that @s begins with; its length, 0: it is none. */
static size_t write_phrase(FILE *to, struct cs_span s)
{
	struct cs_span w[WORDS];
	size_t n = words_of(s, w), len = 0;

	if (n < 3)
		return 0;
	len = write_limit(to, s, w, n);
	if (!len)
		len = write_count(to, s, w, n);
	return len ? len : write_numgen(to, s, w, n);
}

/* True at the start of a word; @quoted goes along. */
static bool word_begins(struct cs_span s, size_t at, bool *quoted)
{
	if (s.ptr[at] == '"')
		*quoted = !*quoted;
	return !*quoted && !cs_text_blank(s.ptr[at]) && s.ptr[at] != '"' &&
	       (at == 0 || cs_text_blank(s.ptr[at - 1]));
}

void cs_rates_write(FILE *to, struct cs_span rule)
{
	bool quoted = false;
	size_t from = 0;

	for (size_t i = 0; i < rule.len; i++) {
		size_t len;

		if (!word_begins(rule, i, &quoted) || !strchr("lcn", rule.ptr[i]))
			continue;
		cs_draft_put(to, cs_span_of(rule.ptr + from, i - from));
		from = i;
		len = write_phrase(to, cs_text_after(rule, i));
		from += len;
		i = len ? from - 1 : i;
	}
	cs_draft_put(to, cs_span_of(rule.ptr + from, rule.len - from));
}

/* True when a statement or match begins here that keeps a count. */
static bool counts_here(struct cs_span s)
{
	static const char *const one[] = { "limit", "meter", "quota", "numgen" };
	struct cs_span w[WORDS];
	size_t n = words_of(s, w);

	for (size_t i = 0; n > 0 && i < CS_LEN(one); i++)
		if (cs_text_is(w[0], one[i]))
			return true;
	if (n > 1 && cs_text_is(w[0], "ct") && cs_text_is(w[1], "count"))
		return true;
	return n > 1 && cs_text_starts(w[1], "@") &&
	       (cs_text_is(w[0], "add") || cs_text_is(w[0], "update") ||
		cs_text_is(w[0], "delete"));
}

struct cs_span cs_rates_before(struct cs_span rule)
{
	bool quoted = false;

	for (size_t i = 0; i < rule.len; i++)
		if (word_begins(rule, i, &quoted) && counts_here(cs_text_after(rule, i)))
			return cs_text_trim(cs_span_of(rule.ptr, i));
	return rule;
}

static bool is_of_set(struct cs_span s)
{
	struct cs_span verb, name;

	return cs_text_word(&s, &verb) && cs_text_word(&s, &name) &&
	       cs_text_starts(name, "@");
}

bool cs_rates_in_sets(struct cs_span rule)
{
	bool quoted = false, any = false;

	for (size_t i = 0; i < rule.len; i++) {
		struct cs_span here = cs_text_after(rule, i);
		const uint8_t *end;

		if (!word_begins(rule, i, &quoted) || !counts_here(here))
			continue;
		end = memchr(here.ptr, '}', here.len);
		if (!is_of_set(here) || !end)
			return false;
		any = true;
		i += (size_t)(end - here.ptr);
	}
	return any;
}

/* True when the rule does more than to log and to count. */
static bool acts(struct cs_span rule)
{
	static const char *const words[] = {
		"accept", "drop", "reject", "jump",   "goto",     "return",
		"queue",  "vmap", "dnat",   "snat",   "redirect", "masquerade",
		"set",    "add",  "update", "delete", "notrack",  "synproxy",
		"tproxy", "dup",  "fwd",
	};
	bool quoted = false;

	for (size_t i = 0; i < rule.len; i++) {
		struct cs_span rest = cs_text_after(rule, i), word;

		if (!word_begins(rule, i, &quoted) || !cs_text_word(&rest, &word))
			continue;
		for (size_t k = 0; k < CS_LEN(words); k++)
			if (cs_text_is(word, words[k]))
				return true;
	}
	return false;
}

bool cs_rates_decide(struct cs_span rule)
{
	return cs_rates_before(rule).len < rule.len && acts(rule);
}
