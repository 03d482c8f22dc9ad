/* SPDX-License-Identifier: Apache-2.0 */
/*
 * days: the store as the handlers see it: which days there are, and models of
 * those that are asked for, kept in memory up to a bound and loaded again when
 * the store has something new. What is there is looked up at most once a
 * second, when somebody asks.
 *
 * Safe for several threads. A day that is loaded keeps nobody waiting but those
 * who ask for one that is not in memory.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "report/model.h"
#include "report/owners.h"

struct cs_days;
struct cs_day; /* a loaded day; counted */

enum { CS_DAYS_WHY = 512 };

struct cs_days_want {
	const char *dir; /* of the store */
	uint64_t memory; /* bytes of models at most, but for a few that are in use */
	const struct cs_clock *clock;
	const struct cs_log *log;
	const struct cs_owners *owners; /* or NULL */
};

/*
 * Opens the store, to write what is derived from it where that is allowed,
 * else to read. All of @want is borrowed for good.
 * CS_ERR_NOMEM, and what the store gives, with @why
 */
CS_MUST_USE enum cs_err cs_days_open(const struct cs_days_want *want,
				     struct cs_days **out, char why[CS_DAYS_WHY]);
void cs_days_close(struct cs_days *days);

/* The days that there are, ascending, in @arena. CS_ERR_NOMEM, what the store gives */
CS_MUST_USE enum cs_err cs_days_list(struct cs_days *days, struct cs_arena *arena,
				     struct cs_store_day **list, size_t *n);

/* Another number whenever what cs_days_list() gives has changed. */
uint64_t cs_days_turn(struct cs_days *days);

/* The newest day that has rows. CS_ERR_NOT_FOUND: none has */
CS_MUST_USE enum cs_err cs_days_newest(struct cs_days *days, int32_t *day);

/*
 * The model of a day, loaded where it must be. Give it back with cs_day_put().
 * CS_ERR_NOT_FOUND, CS_ERR_NOMEM, what the store gives
 * CS_ERR_BUSY  those in use take all memory, or too many wait for theirs to be loaded
 */
CS_MUST_USE enum cs_err cs_days_get(struct cs_days *days, int32_t day,
				    struct cs_day **out);
void cs_day_put(struct cs_day *day);
const struct cs_model *cs_day_model(const struct cs_day *day);

/*
 * How many rows each owner has on a day, in the order of the owners, in @arena;
 * counted once for each state of the day.
 */
CS_MUST_USE enum cs_err cs_days_tally(struct cs_days *days, int32_t day,
				      struct cs_arena *arena, uint32_t **counts);

/*
 * Calls @use with a store that nobody else uses meanwhile; gives what it gives.
 * CS_ERR_BUSY  too many wait for it
 */
typedef enum cs_err cs_days_use_fn(void *arg, struct cs_store *store);
CS_MUST_USE enum cs_err cs_days_use(struct cs_days *days, cs_days_use_fn *use, void *arg);

/* Since when each of @seen is known; 0 where it is not. @arg: the struct cs_days. */
void cs_days_seen(void *arg, struct cs_store_seen *seen, size_t n);

/*
 * A round of what can be done before anybody asks: settles a day that is not
 * settled, and loads the newest. One thread only. True when there is more to do.
 */
bool cs_days_tend(struct cs_days *days);

/* Whether days stay unsettled, as the store is only read. */
bool cs_days_read_only(struct cs_days *days);

struct cs_days_state {
	uint64_t models, bytes, loads;
};
struct cs_days_state cs_days_state(struct cs_days *days);
