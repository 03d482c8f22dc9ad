/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place_table: what is known of ranges of addresses, looked up by address.
 * Ranges may lie in each other: the one that begins last wins, and of those
 * the one that ends first. Of prefixes that is the longest. The same range
 * twice: what was added first holds.
 *
 * Built once, then only read, by any number of threads. An IPv4 range takes 8
 * bytes, an IPv6 range 24; equal places are kept once.
 */
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "probe/enriched.h"

/* Zeroed is empty. */
struct cs_place_table {
	struct cs_arena arena; /* texts of the places */
	struct cs_place *places;
	uint32_t n_places, cap_places;
	uint32_t *slots; /* places by hash, while it is built; number + 1, 0 free */
	uint32_t n_slots;
	uint32_t last_place; /* the one added last: neighbours are alike */

	/* What was added; gone once it is settled. */
	struct cs_place_ranges {
		struct cs_place_range *at;
		size_t n, cap;
		bool sorted;
	} v4, v6;

	/* Disjoint pieces: each goes on to where the next begins. */
	struct cs_place_v4 {
		uint32_t from;
		uint32_t place; /* number + 1; 0: nothing is known */
	} * v4_pieces;
	size_t n_v4;
	uint32_t *v4_top; /* by the first 16 bits: the piece that they begin in */
	struct cs_place_v6 {
		uint64_t high, low;
		uint32_t place;
	} * v6_pieces;
	size_t n_v6;
};

/*
 * Adds a range; both ends are of one family and in order. Copies @place, which
 * may be empty: then nothing is known there, whatever a wider range says.
 * CS_ERR_FULL  more than 2^32 - 2 ranges; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_place_table_add(struct cs_place_table *table,
					   const struct cs_range *range,
					   const struct cs_place *place);

/* To be called once, behind the last range and before the first look-up. */
CS_MUST_USE enum cs_err cs_place_table_settle(struct cs_place_table *table);

/* What is known of @ip, or NULL; lives as long as @table. */
const struct cs_place *cs_place_table_find(const struct cs_place_table *table,
					   const struct cs_addr *ip);

void cs_place_table_clear(struct cs_place_table *table);
