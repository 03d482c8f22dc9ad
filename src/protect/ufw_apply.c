/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what stands to what is pending. What ufw's program makes of it is known and proved
 * before; then its files are written, and put in force in one step a family, so that
 * there is no moment at which strangers are let in or a peer is kept out.
 */
#include <stdio.h>
#include <string.h>

#include "protect/helper.h"
#include "protect/ufw_own.h"

enum { UFW_LOCK_MS = 5000 };

/* What the helper has. */
struct pending {
	struct cs_change *change;
	const struct cs_ufw_apply *apply;
	const char *id;
};

static enum cs_err changed_meanwhile(char why[CS_STATE_WHY])
{
	(void)snprintf(why, CS_STATE_WHY,
		       "ufw's rules were changed while this was planned: try again");
	return CS_ERR_REFUSED;
}

/* --- into force --- */

static enum cs_err write_files(const struct cs_ufw_files *files, char why[CS_STATE_WHY])
{
	/* The profile before what names it. */
	const struct {
		enum cs_ufw_name name;
		struct cs_span text;
	} all[] = {
		{ CS_UFW_PROFILES, files->profile }, { CS_UFW_BEFORE, files->before },
		{ CS_UFW_BEFORE6, files->before6 },  { CS_UFW_USER, files->user },
		{ CS_UFW_USER6, files->user6 },
	};
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(all); i++) {
		bool of_ipv6 =
			all[i].name == CS_UFW_BEFORE6 || all[i].name == CS_UFW_USER6;

		if (!of_ipv6 || files->ipv6)
			err = cs_ufw_file_write(all[i].name, all[i].text, why);
	}
	return err;
}

static enum cs_err put_in_force(const struct pending *p, char why[CS_STATE_WHY])
{
	const struct cs_ufw_then *then = p->apply->then;
	struct cs_arena *arena = p->change->arena;
	struct cs_ufw_machine now;
	enum cs_err err = cs_ufw_machine_read(arena, &now, why);

	if (!err && !cs_ufw_shots_equal(&now.shot, p->apply->planned_for))
		err = changed_meanwhile(why);
	if (!err)
		err = write_files(&then->files, why);
	if (!err)
		err = cs_ufw_restore(then->change.load4, false, arena, why);
	if (!err)
		err = cs_ufw_restore(then->change.load6, true, arena, why);
	if (!err)
		err = cs_ufw_machine_read(arena, &now, why);
	if (!err)
		err = cs_ufw_put_left(p->change, p->id, p->apply->seconds, &now.shot);
	if (err && p->change->why[0] && !why[0])
		(void)snprintf(why, CS_STATE_WHY, "%s", p->change->why);
	return err;
}

static bool is_pending(void *arg)
{
	const struct pending *p = arg;
	struct cs_arena arena = { 0 };
	struct cs_change change = *p->change;
	struct cs_ufw_standing s;
	bool pending;

	change.arena = &arena;
	pending = cs_ufw_standing_read(&change, &s) != CS_OK ||
		  (s.pending.there && strcmp(s.pending.id, p->id) == 0);
	cs_arena_clear(&arena);
	return pending;
}

static enum cs_err put_in(void *arg, char why[CS_STATE_WHY])
{
	const struct pending *p = arg;
	int lock = cs_ufw_end_lock(p->change), ufws = cs_ufw_lock(UFW_LOCK_MS);
	enum cs_err err = lock < 0 ? CS_ERR_IO : CS_OK;

	/* Whoever started us may be gone, and somebody have undone it all. */
	if (!err && !is_pending(arg))
		err = CS_ERR_REFUSED;
	if (!err)
		err = put_in_force(p, why);
	if (err && !why[0])
		(void)snprintf(why, CS_STATE_WHY, "%s", cs_strerror(err));
	cs_ufw_unlock(ufws);
	cs_ufw_unlock(lock);
	return err;
}

static enum cs_err take_back(void *arg)
{
	const struct pending *p = arg;

	return cs_ufw_take_back(p->change, p->id);
}

/* --- the change --- */

