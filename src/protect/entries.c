/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as a list, and as the file that they are kept in. */
#include "protect/entries.h"

#include <stdio.h>
#include <string.h>

#include "base/csv_rows.h"
#include "base/num.h"
#include "out/csv.h"
#include "out/csv_decode.h"
#include "protect/draft.h"
#include "protect/policy.h"

/* The file is CSV: people can read it, and what is in a reason is escaped. */
enum column {
	VERDICT,
	PREFIX,
	INTERFACE,
	SINCE,
	UNTIL,
	BOOT,
	END_MS, /* monotonic, of that boot */
	BY,
	REASON,
	EVIDENCE,
	COLUMNS,
};

static const char *const names[COLUMNS] = {
	[VERDICT] = "verdict",   [PREFIX] = "prefix", [INTERFACE] = "interface",
	[SINCE] = "since",       [UNTIL] = "until",   [BOOT] = "boot",
	[END_MS] = "end_ms",     [BY] = "by",         [REASON] = "reason",
	[EVIDENCE] = "evidence",
};

/* --- the list --- */

static bool same_place(const struct cs_entry *a, const struct cs_entry *b)
{
	return cs_prefix_cmp(&a->prefix, &b->prefix) == 0 &&
	       strcmp(a->interface, b->interface) == 0;
}

static enum cs_err append(struct cs_entries *entries, const struct cs_entry *entry,
			  struct cs_arena *arena)
{
	if (entries->n == entries->cap) {
		size_t cap = entries->cap ? 2 * entries->cap : 16;
		struct cs_entry *grown = cs_arena_array(arena, cap, sizeof(*grown));

		if (!grown)
			return CS_ERR_NOMEM;
		if (entries->n > 0)
			memcpy(grown, entries->at, entries->n * sizeof(*grown));
		entries->at = grown;
		entries->cap = cap;
	}
	entries->at[entries->n++] = *entry;
	return CS_OK;
}

enum cs_err cs_entries_put(struct cs_entries *entries, const struct cs_entry *entry,
			   struct cs_arena *arena)
{
	for (size_t i = 0; i < entries->n; i++)
		if (same_place(&entries->at[i], entry)) {
			cs_entries_drop(entries, i);
			break;
		}
	return entries->n < CS_ENTRIES_MAX ? append(entries, entry, arena) : CS_ERR_FULL;
}

void cs_entries_drop(struct cs_entries *entries, size_t at)
{
	memmove(&entries->at[at], &entries->at[at + 1],
		(entries->n - at - 1) * sizeof(entries->at[0]));
	entries->n--;
}

/* --- to text --- */

static void put_word(struct cs_csv *csv, const char *text)
{
	cs_csv_cell(csv, cs_span_str(text));
}

static void put_time(struct cs_csv *csv, int64_t wall_us)
{
	char text[CS_TIME_TEXT] = "";

	if (wall_us)
		cs_time_text(wall_us, text);
	put_word(csv, text);
}

static void put_entry(struct cs_csv *csv, const struct cs_entry *entry, const char *boot,
		      int64_t now_ms)
{
	char prefix[CS_PREFIX_TEXT];
	bool forever = entry->left_ms == CS_ENTRY_FOREVER;

	cs_prefix_text(&entry->prefix, prefix);
	put_word(csv, entry->deny ? "deny" : "allow");
	put_word(csv, prefix);
	cs_csv_field(csv, cs_span_str(entry->interface));
	put_time(csv, entry->since_us);
	put_time(csv, forever ? 0 : entry->until_us);
	put_word(csv, forever ? "" : boot);
	cs_csv_uint(csv, forever ? 0 : (uint64_t)(now_ms + entry->left_ms));
	put_word(csv, entry->by);
	cs_csv_field(csv, cs_span_str(entry->reason));
	cs_csv_field(csv, cs_span_str(entry->evidence));
	cs_csv_row_end(csv);
}

enum cs_err cs_entries_text(const struct cs_entries *entries, const char *boot,
			    const struct cs_clock *clock, struct cs_arena *arena,
			    struct cs_span *out)
{
	int64_t now_ms = cs_clock_mono(clock) / CS_NS_PER_MS;
	struct cs_draft text;
	struct cs_csv csv = cs_csv_to(cs_draft_open(&text));

	if (!text.to)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < COLUMNS; i++)
		cs_csv_name(&csv, names[i]);
	cs_csv_row_end(&csv);
	for (size_t i = 0; i < entries->n; i++)
		put_entry(&csv, &entries->at[i], boot, now_ms);
	return cs_draft_close(&text, arena, out);
}

/* --- and back --- */

struct reading {
	const char *boot;
	int64_t now_ms, wall_us;
	struct cs_arena *arena;
};

static bool read_when(struct cs_span cell, int64_t *wall_us)
{
	*wall_us = 0;
	return cell.len == 0 || cs_time_read(cell, wall_us);
}

