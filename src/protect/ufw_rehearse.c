/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_rehearse.h"

#include <stdio.h>

#include "protect/draft.h"
#include "protect/rules_span.h"
#include "protect/throwaway.h"
#include "protect/ufw_back.h"
#include "protect/ufw_block.h"

/* ufw's own time, and what is run beside the plan's commands. */
enum { UFW_MS = 60000, BEFORE = 2, AFTER = 2 };

static enum cs_err refuse(char why[CS_STATE_WHY], const char *what,
			  const struct cs_program_end *end)
{
	struct cs_span said = end->err.len ? end->err : end->out, line = { 0 };

	while (line.len == 0 && cs_text_line(&said, &line))
		;
	(void)snprintf(why, CS_STATE_WHY, "%s: %.*s", what, (int)line.len,
		       (const char *)line.ptr);
	return CS_ERR_REFUSED;
}

/* --- the files --- */

/* ufw passes over what it thinks is there already, and ends with 0. */
static enum cs_err judge(const struct cs_ufw_plan *plan,
			 const struct cs_program *programs,
			 const struct cs_program_end *ends, size_t n,
			 char why[CS_STATE_WHY])
{
	for (size_t i = 0; i < n; i++) {
		bool command = i >= BEFORE && i - BEFORE < plan->n_commands;
		bool passed = command && (cs_text_starts(ends[i].out, "Skipping") ||
					  cs_text_starts(ends[i].out, "Could not"));

		if (ends[i].status || passed)
			return refuse(why,
				      command ? plan->commands[i - BEFORE].text
					      : programs[i].argv[0],
				      &ends[i]);
	}
	return CS_OK;
}

/* Commands of a ufw that is not enabled change its files alone, which is all that is wanted. */
static void put_programs(const struct cs_ufw_plan *plan, struct cs_program *programs)
{
	static const char *const conf[] = { "tee", "-a", "/etc/ufw/ufw.conf", NULL };
	static const char *const profile[] = { "tee", "/etc/ufw/" CS_UFW_PROFILE_FILE,
					       NULL };
	static const char *const user[] = { "cat", "/etc/ufw/user.rules", NULL };
	static const char *const user6[] = { "cat", "/etc/ufw/user6.rules", NULL };
	struct cs_program *at = programs;

	*at++ = (struct cs_program){ .argv = conf,
				     .input = cs_span_str("\nENABLED=no\n") };
	*at++ = (struct cs_program){ .argv = profile, .input = plan->profile };
	for (size_t i = 0; i < plan->n_commands; i++)
		*at++ = (struct cs_program){ .argv = plan->commands[i].argv,
					     .timeout_ms = UFW_MS };
	*at++ = (struct cs_program){ .argv = user };
	*at = (struct cs_program){ .argv = user6 };
}

static enum cs_err run_ufw(const struct cs_ufw_machine *machine,
			   const struct cs_ufw_plan *plan, struct cs_arena *arena,
			   struct cs_ufw_then *then, char why[CS_STATE_WHY])
{
	bool ipv6 = machine->shot.files.ipv6;
	size_t n = BEFORE + plan->n_commands + AFTER, ended;
	struct cs_program *programs = cs_arena_array(arena, n, sizeof(*programs));
	struct cs_program_end *ends = cs_arena_array(arena, n, sizeof(*ends));
	const struct cs_throwaway job = { .copied = "/etc/ufw",
					  .programs = programs,
					  .n_programs = ipv6 ? n : n - 1 };
	enum cs_err err;

	if (!programs || !ends)
		return CS_ERR_NOMEM;
	put_programs(plan, programs);
	err = cs_throwaway_run(&job, arena, ends, &ended, why);
	if (!err)
		err = judge(plan, programs, ends, ended, why);
	if (err)
		return err;
	then->files = machine->shot.files;
	then->files.profile = plan->profile;
	then->files.before = plan->before;
	then->files.user = ends[n - AFTER].out;
	if (ipv6) {
		then->files.before6 = plan->before6;
		then->files.user6 = ends[n - AFTER + 1].out;
	}
	return CS_OK;
}

/* --- the rules --- */

/* ufw's file as ufw loads it itself after a command, and our block. */
static enum cs_err make_load(struct cs_span user, struct cs_span block,
			     struct cs_span saved, struct cs_arena *arena,
			     struct cs_span *out)
{
	struct cs_span part;
	struct cs_draft text;
	enum cs_err err = cs_ufw_block_load(block, saved, arena, &part);
	FILE *to = err ? NULL : cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	cs_draft_line(to, user);
	cs_draft_put(to, part);
	return cs_draft_close(&text, arena, out);
}

