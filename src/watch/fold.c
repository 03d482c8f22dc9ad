/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of one prefix added up: what they do together. */
#include "base/sat.h"
#include "watch/source.h"

enum { US_PER_MS = 1000 };

/* Sources come by address, not by time: the prefix's beginning may move back. */
static void begin_at(struct cs_source *prefix, int64_t first_us)
{
	uint64_t ms = ((uint64_t)prefix->first_us - (uint64_t)first_us) / US_PER_MS;
	uint32_t back = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;

	for (size_t i = 0; i < prefix->n_obs; i++)
		prefix->obs[i].first_ms = cs_sat32(prefix->obs[i].first_ms, back);
	for (size_t i = 0; i < prefix->n_pairs; i++)
		prefix->pair[i].last_ms = cs_sat32(prefix->pair[i].last_ms, back);
	prefix->first_us = first_us;
}

static void fold_obs(struct cs_source *prefix, const struct cs_source *one)
{
	for (size_t i = 0; i < one->n_obs; i++) {
		const struct cs_source_obs *from = &one->obs[i];
		int64_t first_us = one->first_us + (int64_t)from->first_ms * US_PER_MS;
		struct cs_source_obs *to =
			cs_source_note(prefix, (enum cs_obs)from->kind, first_us);
		uint64_t ms =
			((uint64_t)first_us - (uint64_t)prefix->first_us) / US_PER_MS;

		if (!to)
			continue;
		to->count = cs_sat32(to->count, from->count - 1);
		if (ms < to->first_ms)
			to->first_ms = (uint32_t)ms;
	}
	prefix->obs_lost = cs_sat8(prefix->obs_lost, one->obs_lost);
}

static struct cs_source_pair *pair_of(struct cs_source *prefix, uint32_t host)
{
	struct cs_source_pair *least = &prefix->pair[0];

	for (size_t i = 0; i < prefix->n_pairs; i++) {
		if (prefix->pair[i].host == host)
			return &prefix->pair[i];
		if (prefix->pair[i].run_most < least->run_most)
			least = &prefix->pair[i];
	}
	if (prefix->n_pairs == CS_SOURCE_PAIRS)
		return least;
	prefix->pair[prefix->n_pairs] = (struct cs_source_pair){ .host = host };
	return &prefix->pair[prefix->n_pairs++];
}

/* The requests of all to one destination count as one run. */
static void fold_pairs(struct cs_source *prefix, const struct cs_source *one)
{
	uint32_t later =
		(uint32_t)(((uint64_t)one->first_us - (uint64_t)prefix->first_us) /
			   US_PER_MS);

	prefix->pairs_lost = cs_sat8(prefix->pairs_lost, one->pairs_lost);
	for (size_t i = 0; i < one->n_pairs; i++) {
		const struct cs_source_pair *from = &one->pair[i];
		struct cs_source_pair *to = pair_of(prefix, from->host);

		if (to->host != from->host) {
			prefix->pairs_lost = cs_sat8(prefix->pairs_lost, 1);
			if (to->run_most >= from->run_most)
				continue;
			*to = (struct cs_source_pair){ .host = from->host };
		}
		to->run = cs_sat32(to->run, from->run);
		to->run_most = cs_sat32(to->run_most, from->run_most);
		if (cs_sat32(from->last_ms, later) > to->last_ms)
			to->last_ms = cs_sat32(from->last_ms, later);
	}
}

static void fold_marks(struct cs_source *prefix, const struct cs_source *one)
{
	prefix->is_peer &= one->is_peer;
	prefix->mids_rise &= one->mids_rise;
	prefix->mids_differ |= one->mids_differ || prefix->mid != one->mid;
	prefix->ports_differ |= one->ports_differ || prefix->port != one->port;
	prefix->tokens_differ |= one->tokens_differ || prefix->token != one->token;
	prefix->port_known |= one->port_known;
	prefix->payload_same &= one->payload_same && prefix->payload == one->payload;
	prefix->group_only &= one->group_only;
	if (one->hop_low < prefix->hop_low)
		prefix->hop_low = one->hop_low;
	if (one->hop_high > prefix->hop_high)
		prefix->hop_high = one->hop_high;
}

