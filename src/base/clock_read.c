/* SPDX-License-Identifier: Apache-2.0 */
/* The way back from the texts of days and times. */
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

/* Exactly @n digits, then @end unless that is NUL. */
static unsigned take_number(struct cs_rd *rd, size_t n, char end)
{
	struct cs_span text = cs_rd_take(rd, n);
	uint64_t value = 0;

	if (!cs_num_u64(text, 0, 9999, &value) || (end && cs_rd_u8(rd) != (uint8_t)end))
		cs_rd_fail(rd, CS_ERR_SYNTAX);
	return (unsigned)value;
}

/* Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2), era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t take_day(struct cs_rd *rd)
{
	unsigned year = take_number(rd, 4, '-'), month = take_number(rd, 2, '-');
	unsigned day = take_number(rd, 2, '\0');
	char text[CS_DAY_TEXT];
	int64_t days;

	if (rd->err || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) {
		cs_rd_fail(rd, CS_ERR_RANGE);
		return 0;
	}
	/* The 31st of a shorter month is another day's number. */
	days = days_from(year, month, day);
	cs_day_text(days * CS_US_PER_DAY, text);
	if (memcmp(text, rd->base, sizeof(text) - 1) != 0)
		cs_rd_fail(rd, CS_ERR_RANGE);
	return days;
}

static int64_t take_fraction(struct cs_rd *rd)
{
	int64_t us = 0, unit = CS_US_PER_S / 10;
	size_t n = 0;

	while (cs_rd_left(rd) > 0 && rd->base[rd->pos] >= '0' &&
	       rd->base[rd->pos] <= '9') {
		us += unit * (cs_rd_u8(rd) - '0');
		unit /= 10;
		n++;
	}
	if (n < 1 || n > 9)
		cs_rd_fail(rd, CS_ERR_SYNTAX);
	return us;
}

static int64_t take_clock(struct cs_rd *rd)
{
	unsigned hour = take_number(rd, 2, ':'), minute = take_number(rd, 2, ':');
	unsigned second = take_number(rd, 2, '\0');
	int64_t us = 0;

	if (hour > 23 || minute > 59 || second > 59)
		cs_rd_fail(rd, CS_ERR_RANGE);
	if (cs_rd_left(rd) > 0 && rd->base[rd->pos] == '.') {
		(void)cs_rd_u8(rd); /* the point */
		us = take_fraction(rd);
	}
	return ((int64_t)hour * 3600 + minute * 60 + second) * CS_US_PER_S + us;
}

static bool is_utc(struct cs_span rest)
{
	static const char *const words[] = { "", "Z", " UTC", "+00:00" };

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_span_eq(rest, cs_span_str(words[i])))
			return true;
	return false;
}

bool cs_time_read(struct cs_span text, int64_t *wall_us)
{
	struct cs_rd rd = cs_rd_over(text.ptr, text.len);
	int64_t us = take_day(&rd) * CS_US_PER_DAY;

	if (cs_rd_left(&rd) > 0) {
		uint8_t between = cs_rd_u8(&rd);

		us += take_clock(&rd);
		if ((between != ' ' && between != 'T') ||
		    !is_utc(cs_rd_take(&rd, cs_rd_left(&rd))))
			return false;
	}
	if (rd.err)
		return false;
	*wall_us = us;
	return true;
}

bool cs_day_read(struct cs_span text, int32_t *day)
{
	int64_t us;

	if (text.len != CS_DAY_TEXT - 1 || !cs_time_read(text, &us))
		return false;
	*day = (int32_t)cs_day_number(us);
	return true;
}
