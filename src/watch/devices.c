/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/devices.h"

#include <stdlib.h>

enum { WAYS = 4, US_PER_S = 1000000 };

struct device {
	struct cs_addr culprit;
	uint32_t tag;     /* 0: free */
	uint32_t heard_s; /* when it sent something */
	uint32_t since_s; /* the first request that it did not answer */
	uint16_t asked;   /* requests since the malformed message */
	bool hurt, told;
};

struct cs_devices {
	struct device (*set)[WAYS];
	uint64_t mask;
};

enum cs_err cs_devices_open(size_t bytes, struct cs_devices **out)
{
	struct cs_devices *devices = calloc(1, sizeof(*devices));
	size_t n = 1;

	if (!devices)
		return CS_ERR_NOMEM;
	while (n * 2 * sizeof(devices->set[0]) <= bytes)
		n *= 2;
	devices->set = calloc(n, sizeof(devices->set[0]));
	if (!devices->set) {
		free(devices);
		return CS_ERR_NOMEM;
	}
	devices->mask = n - 1;
	*out = devices;
	return CS_OK;
}

void cs_devices_close(struct cs_devices *devices)
{
	if (!devices)
		return;
	free(devices->set);
	free(devices);
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static struct device *find(struct cs_devices *devices, uint64_t hash)
{
	struct device *set = devices->set[hash & devices->mask];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].tag == tag_of(hash))
			return &set[i];
	return NULL;
}

/* In place of one that is free, or that was heard longest ago. */
static struct device *make(struct cs_devices *devices, uint64_t hash, uint32_t now_s)
{
	struct device *set = devices->set[hash & devices->mask];
	struct device *oldest = &set[0];

	for (unsigned i = 1; i < WAYS && oldest->tag; i++)
		if (!set[i].tag || now_s - set[i].heard_s > now_s - oldest->heard_s)
			oldest = &set[i];
	*oldest = (struct device){ .tag = tag_of(hash) };
	return oldest;
}

void cs_devices_heard(struct cs_devices *devices, uint64_t hash, int64_t wall_us)
{
	uint32_t now_s = (uint32_t)(wall_us / US_PER_S);
	struct device *device = find(devices, hash);

	if (!device)
		device = make(devices, hash, now_s);
	device->heard_s = now_s;
	device->hurt = device->told = false;
}

void cs_devices_hurt(struct cs_devices *devices, uint64_t hash,
		     const struct cs_addr *from, int64_t wall_us)
{
	struct device *device = find(devices, hash);

	if (!device || (device->hurt && device->asked > 0))
		return;
	device->hurt = true;
	device->culprit = *from;
	device->asked = 0;
	device->since_s = (uint32_t)(wall_us / US_PER_S);
}

bool cs_devices_asked(struct cs_devices *devices, uint64_t hash, int64_t wall_us,
		      struct cs_addr *culprit)
{
	uint32_t now_s = (uint32_t)(wall_us / US_PER_S);
	struct device *device = find(devices, hash);

	if (!device || !device->hurt || device->told)
		return false;
	if (device->asked == 0)
		device->since_s = now_s;
	if (device->asked < UINT16_MAX)
		device->asked++;
	if (device->asked < CS_SILENT_REQUESTS ||
	    (int32_t)(now_s - device->since_s) < CS_SILENT_S)
		return false;
	device->told = true;
	*culprit = device->culprit;
	return true;
}
