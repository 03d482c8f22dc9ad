/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the only way time comes in. cmd hands the system's clock down; tests
 * hand in one that they move themselves. Nothing else below cmd asks the
 * kernel what time it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

#define CS_NS_PER_US  INT64_C(1000)
#define CS_NS_PER_MS  INT64_C(1000000)
#define CS_NS_PER_S   INT64_C(1000000000)
#define CS_US_PER_MS  INT64_C(1000)
#define CS_US_PER_S   INT64_C(1000000)
#define CS_US_PER_DAY (INT64_C(86400) * CS_US_PER_S)

struct cs_clock {
	int64_t (*mono_ns)(void *arg); /* nanoseconds, never goes back */
	int64_t (*wall_us)(void *arg); /* microseconds since 1970, UTC */
	void *arg;
};

static inline int64_t cs_clock_mono(const struct cs_clock *clock)
{
	return clock->mono_ns(clock->arg);
}

static inline int64_t cs_clock_wall(const struct cs_clock *clock)
{
	return clock->wall_us(clock->arg);
}

/* The kernel's clocks. Static storage. */
const struct cs_clock *cs_clock_system(void);

enum {
	CS_TIME_TEXT = sizeof("2026-11-21T20:00:00.123456Z"),
	CS_DAY_TEXT = sizeof("2026-11-21"),
};

/*
 * RFC 3339 in UTC with microseconds. Years outside 0..9999 are clamped to the
 * nearest representable time.
 */
void cs_time_text(int64_t wall_us, char out[CS_TIME_TEXT]);

/* The UTC day of a time, "2026-11-21"; clamped likewise. */
void cs_day_text(int64_t wall_us, char out[CS_DAY_TEXT]);

/* Days since 1970-01-01 in UTC, rounded down (negative before it). */
int64_t cs_day_number(int64_t wall_us);

/*
 * Reads a UTC day ("2026-11-21") or a time of one: behind a blank or T
 * "20:00:00", perhaps a fraction of up to nine digits (what is below a
 * microsecond is dropped), perhaps "Z", " UTC" or "+00:00". Years 1970 to 9999,
 * real calendar days; no leap second.
 */
CS_MUST_USE bool cs_time_read(struct cs_span text, int64_t *wall_us);

/* Only a day, into days since 1970-01-01. */
CS_MUST_USE bool cs_day_read(struct cs_span text, int32_t *day);
