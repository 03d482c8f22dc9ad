/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

/* 0000-01-01 and the last microsecond of 9999, in microseconds since 1970. */
#define WALL_MIN (INT64_C(-62167219200) * CS_US_PER_S)
#define WALL_MAX (INT64_C(253402300800) * CS_US_PER_S - 1)

static int64_t system_mono_ns(void *arg)
{
	struct timespec t;

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this id */
	return t.tv_sec * CS_NS_PER_S + t.tv_nsec;
}

static int64_t system_wall_us(void *arg)
{
	struct timespec t;

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail for this id */
	return t.tv_sec * CS_US_PER_S + t.tv_nsec / CS_NS_PER_US;
}

const struct cs_clock *cs_clock_system(void)
{
	static const struct cs_clock clock = { system_mono_ns, system_wall_us, NULL };

	return &clock;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Splits a time into its calendar parts and the microseconds left over. */
static unsigned split(int64_t wall_us, struct tm *tm)
{
	if (wall_us < WALL_MIN)
		wall_us = WALL_MIN;
	if (wall_us > WALL_MAX)
		wall_us = WALL_MAX;

	time_t seconds = floor_div(wall_us, CS_US_PER_S);

	(void)gmtime_r(&seconds, tm); /* the year fits after the clamp */
	return (unsigned)(wall_us - seconds * CS_US_PER_S);
}

/* Writes the last @n decimal digits of @value; snprintf() would take most of a row's time. */
static char *put_digits(char *out, unsigned value, unsigned n)
{
	for (unsigned i = n; i > 0; i--, value /= 10)
		out[i - 1] = (char)('0' + value % 10);
	return out + n;
}

static char *put_day(char *out, const struct tm *tm)
{
	out = put_digits(out, (unsigned)(tm->tm_year + 1900), 4);
	*out++ = '-';
	out = put_digits(out, (unsigned)(tm->tm_mon + 1), 2);
	*out++ = '-';
	return put_digits(out, (unsigned)tm->tm_mday, 2);
}

void cs_time_text(int64_t wall_us, char out[CS_TIME_TEXT])
{
	struct tm tm;
	unsigned us = split(wall_us, &tm);

	out = put_day(out, &tm);
	*out++ = 'T';
	out = put_digits(out, (unsigned)tm.tm_hour, 2);
	*out++ = ':';
	out = put_digits(out, (unsigned)tm.tm_min, 2);
	*out++ = ':';
	out = put_digits(out, (unsigned)tm.tm_sec, 2);
	*out++ = '.';
	out = put_digits(out, us, 6);
	*out++ = 'Z';
	*out = '\0';
}

void cs_day_text(int64_t wall_us, char out[CS_DAY_TEXT])
{
	struct tm tm;

	(void)split(wall_us, &tm);
	*put_day(out, &tm) = '\0';
}

int64_t cs_day_number(int64_t wall_us)
{
	return floor_div(wall_us, CS_US_PER_DAY);
}
