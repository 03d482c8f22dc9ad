/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/networked.h"
#include "cmd/target_file.h"
#include "net/pace.h"
#include "net/route.h"

enum {
	PROBE_WIRE_BYTES = 87, /* 21 of CoAP, UDP, IPv4, Ethernet, preamble and gap */
};

/* What reading the input hands around. */
struct input {
	struct cs_ctx *ctx;
	const struct cs_scan_options *options;
	struct cs_scope_draft draft;
	struct cs_resolver targets, excludes;
	struct cs_arena arena;
};

static int complain(const struct input *in, enum cs_err err)
{
	const char *why = in->draft.why[0] ? in->draft.why : cs_strerror(err);

	cs_log(&in->ctx->log, CS_ERROR, "%s", why);
	return cs_exit_of(err);
}

static enum cs_err add_operand(struct input *in, const char *text, bool exclude)
{
	struct cs_source source = { 0 };
	struct cs_span span = cs_span_str(text);
	enum cs_err err = exclude ? cs_scope_add_exclude(&in->draft, span, &source)
				  : cs_scope_add_target(&in->draft, span, &source);

	if (err == CS_ERR_SYNTAX && cs_scope_is_name(span))
		err = cs_resolve_name(exclude ? &in->excludes : &in->targets, &in->draft,
				      span, &source);
	return err;
}

static enum cs_err add_excludes(struct input *in)
{
	const struct cs_scan_options *o = in->options;
	enum cs_err err = cs_target_file_read(in->ctx, CS_EXCLUDE_CONF, false,
					      &in->excludes, &in->draft);

	for (size_t i = 0; i < o->exclude_files.n && !err; i++)
		err = cs_target_file_read(in->ctx, o->exclude_files.item[i], true,
					  &in->excludes, &in->draft);
	for (size_t i = 0; i < o->exclude.n && !err; i++)
		err = add_operand(in, o->exclude.item[i], true);
	return err;
}

static enum cs_err add_all(struct input *in)
{
	const struct cs_scan_options *o = in->options;
	enum cs_err err = add_excludes(in);

	if (o->targets_file && !err)
		err = cs_target_file_read(in->ctx, o->targets_file, true, &in->targets,
					  &in->draft);
	for (size_t i = 0; i < o->common.operands.n && !err; i++)
		err = add_operand(in, o->common.operands.item[i], false);
	return err;
}

static uint64_t size_of(const struct cs_ranges *ranges)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ranges->n; i++)
		sum += cs_addr_distance(&ranges->at[i].lo, &ranges->at[i].hi) + 1;
	return sum;
}

/* How many addresses were named, each once; the draft's targets get sorted. */
static uint64_t count_named(struct cs_scope_draft *draft)
{
	if (cs_ranges_sort(&draft->targets))
		return 0;
	cs_ranges_join(&draft->targets);
	return size_of(&draft->targets);
}

static enum cs_err build_scope(struct input *in, struct cs_plan *plan)
{
	struct cs_range *never;
	size_t n_never;
	enum cs_err err = cs_route_broadcasts(&in->arena, &never, &n_never);

	if (err) {
		(void)snprintf(in->draft.why, sizeof(in->draft.why),
			       "cannot read the host's addresses: %s", strerror(errno));
		return err;
	}
	err = cs_scope_build(&in->draft, never, n_never, &plan->scope);
	if (!err) {
		uint64_t named = count_named(&in->draft),
			 asked = cs_scope_count(plan->scope);

		plan->excluded = named > asked ? named - asked : 0;
	}
	return err;
}

static int check_public(const struct input *in, const struct cs_plan *plan)
{
	uint64_t n = cs_scope_public_count(plan->scope);

	if (n <= CS_SCAN_PUBLIC_MAX || in->options->exclude_files.n > 0)
		return -1;
	cs_log(&in->ctx->log, CS_ERROR,
	       "%llu public addresses: want --exclude-file FILE with those who asked "
	       "not to be scanned (it may be empty)",
	       (unsigned long long)n);
	return CS_EXIT_USAGE;
}

