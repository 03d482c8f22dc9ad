/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_store: what a watch knows of its sources, by UTC day, in the same directory as
 * scans: DAY/watch.db. Any number of watches may write; each has its own rows. Needs no
 * catalogue, and nothing outside its directory once it is open.
 *
 * What is put is durable when the call returns: a kill costs what was put since. A day's
 * file that is damaged, foreign or locked is an error of each call that needs it, and
 * of no other day.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"

struct cs_watch_store;

/* One source as its run knows it. All borrowed for the call. */
struct cs_watch_row {
	struct cs_addr ip; /* bits behind .bits are zero */
	uint8_t bits;      /* 128: one address */
	uint64_t tag;      /* for rows that share a prefix; else 0 */
	int64_t first_us, last_us;
	uint64_t packets; /* since the run began */
	uint8_t worry;    /* 0..3 */
	struct cs_span class_;
	struct cs_span verdict; /* coapscope.verdict/1, one JSON object */
};

/* Why the last call failed, for people: "FILE: what". Lives in the store. */
const char *cs_watch_store_why(const struct cs_watch_store *store);

/*
 * Opens @dir, making it where it is missing. @run: random, tells the rows of this
 * watch from others'. *@out is set even on error (except CS_ERR_NOMEM); close it in
 * every case. CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_watch_store_open(const char *dir, uint64_t run,
					    struct cs_watch_store **out);
void cs_watch_store_close(struct cs_watch_store *store);

/* What is put from here on has no other chance: a day's file waits for others for 10 s. */
void cs_watch_store_last(struct cs_watch_store *store);

/*
 * Puts @n rows, each in the day of its last_us, in place of what this run put there of
 * the same source; durable when it returns. The day's file waits at most a quarter of a
 * second for others. On error the rows of that day and later ones were not put.
 *
 * CS_ERR_RANGE  a time outside 1970 to 9999
 * CS_ERR_BUSY, CS_ERR_IO, CS_ERR_DAMAGED, CS_ERR_FOREIGN, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_watch_store_put(struct cs_watch_store *store,
					   const struct cs_watch_row *rows, size_t n);

/* Removes what watches put of the days before @first. @removed: days. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_watch_store_prune(struct cs_watch_store *store, int32_t first,
					     uint64_t *removed);

/* --- reading; nothing is changed, others may write meanwhile --- */

/* What one day has of one address or prefix. Spans live for the call. */
struct cs_watch_found {
	int32_t day; /* since 1970-01-01 */
	uint64_t run;
	struct cs_watch_row row;
};

typedef enum cs_err cs_watch_found_fn(void *arg, const struct cs_watch_found *found);

/* Packets by hour of one day, of all that was found. */
typedef enum cs_err cs_watch_hours_fn(void *arg, int32_t day, const uint64_t hours[24]);

struct cs_watch_find {
	struct cs_prefix what;    /* rows inside of it, and rows whose prefix has it */
	int32_t first, last;      /* days, inclusive */
	cs_watch_found_fn *each;  /* by day, the newest first, then the newest row */
	cs_watch_hours_fn *hours; /* after a day's rows, where there were some */
	void *arg;
};

/*
 * Finds what @dir has. A day that cannot be read is passed over, counted in
 * *@unreadable; @why is the first reason.
 * CS_ERR_NOT_FOUND  there is no such directory, or no watch has written to it
 * CS_ERR_IO, CS_ERR_NOMEM, and what @each gives
 */
enum { CS_WATCH_STORE_WHY = 1024 };
CS_MUST_USE enum cs_err cs_watch_store_find(const char *dir,
					    const struct cs_watch_find *find,
					    uint64_t *unreadable,
					    char why[CS_WATCH_STORE_WHY]);
