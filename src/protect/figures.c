/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/figures.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "protect/rules_listing.h"
#include "protect/rules_span.h"
#include "protect/table.h"

/* The number behind @word in it. */
static uint64_t number_after(struct cs_span body, const char *word)
{
	struct cs_span rest = cs_text_behind(body, word);
	size_t len = 0;
	uint64_t n = 0;

	while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
		len++;
	return cs_num_u64(cs_span_of(rest.ptr, len), 0, UINT64_MAX, &n) ? n : 0;
}

/* "elements = { a, b comment "c, d", ... }": those between commas that no quote holds. */
static uint64_t elements_in(struct cs_span body)
{
	static const char word[] = "elements = {";
	const uint8_t *at =
		body.len ? memmem(body.ptr, body.len, word, strlen(word)) : NULL;
	const uint8_t *end = body.ptr + body.len;
	bool quoted = false;
	uint64_t n = 1;

	if (!at)
		return 0;
	for (at += strlen(word); at < end && (quoted || *at != '}'); at++) {
		quoted ^= *at == '"';
		n += !quoted && *at == ',';
	}
	return n;
}

static bool is_mark(struct cs_span name)
{
	return cs_text_starts(name, "pending_") || cs_text_starts(name, "kept_") ||
	       cs_text_starts(name, "entries_") || cs_text_is(name, "trial");
}

enum cs_err cs_figures_parse(struct cs_span text, struct cs_arena *arena,
			     struct cs_figures *out)
{
	struct cs_figures f = { .rules = 0 };
	struct cs_listing listing;
	size_t line;
	enum cs_err err = cs_listing_read(text, arena, &listing, &line);

	if (err)
		return err;
	f.counters = cs_arena_array(arena, listing.n_blocks + 1, sizeof(*f.counters));
	f.sets = cs_arena_array(arena, listing.n_blocks + 1, sizeof(*f.sets));
	if (!f.counters || !f.sets)
		return CS_ERR_NOMEM;
	f.rules = listing.n_rules;
	for (size_t i = 0; i < listing.n_blocks; i++) {
		const struct cs_listing_block *b = &listing.blocks[i];

		if (cs_text_is(b->kind, "counter"))
			f.counters[f.n_counters++] = (struct cs_figure){
				.name = b->name,
				.packets = number_after(b->body, "packets "),
				.bytes = number_after(b->body, " bytes "),
			};
		else if (cs_text_is(b->kind, "set") && !is_mark(b->name))
			f.sets[f.n_sets++] =
				(struct cs_figure){ .name = b->name,
						    .elements = elements_in(b->body) };
	}
	*out = f;
	return CS_OK;
}

enum cs_err cs_figures_read(struct cs_arena *arena, struct cs_figures *out,
			    char why[CS_STATE_WHY])
{
	struct cs_span text;
	enum cs_err err = cs_table_list(arena, &text, why);

	if (!err)
		err = cs_figures_parse(text, arena, out);
	if (err == CS_ERR_SYNTAX)
		(void)snprintf(why, CS_STATE_WHY,
			       "nft list table inet coapscope: not as nft writes it");
	return err == CS_ERR_SYNTAX ? CS_ERR_IO : err;
}
