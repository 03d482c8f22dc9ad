/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the kinds of values that options have beyond numbers and words, each
 * a cs_arg_read for the option tables. Strict: nothing left over, no blanks.
 */
#pragma once

#include "cmd/args.h"

/* A number that may be missing. */
struct cs_maybe_u64 {
	uint64_t value;
	bool given;
};

/* Ports 0..65535 as bits. Port 0 is never in it. */
struct cs_port_set {
	uint64_t bits[1024];
	unsigned n; /* how many are in it */
};

static inline bool cs_port_set_has(const struct cs_port_set *set, uint16_t port)
{
	return set->bits[port / 64] >> (port % 64) & 1;
}

/* Ports first..last; 0, 0: none asked for. */
struct cs_port_range {
	uint16_t first, last;
};

/* 0..18446744073709551615 into a struct cs_maybe_u64. */
bool cs_value_maybe_u64(struct cs_span text, void *to);

/*
 * Bits per second into a uint64_t: a number with K, M or G (either case; powers
 * of 1000) behind it or nothing; at least 1, at most 10^15.
 */
bool cs_value_bandwidth(struct cs_span text, void *to);

/*
 * "5683,5684,7000-7010" into a struct cs_port_set (@to may be NULL: only
 * checked). Ports 1..65535, at least one; what is named twice is in it once.
 */
bool cs_value_ports(struct cs_span text, void *to);

/* "40000" or "40000-40063" into a struct cs_port_range; 1..65535, N <= M. */
bool cs_value_port_range(struct cs_span text, void *to);

/* yes, true, on, 1 or no, false, off, 0 (either case) into a bool. */
bool cs_value_bool(struct cs_span text, void *to);

/*
 * Bytes into a uint64_t: a number with K, M or G behind it (either case; powers of
 * 1024) or nothing; at least 1M.
 */
bool cs_value_bytes(struct cs_span text, void *to);

/* ADDRESS or ADDRESS/BITS without host bits; only checked (@to is NULL). */
bool cs_value_prefix(struct cs_span text, void *to);
