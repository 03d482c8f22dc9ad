/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_change.h"

#include <string.h>
#include <unistd.h>

#include "cmd/protect_ufw.h"

enum { LOCK_MS = 5000 };

int cs_protect_failed(struct cs_protect_job *job, enum cs_err err, const char *why)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", why[0] ? why : cs_strerror(err));
	/* A line that is long enough says who is in the way: that is a refusal as well. */
	if (err == CS_ERR_REFUSED || err == CS_ERR_BUSY)
		return CS_EXIT_REFUSED;
	return err == CS_ERR_USAGE || err == CS_ERR_SYNTAX ? CS_EXIT_USAGE
							   : CS_EXIT_FAILED;
}

int cs_protect_said(struct cs_protect_job *job, enum cs_err err, const char *why)
{
	return err ? cs_protect_failed(job, err, why) : -1;
}

static int open_state(struct cs_protect_job *job, enum cs_protect_aim aim,
		      struct cs_protect_ground *ground)
{
	const char *store = job->options.store;
	char preset[CS_PATH_MAX], why[CS_STATE_WHY] = "";
	enum cs_err err = CS_OK;

	if (!store) {
		err = cs_default_store(job->ctx, preset);
		if (err)
			return cs_protect_failed(
				job, CS_ERR_USAGE,
				"no folder for the store is known: want --store DIR");
	}
	err = cs_state_open(store ? store : preset, !store, aim == CS_PROTECT_LOOK,
			    &ground->state, why);
	return cs_protect_said(job, err, why);
}

/* Undo and reset need no more than to know what the kernel has. */
static enum cs_err stand_on_table(struct cs_protect_job *job,
				  struct cs_protect_ground *ground)
{
	cs_log(&job->ctx->log, CS_WARN, "%s", ground->change.why);
	ground->standing = (struct cs_standing){ .pending_seconds = 0 };
	return cs_table_look(&job->arena, &ground->standing.table, ground->change.why);
}

/*
 * What ufw has: first what is due there and nobody did. Who only looks does not wait for
 * the lock, and leaves it to those who have it.
 */
static enum cs_err stand_on_ufw(struct cs_protect_job *job, enum cs_protect_aim aim,
				struct cs_protect_ground *ground)
{
	struct cs_change *change = &ground->change;
	bool locked = aim != CS_PROTECT_LOOK ||
		      cs_state_lock(&ground->state, 0, change->why) == CS_OK;

	if (locked)
		cs_protect_ufw_repair(job, ground);
	if (aim == CS_PROTECT_LOOK)
		cs_state_unlock(&ground->state);
	return cs_ufw_standing_read(change, &ground->ufw);
}

int cs_protect_enter(struct cs_protect_job *job, enum cs_protect_aim aim,
		     struct cs_protect_ground *ground)
{
	enum cs_err err = CS_OK;
	int status;

	memset(ground, 0, sizeof(*ground));
	ground->state.lock = -1;
	if (geteuid() != 0)
		return cs_protect_failed(job, CS_ERR_DENIED,
					 "this host's rules need root: run it with sudo");
	status = open_state(job, aim, ground);
	if (status >= 0)
		return status;
	ground->change = (struct cs_change){ .state = &ground->state,
					     .clock = job->ctx->clock,
					     .arena = &job->arena };
	if (aim != CS_PROTECT_LOOK)
		err = cs_state_lock(&ground->state, LOCK_MS, ground->change.why);
	if (!err)
		err = stand_on_ufw(job, aim, ground);
	if (!err)
		err = cs_standing_read(&ground->change, &ground->standing);
	if (err == CS_ERR_DAMAGED && aim == CS_PROTECT_REMOVE)
		err = stand_on_table(job, ground);
	return cs_protect_said(job, err, ground->change.why);
}

void cs_protect_leave(struct cs_protect_ground *ground)
{
	cs_state_close(&ground->state);
}
