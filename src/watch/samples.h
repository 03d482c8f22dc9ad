/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples: evidence: the first datagram of each kind that a source sent (or was sent),
 * cut to CS_SAMPLE_MAX bytes, within a fixed budget. What is new pushes out what is
 * oldest among its equals: samples of sources that matter are kept apart from those of
 * the many that sent a packet or two, so that a flood does not wash them away.
 *
 * A source is known by its address's hash, by a key that nobody knows (base/addr_hash.h).
 */
#pragma once

#include "base/err.h"
#include "base/rd.h"

/* One sample. @bytes is borrowed from the store until the next is kept or raised. */
enum { CS_SAMPLE_MAX = 256 };
struct cs_sample {
	uint8_t kind; /* enum cs_obs */
	bool tcp;     /* what a TCP stream gave */
	int64_t wall_us;
	struct cs_span bytes;
};

/* How much a sample matters; each has a third of the budget. */
enum cs_sample_rank {
	CS_SAMPLE_LIGHT,   /* what nearly all sources send */
	CS_SAMPLE_TELLING, /* writes, faults, answers: kinds that verdicts turn on */
	CS_SAMPLE_HEAVY,   /* of a source that sent much */
	CS_SAMPLE_RANKS,
};

struct cs_samples;

enum { CS_SAMPLES_BUDGET_MIN = 1 << 16 };

/* CS_ERR_NOMEM; CS_ERR_RANGE: below the minimum */
CS_MUST_USE enum cs_err cs_samples_open(size_t budget, struct cs_samples **out);
void cs_samples_close(struct cs_samples *samples);

/* A hint that one of this source may come. */
void cs_samples_expect(const struct cs_samples *samples, uint64_t hash);

/* Copies @sample in, unless there is one of its kind of this source. */
void cs_samples_keep(struct cs_samples *samples, uint64_t hash, enum cs_sample_rank rank,
		     const struct cs_sample *sample);

/* Copies @sample in: who knows that there is none of its kind need not wait for memory. */
void cs_samples_keep_first(struct cs_samples *samples, uint64_t hash,
			   enum cs_sample_rank rank, const struct cs_sample *sample);

/* From now on those that are there of this source have at least @rank. */
void cs_samples_raise(struct cs_samples *samples, uint64_t hash,
		      enum cs_sample_rank rank);

/* Those of a source into @out, the oldest first as they were kept; how many there are. */
size_t cs_samples_find(const struct cs_samples *samples, uint64_t hash,
		       struct cs_sample *out, size_t cap);
