/* SPDX-License-Identifier: Apache-2.0 */
/* A source made of any bytes is packed and read back the same, or refused. */
#include <stdlib.h>

#include "fuzz.h"

#include "watch/pack.h"

/* Up to the flags, which are one byte. */
enum { HEAD = offsetof(struct cs_source, no_token) + 2 };

/* Only what a source can be: rows within their bounds, kinds that there are. */
static void tame(struct cs_source *s)
{
	s->n_obs %= CS_SOURCE_OBS + 1;
	s->n_pairs %= CS_SOURCE_PAIRS + 1;
	s->n_paths %= CS_SOURCE_PATHS + 1;
	for (size_t i = 0; i < s->n_obs; i++)
		s->obs[i].kind %= CS_OBS_KINDS;
}

static void must_be_same(const struct cs_source *a, const struct cs_source *b)
{
	if (memcmp(a, b, HEAD) != 0 ||
	    memcmp(a->path, b->path, a->n_paths * sizeof(a->path[0])) != 0 ||
	    memcmp(a->pair, b->pair, a->n_pairs * sizeof(a->pair[0])) != 0)
		abort();
	for (size_t i = 0; i < a->n_obs; i++)
		if (a->obs[i].kind != b->obs[i].kind ||
		    a->obs[i].count != b->obs[i].count ||
		    a->obs[i].first_ms != b->obs[i].first_ms)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_pack pack = { 0 };
	uint8_t space[CS_PACK_SPACE];
	struct cs_source source = { 0 }, back = { 0 };

	while (size > 0) {
		size_t n = size < sizeof(source) ? size : sizeof(source), len;

		memcpy(&source, data, n);
		tame(&source);
		len = cs_pack_write(&pack, &source, source.packets & 15, space);
		MUST(len <= CS_PACK_MAX);
		if (len > 0) {
			uint8_t *bytes = calloc(1, len + CS_PACK_SLACK);

			MUST(bytes);
			memcpy(bytes, space, len);
			cs_pack_read(&pack, bytes, &back);
			must_be_same(&source, &back);
			free(bytes);
		}
		data += n;
		size -= n;
	}
	return 0;
}
