/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/who_names.h"

#include <stdlib.h>

enum { WAYS = 8 /* places that an address may have */ };

struct cs_who_names {
	struct cs_sipkey key;
	size_t room; /* a power of two, at least WAYS */
	struct cs_who_name at[];
};

enum cs_err cs_who_names_open(size_t room, const struct cs_sipkey *key,
			      struct cs_who_names **out)
{
	size_t n = WAYS;

	while (n < room)
		n *= 2;
	*out = calloc(1, sizeof(**out) + n * sizeof((*out)->at[0]));
	if (!*out)
		return CS_ERR_NOMEM;
	(*out)->key = *key;
	(*out)->room = n;
	return CS_OK;
}

void cs_who_names_close(struct cs_who_names *names)
{
	free(names);
}

/* The first of the places that @ip may have. */
static size_t set_of(const struct cs_who_names *names, const struct cs_addr *ip)
{
	uint64_t hash = cs_siphash(&names->key, ip->b, sizeof(ip->b));

	return hash % (names->room / WAYS) * WAYS;
}

const struct cs_who_name *cs_who_names_find(const struct cs_who_names *names,
					    const struct cs_addr *ip, int64_t now_us)
{
	const struct cs_who_name *set = &names->at[set_of(names, ip)];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].asked_us && cs_addr_cmp(&set[i].ip, ip) == 0)
			return set[i].expires_us > now_us ? &set[i] : NULL;
	return NULL;
}

/* Its own place, a free one, or that of the one that is over first. */
static struct cs_who_name *place_for(struct cs_who_names *names, const struct cs_addr *ip)
{
	struct cs_who_name *set = &names->at[set_of(names, ip)], *best = set;

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].asked_us && cs_addr_cmp(&set[i].ip, ip) == 0)
			return &set[i];
	for (size_t i = 0; i < WAYS && best->asked_us; i++)
		if (!set[i].asked_us || set[i].expires_us < best->expires_us)
			best = &set[i];
	return best;
}

void cs_who_names_put(struct cs_who_names *names, const struct cs_addr *ip,
		      struct cs_span name, int64_t now_us, int64_t expires_us)
{
	struct cs_who_name *to = place_for(names, ip);

	*to = (struct cs_who_name){ .ip = *ip,
				    .asked_us = now_us ? now_us : 1,
				    .expires_us = expires_us };
	if (name.len == 0 || name.len >= sizeof(to->text))
		return;
	memcpy(to->text, name.ptr, name.len);
	to->len = (uint16_t)name.len;
}