/* What the first that asked for something has, the prefix has. */
static void begin_marks(struct cs_source *prefix, const struct cs_source *one)
{
	prefix->is_peer = one->is_peer;
	prefix->mids_rise = one->mids_rise;
	prefix->mids_differ = one->mids_differ;
	prefix->ports_differ = one->ports_differ;
	prefix->tokens_differ = one->tokens_differ;
	prefix->port_known = one->port_known;
	prefix->payload_same = one->payload_same;
	prefix->group_only = one->group_only;
	prefix->hop_low = one->hop_low;
	prefix->hop_high = one->hop_high;
	prefix->port = one->port;
	prefix->mid = one->mid;
	prefix->token = one->token;
	prefix->payload = one->payload;
}

/*
 * Whose Message ID most share: what one neighbour does says nothing of the others. The one that
 * has more than half of all votes is left in the end (Boyer and Moore).
 */
static void vote_mid(struct cs_source *prefix, const struct cs_source *one)
{
	bool same = !one->mids_differ && one->mid == prefix->mid;

	if (prefix->run_now == 0 && !one->mids_differ) {
		prefix->mid = one->mid;
		prefix->run_now = 1;
	} else if (same) {
		prefix->run_now = cs_sat16(prefix->run_now, 1);
	} else if (prefix->run_now > 0) {
		prefix->run_now--;
	}
}

static void fold_requests(struct cs_source *prefix, const struct cs_source *one)
{
	if (one->requests == 0)
		return;
	if (prefix->requests == 0)
		begin_marks(prefix, one);
	else
		fold_marks(prefix, one);
	vote_mid(prefix, one);
	prefix->requests = cs_sat32(prefix->requests, one->requests);
	prefix->unproved = cs_sat32(prefix->unproved, one->unproved);
	prefix->paced = cs_sat16(prefix->paced, one->paced);
	prefix->no_token = cs_sat8(prefix->no_token, one->no_token);
	prefix->addresses = cs_sat32(prefix->addresses, 1);
}

static void fold_bytes(struct cs_source *prefix, const struct cs_source *one)
{
	prefix->bytes_in = cs_sat64(prefix->bytes_in, one->bytes_in);
	prefix->bytes_out = cs_sat64(prefix->bytes_out, one->bytes_out);
	if ((uint64_t)one->most_out * (prefix->most_in ? prefix->most_in : 1) >
	    (uint64_t)prefix->most_out * (one->most_in ? one->most_in : 1)) {
		prefix->most_out = one->most_out;
		prefix->most_in = one->most_in;
	}
}

bool cs_source_is_flooded(const struct cs_source *source, uint32_t level)
{
	for (size_t i = 0; i < source->n_pairs; i++)
		if (source->pair[i].run_most >= level && source->unproved >= level)
			return true;
	return false;
}

void cs_source_fold(struct cs_source *prefix, const struct cs_source *one, uint32_t level)
{
	if (prefix->packets == 0 && prefix->n_obs == 0) {
		prefix->first_us = one->first_us;
		prefix->last_us = one->last_us;
	}
	if (one->first_us < prefix->first_us)
		begin_at(prefix, one->first_us);
	if (one->last_us > prefix->last_us)
		prefix->last_us = one->last_us;
	prefix->packets = cs_sat32(prefix->packets, one->packets);
	fold_bytes(prefix, one);
	fold_requests(prefix, one);
	fold_obs(prefix, one);
	/* What is a flood by itself says nothing about its neighbours. */
	if (cs_source_is_flooded(one, level))
		prefix->flooded = cs_sat32(prefix->flooded, 1);
	else
		fold_pairs(prefix, one);
	for (size_t i = 0; i < one->n_paths; i++)
		cs_source_target(prefix, one->path[i]);
	prefix->paths_lost = cs_sat8(prefix->paths_lost, one->paths_lost);
}
