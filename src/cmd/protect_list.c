/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect list and delete: entries by their numbers. */
#include "base/num.h"
#include "cmd/protect_entry.h"
#include "cmd/protect_output.h"
#include "cmd/protect_ufw.h"
#include "out/grid.h"
#include "protect/apply.h"

/* --- list --- */

static void put_peer(struct cs_json *json, const struct cs_kept *policy,
		     const struct cs_peer *peer, bool in_force)
{
	struct cs_entry entry = { .prefix = peer->prefix,
				  .left_ms = CS_ENTRY_FOREVER,
				  .since_us = policy->since_us,
				  .by = "policy",
				  .reason = "",
				  .evidence = "" };

	memcpy(entry.interface, peer->interface, sizeof(entry.interface));
	cs_protect_entry_json(json, &entry, 0, in_force);
	cs_json_line(json);
}

static void write_lines(const struct cs_standing *standing, FILE *to)
{
	const struct cs_kept *policy = cs_protect_kept_now(standing);
	bool in_force = cs_table_is_ours(&standing->table);
	struct cs_json json = cs_json_to(to);

	for (size_t i = 0; i < standing->entries.n; i++) {
		cs_protect_entry_json(&json, &standing->entries.at[i], i + 1, in_force);
		cs_json_line(&json);
	}
	for (size_t i = 0; policy && i < policy->policy.n_allow; i++)
		put_peer(&json, policy, &policy->policy.allow[i], in_force);
}

static int write_list(struct cs_protect_job *job, const struct cs_standing *standing,
		      const struct cs_protect_output *out)
{
	struct cs_grid grid = { .n_columns = 0 };
	enum cs_err err;

	if (!out->table) {
		write_lines(standing, out->to);
		return CS_EXIT_OK;
	}
	err = cs_protect_entry_table(standing, &grid);
	if (!err)
		err = cs_grid_print(&grid, out->to, out->width, out->colour);
	cs_grid_clear(&grid);
	return err ? cs_protect_failed(job, err, "") : CS_EXIT_OK;
}

int cs_protect_list(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	struct cs_protect_output out;
	struct cs_standing by_ufw;
	int status = cs_protect_enter(job, CS_PROTECT_LOOK, &ground);

	if (status < 0)
		status = cs_protect_output_open(job, &out);
	if (status < 0)
		status = cs_protect_output_end(
			job, &out,
			write_list(job,
				   cs_protect_ufw_standing(&ground, &by_ufw)
					   ? &by_ufw
					   : &ground.standing,
				   &out));
	cs_protect_leave(&ground);
	return status;
}

/* --- delete --- */

static int read_number(struct cs_protect_job *job, size_t n, size_t *at)
{
	const char *text = job->options.common.operands.item[0];
	uint64_t number;

	if (cs_num_u64(cs_span_str(text), 1, n, &number)) {
		*at = (size_t)number - 1;
		return -1;
	}
	if (n == 0)
		cs_log(&job->ctx->log, CS_ERROR, "%s: there is no entry", text);
	else
		cs_log(&job->ctx->log, CS_ERROR,
		       "%s: want a number from 1 to %zu, as `coapscope protect list` "
		       "shows them",
		       text, n);
	return CS_EXIT_USAGE;
}

/* With the last entry goes a table that was there for entries alone. */
static enum cs_err enforce(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	struct cs_standing *standing = &ground->standing;
	enum cs_err err;

	if (standing->entries.n == 0 && !standing->filed.there &&
	    standing->table.kind == CS_TABLE_ENTRIES)
		return cs_apply_reset(&ground->change, standing);
	err = cs_entries_enforce(&ground->state, &standing->entries, job->ctx->clock,
				 &job->arena, ground->change.why);
	return err ? err : cs_apply_refresh(&ground->change, standing);
}

/* An allow that is taken away may be that of who is logged in. */
static int spare(struct cs_protect_job *job, const struct cs_standing *standing,
		 size_t at)
{
	const struct cs_kept *now = cs_protect_kept_now(standing);
	struct cs_entries left = { .n = 0 };
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < standing->entries.n; i++)
		if (i != at)
			err = cs_entries_put(&left, &standing->entries.at[i],
					     &job->arena);
	if (err)
		return cs_protect_failed(job, err, "");
	return cs_protect_spare_operator(job, standing, now ? &now->policy : NULL, &left);
}

static int drop(struct cs_protect_job *job, struct cs_protect_ground *ground)
{
	struct cs_standing *standing = &ground->standing;
	char who[CS_PREFIX_TEXT];
	struct cs_entry gone;
	enum cs_err err;
	size_t at;
	int status = read_number(job, standing->entries.n, &at);

	if (status < 0)
		status = spare(job, standing, at);
	if (status >= 0)
		return status;
	gone = standing->entries.at[at];
	cs_entries_drop(&standing->entries, at);
	err = enforce(job, ground);
	if (err)
		return cs_protect_failed(job, err, ground->change.why);
	cs_prefix_text(&gone.prefix, who);
	cs_log(&job->ctx->log, CS_NOTE, "deleted: %s %s", gone.deny ? "deny" : "allow",
	       who);
	return CS_EXIT_OK;
}

int cs_protect_delete(struct cs_protect_job *job)
{
	struct cs_protect_ground ground;
	int status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);

	if (status < 0)
		status = drop(job, &ground);
	cs_protect_leave(&ground);
	return status;
}