/*
 * The file by itself, and what is ours now: what the file may jump to is ufw's and has
 * nothing in it.
 */
static enum cs_err make_alone(struct cs_span user, struct cs_span saved,
			      struct cs_arena *arena, struct cs_span *out)
{
	struct cs_span ours;
	struct cs_draft text;
	enum cs_err err = cs_ufw_save_of_ours(saved, arena, &ours);
	FILE *to = err ? NULL : cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	cs_draft_put(to, ours);
	fputs("*filter\n", to);
	for (struct cs_span line; cs_text_line(&saved, &line);) {
		struct cs_span rest = line, name;

		if (cs_text_starts(line, ":ufw") && cs_text_word(&rest, &name))
			fprintf(to, "%.*s - [0:0]\n", (int)name.len,
				(const char *)name.ptr);
	}
	fputs("COMMIT\n", to);
	cs_draft_put(to, user);
	return cs_draft_close(&text, arena, out);
}

/* What the file says now, and what will be loaded, as iptables says it. */
static enum cs_err run_iptables(bool v6, struct cs_span alone, struct cs_span load,
				struct cs_arena *arena, struct cs_span *now,
				struct cs_span *then, char why[CS_STATE_WHY])
{
	const char *const restore[] = { v6 ? "ip6tables-restore" : "iptables-restore",
					"-n", NULL };
	const char *const save[] = { v6 ? "ip6tables-save" : "iptables-save", NULL };
	const struct cs_program programs[] = {
		{ .argv = restore, .input = alone },
		{ .argv = save },
		{ .argv = restore, .input = load },
		{ .argv = save },
	};
	const struct cs_throwaway job = { .programs = programs,
					  .n_programs = CS_LEN(programs) };
	struct cs_program_end ends[CS_LEN(programs)];
	size_t n;
	enum cs_err err = cs_throwaway_run(&job, arena, ends, &n, why);

	if (err)
		return err;
	if (ends[n - 1].status)
		return refuse(why, programs[n - 1].argv[0], &ends[n - 1]);
	*now = ends[1].out;
	*then = ends[3].out;
	return CS_OK;
}

static enum cs_err run_family(const struct cs_ufw_machine *machine,
			      const struct cs_ufw_plan *plan, bool v6,
			      struct cs_arena *arena, struct cs_ufw_then *then,
			      char why[CS_STATE_WHY])
{
	const struct cs_ufw_shot *shot = &machine->shot;
	struct cs_span saved = v6 ? shot->save6 : shot->save4, alone, now = { 0 };
	struct cs_span *load = v6 ? &then->change.load6 : &then->change.load4;
	enum cs_err err = make_load(v6 ? then->files.user6 : then->files.user,
				    v6 ? plan->block6 : plan->block, saved, arena, load);

	if (!err)
		err = make_alone(v6 ? shot->files.user6 : shot->files.user, saved, arena,
				 &alone);
	if (!err)
		err = run_iptables(v6, alone, *load, arena, &now,
				   v6 ? &then->save6 : &then->save4, why);
	if (!err && !cs_ufw_user_rules_equal(now, saved))
		then->loses = true;
	return err;
}

enum cs_err cs_ufw_rehearse(const struct cs_ufw_machine *machine,
			    const struct cs_ufw_plan *plan, struct cs_arena *arena,
			    struct cs_ufw_then *out, char why[CS_STATE_WHY])
{
	struct cs_ufw_then then = { .loses = false };
	enum cs_err err = run_ufw(machine, plan, arena, &then, why);

	if (!err)
		err = run_family(machine, plan, false, arena, &then, why);
	if (!err && then.files.ipv6)
		err = run_family(machine, plan, true, arena, &then, why);
	then.change.user = then.files.user;
	if (then.files.ipv6)
		then.change.user6 = then.files.user6;
	if (err && !why[0])
		(void)snprintf(why, CS_STATE_WHY, "%s", cs_strerror(err));
	if (!err)
		*out = then;
	return err;
}

bool cs_ufw_then_is_in_force(const struct cs_ufw_then *then,
			     const struct cs_ufw_shot *shot)
{
	return cs_ufw_ours_equal(then->save4, shot->save4) &&
	       (!then->files.ipv6 || cs_ufw_ours_equal(then->save6, shot->save6));
}
