/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: the sources that are known, within a fixed budget of memory whatever comes:
 * keyed hashing (an attacker chooses the keys), no allocation after it is opened, and
 * when it is full what is light and old makes room: sources with many packets, answers,
 * or writes stay.
 *
 * Most sources send a packet or two. They are kept packed into some 48 bytes that
 * hold the same as a struct cs_source (watch/pack.h) and are unpacked when they are
 * worked on; one that no longer fits is kept whole. So what is known of a source does
 * not depend on how large the budget is, unless it was evicted.
 */
#pragma once

#include "base/siphash.h"
#include "watch/source.h"

struct cs_table;

enum { CS_TABLE_BUDGET_MIN = 1 << 19 };
#define CS_TABLE_BUDGET_MAX (UINT64_C(1) << 34)

/*
 * @budget bytes in all, of which the kernel gives what is touched.
 * CS_ERR_NOMEM; CS_ERR_RANGE: outside of the bounds
 */
CS_MUST_USE enum cs_err cs_table_open(size_t budget, const struct cs_sipkey *key,
				      struct cs_table **out);
void cs_table_close(struct cs_table *table);

/*
 * Takes out the source @ip to work on, making it where it is new (then only ip, bits
 * and first_us = last_us = @wall_us are set, and *@is_new). One at a time: it goes back
 * by cs_table_put() before the next is taken. Never NULL.
 */
struct cs_source *cs_table_take(struct cs_table *table, const struct cs_addr *ip,
				int64_t wall_us, bool *is_new);
void cs_table_put(struct cs_table *table, struct cs_source *source);

/* Looks without changing its age: a copy into *@out; false: not known. */
CS_MUST_USE bool cs_table_find(struct cs_table *table, const struct cs_addr *ip,
			       struct cs_source *out);

/* Forgets one; not counted as evicted. */
void cs_table_drop(struct cs_table *table, const struct cs_addr *ip);

/*
 * The same for who has @ip's cs_addr_hash() by the table's key already. @place: where
 * cs_table_approach() saw it, or any other.
 */
struct cs_source *cs_table_take_hashed(struct cs_table *table, const struct cs_addr *ip,
				       uint64_t hash, uint32_t place, int64_t wall_us,
				       bool *is_new);

/*
 * Hints that the address of @hash will be taken soon, so that memory is not waited for:
 * the first as early as can be, the second some hundred nanoseconds later. It says where
 * the address stands, most likely; 0 if it does not.
 */
void cs_table_expect(const struct cs_table *table, uint64_t hash);
uint32_t cs_table_approach(const struct cs_table *table, uint64_t hash);

/*
 * All sources in the order of their addresses, a copy each, so that those of a prefix
 * come together. False ends the walk.
 * CS_ERR_NOMEM: no room to sort them
 */
typedef bool cs_table_each_fn(void *arg, const struct cs_source *source);
CS_MUST_USE enum cs_err cs_table_each(struct cs_table *table, cs_table_each_fn *each,
				      void *arg);

struct cs_table_counts {
	uint64_t sources; /* known now */
	uint64_t whole;   /* of them, not packed */
	uint64_t evicted; /* so far */
	uint64_t bytes;   /* of the budget in use */
};
struct cs_table_counts cs_table_counted(const struct cs_table *table);
