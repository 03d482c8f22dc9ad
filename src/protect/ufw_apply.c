/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what stands to what is pending. ufw's own program changes its files in a network namespace that is thrown
 * away; then what they say is put in force in one step a family, so that there is no moment at which strangers
 * are let in or a peer is kept out.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protect/draft.h"
#include "protect/helper.h"
#include "protect/rules_span.h"
#include "protect/throwaway.h"
#include "protect/ufw_back.h"
#include "protect/ufw_block.h"
#include "protect/ufw_own.h"

enum { PROOF_S = 60, UFW_MS = 60000, BESIDE = 3 /* programs besides the commands */ };

/* What the helper has. */
struct pending {
	struct cs_change *change;
	const struct cs_ufw_apply *apply;
	const char *id;
};

/* --- ufw's commands --- */

static enum cs_err refuse(char why[CS_STATE_WHY], const char *what, struct cs_span said)
{
	struct cs_span line = { 0 };

	while (line.len == 0 && cs_text_line(&said, &line))
		;
	(void)snprintf(why, CS_STATE_WHY, "%s: %.*s", what, (int)line.len,
		       (const char *)line.ptr);
	return CS_ERR_REFUSED;
}

/* ufw passes over what it thinks is there already, and ends with 0. */
static enum cs_err judge(const struct cs_ufw_plan *plan,
			 const struct cs_program_end *ends, size_t n,
			 char why[CS_STATE_WHY])
{
	for (size_t i = 0; i < n; i++) {
		const char *what =
			i < BESIDE ? "ufw reload" : plan->commands[i - BESIDE].text;
		bool passed = cs_text_starts(ends[i].out, "Skipping") ||
			      cs_text_starts(ends[i].out, "Could not");

		if (ends[i].status || passed)
			return refuse(why, what,
				      ends[i].err.len ? ends[i].err : ends[i].out);
	}
	return CS_OK;
}

/* What ufw's files say is what is in force: else it would be lost without a word. */
static enum cs_err compare(const struct pending *p, const struct cs_program_end *ends,
			   char why[CS_STATE_WHY])
{
	const struct cs_ufw_shot *live = p->apply->planned_for;

	if (p->apply->force ||
	    (cs_ufw_user_rules_equal(ends[1].out, live->save4) &&
	     (!live->files.ipv6 || cs_ufw_user_rules_equal(ends[2].out, live->save6))))
		return CS_OK;
	(void)snprintf(
		why, CS_STATE_WHY,
		"the rules of ufw's that are in force are not those of its files, and "
		"would be lost: want `ufw reload` first, or --force");
	return CS_ERR_REFUSED;
}

static enum cs_err run_commands(const struct pending *p, char why[CS_STATE_WHY])
{
	static const char *const reload[] = { "ufw", "reload", NULL };
	static const char *const save4[] = { "iptables-save", NULL };
	static const char *const save6[] = { "ip6tables-save", NULL };
	const struct cs_ufw_plan *plan = p->apply->plan;
	size_t n = plan->n_commands + BESIDE, ended;
	struct cs_arena *arena = p->change->arena;
	struct cs_program *programs = cs_arena_array(arena, n, sizeof(*programs));
	struct cs_program_end *ends = cs_arena_array(arena, n, sizeof(*ends));
	const struct cs_throwaway job = { .programs = programs, .n_programs = n };
	enum cs_err err;

	if (!programs || !ends)
		return CS_ERR_NOMEM;
	programs[0].argv = reload;
	programs[1].argv = save4;
	programs[2].argv = save6;
	for (size_t i = BESIDE; i < n; i++)
		programs[i].argv = plan->commands[i - BESIDE].argv;
	for (size_t i = 0; i < n; i++)
		programs[i].timeout_ms = UFW_MS;
	err = cs_throwaway_run(&job, arena, ends, &ended, why);
	if (!err)
		err = judge(plan, ends, ended, why);
	return err ? err : compare(p, ends, why);
}

/* --- into force --- */

static enum cs_err write_files(const struct pending *p, char why[CS_STATE_WHY])
{
	const struct cs_ufw_plan *plan = p->apply->plan;
	bool ipv6 = p->apply->planned_for->files.ipv6;
	enum cs_err err = cs_ufw_file_write(CS_UFW_PROFILES, plan->profile, why);

