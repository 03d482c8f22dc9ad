/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/resources.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, MANY = 1, EVEN = 2 /* so that nobody's is 0 */ };

/* One target; a path of 0 is free. */
struct resource {
	uint32_t path;
	uint32_t first;   /* MANY, or an even part of the hash of who asked first */
	uint32_t other;   /* likewise of the latest other one; 0: nobody */
	uint32_t times;   /* that the other one asked */
	int64_t flood_us; /* when the latest flood on it began */
	bool flooded;
};

struct cs_resources {
	struct resource (*set)[WAYS];
	uint64_t mask;
	uint32_t flood;
};

enum cs_err cs_resources_open(size_t bytes, uint32_t flood, struct cs_resources **out)
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
	resources->flood = flood;
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

void cs_resources_clear(struct cs_resources *resources)
{
	memset(resources->set, 0, (resources->mask + 1) * sizeof(resources->set[0]));
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
	return ((uint32_t)(hash >> 32) & ~(uint32_t)MANY) | EVEN;
}

/* A second one is one too many, unless all it does is to flood. */
static void asked_again(struct resource *resource, uint32_t asker, uint32_t flood)
{
	if (resource->first == asker || resource->first == MANY)
		return;
	if (resource->other == asker) {
		resource->times += resource->times < flood;
	} else if (resource->other == 0 || resource->times >= flood) {
		resource->other = asker;
		resource->times = 1;
	} else {
		resource->first = MANY;
	}
}

/* The record of @path, made where there is room; or NULL. */
static struct resource *record_of(struct cs_resources *resources, uint32_t path)
{
	struct resource *set = set_of(resources, path);

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].path == 0)
			set[i].path = path;
		if (set[i].path == path)
			return &set[i];
	}
	return NULL;
}

void cs_resources_asked(struct cs_resources *resources, uint32_t path, uint64_t asker)
{
	struct resource *resource = record_of(resources, path);

	if (resource && resource->first == 0)
		resource->first = asker_of(asker);
	else if (resource)
		asked_again(resource, asker_of(asker), resources->flood);
}

void cs_resources_flooded(struct cs_resources *resources, uint32_t path, int64_t first_us)
{
	struct resource *resource = record_of(resources, path);

	if (!resource)
		return;
	if (!resource->flooded || first_us > resource->flood_us)
		resource->flood_us = first_us;
	resource->flooded = true;
}

bool cs_resources_tried(const struct cs_resources *resources, uint32_t path,
			int64_t first_us)
{
	const struct resource *set = set_of(resources, path);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].path == path)
			return set[i].flooded && set[i].flood_us > first_us;
	return false;
}

bool cs_resources_alone(const struct cs_resources *resources, uint32_t path,
			uint64_t asker)
{
	const struct resource *set = set_of(resources, path);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].path == path)
			return set[i].first == asker_of(asker) &&
			       (set[i].other == 0 || set[i].times >= resources->flood);
	return false;
}
