/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/row_group.h"

static enum cs_err keep(struct cs_arena *arena, struct cs_span *span)
{
	void *copy;

	if (span->len == 0)
		return CS_OK;
	copy = cs_arena_alloc(arena, span->len);
	if (!copy)
		return CS_ERR_NOMEM;
	memcpy(copy, span->ptr, span->len);
	span->ptr = copy;
	return CS_OK;
}

enum cs_err cs_row_group_add(struct cs_row_group *group, const struct cs_result *row)
{
	struct cs_result copy = *row;

	if (keep(&group->arena, &copy.header) || keep(&group->arena, &copy.body))
		return CS_ERR_NOMEM;
	group->out[group->n] = (struct cs_enriched){ 0 };
	group->rows[group->n++] = copy;
	return CS_OK;
}

bool cs_row_group_full(const struct cs_row_group *group)
{
	return group->n == CS_ENRICH_GROUP || group->arena.total >= CS_ROW_GROUP_BYTES;
}

enum cs_err cs_row_group_enrich(struct cs_row_group *group, struct cs_enricher *enricher)
{
	return cs_enricher_fill(enricher, group->rows, group->out, group->n);
}

void cs_row_group_clear(struct cs_row_group *group)
{
	if (!group)
		return;
	cs_arena_clear(&group->arena);
	group->n = 0;
}
