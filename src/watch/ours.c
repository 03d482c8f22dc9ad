/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/ours.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 /* one cache line */ };

/* Most addresses are none of ours, and are told by a bit in a few lines of memory. */
enum { HINTS = 1 << 16, HINT_BITS = 64, HINT_SHIFT = 40 };

struct cs_ours {
	uint64_t hint[HINTS / HINT_BITS];
	uint64_t (*set)[WAYS]; /* the latest first */
	uint64_t mask;
};

enum cs_err cs_ours_open(size_t bytes, struct cs_ours **out)
{
	struct cs_ours *ours = calloc(1, sizeof(*ours));
	size_t n = 1;

	if (!ours)
		return CS_ERR_NOMEM;
	while (n * 2 * sizeof(ours->set[0]) <= bytes)
		n *= 2;
	ours->set = calloc(n, sizeof(ours->set[0]));
	if (!ours->set) {
		free(ours);
		return CS_ERR_NOMEM;
	}
	ours->mask = n - 1;
	*out = ours;
	return CS_OK;
}

void cs_ours_close(struct cs_ours *ours)
{
	if (!ours)
		return;
	free(ours->set);
	free(ours);
}

/* By other bits than the place in the set. */
static size_t hint_of(uint64_t hash)
{
	return (size_t)(hash >> HINT_SHIFT) / HINT_BITS % (HINTS / HINT_BITS);
}

bool cs_ours_has(const struct cs_ours *ours, uint64_t hash)
{
	const uint64_t *set = ours->set[hash & ours->mask];

	if (!(ours->hint[hint_of(hash)] >> (hash >> HINT_SHIFT) % HINT_BITS & 1))
		return false;
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i] == hash)
			return true;
	return false;
}

bool cs_ours_add(struct cs_ours *ours, uint64_t hash)
{
	uint64_t *set = ours->set[hash & ours->mask];

	if (cs_ours_has(ours, hash))
		return false;
	memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
	set[0] = hash;
	ours->hint[hint_of(hash)] |= UINT64_C(1) << (hash >> HINT_SHIFT) % HINT_BITS;
	return true;
}
