/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics for people: one table, so that all columns stand under each other. */
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "out/grid.h"
#include "report/diff.h"
#include "report/stats_write.h"

enum { TOP = 10, BAR = 24, SHORT_BAR = 10, WIDE = 80, NUMBER = 24 };

enum { WHAT, COUNT, SHARE, GRAPH, N_COLUMNS };

static const char *const heads[N_COLUMNS] = { "", "SERVICES", "SHARE", "" };

static const struct group {
	const char *name, *title;
	const char *unknown; /* what the empty key means */
	bool all;            /* shown whole, however many there are */
} groups[] = {
	{ "severity", "Severity", "", true },
	{ "geo", "Country", "unknown", false },
	{ "asn", "Network", "unknown", false },
	{ "stack", "Stack", "unknown", false },
	{ "amp", "Amplification", "unknown", true },
	{ "port", "Port", "", false },
	{ "tag", "Tag", "none", false },
	{ "sector", "Sector", "unknown", false },
	{ "source", "Source", "", false },
};

/* What the shares are of. */
struct sheet {
	const struct cs_stats_day *day;
	size_t bar; /* columns that a bar of all has, at most BAR */
};

static void put_share(struct cs_grid *grid, uint64_t n, const struct sheet *sheet)
{
	uint64_t all = sheet->day->services;
	double share = all ? (double)n / (double)all : 0;
	char text[BAR + 1] = "";

	(void)snprintf(text, sizeof(text), "%5.1f %%", share * 100);
	cs_grid_put_str(grid, SHARE, text);

	size_t bar = (size_t)(share * (double)sheet->bar + 0.5);

	bar = bar < sheet->bar ? bar : sheet->bar;
	memset(text, '#', bar);
	text[bar] = '\0';
	cs_grid_put_str(grid, GRAPH, text);
}

static void put_factor(struct cs_grid *grid, struct cs_span key)
{
	uint64_t from;
	char text[40];

	if (!cs_num_u64(key, 0, UINT32_MAX, &from))
		return;
	(void)snprintf(text, sizeof(text), "from %llu.%02llu times",
		       (unsigned long long)from / 100, (unsigned long long)from % 100);
	cs_grid_put_str(grid, WHAT, text);
}

static void put_key(struct cs_grid *grid, const struct group *group, struct cs_span key)
{
	if (key.len == 0)
		cs_grid_put_str(grid, WHAT, group->unknown);
	else if (strcmp(group->name, "amp") == 0)
		put_factor(grid, key);
	else if (strcmp(group->name, "asn") == 0 && key.ptr[0] <= '9') {
		char as[40];

		(void)snprintf(as, sizeof(as), "AS%.*s",
			       (int)(key.len < 32 ? key.len : 32), (const char *)key.ptr);
		cs_grid_put_str(grid, WHAT, as);
	} else
		cs_grid_put(grid, WHAT, key);
}

/* What is not among the first. */
static void put_rest(struct cs_grid *grid, const struct cs_store_sum *sums, size_t n,
		     const struct sheet *sheet)
{
	uint64_t rest = 0;
	char text[40];

	for (size_t i = 0; i < n; i++)
		rest += sums[i].n;
	(void)snprintf(text, sizeof(text), "%zu more", n);
	cs_grid_row(grid, 2, CS_TERM_DIM);
	cs_grid_put_str(grid, WHAT, text);
	cs_grid_put_number(grid, COUNT, rest, sheet->day->services);
	put_share(grid, rest, sheet);
}

static void put_group(struct cs_grid *grid, const struct cs_stats *stats,
		      const struct group *group, const struct sheet *sheet)
{
	size_t n, shown;
	const struct cs_store_sum *sums = cs_stats_group(stats, group->name, &n);

	if (n > 0) {
		cs_grid_row(grid, 0, CS_TERM_BOLD);
		cs_grid_put_str(grid, WHAT, group->title);
	}
	shown = group->all || n <= TOP + 1 ? n : TOP;
	for (size_t i = 0; i < shown; i++) {
		cs_grid_row(grid, 2, CS_TERM_PLAIN);
		put_key(grid, group, sums[i].key);
		cs_grid_put_number(grid, COUNT, sums[i].n, sheet->day->services);
		put_share(grid, sums[i].n, sheet);
	}
	if (shown < n)
		put_rest(grid, sums + shown, n - shown, sheet);
}

/* --- the head, and the days --- */

static void write_head(const struct cs_stats *stats, const char *owner, FILE *to,
		       bool colour)
{
	const struct cs_stats_day *day = &stats->days[stats->n - 1];
	char text[CS_DAY_TEXT];

	cs_day_text(day->day * CS_US_PER_DAY, text);
	cs_term_style(to, colour, CS_TERM_BOLD);
	(void)fprintf(to, "%s", text);
	cs_term_style(to, colour, CS_TERM_PLAIN);
	if (owner)
		(void)fprintf(to, ", %s", owner);
	(void)fprintf(to, ": services %llu, addresses %llu (IPv6 %llu)\n",
		      (unsigned long long)day->services,
		      (unsigned long long)day->addresses, (unsigned long long)day->ipv6);
	if (day->has_changes)
		(void)fprintf(to,
			      "since the day before: %llu new, %llu moved, %llu changed, "
			      "%llu gone, %llu not probed\n",
			      (unsigned long long)day->changes[CS_CHANGE_NEW],
			      (unsigned long long)day->changes[CS_CHANGE_MOVED],
			      (unsigned long long)day->changes[CS_CHANGE_CHANGED],
			      (unsigned long long)day->changes[CS_CHANGE_GONE],
			      (unsigned long long)day->changes[CS_CHANGE_NOT_PROBED]);
}

