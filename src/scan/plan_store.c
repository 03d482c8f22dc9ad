/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored form of a plan: big-endian, version first.
 *
 *   u32 magic "CSPL"   u16 version
 *   -- identity --
 *   u64 seed   u8 token_len   u32 n_ports   u16 port...
 *   u64 n_ranges   { 16 bytes low, 16 bytes high }...
 *   -- how it is run --
 *   u64 max_targets   u32 shards   u8 probes   u8 follow
 *   u64 rate_pps   u32 cooldown_s   u64 excluded
 */
#include <stdlib.h>

#include "base/wr.h"
#include "net/pace.h"
#include "scan/plan.h"

enum {
	MAGIC = 0x4353504c,
	VERSION = 1,
	FIXED = 80, /* more than all fields of fixed size take */
	RANGE = 32,
};

static void write_identity(struct cs_wr *w, const struct cs_plan *plan)
{
	size_t n;
	const struct cs_range *ranges = cs_scope_ranges(plan->scope, &n);

	cs_wr_u64(w, plan->seed);
	cs_wr_u8(w, plan->token_len);
	cs_wr_u32(w, plan->n_ports);
	for (uint32_t i = 0; i < plan->n_ports; i++)
		cs_wr_u16(w, plan->ports[i]);
	cs_wr_u64(w, n);
	for (size_t i = 0; i < n; i++) {
		cs_wr_bytes(w, ranges[i].lo.b, 16);
		cs_wr_bytes(w, ranges[i].hi.b, 16);
	}
}

static size_t size_of(const struct cs_plan *plan)
{
	size_t n;

	(void)cs_scope_ranges(plan->scope, &n);
	return FIXED + 2 * (size_t)plan->n_ports + RANGE * n;
}

enum cs_err cs_plan_write(const struct cs_plan *plan, struct cs_arena *arena,
			  struct cs_span *out)
{
	size_t cap = size_of(plan);
	struct cs_wr w = cs_wr_over(cs_arena_alloc(arena, cap), cap);

	if (!w.base)
		return CS_ERR_NOMEM;
	cs_wr_u32(&w, MAGIC);
	cs_wr_u16(&w, VERSION);
	write_identity(&w, plan);
	cs_wr_u64(&w, plan->max_targets);
	cs_wr_u32(&w, plan->shards);
	cs_wr_u8(&w, plan->probes);
	cs_wr_u8(&w, plan->follow);
	cs_wr_u64(&w, plan->rate_pps);
	cs_wr_u32(&w, plan->cooldown_s);
	cs_wr_u64(&w, plan->excluded);
	*out = cs_wr_done(&w);
	return w.err;
}

static enum cs_err read_ports(struct cs_rd *r, struct cs_plan *plan)
{
	plan->n_ports = cs_rd_u32(r);
	if (r->err || plan->n_ports == 0 || plan->n_ports > 65535)
		return CS_ERR_RANGE;
	plan->ports = calloc(plan->n_ports, sizeof(*plan->ports));
	if (!plan->ports)
		return CS_ERR_NOMEM;
	for (uint32_t i = 0; i < plan->n_ports; i++) {
		plan->ports[i] = cs_rd_u16(r);
		if (plan->ports[i] == 0 || (i && plan->ports[i] <= plan->ports[i - 1]))
			return CS_ERR_RANGE;
	}
	return CS_OK;
}

static enum cs_err read_scope(struct cs_rd *r, struct cs_plan *plan)
{
	uint64_t n = cs_rd_u64(r);

	if (r->err || n == 0 || n > cs_rd_left(r) / RANGE)
		return CS_ERR_RANGE;

	struct cs_range *ranges = calloc(n, sizeof(*ranges));

	if (!ranges)
		return CS_ERR_NOMEM;
	for (uint64_t i = 0; i < n; i++) {
		cs_rd_copy(r, ranges[i].lo.b, 16);
		cs_rd_copy(r, ranges[i].hi.b, 16);
	}

