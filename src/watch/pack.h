/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack: a source in as few bytes as say the same: some 40 for one that sent about ten
 * packets. Exact: what is read back is what was written, or writing refuses. Numbers
 * take as many bits as they need; times are offsets; targets that many ask for are said
 * by their place in a book of targets. The bytes are for this process alone.
 */
#pragma once

#include <endian.h>
#include <string.h>

#include "watch/source.h"

enum {
	CS_PACK_MAX = 128,   /* bytes; a source that needs more is not packed */
	CS_PACK_SLACK = 8,   /* bytes behind a packed source that reading may touch */
	CS_PACK_SPACE = 544, /* bytes that writing may touch */
	CS_PACK_BOOK = 256,  /* targets in the book */
};

/* What packed sources lean on: begins zeroed but for epoch_us, and only ever grows. */
struct cs_pack {
	int64_t epoch_us; /* times are offsets from here: from it on, 2.2 years */
	uint32_t book[CS_PACK_BOOK];
	uint8_t rank[CS_PACK_BOOK]; /* of each: how many were before it, 15 at most */
	uint32_t ranked[15];        /* the first of them */
	uint8_t n_book;
};

/*
 * Packs @source into @out; @weight is 0..15.
 * Returns how many bytes it takes, 0 where it is refused: more than CS_PACK_MAX, or
 * times that are out of order.
 */
size_t cs_pack_write(struct cs_pack *pack, const struct cs_source *source,
		     unsigned weight, uint8_t out[CS_PACK_SPACE]);

/* Rows beyond .n_obs, .n_pairs and .n_paths are left as they were in *@out. */
void cs_pack_read(const struct cs_pack *pack, const uint8_t *bytes,
		  struct cs_source *out);

/* Every packed source begins with a word of which these bits can be looked at. */
enum {
	CS_PACK_LAST_BITS = 46,  /* last_us after the epoch */
	CS_PACK_WEIGHT_BITS = 4, /* what it was written with */
	CS_PACK_FAMILY_AT = 50,  /* 1: 16 bytes of address follow, not 4 */
	CS_PACK_N_OBS_AT = 51,   /* five bits: how many observations, or that it is out */
	CS_PACK_HEAD = 8,        /* bytes of the word */
};

static inline uint64_t cs_pack_head(const uint8_t *bytes)
{
	uint64_t head;

	memcpy(&head, bytes, sizeof(head));
	return le64toh(head);
}

static inline int64_t cs_pack_last(const struct cs_pack *pack, const uint8_t *bytes)
{
	return pack->epoch_us +
	       (int64_t)(cs_pack_head(bytes) & ((UINT64_C(1) << CS_PACK_LAST_BITS) - 1));
}

static inline unsigned cs_pack_weight(const uint8_t *bytes)
{
	return cs_pack_head(bytes) >> CS_PACK_LAST_BITS & 15;
}

static inline bool cs_pack_is(const uint8_t *bytes, const struct cs_addr *ip)
{
	if (cs_pack_head(bytes) >> CS_PACK_FAMILY_AT & 1)
		return memcmp(bytes + CS_PACK_HEAD, ip->b, sizeof(ip->b)) == 0;
	return memcmp(bytes + CS_PACK_HEAD, ip->b + 12, 4) == 0 && cs_addr_is_v4(ip);
}

static inline struct cs_addr cs_pack_ip(const uint8_t *bytes)
{
	struct cs_addr ip = { .b = { [10] = 0xff, [11] = 0xff } };

	if (cs_pack_head(bytes) >> CS_PACK_FAMILY_AT & 1)
		memcpy(ip.b, bytes + CS_PACK_HEAD, sizeof(ip.b));
	else
		memcpy(ip.b + 12, bytes + CS_PACK_HEAD, 4);
	return ip;
}

/*
 * Marks the slot of a source that is unpacked and worked on elsewhere: its address can
 * still be read, the rest is old.
 */
static inline void cs_pack_set_out(uint8_t *bytes)
{
	uint64_t head = htole64(cs_pack_head(bytes) | UINT64_C(31) << CS_PACK_N_OBS_AT);

	memcpy(bytes, &head, sizeof(head));
}

static inline bool cs_pack_is_out(const uint8_t *bytes)
{
	return (cs_pack_head(bytes) >> CS_PACK_N_OBS_AT & 31) == 31;
}
