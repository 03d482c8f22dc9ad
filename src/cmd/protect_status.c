/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect status: what is in force, for how long, and what it has done. */
#include <inttypes.h>

#include "cmd/protect_entry.h"
#include "cmd/protect_output.h"
#include "cmd/protect_ufw.h"
#include "out/grid.h"
#include "protect/boot.h"
#include "protect/figures.h"

struct status {
	struct cs_protect_job *job;
	const struct cs_protect_ground *ground;
	const struct cs_standing *standing;
	struct cs_standing by_ufw; /* where ufw has the policy */
	bool ufw;
	struct cs_figures figures;
	struct cs_boot boot;
	bool helper;
};

/* In one word. */
static const char *state_word(const struct cs_standing *s)
{
	switch (s->table.kind) {
	case CS_TABLE_FOREIGN:
		return "foreign";
	case CS_TABLE_ENTRIES:
		return "entries";
	case CS_TABLE_PENDING:
		return s->table.left_ms > 0 ? "pending" : "expired";
	case CS_TABLE_KEPT:
		return "confirmed";
	case CS_TABLE_NONE:
	case CS_TABLE_KINDS:
		break;
	}
	return s->filed.there ? "missing" : "none";
}

static const char *state_sentence(const struct cs_standing *s)
{
	switch (s->table.kind) {
	case CS_TABLE_FOREIGN:
		return "There is a table inet coapscope that is not ours.";
	case CS_TABLE_ENTRIES:
		return "No policy is applied: entries alone are in force.";
	case CS_TABLE_PENDING:
		return s->table.left_ms > 0
			       ? "A policy is in force, and waits for `coapscope protect "
				 "confirm`."
			       : "A policy was not confirmed in time and has no effect "
				 "any "
				 "more; its table is still there: `coapscope protect "
				 "undo`.";
	case CS_TABLE_KEPT:
		return s->kept.there ? "A policy is in force, confirmed."
				     : "A policy is in force that was confirmed with "
				       "another --store.";
	case CS_TABLE_NONE:
	case CS_TABLE_KINDS:
		break;
	}
	return s->filed.there
		       ? "The confirmed policy is NOT in force: somebody took its table "
			 "out. `coapscope protect restore` puts it back."
		       : "Nothing of ours is in force.";
}

/*
 * When it came into force. What is pending was noted before it was proved: the kernel's timed
 * element knows better, and no change of the clock moves it.
 */
static int64_t since_us(const struct status *st, const struct cs_kept *policy)
{
	const struct cs_standing *s = st->standing;
	int64_t all_ms = s->pending_seconds * (CS_US_PER_S / CS_US_PER_MS);

	if (policy != &s->pending || all_ms < s->table.left_ms)
		return policy->since_us;
	return cs_clock_wall(st->job->ctx->clock) -
	       (all_ms - s->table.left_ms) * CS_US_PER_MS;
}

/* --- for people --- */

static void put_line(FILE *to, const char *name, const char *text)
{
	(void)fprintf(to, "%-14s ", name);
	cs_term_text(to, cs_span_str(text));
	(void)fputc('\n', to);
}

static void put_policy_lines(const struct status *st, FILE *to,
			     const struct cs_kept *kept)
{
	const struct cs_policy *p = &kept->policy;
	char text[256], since[CS_TIME_TEXT];

	cs_time_text(since_us(st, kept), since);
	put_line(to, "since", since);
	if (p->strangers == CS_STRANGERS_LIMIT)
		(void)snprintf(text, sizeof(text),
			       "limit: answers of at most %u bytes, %u a second to all "
			       "together",
			       p->answer_bytes, p->answer_rate);
	else
		(void)snprintf(text, sizeof(text), "%s",
			       cs_strangers_names[p->strangers]);
	put_line(to, "strangers", text);
	(void)snprintf(text, sizeof(text), "%zu, each %u requests a second", p->n_allow,
		       p->peer_rate);
	put_line(to, "peers", text);
}

static void put_pending_lines(const struct status *st, FILE *to)
{
	const struct cs_standing *s = st->standing;
	char text[128], left[CS_PROTECT_LEFT];

	if (s->table.kind != CS_TABLE_PENDING)
		return;
	cs_protect_left_text(s->table.left_ms, left);
	(void)snprintf(text, sizeof(text), "%s%s", left,
		       st->helper ? ""
		       : st->ufw  ? " (its helper is gone: the next verb then ends it)"
				  : " (its helper is gone: the kernel alone ends it)");
	put_line(to, "confirm within", text);
	put_line(to, "then",
		 s->kept.there    ? "the policy that was confirmed before"
		 : s->had_entries ? "the entries alone"
				  : "no rules of ours");
}

static void put_boot_line(const struct status *st, FILE *to)
{
	if (!st->standing->kept.there && !st->standing->filed.there)
		return;
	if (st->boot.by == CS_BOOT_BY_NOTHING) {
		(void)fputs("reboot         NOT covered: ", to);
		cs_term_text(to, cs_span_str(st->boot.why));
		(void)fputc('\n', to);
	} else {
		put_line(to, "reboot",
			 st->boot.by == CS_BOOT_BY_UFW
				 ? "covered by ufw itself, as long as it is enabled"
			 : st->boot.by == CS_BOOT_BY_UNIT
				 ? "covered by the systemd unit " CS_BOOT_UNIT
				 : "covered by an include in /etc/nftables.conf");
	}
}

