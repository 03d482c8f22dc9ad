/* SPDX-License-Identifier: Apache-2.0 */
/* A listing as it would be after a change of our own table. */
#include <stdio.h>
#include <string.h>

#include "protect/rules.h"
#include "protect/rules_listing.h"
#include "protect/rules_span.h"

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

enum cs_err cs_rules_listing_with(struct cs_span listing, struct cs_span then,
				  struct cs_arena *arena, struct cs_span *out, char *why)
{
	struct cs_span now;
	uint8_t *text;
	size_t before;
	enum cs_err err = find_ours(listing, arena, &now, why);

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