/* The value of a string behind @name, as it stands in the text; empty: none. */
static struct cs_span word_after(struct cs_span *text, const char *name)
{
	const uint8_t *at = memmem(text->ptr, text->len, name, strlen(name));
	const uint8_t *end;

	if (!at)
		return (struct cs_span){ 0 };
	at += strlen(name);
	text->len -= (size_t)(at - text->ptr);
	text->ptr = at;
	end = memchr(at, '"', text->len);
	return cs_span_of(at, end ? (size_t)(end - at) : text->len);
}

/* "enriched by FILE of 2026-11-01": what stands in the JSON of `report enrich`. */
static void write_sources(struct cs_span about, FILE *to)
{
	enum { DAY = sizeof("2026-11-01") - 1 };
	bool any = false;

	for (;;) {
		struct cs_span file = word_after(&about, "\"file\":\"");
		struct cs_span built;

		if (file.len == 0)
			break;
		built = word_after(&about, "\"built\":\"");
		(void)fputs(any ? ", " : "enriched by ", to);
		cs_term_text(to, file);
		if (built.len >= DAY) {
			(void)fputs(" of ", to);
			cs_term_text(to, cs_span_of(built.ptr, DAY));
		}
		any = true;
	}
	if (any)
		(void)fputc('\n', to);
}

enum { DAY, FIRST_NUMBER, DAY_COLUMNS = FIRST_NUMBER + 3 + CS_CHANGES };

/* The numbers of a day, as its columns have them; those that are not known: false. */
static bool number_of(const struct cs_stats_day *day, size_t column, uint64_t *n)
{
	static const enum cs_change order[] = { CS_CHANGE_NEW, CS_CHANGE_MOVED,
						CS_CHANGE_CHANGED, CS_CHANGE_GONE,
						CS_CHANGE_NOT_PROBED };
	const uint64_t totals[] = { day->services, day->addresses, day->ipv6 };

	if (column < 3)
		*n = totals[column];
	else if (day->has_changes)
		*n = day->changes[order[column - 3]];
	return column < 3 || day->has_changes;
}

/* A column's numbers stand right under each other. */
static uint64_t most_of(const struct cs_stats *stats, size_t column)
{
	uint64_t most = 0, n;

	for (size_t i = 0; i < stats->n; i++)
		if (number_of(&stats->days[i], column, &n) && n > most)
			most = n;
	return most;
}

static enum cs_err write_days(const struct cs_stats *stats, FILE *to, size_t width,
			      bool colour)
{
	static const char *const day_heads[DAY_COLUMNS] = {
		"DAY",   "SERVICES", "ADDRESSES", "IPV6",       "NEW",
		"MOVED", "CHANGED",  "GONE",      "NOT PROBED",
	};
	struct cs_grid grid = { 0 };
	char text[CS_DAY_TEXT];
	enum cs_err err;
	uint64_t n;

	cs_grid_begin(&grid, day_heads, DAY_COLUMNS);
	for (size_t i = 0; i < stats->n; i++) {
		cs_grid_row(&grid, 0, CS_TERM_PLAIN);
		cs_day_text(stats->days[i].day * CS_US_PER_DAY, text);
		cs_grid_put_str(&grid, DAY, text);
		for (size_t c = 0; c < DAY_COLUMNS - FIRST_NUMBER; c++)
			if (number_of(&stats->days[i], c, &n))
				cs_grid_put_number(&grid, FIRST_NUMBER + c, n,
						   most_of(stats, c));
	}
	err = cs_grid_print(&grid, to, width, colour);
	cs_grid_clear(&grid);
	(void)fputc('\n', to);
	return err;
}

enum cs_err cs_stats_write_table(const struct cs_stats *stats, const char *owner,
				 FILE *to, size_t width, bool colour)
{
	struct cs_grid grid = { 0 };
	enum cs_err err = CS_OK;

	if (stats->n == 0)
		return CS_OK;

	const struct sheet sheet = { .day = &stats->days[stats->n - 1],
				     .bar = width > 0 && width < WIDE ? SHORT_BAR : BAR };

	write_head(stats, owner, to, colour);
	for (size_t i = 0; i < stats->n_enriched_by; i++)
		write_sources(stats->enriched_by[i], to);
	(void)fputc('\n', to);
	if (stats->n > 1)
		err = write_days(stats, to, width, colour);
	cs_grid_begin(&grid, heads, N_COLUMNS);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		put_group(&grid, stats, &groups[i], &sheet);
	if (!err)
		err = cs_grid_print(&grid, to, width, colour);
	cs_grid_clear(&grid);
	return err;
}