static enum cs_err put_counters(const struct status *st,
				const struct cs_protect_output *out)
{
	static const char *const heads[] = { "counter", "packets", "bytes" };
	struct cs_grid grid = { .n_columns = 0 };
	enum cs_err err;

	cs_grid_begin(&grid, heads, CS_LEN(heads));
	for (size_t i = 0; i < st->figures.n_counters; i++) {
		const struct cs_figure *f = &st->figures.counters[i];
		char packets[24], bytes[24];

		(void)snprintf(packets, sizeof(packets), "%" PRIu64, f->packets);
		(void)snprintf(bytes, sizeof(bytes), "%" PRIu64, f->bytes);
		cs_grid_row(&grid, 0, CS_TERM_PLAIN);
		cs_grid_put(&grid, 0, f->name);
		cs_grid_put(&grid, 1, cs_span_str(packets));
		cs_grid_put(&grid, 2, cs_span_str(bytes));
	}
	(void)fputc('\n', out->to);
	err = cs_grid_print(&grid, out->to, out->width, out->colour);
	cs_grid_clear(&grid);
	return err;
}

static enum cs_err put_entries(const struct status *st,
			       const struct cs_protect_output *out)
{
	struct cs_grid grid = { .n_columns = 0 };
	enum cs_err err = cs_protect_entry_table(st->standing, &grid);

	(void)fputc('\n', out->to);
	if (!err)
		err = cs_grid_print(&grid, out->to, out->width, out->colour);
	cs_grid_clear(&grid);
	return err;
}

static enum cs_err put_table(const struct status *st, const struct cs_protect_output *out)
{
	const struct cs_kept *policy = cs_protect_kept_now(st->standing);
	char text[64];
	enum cs_err err = CS_OK;

	(void)fprintf(out->to, "%s\n",
		      st->ufw && st->standing->filed.there
			      ? "The confirmed policy is NOT in force: want ufw enabled, "
				"or `ufw reload`."
			      : state_sentence(st->standing));
	if (st->ufw)
		put_line(out->to, "backend", "ufw");
	if (policy)
		put_policy_lines(st, out->to, policy);
	put_pending_lines(st, out->to);
	put_boot_line(st, out->to);
	if (st->figures.rules) {
		(void)snprintf(text, sizeof(text), "%zu in table inet coapscope",
			       st->figures.rules);
		put_line(out->to, "rules", text);
		err = put_counters(st, out);
	}
	if (!err && (st->standing->entries.n || (policy && policy->policy.n_allow)))
		err = put_entries(st, out);
	return err;
}

/* --- for programs --- */

static void put_peers(struct cs_json *json, const struct cs_policy *p)
{
	char text[CS_PEER_TEXT];

	cs_json_key(json, "allow");
	cs_json_array(json);
	for (size_t i = 0; i < p->n_allow; i++) {
		cs_peer_text(&p->allow[i], text);
		cs_json_string(json, cs_span_str(text));
	}
	cs_json_array_end(json);
	cs_json_key(json, "local");
	cs_json_array(json);
	for (size_t i = 0; i < p->n_local; i++) {
		cs_prefix_text(&p->local[i], text);
		cs_json_word(json, text);
	}
	cs_json_array_end(json);
}

static void put_policy(struct cs_json *json, const struct cs_kept *kept)
{
	cs_json_key(json, "policy");
	if (!kept) {
		cs_json_null(json);
		return;
	}
	cs_json_object(json);
	cs_json_put_word(json, "strangers", cs_strangers_names[kept->policy.strangers]);
	put_peers(json, &kept->policy);
	cs_json_put_uint(json, "answer_bytes", kept->policy.answer_bytes);
	cs_json_put_uint(json, "answer_rate", kept->policy.answer_rate);
	cs_json_put_uint(json, "peer_rate", kept->policy.peer_rate);
	cs_json_put_bool(json, "multicast", kept->policy.multicast);
	cs_json_put_bool(json, "log", kept->policy.log);
	cs_json_put_bool(json, "router", kept->policy.router);
	cs_json_object_end(json);
}

static void put_pending(struct cs_json *json, const struct status *st, int64_t now_us)
{
	const struct cs_standing *s = st->standing;
	bool pending = s->table.kind == CS_TABLE_PENDING;

	cs_json_put_time_if(json, "pending_until", pending && s->table.left_ms > 0,
			    now_us + s->table.left_ms * CS_US_PER_MS);
	cs_json_key(json, "pending_left_seconds");
	if (pending)
		cs_json_fixed(json, (uint64_t)s->table.left_ms, 3);
	else
		cs_json_null(json);
	cs_json_put_bool(json, "helper", st->helper);
	cs_json_put_time_if(json, "confirmed", s->kept.there, s->kept.since_us);
}