/* A text without its escapes. NULL: it has others, or no memory. */
static const char *read_text(struct cs_span cell, struct cs_arena *arena)
{
	char *text = cs_arena_alloc(arena, cell.len + 1);
	size_t len;

	if (!text || cs_csv_field_decode(cell, (uint8_t *)text, &len))
		return NULL;
	text[len] = '\0';
	return text;
}

static bool read_left(const struct cs_csv_row *row, const struct reading *r,
		      struct cs_entry *entry)
{
	uint64_t end_ms;

	if (!read_when(row->cell[SINCE], &entry->since_us) ||
	    !read_when(row->cell[UNTIL], &entry->until_us) ||
	    !cs_num_u64(row->cell[END_MS], 0, INT64_MAX / 2, &end_ms))
		return false;
	if (!entry->until_us)
		entry->left_ms = CS_ENTRY_FOREVER;
	else if (cs_span_eq(row->cell[BOOT], cs_span_str(r->boot)))
		entry->left_ms = (int64_t)end_ms - r->now_ms;
	else
		entry->left_ms = (entry->until_us - r->wall_us) / CS_US_PER_MS;
	return true;
}

/* Into a script goes only what may be there. */
static bool is_place(const struct cs_entry *entry)
{
	char text[CS_PEER_TEXT];
	struct cs_peer peer = { .prefix = entry->prefix };

	memcpy(peer.interface, entry->interface, sizeof(peer.interface));
	cs_peer_text(&peer, text);
	return !entry->interface[0] ||
	       (!entry->deny && cs_peer_read(cs_span_str(text), &peer));
}

static bool read_row(const struct cs_csv_row *row, const struct reading *r,
		     struct cs_entry *entry)
{
	struct cs_span verdict = row->cell[VERDICT];
	const char *interface = read_text(row->cell[INTERFACE], r->arena);

	entry->deny = cs_span_eq(verdict, cs_span_str("deny"));
	entry->by = read_text(row->cell[BY], r->arena);
	entry->reason = read_text(row->cell[REASON], r->arena);
	entry->evidence = read_text(row->cell[EVIDENCE], r->arena);
	if (!entry->by || !entry->reason || !entry->evidence || !interface ||
	    strlen(interface) >= sizeof(entry->interface))
		return false;
	memcpy(entry->interface, interface, strlen(interface) + 1);
	return (entry->deny || cs_span_eq(verdict, cs_span_str("allow"))) &&
	       cs_prefix_read(row->cell[PREFIX], &entry->prefix) == CS_OK &&
	       is_place(entry) && read_left(row, r, entry);
}

static bool is_header(const struct cs_csv_row *row)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (row->n != COLUMNS || !cs_span_eq(row->cell[i], cs_span_str(names[i])))
			return false;
	return true;
}

static enum cs_err damaged(uint64_t line, char why[CS_STATE_WHY])
{
	(void)snprintf(why, CS_STATE_WHY, "entries, line %llu: not understood",
		       (unsigned long long)line);
	return CS_ERR_DAMAGED;
}

enum cs_err cs_entries_parse(struct cs_span text, const char *boot,
			     const struct cs_clock *clock, struct cs_arena *arena,
			     struct cs_entries *out, char why[CS_STATE_WHY])
{
	const struct reading reading = { .boot = boot,
					 .now_ms = cs_clock_mono(clock) / CS_NS_PER_MS,
					 .wall_us = cs_clock_wall(clock),
					 .arena = arena };
	char *copy = cs_arena_text(arena, text); /* the reader writes to it */
	struct cs_csv_rows rows = cs_csv_rows_over((uint8_t *)copy, text.len, true);
	struct cs_csv_row row = { .line = 1 };
	enum cs_err err = CS_OK;
	struct cs_entry entry;

	*out = (struct cs_entries){ .n = 0 };
	if (!copy)
		return CS_ERR_NOMEM;
	if (text.len == 0)
		return CS_OK;
	if (!cs_csv_rows_next(&rows, &row) || !is_header(&row))
		return damaged(1, why);
	while (!err && cs_csv_rows_next(&rows, &row)) {
		if (row.n != COLUMNS || out->n == CS_ENTRIES_MAX ||
		    !read_row(&row, &reading, &entry))
			return damaged(row.line, why);
		if (entry.left_ms > 0)
			err = append(out, &entry, arena);
	}
	return !err && rows.err ? damaged(row.line, why) : err;
}

enum cs_err cs_entries_read(const struct cs_state *state, const struct cs_clock *clock,
			    struct cs_arena *arena, struct cs_entries *out,
			    char why[CS_STATE_WHY])
{
	struct cs_span text;
	enum cs_err err = cs_state_read(&state->dir, "entries", arena, &text, why);

	*out = (struct cs_entries){ .n = 0 };
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	return cs_entries_parse(text, state->boot, clock, arena, out, why);
}
