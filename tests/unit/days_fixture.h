/* SPDX-License-Identifier: Apache-2.0 */
/* Days of a store as reports want them: scans with plans, some chunks closed. */
#pragma once

#include "store_fixture.h"

#include "net/scope.h"
#include "scan/plan.h"

/* A plan that asks all of @target (a prefix) on one port or two. */
static inline struct cs_plan days_plan(const char *target, uint32_t n_ports,
				       uint64_t seed)
{
	static const uint16_t ports[] = { 5683, 5684 };
	struct cs_scope_draft draft = { 0 };
	struct cs_source source = { 0 };
	struct cs_plan plan = { .n_ports = n_ports,
				.seed = seed,
				.shards = 1,
				.probes = 1,
				.cooldown_s = 8 };

	plan.ports = malloc(sizeof(ports));
	memcpy(plan.ports, ports, sizeof(ports));
	assert_int_equal(cs_scope_add_target(&draft, cs_span_str(target), &source),
			 CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &plan.scope), CS_OK);
	cs_scope_draft_clear(&draft);
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	return plan;
}

/* A scan of a day: what was asked, which chunks closed, what was found. */
struct days_scan {
	int32_t day;
	uint8_t number; /* another for each scan of a store */
	const struct cs_plan *plan;
	const bool *closed;   /* by chunk; NULL: all of them */
	const char *metadata; /* NULL: {} */
	const struct cs_result *rows;
	size_t n;
};

static inline void days_put_chunk(struct fixture *f, const struct days_scan *scan,
				  uint64_t number)
{
	struct cs_chunk_row chunk = { .chunk = number,
				      .first_us = scan->day * CS_US_PER_DAY,
				      .last_us = scan->day * CS_US_PER_DAY,
				      .probed = 1,
				      .closed = !scan->closed || scan->closed[number] };
	struct cs_result *rows = calloc(scan->n + 1, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < scan->n; i++) {
		uint64_t slot = 0;

		if (!scan->plan || !cs_plan_slot(scan->plan, &scan->rows[i].ip,
						 scan->rows[i].port, &slot))
			slot = 0;
		if (slot / CS_CHUNK == number)
			rows[n++] = scan->rows[i];
	}
	expect(f, cs_shard_put_chunk(f->shard, &chunk, rows, n), CS_OK);
	free(rows);
}

/* Without a plan: as reports are imported, in one chunk that is not closed. */
static inline void days_put(struct fixture *f, const struct days_scan *scan)
{
	static const bool none[1] = { false };
	struct days_scan imported = *scan;
	struct cs_arena arena = { 0 };
	struct cs_scan_row row = {
		.id = { scan->number, 7 },
		.shards = 1,
		.metadata = cs_span_str(scan->metadata ? scan->metadata : "{}"),
		.started_us = scan->day * CS_US_PER_DAY,
		.ended_us = scan->day * CS_US_PER_DAY + 1,
		.n_chunks = scan->plan ? scan->plan->chunks : 1,
		.state = CS_SCAN_DONE,
	};

	if (scan->plan) {
		assert_int_equal(cs_plan_write(scan->plan, &arena, &row.plan), CS_OK);
		cs_plan_key(row.plan, row.plan_hash);
	} else {
		imported.closed = none;
	}
	expect(f, cs_store_scan_begin(f->store, &row), CS_OK);
	expect(f, cs_shard_open(f->store, row.id, 0, &f->shard), CS_OK);
	for (uint64_t chunk = 0; chunk < row.n_chunks; chunk++)
		days_put_chunk(f, &imported, chunk);
	publish(f);
	cs_arena_clear(&arena);
}