	enum cs_err err = cs_scope_from_ranges(ranges, n, &plan->scope);

	free(ranges);
	return err;
}

static enum cs_err read_run(struct cs_rd *r, struct cs_plan *plan)
{
	plan->max_targets = cs_rd_u64(r);
	plan->shards = cs_rd_u32(r);
	plan->probes = cs_rd_u8(r);
	plan->follow = cs_rd_u8(r);
	plan->rate_pps = cs_rd_u64(r);
	plan->cooldown_s = cs_rd_u32(r);
	plan->excluded = cs_rd_u64(r);
	if (r->err)
		return r->err;
	if (cs_rd_left(r))
		return CS_ERR_TRAILING;
	if (plan->shard >= plan->shards || plan->probes == 0 ||
	    plan->probes > CS_SCAN_PROBES_MAX || plan->token_len > CS_SCAN_TOKEN_MAX ||
	    plan->rate_pps > CS_PACE_RATE_MAX ||
	    plan->cooldown_s > CS_SCAN_COOLDOWN_MAX_S)
		return CS_ERR_RANGE;
	return CS_OK;
}

enum cs_err cs_plan_read(struct cs_span stored, uint32_t shard, struct cs_plan *plan)
{
	struct cs_rd r = cs_rd_over(stored.ptr, stored.len);

	*plan = (struct cs_plan){ .shard = shard };
	if (cs_rd_u32(&r) != MAGIC || cs_rd_u16(&r) != VERSION)
		return CS_ERR_FOREIGN;
	plan->seed = cs_rd_u64(&r);
	plan->token_len = cs_rd_u8(&r);

	enum cs_err err = read_ports(&r, plan);

	if (!err)
		err = read_scope(&r, plan);
	if (!err)
		err = read_run(&r, plan);
	if (!err)
		err = cs_plan_ready(plan);
	if (err)
		cs_plan_clear(plan);
	return err;
}

/* Feeds the identity through SipHash piece by piece: memory stays small. */
struct digest {
	struct cs_sipkey key[2];
};

static void feed(struct digest *d, const void *bytes, size_t len)
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t h = cs_siphash(&d->key[i], bytes, len);

		d->key[i].k0 = d->key[i].k1;
		d->key[i].k1 = h;
	}
}

void cs_plan_hash(const struct cs_plan *plan, uint8_t hash[CS_PLAN_HASH])
{
	struct digest d = { { { 1, 2 }, { 3, 4 } } };
	uint8_t fixed[13];
	struct cs_wr w = cs_wr_over(fixed, sizeof(fixed));
	size_t n;
	const struct cs_range *ranges = cs_scope_ranges(plan->scope, &n);

	cs_wr_u64(&w, plan->seed);
	cs_wr_u8(&w, plan->token_len);
	cs_wr_u32(&w, plan->n_ports);
	feed(&d, fixed, sizeof(fixed));
	for (uint32_t i = 0; i < plan->n_ports; i++) {
		const uint8_t port[2] = { (uint8_t)(plan->ports[i] >> 8),
					  (uint8_t)plan->ports[i] };

		feed(&d, port, sizeof(port));
	}
	for (size_t i = 0; i < n; i++) {
		feed(&d, ranges[i].lo.b, 16);
		feed(&d, ranges[i].hi.b, 16);
	}
	w = cs_wr_over(hash, CS_PLAN_HASH);
	cs_wr_u64(&w, d.key[0].k1);
	cs_wr_u64(&w, d.key[1].k1);
}

void cs_plan_key(struct cs_span stored, uint8_t key[CS_PLAN_HASH])
{
	struct digest d = { { { 5, 6 }, { 7, 8 } } };
	struct cs_wr w = cs_wr_over(key, CS_PLAN_HASH);

	feed(&d, stored.ptr, stored.len);
	cs_wr_u64(&w, d.key[0].k1);
	cs_wr_u64(&w, d.key[1].k1);
}
