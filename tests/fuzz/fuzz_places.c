/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text file of places, or behind "S" a sector file: what cannot be read is a
 * line that is named, and of what can be read no range is lost.
 */
#include <string.h>

#include "enrich/place_forms.h"
#include "enrich/places_own.h"
#include "fuzz.h"

enum { LINES = 64 };

static void check_text(struct cs_span text)
{
	MUST(text.len <= 255);
	MUST(text.len == 0 || !memchr(text.ptr, 0, text.len));
}

static void check_place(const struct cs_place *place)
{
	MUST(place->geo.len == 0 || place->geo.len == 2);
	for (size_t i = 0; i < place->geo.len; i++)
		MUST(place->geo.ptr[i] >= 'A' && place->geo.ptr[i] <= 'Z');
	check_text(place->as_name);
	check_text(place->sector);
	check_text(place->owner);
}

/* The first and the last address of the one range that @line is. */
static bool range_of(struct cs_span line, struct cs_addr ends[2])
{
	struct cs_place_table table = { 0 };
	const struct cs_place_form *form;
	struct cs_place_fault fault;
	uint64_t records;
	bool is = cs_place_read_text(line, &table, &form, &records, &fault) == CS_OK &&
		  records == 1;

	if (is && table.n_v4 > 1) {
		ends[0] = ends[1] = cs_addr_v4(table.v4_pieces[1].from);
		if (table.n_v4 > 2)
			ends[1] = cs_addr_v4(table.v4_pieces[2].from - 1);
	}
	is = is && table.n_v4 > 1;
	cs_place_table_clear(&table);
	return is;
}

static void check_lines(const struct cs_place_table *table, struct cs_span text)
{
	struct cs_span line;
	uint64_t number = 0;

	for (size_t i = 0; i < LINES && cs_place_next_line(&text, &number, &line); i++) {
		struct cs_addr ends[2];

		if (!range_of(line, ends))
			continue;
		for (size_t k = 0; k < 2; k++) {
			const struct cs_place *place =
				cs_place_table_find(table, &ends[k]);

			MUST(place);
			check_place(place);
		}
	}
}

static void read_places(struct cs_span text)
{
	struct cs_place_table table = { 0 };
	const struct cs_place_form *form;
	struct cs_place_fault fault;
	uint64_t records;
	enum cs_err err = cs_place_read_text(text, &table, &form, &records, &fault);

	if (err == CS_OK) {
		MUST(form);
		check_lines(&table, text);
	} else if (err != CS_ERR_FOREIGN) {
		MUST(err == CS_ERR_SYNTAX || err == CS_ERR_RANGE);
		MUST(form && fault.line > 0 && fault.want);
	}
	cs_place_table_clear(&table);
}

static void read_sectors(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct cs_sectors *sectors;
	char why[CS_PLACES_WHY] = "";

	MUST(copy);
	if (size)
		memcpy(copy, data, size);
	if (cs_sectors_read(copy, size, "file", &sectors, why)) {
		MUST(strncmp(why, "file:", 5) == 0 && strlen(why) < CS_PLACES_WHY - 1);
		for (const char *c = why; *c; c++)
			MUST(*c >= ' ' && *c <= '~');
	} else {
		for (uint32_t i = 0; i < 256; i++) {
			struct cs_addr ip = cs_addr_v4(i << 24);
			struct cs_place place = cs_sectors_find(sectors, &ip, i);

			check_place(&place);
		}
		cs_sectors_free(sectors);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'S')
		read_sectors(data + 1, size - 1);
	else
		read_places(cs_span_of(data, size));
	return 0;
}
