/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "out/grid.h"

enum {
	SOURCE,
	WORRY,
	WHAT,
	SURE,
	PACKETS,
	IN,
	OUT,
	RATIO,
	ANSWERED,
	WHO,
	SINCE,
	LAST,
	N_COLUMNS,
};

static const char *const heads[N_COLUMNS] = {
	"SOURCE",    "WORRY", "WHAT",     "SURE", "PACKETS", "BYTES IN",
	"BYTES OUT", "RATIO", "ANSWERED", "WHO",  "SINCE",   "LAST",
};

/* The first to be left out where a screen is narrow. */
static const size_t missed_least[] = { SINCE, IN, OUT, SURE, RATIO, PACKETS, LAST, WHO };

enum {
	NUMBER = 24,
	SECONDS = sizeof("2026-11-21T20:00:00") - 1, /* of a time's text */
};

/* The largest of each column with numbers, so that they stand under each other. */
struct widest {
	uint64_t packets, in, out, ratio;
};

static struct widest widest_of(const struct cs_verdict *verdicts, size_t n)
{
	struct widest most = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct cs_source *s = verdicts[i].source;
		uint64_t ratio = cs_verdict_ratio(&verdicts[i]);

		most.packets = s->packets > most.packets ? s->packets : most.packets;
		most.in = s->bytes_in > most.in ? s->bytes_in : most.in;
		most.out = s->bytes_out > most.out ? s->bytes_out : most.out;
		most.ratio = ratio > most.ratio ? ratio : most.ratio;
	}
	return most;
}

/* Hundredths as "24.6x". */
static void put_ratio(struct cs_grid *grid, uint64_t ratio, uint64_t most)
{
	unsigned long long tenths = (ratio + 5) / 10;
	char text[NUMBER];
	int width = snprintf(text, sizeof(text), "%llu",
			     (unsigned long long)(most + 5) / 100);

	if (ratio == 0)
		return;
	(void)snprintf(text, sizeof(text), "%*llu.%llux", width, tenths / 10,
		       tenths % 10);
	cs_grid_put_str(grid, RATIO, text);
}

static void put_source(struct cs_grid *grid, const struct cs_source *source)
{
	struct cs_prefix prefix = { .addr = source->ip, .bits = source->bits };
	char text[CS_PREFIX_TEXT];

	if (source->bits < 128)
		cs_prefix_text(&prefix, text);
	else
		cs_addr_text(&source->ip, text);
	cs_grid_put_str(grid, SOURCE, text);
}

static void put_what(struct cs_grid *grid, const struct cs_verdict *v)
{
	char text[NUMBER + sizeof(" addresses")];

	cs_grid_put_str(grid, WHAT, cs_class_text(v->finding->primary));
	if (v->finding->victim)
		cs_grid_put_str(grid, WHAT, "(victim)");
	if (v->source->bits < 128) {
		(void)snprintf(text, sizeof(text), "%u addresses", v->source->addresses);
		cs_grid_put_str(grid, WHAT, text);
	}
}

static void put_who(struct cs_grid *grid, const struct cs_verdict *v)
{
	char text[NUMBER];

	if (v->actor && v->actor->name.len)
		cs_grid_put(grid, WHO, v->actor->name);
	else if (v->actor && v->actor->hostname.len)
		cs_grid_put(grid, WHO, v->actor->hostname);
	if (!v->place)
		return;
	if (v->place->asn) {
		(void)snprintf(text, sizeof(text), "AS%u", v->place->asn);
		cs_grid_put_str(grid, WHO, text);
	}
	if (v->place->as_name.len)
		cs_grid_put(grid, WHO, v->place->as_name);
	if (v->place->geo.len)
		cs_grid_put(grid, WHO, v->place->geo);
}

/* Of the last day the time; of what was before then, on a screen, the date. */
static void put_time(struct cs_grid *grid, size_t column, int64_t wall_us, int64_t now_us)
{
	char text[CS_TIME_TEXT];

	cs_time_text(wall_us, text);
	text[SECONDS] = '\0';
	text[CS_DAY_TEXT - 1] = ' '; /* a blank is where a narrow column breaks */
	if (now_us == 0)
		cs_grid_put_str(grid, column, text);
	else if (now_us - wall_us < CS_US_PER_DAY)
		cs_grid_put_str(grid, column, text + CS_DAY_TEXT);
	else
		cs_grid_put(grid, column, cs_span_of(text, CS_DAY_TEXT - 1));
}

