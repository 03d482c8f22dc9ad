/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: all that is kept of one source, or of a prefix of many: what it did, to whom,
 * and what came of it. The verdict follows from this alone (watch/judge.h). A plain
 * value without pointers; bounded whatever comes; 512 bytes at most, so that 64 MiB
 * hold a hundred thousand busy ones (quiet ones are packed, watch/table.h).
 *
 * Counts stop at their largest value and never wrap.
 */
#pragma once

#include "base/addr.h"
#include "watch/obs.h"

enum {
	CS_SOURCE_OBS = 20,  /* different kinds kept; more are counted in .obs_lost */
	CS_SOURCE_PAIRS = 8, /* destinations that are followed one by one */
	CS_SOURCE_FIRST = 4, /* of them, the first ones: kept, whatever comes later */
	CS_SOURCE_PATHS = 8, /* different targets told apart */
	CS_SOURCE_BUSY = 5,  /* requests from which on a destination is not forgotten */
};

/* One kind of observation, in the order of their first. */
struct cs_source_obs {
	uint32_t count;
	uint32_t first_ms; /* after the source's first packet */
	uint8_t kind;      /* enum cs_obs */
};

/* Requests to one destination in this source's name. */
struct cs_source_pair {
	uint32_t host;     /* which of our hosts: its number in the tracker; 0: unused */
	uint32_t run;      /* requests in the latest run: gaps of at most 600 s */
	uint32_t run_most; /* in the longest run */
	uint32_t last_ms;  /* the latest request, after the source's first packet */
};

struct cs_source {
	struct cs_addr ip;
	int64_t first_us, last_us; /* UTC */
	uint64_t bytes_in;         /* payload bytes from it */
	uint64_t bytes_out;        /* payload bytes that we sent to it, CoAP ports only */
	uint32_t packets;          /* from it */
	uint32_t requests;         /* of them, requests and pings to CoAP ports */
	uint32_t most_out; /* largest single exchange: bytes out for .most_in bytes in */
	uint32_t most_in;
	uint32_t unproved; /* requests on flows (source ports) without two-way proof */

	/* Of a prefix: */
	uint32_t addresses; /* that sent requests; 1 for a source */
	uint32_t flooded;   /* of them, flooded by themselves: none is in .pair */

	/* What cs_source_compare() compares the next request with; 0 when settled. */
	uint32_t token, payload; /* hashes of the latest request's */
	uint16_t port, mid;      /* of the latest request */

	/*
	 * The run of requests to any host of ours that goes on, and the longest: a victim
	 * that is attacked again with another target is not one that looks for many.
	 */
	uint16_t run_now, run_most; /* requests; of a prefix .run_now: votes for .mid */
	uint16_t run_seen;          /* bit i: path[i] is among the targets of this run */
	uint8_t run_targets;        /* of the longest; 255: not all were told apart */

	uint8_t bits; /* 128: one address; a /24 has 120, an IPv6 /64 has 64 */
	uint8_t n_obs, n_pairs, n_paths;
	uint8_t obs_lost, pairs_lost,
		paths_lost; /* kinds, destinations, targets without room: 255 is "or more" */
	uint8_t hop_low, hop_high; /* IP hop limits seen in what it sent */
	uint8_t no_token;          /* requests without a token: 255 is "or more" */
	uint8_t is_peer : 1;       /* inside a --peer prefix */
	uint8_t mids_differ : 1;   /* more than one Message ID in requests */
	uint8_t mids_rise : 1;     /* each Message ID is the one before plus a little */
	uint8_t ports_differ : 1;  /* more than one source port */
	uint8_t tokens_differ : 1;
	uint8_t port_known : 1; /* a source port of a well-known service: 53, 80, 123, 443, games */
	uint8_t payload_same : 1; /* all requests equal but for MID and token */
	uint8_t group_only : 1;   /* never asked a single host */
	uint16_t paced; /* repetitions that a client may have sent: not in .requests */

	uint32_t path[CS_SOURCE_PATHS]; /* hashes of the targets asked for */
	struct cs_source_pair pair[CS_SOURCE_PAIRS];
	struct cs_source_obs obs[CS_SOURCE_OBS];
};
_Static_assert(sizeof(struct cs_source) <= 512, "the table counts on it");

/* How often @kind was observed. */
uint32_t cs_source_count(const struct cs_source *source, enum cs_obs kind);
/* How often any of first..last was. */
uint32_t cs_source_count_range(const struct cs_source *source, enum cs_obs first,
			       enum cs_obs last);
/* The row of @kind, or NULL. */
const struct cs_source_obs *cs_source_find(const struct cs_source *source,
					   enum cs_obs kind);

/*
 * Counts one observation at @wall_us; returns its row (until the next is noted), NULL
 * when there is no room. Faults and kinds of what is not CoAP make room for the others.
 */
struct cs_source_obs *cs_source_note(struct cs_source *source, enum cs_obs kind,
				     int64_t wall_us);

/* Whether it came over TCP alone, where messages have no Message ID. */
bool cs_source_is_tcp(const struct cs_source *source);

/* What of a request is compared with the one before. */
struct cs_source_marks {
	uint16_t port; /* it came from */
	uint16_t mid;
	uint32_t token, payload; /* hashes; 0: no token */
};

/*
 * Sees in what a request differs from those before: .mids_differ to .payload_same.
 * Called before .requests counts it.
 */
void cs_source_compare(struct cs_source *source, const struct cs_source_marks *marks);

/*
 * Notes a request to our host number @host, which is not 0; a gap of more than @gap_us
 * ends a run. Of more destinations than CS_SOURCE_PAIRS the first CS_SOURCE_FIRST and
 * the busier ones are kept: each that is kept is counted exactly since it came in.
 */
void cs_source_asked(struct cs_source *source, uint32_t host, int64_t wall_us,
		     int64_t gap_us);

/* Notes the target's hash. */
void cs_source_target(struct cs_source *source, uint32_t path);

/*
 * Whether one host of ours got @level requests in a run in its name, and that many
 * without proof.
 */
bool cs_source_is_flooded(const struct cs_source *source, uint32_t level);

/*
 * Adds what @one source did to the prefix it belongs to, which begins with ip and bits.
 * @level: requests that make a flood.
 */
void cs_source_fold(struct cs_source *prefix, const struct cs_source *one,
		    uint32_t level);
