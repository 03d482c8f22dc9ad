/* SPDX-License-Identifier: Apache-2.0 */
#include "report/asked.h"

#include <stdlib.h>

#include "scan/plan.h"

/* One scan's shard. */
struct part {
	struct cs_plan plan; /* owned */
	const struct cs_store_chunks *closed;
	size_t n_closed;
};

struct cs_asked {
	struct cs_arena arena; /* the ranges */
	struct part *parts;    /* owned */
	size_t n;
};

static enum cs_err add(struct cs_asked *asked, const struct cs_store_cover *cover)
{
	struct part *part = &asked->parts[asked->n];
	enum cs_err err;

	if (cover->n_closed == 0)
		return CS_OK;
	err = cs_plan_read(cover->plan, cover->shard, &part->plan);
	if (err)
		return err == CS_ERR_NOMEM ? err : CS_OK;
	part->closed = cover->closed;
	part->n_closed = cover->n_closed;
	asked->n++;
	return CS_OK;
}

enum cs_err cs_asked_open(struct cs_store *store, int32_t day, struct cs_asked **out)
{
	struct cs_asked *asked = calloc(1, sizeof(*asked));
	struct cs_store_cover *covers;
	size_t n = 0;
	enum cs_err err;

	if (!asked)
		return CS_ERR_NOMEM;
	err = cs_store_covers(store, day, &asked->arena, &covers, &n);
	if (!err) {
		asked->parts = calloc(n + 1, sizeof(asked->parts[0]));
		err = asked->parts ? CS_OK : CS_ERR_NOMEM;
	}
	for (size_t i = 0; !err && i < n; i++)
		err = add(asked, &covers[i]);
	if (err) {
		cs_asked_close(asked);
		return err;
	}
	*out = asked;
	return CS_OK;
}

void cs_asked_close(struct cs_asked *asked)
{
	if (!asked)
		return;
	for (size_t i = 0; i < asked->n; i++)
		cs_plan_clear(&asked->parts[i].plan);
	free(asked->parts);
	cs_arena_clear(&asked->arena);
	free(asked);
}

static bool is_closed(const struct part *part, uint64_t chunk)
{
	size_t lo = 0, hi = part->n_closed;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (part->closed[mid].last < chunk)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < part->n_closed && part->closed[lo].first <= chunk;
}

bool cs_asked_has(const struct cs_asked *asked, const struct cs_addr *ip, uint16_t port)
{
	uint64_t slot;

	for (size_t i = 0; i < asked->n; i++) {
		const struct part *part = &asked->parts[i];

		if (cs_plan_slot(&part->plan, ip, port, &slot) &&
		    is_closed(part, slot / CS_CHUNK))
			return true;
	}
	return false;
}

/* As cs_json writes it; inside a string of it the quotes would be escaped. */
static bool says_sample(struct cs_span metadata)
{
	static const char mark[] = "\"sample\":true";

	return metadata.len > 0 &&
	       memmem(metadata.ptr, metadata.len, mark, sizeof(mark) - 1);
}

enum cs_err cs_day_is_sample(struct cs_store *store, int32_t day, bool *sample)
{
	struct cs_arena arena = { 0 };
	struct cs_store_cover *covers;
	size_t n = 0;
	enum cs_err err = cs_store_covers(store, day, &arena, &covers, &n);

	*sample = false;
	for (size_t i = 0; !err && i < n; i++)
		*sample |= says_sample(covers[i].metadata);
	cs_arena_clear(&arena);
	return err;
}
