/* SPDX-License-Identifier: Apache-2.0 */
#include "report/diff_table.h"

#include <stdlib.h>

#include "base/clock.h"
#include "out/grid.h"

enum {
	ADDRESS,
	PORT,
	WHAT,
	SEVERITY,
	AMPLIFICATION,
	STACK,
	COUNTRY,
	NETWORK,
	HOSTNAME,
	FIRST,
	LAST,
	N_COLUMNS,
};

static const char *const heads[N_COLUMNS] = {
	"ADDRESS", "PORT",    "WHAT",     "SEVERITY",   "AMPLIFIES", "STACK",
	"GEO",     "NETWORK", "HOSTNAME", "FIRST SEEN", "LAST SEEN",
};

/* Left out in this order where the screen is narrow; JSON lines and CSV have them. */
static const size_t missed_least[] = { LAST, FIRST, HOSTNAME, AMPLIFICATION };

/* In the order in which they are shown. */
static const struct {
	enum cs_change change;
	const char *title;
	enum cs_term_style style;
} groups[] = {
	{ CS_CHANGE_NEW, "New", CS_TERM_RED },
	{ CS_CHANGE_MOVED, "Moved", CS_TERM_YELLOW },
	{ CS_CHANGE_CHANGED, "Changed", CS_TERM_YELLOW },
	{ CS_CHANGE_GONE, "Gone", CS_TERM_GREEN },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

struct cs_diff_table {
	struct cs_grid grid[CS_CHANGES];
};

struct cs_diff_table *cs_diff_table_new(void)
{
	struct cs_diff_table *table = calloc(1, sizeof(*table));

	for (size_t i = 0; table && i < CS_CHANGES; i++)
		cs_grid_begin(&table->grid[i], heads, N_COLUMNS);
	return table;
}

void cs_diff_table_free(struct cs_diff_table *table)
{
	for (size_t i = 0; table && i < CS_CHANGES; i++)
		cs_grid_clear(&table->grid[i]);
	free(table);
}

static void put_what(struct cs_grid *grid, const struct cs_diff_row *row)
{
	char text[CS_ADDR_TEXT];

	if (row->parts & CS_PART_RESPONSE)
		cs_grid_put_str(grid, WHAT, "response");
	if (row->parts & CS_PART_STACK)
		cs_grid_put_str(grid, WHAT, "stack");
	if (row->parts & CS_PART_SEVERITY)
		cs_grid_put_str(grid, WHAT, "severity");
	if (row->change != CS_CHANGE_MOVED)
		return;
	cs_addr_text(&row->from, text);
	cs_grid_put_str(grid, WHAT, "from");
	cs_grid_put_str(grid, WHAT, text);
}

static const struct cs_judgement *judged(const struct cs_enriched *enriched)
{
	return enriched && enriched->judged ? &enriched->judgement : NULL;
}

/* What it is; where that changed, what it was before. */
static void put_judged(struct cs_grid *grid, const struct cs_diff_row *row)
{
	const struct cs_judgement *b = judged(row->enriched_before);
	const struct cs_judgement *a = judged(row->enriched_after);
	const struct cs_judgement *now = row->after ? a : b;

	if (row->parts & CS_PART_SEVERITY) {
		cs_grid_put_str(grid, SEVERITY, cs_severity_name(b->severity));
		cs_grid_put_str(grid, SEVERITY, ">");
	}
	if (row->parts & CS_PART_STACK) {
		cs_grid_put(grid, STACK,
			    b->stack.len ? b->stack : cs_span_str("unknown"));
		cs_grid_put_str(grid, STACK, ">");
	}
	if (!now)
		return;
	cs_grid_put_str(grid, SEVERITY, cs_severity_name(now->severity));
	cs_grid_put(grid, STACK,
		    row->parts & CS_PART_STACK && now->stack.len == 0
			    ? cs_span_str("unknown")
			    : now->stack);
}

static void put_place(struct cs_grid *grid, const struct cs_enriched *enriched)
{
	char asn[24];

	if (!enriched)
		return;
	cs_grid_put(grid, COUNTRY, enriched->place.geo);
	cs_grid_put(grid, HOSTNAME, enriched->hostname);
	if (enriched->place.asn == 0)
		return;
	(void)snprintf(asn, sizeof(asn), "AS%u", enriched->place.asn);
	cs_grid_put_str(grid, NETWORK, asn);
	if (enriched->place.as_name.len > 0)
		cs_grid_put(grid, NETWORK, enriched->place.as_name);
}

static void put_seen(struct cs_grid *grid, const struct cs_diff_row *row)
{
	char text[CS_DAY_TEXT];

	if (row->first_us > 0) {
		cs_day_text(row->first_us, text);
		cs_grid_put_str(grid, FIRST, text);
	}
	/* Of what is here it is the later day. */
	if (row->last_us > 0 && !row->after) {
		cs_day_text(row->last_us, text);
		cs_grid_put_str(grid, LAST, text);
	}
}

void cs_diff_table_row(struct cs_diff_table *table, const struct cs_diff_row *row)
{
	const struct cs_result *at = row->after ? row->after : row->before;
	struct cs_grid *grid = &table->grid[row->change];
	char text[CS_ADDR_TEXT], number[32];
	uint64_t hundredths;

	if (row->change == CS_CHANGE_NOT_PROBED)
		return;
	cs_grid_row(grid, 0, CS_TERM_PLAIN);
	cs_addr_text(&at->ip, text);
	cs_grid_put_str(grid, ADDRESS, text);
	(void)snprintf(number, sizeof(number), "%u", at->port);
	cs_grid_put_str(grid, PORT, number);
	put_what(grid, row);
	put_judged(grid, row);
	if (cs_result_amplification(at, &hundredths)) {
		(void)snprintf(number, sizeof(number), "%llu.%02llux",
			       (unsigned long long)hundredths / 100,
			       (unsigned long long)hundredths % 100);
		cs_grid_put_str(grid, AMPLIFICATION, number);
	}
	put_place(grid, row->after ? row->enriched_after : row->enriched_before);
	put_seen(grid, row);
}

enum cs_err cs_diff_table_print(struct cs_diff_table *table,
				const struct cs_diff_out *out)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < GROUPS; i++) {
		uint64_t n = out->counts[groups[i].change];

		if (n == 0)
			continue;
		(void)fputc('\n', out->to);
		cs_term_style(out->to, out->colour, groups[i].style);
		(void)fprintf(out->to, "%s (%llu)", groups[i].title,
			      (unsigned long long)n);
		cs_term_style(out->to, out->colour, CS_TERM_PLAIN);
		(void)fputc('\n', out->to);
		cs_grid_leave_out(&table->grid[groups[i].change], missed_least,
				  sizeof(missed_least) / sizeof(missed_least[0]),
				  out->width);
		err = cs_grid_print(&table->grid[groups[i].change], out->to, out->width,
				    out->colour);
	}
	return err;
}