static enum cs_term_style style_of(enum cs_worry worry)
{
	switch (worry) {
	case CS_WORRY_ACT_NOW:
		return CS_TERM_RED;
	case CS_WORRY_ACT:
		return CS_TERM_YELLOW;
	case CS_WORRY_NOTE:
		return CS_TERM_PLAIN;
	case CS_WORRY_NONE:
		break;
	}
	return CS_TERM_DIM;
}

static void put_row(struct cs_grid *grid, const struct cs_verdict *v,
		    const struct widest *most, int64_t now_us)
{
	const struct cs_source *s = v->source;
	char sure[NUMBER];

	(void)snprintf(sure, sizeof(sure), "%3u%%", v->answer->confidence);
	cs_grid_row(grid, 0, style_of(v->answer->worry));
	put_source(grid, s);
	cs_grid_put_str(grid, WORRY, cs_worry_text(v->answer->worry));
	put_what(grid, v);
	cs_grid_put_str(grid, SURE, sure);
	cs_grid_put_number(grid, PACKETS, s->packets, most->packets);
	cs_grid_put_number(grid, IN, s->bytes_in, most->in);
	cs_grid_put_number(grid, OUT, s->bytes_out, most->out);
	put_ratio(grid, cs_verdict_ratio(v), most->ratio);
	cs_grid_put_str(grid, ANSWERED, v->finding->answered ? "yes" : "no");
	put_who(grid, v);
	put_time(grid, SINCE, s->first_us, now_us);
	put_time(grid, LAST, s->last_us, now_us);
}

static enum cs_err print_rows(FILE *to, const struct cs_verdict *verdicts, size_t n,
			      const struct cs_verdict_look *look)
{
	struct widest most = widest_of(verdicts, n);
	struct cs_grid grid;
	enum cs_err err;

	cs_grid_begin(&grid, heads, N_COLUMNS);
	for (size_t i = 0; i < n; i++)
		put_row(&grid, &verdicts[i], &most, look->now_us);
	cs_grid_leave_out(&grid, missed_least, CS_LEN(missed_least), look->width);
	err = cs_grid_print(&grid, to, look->width, look->colour);
	cs_grid_clear(&grid);
	return err;
}

/* How many lines @n rows and their heads take on this screen. */
static enum cs_err count_lines(const struct cs_verdict *verdicts, size_t n,
			       const struct cs_verdict_look *look, size_t *lines)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	enum cs_err err = CS_ERR_NOMEM;

	*lines = 0;
	if (memory) {
		err = print_rows(memory, verdicts, n, look);
		if (fclose(memory) != 0 && !err)
			err = CS_ERR_NOMEM;
	}
	for (size_t i = 0; !err && i < len; i++)
		*lines += text[i] == '\n';
	free(text);
	return err;
}

/*
 * As many rows as the screen has room for: a long cell makes two lines of a row, so
 * it is tried. One line is kept for what is left out.
 */
static enum cs_err fit(const struct cs_verdict *verdicts, size_t *n,
		       const struct cs_verdict_look *look)
{
	size_t room = look->lines - 1, least = 0, most = *n < room ? *n : room;

	while (least < most) {
		size_t some = (least + most + 1) / 2, lines;
		enum cs_err err = count_lines(verdicts, some, look, &lines);

		if (err)
			return err;
		if (lines <= room)
			least = some;
		else
			most = some - 1;
	}
	*n = least;
	return CS_OK;
}

enum cs_err cs_write_table(FILE *to, const struct cs_verdict *verdicts, size_t n,
			   const struct cs_verdict_look *look)
{
	uint64_t all = n + look->left_out;
	enum cs_err err = CS_OK;

	if (all == 0) {
		(void)fputs(look->now_us ? "nobody has come yet\n"
					 : "no source was seen\n",
			    to);
		return CS_OK;
	}
	if (look->lines > 0)
		err = fit(verdicts, &n, look);
	if (!err && n > 0)
		err = print_rows(to, verdicts, n, look);
	if (!err && all > n)
		(void)fprintf(to, "and %llu more; -O jsonl has all\n",
			      (unsigned long long)(all - n));
	return err;
}
