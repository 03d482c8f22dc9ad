/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/script_long.h"

#include <stdio.h>

#include "protect/draft.h"
#include "protect/rules_span.h"

static bool begins_list(struct cs_span line)
{
	return cs_text_starts(line, "\t\telements = { ");
}

/* The list whose first line is @line; @rest goes on behind it. Empty: it has no end. */
static struct cs_span take_list(struct cs_span line, struct cs_span *rest)
{
	const uint8_t *from = line.ptr;
	struct cs_span behind = *rest;

	while (!cs_text_ends(line, " }"))
		if (!cs_text_line(&behind, &line))
			return cs_span_of(NULL, 0);
	*rest = behind;
	return cs_span_of(from, (size_t)(line.ptr + line.len - from));
}

static void cut(struct cs_span script, FILE *to, struct cs_script_long *out)
{
	struct cs_span line, set = { 0 };

	while (cs_text_line(&script, &line)) {
		struct cs_span behind = script, list = { 0 };

		if (cs_text_starts(line, "\tset "))
			set = line;
		if (set.len && begins_list(line) && out->n < CS_SCRIPT_LISTS)
			list = take_list(line, &behind);
		if (list.len < CS_SCRIPT_LONG) {
			cs_draft_line(to, line);
			continue;
		}
		out->lists[out->n].set = set;
		out->lists[out->n++].list = list;
		script = behind;
	}
}

enum cs_err cs_script_cut(struct cs_span script, struct cs_arena *arena,
			  struct cs_script_long *out)
{
	struct cs_draft rest;

	*out = (struct cs_script_long){ .n = 0 };
	if (!cs_draft_open(&rest))
		return CS_ERR_NOMEM;
	cut(script, rest.to, out);
	return cs_draft_close(&rest, arena, &out->rest);
}

static struct cs_span list_of(const struct cs_script_long *parts, struct cs_span set)
{
	uint64_t handle;

	(void)cs_text_handle(&set, &handle); /* the script has none */
	for (size_t i = 0; i < parts->n; i++)
		if (cs_span_eq(parts->lists[i].set, set))
			return parts->lists[i].list;
	return cs_span_of(NULL, 0);
}

/* How many lists found their set. */
static size_t join(const struct cs_script_long *parts, struct cs_span listing, FILE *to)
{
	struct cs_span line, list = { 0 };
	size_t n = 0;

	while (cs_text_line(&listing, &line)) {
		if (cs_text_starts(line, "\tset "))
			list = list_of(parts, line);
		if (list.len && cs_text_is(line, "\t}")) {
			cs_draft_line(to, list);
			list = cs_span_of(NULL, 0);
			n++;
		}
		cs_draft_line(to, line);
	}
	return n;
}

enum cs_err cs_script_join(const struct cs_script_long *parts, struct cs_span listing,
			   struct cs_arena *arena, struct cs_span *out)
{
	struct cs_draft whole;
	enum cs_err err;
	size_t n;

	if (!cs_draft_open(&whole))
		return CS_ERR_NOMEM;
	n = join(parts, listing, whole.to);
	err = cs_draft_close(&whole, arena, out);
	return err ? err : n == parts->n ? CS_OK : CS_ERR_NOT_FOUND;
}