static bool copy_ports(const struct cs_port_set *set, struct cs_plan *plan)
{
	plan->ports = calloc(set->n, sizeof(*plan->ports));
	if (!plan->ports)
		return false;
	for (uint32_t port = 1; port <= UINT16_MAX; port++)
		if (cs_port_set_has(set, (uint16_t)port))
			plan->ports[plan->n_ports++] = (uint16_t)port;
	return true;
}

uint64_t cs_scan_rate(const struct cs_scan_options *options)
{
	uint64_t rate = options->bandwidth_bps / (8 * PROBE_WIRE_BYTES);

	if (!options->bandwidth_bps)
		return options->rate_pps;
	if (rate > CS_PACE_RATE_MAX)
		return CS_PACE_RATE_MAX;
	return rate ? rate : 1;
}

static void fill(const struct cs_scan_options *o, struct cs_plan *plan)
{
	plan->seed = o->seed.value;
	if (!o->seed.given)
		cs_random_bytes(&plan->seed, sizeof(plan->seed));
	plan->max_targets = o->max_targets;
	plan->shard = (uint32_t)o->shard;
	plan->shards = (uint32_t)o->shards;
	plan->probes = (uint8_t)o->probes;
	plan->token_len = (uint8_t)o->token_len;
	plan->follow = o->follow;
	plan->rate_pps = cs_scan_rate(o);
	plan->cooldown_s = (uint32_t)o->cooldown_s;
}

static int make_ready(const struct input *in, struct cs_plan *plan)
{
	enum cs_err err = cs_plan_ready(plan);

	if (!err)
		return -1;
	cs_log(&in->ctx->log, CS_ERROR, "%s",
	       err == CS_ERR_REFUSED ? "this shard has nothing to ask: there are fewer "
				       "targets than shards"
				     : "more addresses and ports than can be numbered");
	return err == CS_ERR_REFUSED ? CS_EXIT_REFUSED : CS_EXIT_USAGE;
}

int cs_scan_plan_new(struct cs_ctx *ctx, const struct cs_scan_options *options,
		     struct cs_plan *plan)
{
	struct input in = { .ctx = ctx,
			    .options = options,
			    .targets.interface = options->interface,
			    .excludes = { .exclude = true,
					  .interface = options->interface } };
	enum cs_err err = add_all(&in);
	int status = -1;

	fill(options, plan);
	if (!err)
		err = build_scope(&in, plan);
	if (!err && !copy_ports(&options->target_ports, plan))
		err = CS_ERR_NOMEM;
	if (err)
		status = complain(&in, err);
	if (status < 0)
		status = check_public(&in, plan);
	if (status < 0)
		status = make_ready(&in, plan);
	cs_scope_draft_clear(&in.draft);
	cs_arena_clear(&in.arena);
	return status;
}

/* The first address of the ascending @ranges that is also in @excludes. */
static struct cs_scan_excluded find_excluded(const struct cs_range *ranges, size_t n,
					     const struct cs_ranges *excludes)
{
	for (size_t i = 0, j = 0; i < n && j < excludes->n;) {
		const struct cs_range *r = &ranges[i], *e = &excludes->at[j];

		if (cs_addr_cmp(&r->hi, &e->lo) < 0)
			i++;
		else if (cs_addr_cmp(&e->hi, &r->lo) < 0)
			j++;
		else
			return (struct cs_scan_excluded){
				true, cs_addr_cmp(&r->lo, &e->lo) < 0 ? e->lo : r->lo
			};
	}
	return (struct cs_scan_excluded){ 0 };
}

int cs_scan_check_excludes(struct cs_ctx *ctx, const struct cs_scan_options *options,
			   const struct cs_plan *plan, struct cs_scan_excluded *out)
{
	struct input in = { .ctx = ctx,
			    .options = options,
			    .excludes = { .exclude = true,
					  .interface = options->interface } };
	struct cs_ranges *excludes = &in.draft.excludes;
	size_t n;
	const struct cs_range *ranges = cs_scope_ranges(plan->scope, &n);
	enum cs_err err = add_excludes(&in);
	int status = -1;

	if (!err)
		err = cs_ranges_sort(excludes);
	if (err) {
		status = complain(&in, err);
	} else {
		cs_ranges_join(excludes);
		*out = find_excluded(ranges, n, excludes);
	}
	cs_scope_draft_clear(&in.draft);
	return status;
}