static void put_figures(struct cs_json *json, const struct cs_figures *f)
{
	cs_json_put_uint(json, "rules", f->rules);
	cs_json_key(json, "counters");
	cs_json_array(json);
	for (size_t i = 0; i < f->n_counters; i++) {
		cs_json_object(json);
		cs_json_key(json, "name");
		cs_json_string(json, f->counters[i].name);
		cs_json_put_uint(json, "packets", f->counters[i].packets);
		cs_json_put_uint(json, "bytes", f->counters[i].bytes);
		cs_json_object_end(json);
	}
	cs_json_array_end(json);
	cs_json_key(json, "sets");
	cs_json_array(json);
	for (size_t i = 0; i < f->n_sets; i++) {
		cs_json_object(json);
		cs_json_key(json, "name");
		cs_json_string(json, f->sets[i].name);
		cs_json_put_uint(json, "elements", f->sets[i].elements);
		cs_json_object_end(json);
	}
	cs_json_array_end(json);
}

static void put_boot(struct cs_json *json, const struct cs_boot *boot)
{
	static const char *const by[] = { [CS_BOOT_BY_NOTHING] = NULL,
					  [CS_BOOT_BY_UNIT] = "systemd unit",
					  [CS_BOOT_BY_INCLUDE] = "nft include",
					  [CS_BOOT_BY_UFW] = "ufw" };

	cs_json_key(json, "reboot");
	cs_json_object(json);
	cs_json_put_bool(json, "covered", boot->by != CS_BOOT_BY_NOTHING);
	cs_json_put_word(json, "by", by[boot->by]);
	cs_json_put_text(json, "why", cs_span_str(boot->why));
	cs_json_object_end(json);
}

static void put_json(const struct status *st, FILE *to)
{
	const struct cs_standing *s = st->standing;
	const struct cs_kept *policy = cs_protect_kept_now(s);
	int64_t now_us = cs_clock_wall(st->job->ctx->clock);
	bool in_force = cs_table_is_ours(&s->table);
	struct cs_json json = cs_json_to(to);

	cs_json_object(&json);
	cs_json_put_word(&json, "schema", "coapscope.protect/1");
	cs_json_put_time(&json, "time", now_us);
	cs_json_put_word(&json, "state", state_word(s));
	cs_json_put_word(&json, "backend", st->ufw ? "ufw" : in_force ? "nft" : NULL);
	cs_json_put_time_if(&json, "since", policy != NULL,
			    policy ? since_us(st, policy) : 0);
	put_pending(&json, st, now_us);
	put_policy(&json, policy);
	put_figures(&json, &st->figures);
	cs_json_key(&json, "entries");
	cs_json_array(&json);
	for (size_t i = 0; i < s->entries.n; i++)
		cs_protect_entry_json(&json, &s->entries.at[i], i + 1, in_force);
	cs_json_array_end(&json);
	put_boot(&json, &st->boot);
	cs_json_key(&json, "store");
	cs_json_string(&json, cs_span_str(st->ground->state.dir.text));
	cs_json_object_end(&json);
	cs_json_line(&json);
}

/* --- */

/* The table may have been taken out since it was seen: then what stands is read once more. */
static enum cs_err look_at_table(struct status *st, struct cs_protect_ground *ground)
{
	struct cs_standing now;
	enum cs_err again, err;

	if (!cs_table_is_ours(&ground->standing.table))
		return CS_OK;
	err = cs_figures_read(&st->job->arena, &st->figures, ground->change.why);
	if (err != CS_ERR_IO)
		return err;
	again = cs_standing_read(&ground->change, &now);
	if (again || cs_table_is_ours(&now.table))
		return again ? again : err;
	ground->standing = now;
	return CS_OK;
}

static int look(struct status *st, struct cs_protect_ground *ground)
{
	enum cs_err err = look_at_table(st, ground);

	st->ground = ground;
	st->standing = &ground->standing;
	st->ufw = cs_protect_ufw_standing(ground, &st->by_ufw);
	if (st->ufw)
		st->standing = &st->by_ufw;
	if (!st->ufw)
		cs_boot_look(&ground->state, &st->boot);
	else if (cs_ufw_survives_reboot(st->boot.why))
		st->boot.by = CS_BOOT_BY_UFW;
	st->helper = cs_state_helper_is_there(&ground->state, 0);
	return cs_protect_said(st->job, err, ground->change.why);
}

int cs_protect_status(struct cs_protect_job *job)
{
	struct status st = { .job = job };
	struct cs_protect_ground ground;
	struct cs_protect_output out;
	int status = cs_protect_enter(job, CS_PROTECT_LOOK, &ground);
	enum cs_err err = CS_OK;

	if (status < 0)
		status = look(&st, &ground);
	if (status < 0)
		status = cs_protect_output_open(job, &out);
	if (status < 0) {
		if (out.table)
			err = put_table(&st, &out);
		else
			put_json(&st, out.to);
		status = err ? cs_protect_failed(job, err, "") : CS_EXIT_OK;
		status = cs_protect_output_end(job, &out, status);
	}
	cs_protect_leave(&ground);
	return status;
}