	if (!err)
		err = cs_ufw_file_write(CS_UFW_BEFORE, plan->before, why);
	if (!err && ipv6)
		err = cs_ufw_file_write(CS_UFW_BEFORE6, plan->before6, why);
	return err;
}

/* ufw's file as it is, as ufw loads it itself after a command, and our block. */
static enum cs_err load(const struct pending *p, bool v6, struct cs_span user,
			struct cs_span saved, char why[CS_STATE_WHY])
{
	const struct cs_ufw_plan *plan = p->apply->plan;
	struct cs_arena *arena = p->change->arena;
	struct cs_span block, script;
	struct cs_draft text;
	FILE *to;
	enum cs_err err =
		cs_ufw_block_load(v6 ? plan->block6 : plan->block, saved, arena, &block);

	to = err ? NULL : cs_draft_open(&text);
	if (!to)
		return CS_ERR_NOMEM;
	cs_draft_put(to, user);
	fputc('\n', to);
	cs_draft_put(to, block);
	err = cs_draft_close(&text, arena, &script);
	return err ? err : cs_ufw_restore(script, v6, arena, why);
}

static enum cs_err put_in_force(const struct pending *p, char why[CS_STATE_WHY])
{
	struct cs_arena *arena = p->change->arena;
	struct cs_ufw_machine now;
	enum cs_err err = cs_ufw_machine_read(arena, &now, why);

	if (!err)
		err = load(p, false, now.shot.files.user, now.shot.save4, why);
	if (!err && now.shot.files.ipv6)
		err = load(p, true, now.shot.files.user6, now.shot.save6, why);
	if (!err)
		err = cs_ufw_machine_read(arena, &now, why);
	if (!err)
		err = cs_ufw_put_left(p->change, p->id, p->apply->seconds + PROOF_S,
				      &now.shot);
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
	int lock = cs_ufw_end_lock(p->change);
	enum cs_err err = lock < 0 ? CS_ERR_IO : CS_OK;

	/* Whoever started us may be gone, and somebody have undone it all. */
	if (!err && !is_pending(arg))
		err = CS_ERR_REFUSED;
	if (!err)
		err = write_files(p, why);
	if (!err)
		err = run_commands(p, why);
	if (!err)
		err = put_in_force(p, why);
	if (err && !why[0])
		(void)snprintf(why, CS_STATE_WHY, "%s", cs_strerror(err));
	if (lock >= 0)
		(void)close(lock); /* takes the lock off */
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
	char name[64];
	enum cs_err err = cs_ufw_machine_read(change->arena, &now, change->why);

	if (!err && !cs_ufw_shots_equal(&now.shot, apply->planned_for)) {
		(void)snprintf(
			change->why, CS_STATE_WHY,
			"ufw's rules were changed while this was planned: try again");
		err = CS_ERR_REFUSED;
	}
	if (!err && !standing->kept.there)
		err = cs_ufw_put_first(change, &now.shot);
	if (!err)
		err = cs_ufw_put_pending(change, pending, &now.shot);
	(void)snprintf(name, sizeof(name), "pending-%s", pending->id);
	if (!err)
		err = cs_state_write(&change->state->run, name, cs_span_str("ufw\n"),
				     change->why);
	return err;
}

static enum cs_err look_again(struct cs_change *change, const struct cs_ufw_apply *apply,
			      const char *id)
{
	struct cs_ufw_standing s;
	enum cs_err err = apply->proved ? apply->proved(apply->arg, change->why) : CS_OK;

	if (!err)
		err = cs_ufw_standing_read(change, &s);
	if (!err && !(s.pending.there && strcmp(s.pending.id, id) == 0)) {
		(void)snprintf(change->why, CS_STATE_WHY,
			       "the rules were taken out again while they were proved");
		err = CS_ERR_REFUSED;
	}
	/* From now on its time counts: whoever started it is told so. */
	return err ? err : cs_ufw_put_left(change, id, apply->seconds, &s.left);
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
					   .proof_seconds = PROOF_S,
					   .put_in = put_in,
					   .is_pending = is_pending,
					   .take_back = take_back,
					   .arg = &at_work };
	enum cs_err err = make_way(change, standing);

	if (!err)
		err = cs_state_new_id(pending.id);
	if (!err)
		err = prepare(change, standing, apply, &pending);
	return err ? err : run_helper(change, apply, &job);
}
