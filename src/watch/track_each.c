/* SPDX-License-Identifier: Apache-2.0 */
/* Handing out what is known: sources, and the prefixes that many of them share. */
#include <stdlib.h>

#include "watch/track_parts.h"

enum { PREFIXES_FIRST = 64 };

/* The prefixes that are a case of their own, by address. */
struct prefixes {
	struct cs_source *item;
	size_t n, room;
	struct cs_source open; /* the one that is being added up, ... */
	uint32_t in_open;      /* ... of so many; of one it is that source's own state */
	uint32_t least;        /* requesting addresses that make a case */
	enum cs_err err;
};

struct walk {
	struct cs_track *track;
	cs_track_each_fn *each;
	void *arg;
	struct prefixes prefixes;
	size_t at; /* the prefix that may be the next source's */
	bool said; /* it was handed out */
};

/*
 * Requests in the names of victims say nothing of who knows a resource: who tried it out
 * before the flood still asked for it alone.
 */
static void see_flood(struct cs_track *track, const struct cs_source *source)
{
	for (size_t i = 0; i < source->n_paths; i++)
		cs_resources_flooded(track->resources, source->path[i], source->first_us);
}

static void see_resources(struct cs_track *track, const struct cs_source *prefix)
{
	uint32_t level = track->want.threshold.reflection;
	uint64_t asker;

	if (prefix->flooded > 0 || prefix->n_paths == 0)
		return;
	if (cs_source_is_flooded(prefix, level)) {
		see_flood(track, prefix);
		return;
	}
	asker = cs_track_hash(track, &prefix->ip);
	for (size_t i = 0; i < prefix->n_paths; i++)
		cs_resources_asked(track->resources, prefix->path[i], asker);
}

/* Ends the prefix that is being added up: kept, if there are enough in it. */
static void close_prefix(struct prefixes *prefixes)
{
	struct cs_source *more;
	size_t room = prefixes->room ? prefixes->room * 2 : PREFIXES_FIRST;

	if (prefixes->open.addresses < prefixes->least)
		return;
	if (prefixes->n == prefixes->room) {
		more = realloc(prefixes->item, room * sizeof(*more));
		if (!more) {
			prefixes->err = CS_ERR_NOMEM;
			return;
		}
		prefixes->item = more;
		prefixes->room = room;
	}
	prefixes->item[prefixes->n++] = prefixes->open;
}

static void end_prefix(struct walk *walk)
{
	see_resources(walk->track, &walk->prefixes.open);
	close_prefix(&walk->prefixes);
}

/* Most sources share their prefix with nobody: nothing is added up until a second comes. */
static void open_prefix(struct prefixes *prefixes, const struct cs_source *source,
			const struct cs_addr *base, uint8_t bits)
{
	prefixes->open = *source;
	prefixes->open.ip = *base;
	prefixes->open.bits = bits;
	prefixes->in_open = 1;
}

static void add_to_prefix(struct prefixes *prefixes, const struct cs_source *source,
			  uint32_t level)
{
	if (prefixes->in_open++ == 1) {
		struct cs_source first = prefixes->open;

		prefixes->open = (struct cs_source){ .ip = first.ip, .bits = first.bits };
		cs_source_fold(&prefixes->open, &first, level);
	}
	cs_source_fold(&prefixes->open, source, level);
}

static bool fold_one(void *arg, const struct cs_source *source)
{
	struct walk *walk = arg;
	struct prefixes *prefixes = &walk->prefixes;
	uint8_t bits;
	struct cs_addr base = cs_track_base(&source->ip, &bits);
	uint32_t level = walk->track->want.threshold.reflection;

	if (cs_track_is_ours(walk->track, &source->ip,
			     cs_track_hash(walk->track, &source->ip)))
		return true;
	if (prefixes->in_open > 0 && cs_addr_cmp(&base, &prefixes->open.ip) == 0) {
		add_to_prefix(prefixes, source, level);
	} else {
		end_prefix(walk);
		open_prefix(prefixes, source, &base, bits);
	}
	if (cs_source_is_flooded(source, level))
		see_flood(walk->track, source);
	return prefixes->err == CS_OK;
}

/* The case that @source belongs to, or NULL. Sources come by address. */
static const struct cs_source *prefix_of(struct walk *walk,
					 const struct cs_source *source)
{
	struct prefixes *prefixes = &walk->prefixes;
	uint8_t bits;
	struct cs_addr base = cs_track_base(&source->ip, &bits);

	while (walk->at < prefixes->n &&
	       cs_addr_cmp(&prefixes->item[walk->at].ip, &base) < 0) {
		walk->at++;
		walk->said = false;
	}
	if (walk->at == prefixes->n ||
	    cs_addr_cmp(&prefixes->item[walk->at].ip, &base) != 0)
		return NULL;
	return &prefixes->item[walk->at];
}

static bool hand_out(void *arg, const struct cs_source *source)
{
	struct walk *walk = arg;
	uint64_t hash = cs_track_hash(walk->track, &source->ip);
	struct cs_sample samples[CS_SOURCE_OBS];
	const struct cs_source *prefix;
	size_t n;

	if (cs_track_is_ours(walk->track, &source->ip, hash))
		return true;
	n = cs_samples_find(walk->track->samples, hash, samples, CS_SOURCE_OBS);
	prefix = prefix_of(walk, source);
	if (prefix && !walk->said) {
		walk->said = true;
		if (!walk->each(walk->arg, prefix, NULL, samples, n))
			return false;
	}
	return walk->each(walk->arg, source, prefix, samples, n);
}

enum cs_err cs_track_each(struct cs_track *track, cs_track_each_fn *each, void *arg)
{
	struct walk walk = { .track = track, .each = each, .arg = arg };
	enum cs_err err;

	walk.prefixes.least = track->want.threshold.prefix_addresses;
	cs_resources_clear(track->resources);
	err = cs_table_each(track->table, fold_one, &walk);
	end_prefix(&walk);
	if (!err)
		err = walk.prefixes.err;
	if (!err)
		err = cs_table_each(track->table, hand_out, &walk);
	free(walk.prefixes.item);
	return err;
}
