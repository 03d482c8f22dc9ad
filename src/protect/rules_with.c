/* SPDX-License-Identifier: Apache-2.0 */
/* A listing as it would be after a change of our own table. */
#include <stdio.h>
#include <string.h>

#include "protect/rules.h"
#include "protect/rules_listing.h"
#include "protect/rules_span.h"
#include "protect/throwaway.h"

/* What nft lists of the script where there is nothing else. */
static enum cs_err list_script(struct cs_span script, struct cs_arena *arena,
			       struct cs_span *out, char *why)
{
	static const char *const load[] = { "nft", "-f", "-", NULL };
	static const char *const list[] = { "nft", "-a", "-s", "list", "ruleset", NULL };
	const struct cs_program programs[] = { { .argv = load, .input = script },
					       { .argv = list } };
	struct cs_throwaway job = { .programs = programs, .n_programs = 2 };
	struct cs_program_end ends[2];
	struct cs_span line;
	size_t n = 0;
	enum cs_err err = cs_throwaway_run(&job, arena, ends, &n, why);

	if (err)
		return err;
	if (n == 2 && ends[1].status == 0) {
		*out = ends[1].out;
		return CS_OK;
	}
	line = cs_span_str("it failed");
	(void)cs_text_line(&ends[n - 1].err, &line); /* or it said nothing */
	(void)snprintf(why, CS_RULES_WHY, "nft: %.*s", (int)line.len,
		       (const char *)line.ptr);
	return CS_ERR_REFUSED;
}

/* Where our table stands in it; where there is none an empty run at its end. */
static enum cs_err find_ours(struct cs_span listing, struct cs_arena *arena,
			     struct cs_span *out, char *why)
{
	struct cs_listing tables;
	size_t line;
	enum cs_err err = cs_listing_read(listing, arena, &tables, &line);

	*out = cs_span_of(listing.ptr + listing.len, 0);
	if (err)
		(void)snprintf(why, CS_RULES_WHY,
			       "nft list ruleset: line %zu is not as nft writes it",
			       line);
	for (size_t i = 0; !err && i < tables.n_tables; i++)
		if (cs_text_is(tables.tables[i].name, "inet coapscope"))
			*out = tables.tables[i].whole;
	return err == CS_ERR_SYNTAX ? CS_ERR_IO : err;
}

enum cs_err cs_rules_listing_with(struct cs_span listing, struct cs_span script,
				  struct cs_arena *arena, struct cs_span *out, char *why)
{
	struct cs_span now, then;
	uint8_t *text;
	size_t before;
	enum cs_err err = find_ours(listing, arena, &now, why);

	if (!err)
		err = list_script(script, arena, &then, why);
	if (err)
		return err;
	text = cs_arena_alloc(arena, listing.len + then.len + 1);
	if (!text)
		return CS_ERR_NOMEM;
	before = (size_t)(now.ptr - listing.ptr);
	*out = cs_span_of(text, listing.len - now.len + then.len);
	memcpy(text, listing.ptr, before);
	memcpy(text + before, now.ptr + now.len, listing.len - before - now.len);
	memcpy(text + listing.len - now.len, then.ptr, then.len);
	return CS_OK;
}
