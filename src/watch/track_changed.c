/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live watch's tick: what changed since the one before, and the prefixes that it is in.
 * The work is bounded by CS_TRACK_RECENT sources and V4_MEMBERS look-ups for each two of
 * them that share a prefix.
 */
#include <stdlib.h>

#include "watch/track_parts.h"

enum {
	V4_MEMBERS = 256,
	TOGETHER = 2, /* sources of one prefix in one tick that make it worth a look */
};

struct tick {
	struct cs_track *track;
	cs_track_each_fn *each;
	void *arg;
	bool more;
};

static int by_address(const void *a, const void *b)
{
	return cs_addr_cmp(a, b);
}

static bool is_in(const struct cs_addr *ip, const struct cs_addr *base)
{
	uint8_t bits;
	struct cs_addr its = cs_track_base(ip, &bits);

	return cs_addr_cmp(&its, base) == 0;
}

static void fold_one(struct tick *tick, const struct cs_addr *ip,
		     struct cs_source *prefix)
{
	struct cs_source source;

	if (cs_table_find(tick->track->table, ip, &source) &&
	    !cs_track_is_ours(tick->track, ip, cs_track_hash(tick->track, ip)))
		cs_source_fold(prefix, &source, tick->track->want.threshold.reflection);
}

/*
 * All of an IPv4 prefix; of an IPv6 one, whose members cannot be tried one by one, those
 * that changed. True: it is a case of its own.
 */
static bool fold(struct tick *tick, const struct cs_addr *ip, size_t n,
		 struct cs_source *prefix)
{
	*prefix = (struct cs_source){ 0 };
	prefix->ip = cs_track_base(ip, &prefix->bits);
	if (n < TOGETHER)
		return false;
	if (cs_addr_is_v4(ip)) {
		for (uint64_t i = 0; i < V4_MEMBERS; i++) {
			struct cs_addr member = cs_addr_plus(prefix->ip, i);

			fold_one(tick, &member, prefix);
		}
	} else {
		for (size_t i = 0; i < n; i++)
			fold_one(tick, &ip[i], prefix);
	}
	return prefix->addresses >= tick->track->want.threshold.prefix_addresses;
}

static void tell(struct tick *tick, const struct cs_addr *ip,
		 const struct cs_source *prefix)
{
	const struct cs_track *track = tick->track;
	uint64_t hash = cs_track_hash(track, ip);
	struct cs_sample samples[CS_SOURCE_OBS];
	struct cs_source source;
	size_t n;

	if (!tick->more || !cs_table_find(track->table, ip, &source) ||
	    cs_track_is_ours(track, ip, hash))
		return;
	n = cs_samples_find(track->samples, hash, samples, CS_SOURCE_OBS);
	tick->more = tick->each(tick->arg, &source, prefix, samples, n);
}

/* @n sources from @ip on share a prefix. */
static void tell_neighbours(struct tick *tick, const struct cs_addr *ip, size_t n)
{
	struct cs_source prefix;
	bool is_case = fold(tick, ip, n, &prefix);
	const struct cs_track *track = tick->track;
	struct cs_sample samples[CS_SOURCE_OBS];
	size_t have;

	if (is_case) {
		have = cs_samples_find(track->samples, cs_track_hash(track, ip), samples,
				       CS_SOURCE_OBS);
		tick->more = tick->each(tick->arg, &prefix, NULL, samples, have);
	}
	for (size_t i = 0; i < n; i++)
		tell(tick, &ip[i], is_case ? &prefix : NULL);
}

enum cs_err cs_track_changed(struct cs_track *track, cs_track_each_fn *each, void *arg)
{
	struct cs_track_recent *recent = &track->recent;
	struct tick tick = { .track = track, .each = each, .arg = arg, .more = true };
	size_t next;

	if (!recent->wanted) {
		recent->wanted = true;
		return cs_track_each(track, each, arg);
	}
	qsort(recent->ip, recent->n, sizeof(recent->ip[0]), by_address);
	for (size_t i = 0; tick.more && i < recent->n; i = next) {
		uint8_t bits;
		struct cs_addr base = cs_track_base(&recent->ip[i], &bits);

		for (next = i + 1; next < recent->n; next++)
			if (!is_in(&recent->ip[next], &base))
				break;
		tell_neighbours(&tick, &recent->ip[i], next - i);
	}
	recent->n = 0;
	memset(recent->seen, 0, sizeof(recent->seen));
	return CS_OK;
}
