/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/resources.h"

#include <stdlib.h>

enum { WAYS = 8, MANY = 1 };

/* One target; a path of 0 is free. */
struct resource {
	uint32_t path;
	uint32_t asker; /* MANY, or an even part of the hash of the only one */
};

struct cs_resources {
	struct resource (*set)[WAYS];
	uint64_t mask;
};

enum cs_err cs_resources_open(size_t bytes, struct cs_resources **out)
{
	struct cs_resources *resources = calloc(1, sizeof(*resources));
	size_t n = 1;

	if (!resources)
		return CS_ERR_NOMEM;
	while (n * 2 * sizeof(resources->set[0]) <= bytes)
		n *= 2;
	resources->set = calloc(n, sizeof(resources->set[0]));
	if (!resources->set) {
		free(resources);
		return CS_ERR_NOMEM;
	}
	resources->mask = n - 1;
	*out = resources;
	return CS_OK;
}

void cs_resources_close(struct cs_resources *resources)
{
	if (!resources)
		return;
	free(resources->set);
	free(resources);
}

/*
 * Paths are hashes without a key, so a stranger may fill one set: then only targets that
 * fall into it count as asked for by many.
 */
static struct resource *set_of(const struct cs_resources *resources, uint32_t path)
{
	uint64_t mixed = path * UINT64_C(0x9e3779b97f4a7c15);

	return resources->set[(mixed >> 32) & resources->mask];
}

static uint32_t asker_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) & ~(uint32_t)MANY;
}

void cs_resources_asked(struct cs_resources *resources, uint32_t path, uint64_t asker)
{
	struct resource *set = set_of(resources, path);

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].path == 0) {
			set[i] = (struct resource){ path, asker_of(asker) };
			return;
		}
		if (set[i].path == path) {
			if (set[i].asker != asker_of(asker))
				set[i].asker = MANY;
			return;
		}
	}
}

bool cs_resources_alone(const struct cs_resources *resources, uint32_t path,
			uint64_t asker)
{
	const struct resource *set = set_of(resources, path);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].path == path)
			return set[i].asker == asker_of(asker);
	return false;
}
