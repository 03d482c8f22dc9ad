/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect's own files: a record that is read can be written and read again to the same, and no
 * part of it lies outside; behind a right checksum too, which is put in front of the bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protect/figures.h"
#include "protect/operator.h"
#include "protect/record.h"
#include "protect/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_it(struct cs_span bytes, struct cs_arena *arena)
{
	struct cs_record record, again;
	char why[CS_RECORD_WHY];
	struct cs_span out;

	if (cs_record_read(bytes, "kept", arena, &record, why))
		return;
	for (size_t i = 0; i < record.n_parts; i++) {
		struct cs_span text = record.parts[i].text;

		if (text.len > 0 &&
		    (text.ptr < bytes.ptr || text.ptr + text.len > bytes.ptr + bytes.len))
			abort();
	}
	if (cs_record_write(&record, arena, &out) ||
	    cs_record_read(out, "kept", arena, &again, why) ||
	    again.n_keys != record.n_keys || again.n_parts != record.n_parts)
		abort();
}

/* A record whose only part is what came, so that what stands behind the sum is reached. */
static void read_made(struct cs_span part, struct cs_arena *arena)
{
	struct cs_record record = { .kind = "kept" }, again;
	char why[CS_RECORD_WHY];
	struct cs_span out;

	cs_record_put(&record, "id", "x");
	cs_record_part(&record, "part", part);
	if (cs_record_write(&record, arena, &out) ||
	    cs_record_read(out, "kept", arena, &again, why) ||
	    !cs_span_eq(cs_record_text(&again, "part"), part))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span all = cs_span_of(data, size);
	struct cs_arena arena = { 0 };
	struct cs_figures figures;
	struct cs_addr address;
	uint16_t port;

	read_it(all, &arena);
	read_made(all, &arena);
	(void)!cs_figures_parse(all, &arena, &figures);
	(void)!cs_operator_read(all, &address);
	(void)!cs_operator_read_tcp(all, &port, &address);
	if (cs_table_time(all) < -1)
		abort();
	cs_arena_clear(&arena);
	return 0;
}
