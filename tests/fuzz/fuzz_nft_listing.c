/* SPDX-License-Identifier: Apache-2.0 */
/* nft's listing: rules lie in it in order, and the script made of it can be read again. */
#include "fuzz.h"

#include <string.h>

#include "protect/rules_build.h"
#include "protect/rules_words.h"

static bool inside(struct cs_span part, struct cs_span whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void the_parts_lie_in_the_text_in_order(const struct cs_listing *l,
					       struct cs_span text)
{
	const uint8_t *at = text.ptr;
	size_t counted = 0;

	for (size_t i = 0; i < l->n_rules; i++) {
		const struct cs_listing_rule *r = &l->rules[i];

		MUST(r->chain < l->n_chains && r->place < l->chains[r->chain].n_rules);
		MUST(inside(r->whole, text) && inside(r->text, r->whole));
		MUST(r->whole.ptr >= at);
		at = r->whole.ptr + r->whole.len;
	}
	for (size_t i = 0; i < l->n_chains; i++) {
		MUST(l->chains[i].table < l->n_tables);
		MUST(inside(l->chains[i].name, l->tables[l->chains[i].table].whole));
		counted += l->chains[i].n_rules;
	}
	MUST(counted == l->n_rules);
	for (size_t i = 0; i < l->n_blocks; i++)
		MUST(l->blocks[i].table < l->n_tables && inside(l->blocks[i].body, text));
}

static void a_rules_text_is_one_plain_line(const struct cs_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		for (const char *c = rules->rules[i].text; *c; c++)
			MUST((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* What is loaded elsewhere has the same rules, but for those that were left out. */
static void the_script_is_the_listing(const struct cs_listing *l,
				      const struct cs_rules *rules,
				      struct cs_arena *arena)
{
	struct cs_listing again;
	size_t line, kept = 0;

	/* A chain's own first lines, if they come late: nft writes none such. */
	for (size_t i = 0; i < l->n_rules; i++)
		if (memmem(l->rules[i].whole.ptr, l->rules[i].whole.len, "\t\ttype ",
			   7) ||
		    memmem(l->rules[i].whole.ptr, l->rules[i].whole.len, "\t\tcomment",
			   9))
			return;
	MUST(cs_listing_read(rules->nft, arena, &again, &line) == CS_OK);
	for (size_t i = 0; i < l->n_rules; i++)
		kept += !l->rules[i].xt;
	MUST(again.n_rules == kept && again.n_chains == l->n_chains);
	/* What is loaded and cannot be tried (queues, bridges) is said besides. */
	MUST(rules->n_unread >= l->n_rules - kept);
}

static void words_are_read(const struct cs_listing *l)
{
	struct cs_words_ask ask = { .from = cs_addr_v4(0xc6336409),
				    .to = cs_addr_v4(0xc0000201),
				    .port = 5683,
				    .other_port = 15683,
				    .in = "eth0",
				    .sets = l };

	for (size_t i = 0; i < l->n_rules && i < 64; i++) {
		ask.table = l->tables[l->chains[l->rules[i].chain].table].name;
		ask.answer = i % 2;
		struct cs_words words = cs_words_nft(l->rules[i].text, &ask);

		MUST(words.verdict == CS_WORDS_JUMP || words.target.len == 0 ||
		     words.verdict != CS_WORDS_JUMP);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span text = cs_span_of(data, size);
	struct cs_arena arena = { 0 };
	struct cs_rules rules = { 0 };
	struct cs_rules_build build = { .arena = &arena, .out = &rules };
	struct cs_listing l;
	size_t line, lines = 1;
	enum cs_err err = cs_listing_read(text, &arena, &l, &line);

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	MUST(err == CS_OK || err == CS_ERR_SYNTAX);
	MUST(line <= lines);
	if (!err) {
		the_parts_lie_in_the_text_in_order(&l, text);
		MUST(cs_rules_add_listing(&build, &l, NULL) == CS_OK);
		a_rules_text_is_one_plain_line(&rules);
		the_script_is_the_listing(&l, &rules, &arena);
		words_are_read(&l);
	}
	cs_arena_clear(&arena);
	return 0;
}