static enum cs_err make_way(struct cs_change *change,
			    const struct cs_ufw_standing *standing)
{
	if (!standing->pending.there)
		return CS_OK;
	(void)snprintf(
		change->why, CS_STATE_WHY,
		"an earlier apply is pending for %lld s more: want `coapscope protect "
		"confirm` or `coapscope protect undo` first",
		(long long)(standing->left_ms + 999) / 1000);
	return CS_ERR_REFUSED;
}

/* All that may fail before anything is changed; and what is needed to go back. */
static enum cs_err prepare(struct cs_change *change,
			   const struct cs_ufw_standing *standing,
			   const struct cs_ufw_apply *apply,
			   const struct cs_kept *pending)
{
	struct cs_ufw_machine now;
	char name[CS_STATE_PENDING];
	enum cs_err err = cs_ufw_machine_read(change->arena, &now, change->why);

	if (!err && !cs_ufw_shots_equal(&now.shot, apply->planned_for))
		err = changed_meanwhile(change->why);
	if (!err && !standing->kept.there)
		err = cs_ufw_put_first(change, &now.shot);
	if (!err)
		err = cs_ufw_put_pending(change, pending, &now.shot);
	cs_state_pending_name(pending->id, name);
	if (!err)
		err = cs_state_write(&change->state->run, name, cs_span_str("ufw\n"),
				     change->why);
	return err;
}

/* What is in force is what was proved; where that does not show, packets tell. */
static enum cs_err look_again(struct cs_change *change, const struct cs_ufw_apply *apply,
			      const char *id)
{
	struct cs_ufw_standing s;
	enum cs_err err = cs_ufw_standing_read(change, &s);

	if (!err && apply->proved && !cs_ufw_then_is_in_force(apply->then, &s.left))
		err = apply->proved(apply->arg, NULL, change->why);
	if (!err)
		err = cs_ufw_standing_read(change, &s);
	if (err || (s.pending.there && strcmp(s.pending.id, id) == 0))
		return err;
	(void)snprintf(change->why, CS_STATE_WHY,
		       "the rules were taken out again while they were proved");
	return CS_ERR_REFUSED;
}

static enum cs_err run_helper(struct cs_change *change, const struct cs_ufw_apply *apply,
			      const struct cs_helper_job *job)
{
	char why[CS_STATE_WHY], said[CS_STATE_WHY];
	struct cs_helper helper = { .fd = -1 };
	enum cs_err err = cs_helper_start(job, &helper, change->why), ended;

	if (!err)
		err = cs_helper_go(&helper, change->why);
	if (!err)
		err = look_again(change, apply, job->id);
	if (!err) {
		cs_helper_leave(&helper);
		return CS_OK;
	}
	memcpy(said, change->why, sizeof(said));
	ended = helper.fd >= 0 ? cs_helper_end(&helper, why) : CS_ERR_IO;
	if (ended)
		(void)cs_state_helper_is_there(change->state, CS_UFW_HELPER_MS);
	if (ended && is_pending(job->arg))
		(void)take_back(job->arg);
	memcpy(change->why, said, sizeof(said));
	return err;
}

enum cs_err cs_ufw_apply(struct cs_change *change, const struct cs_ufw_standing *standing,
			 const struct cs_ufw_apply *apply)
{
	struct cs_kept pending = { .there = true,
				   .text = apply->text,
				   .policy = *apply->policy,
				   .since_us = cs_clock_wall(change->clock) };
	struct pending at_work = { .change = change, .apply = apply, .id = pending.id };
	const struct cs_helper_job job = { .state = change->state,
					   .id = pending.id,
					   .seconds = apply->seconds,
					   .put_in = put_in,
					   .is_pending = is_pending,
					   .take_back = take_back,
					   .arg = &at_work };
	enum cs_err err = make_way(change, standing);

	if (!err && apply->proved)
		err = apply->proved(apply->arg, &apply->then->change, change->why);
	if (!err)
		err = cs_state_new_id(pending.id);
	if (!err)
		err = prepare(change, standing, apply, &pending);
	return err ? err : run_helper(change, apply, &job);
}
