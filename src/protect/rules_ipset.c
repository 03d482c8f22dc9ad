/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ipset.h"

#include <stdio.h>
#include <stdlib.h>

#include "protect/ipsets.h"
#include "protect/rules_span.h"
#include "protect/throwaway.h"

enum { UNKNOWN_MAX = 64 /* sets that cannot be made elsewhere */ };

/* "ipset v7.17: Error in line 3: Kernel error received: set type not supported" */
static struct cs_span what_is_said(const struct cs_program_end *end)
{
	struct cs_span line = cs_program_said(end->err);
	struct cs_span said = cs_text_behind(line, ": ");

	return said.len ? said : line;
}

static enum cs_err print_sets(struct cs_rules_build *build, struct cs_span *out,
			      char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "ipset", "save", NULL };
	const struct cs_program program = { .argv = argv };
	struct cs_program_end end;
	enum cs_err err = cs_program_run(&program, build->arena, &end);

	*out = cs_span_of(NULL, 0);
	if (err == CS_ERR_NOT_FOUND)
		return cs_rules_unread(build, "ipset: no such program is installed: the "
					      "sets that iptables' rules look at are "
					      "not read");
	if (err) {
		(void)snprintf(why, CS_RULES_WHY, "ipset: %s", cs_strerror(err));
		return err;
	}
	if (end.status) {
		struct cs_span said = what_is_said(&end);

		return cs_rules_unread(build, "ipset save: %.*s", (int)said.len,
				       (const char *)said.ptr);
	}
	return cs_ipsets_stay(end.out, build->arena, out);
}

/* The set that could not be made goes; all, where it is not said which. */
static enum cs_err leave_out(struct cs_rules_build *build,
			     const struct cs_program_end *end, struct cs_span *sets)
{
	struct cs_span said = what_is_said(end), all = *sets, name;
	struct cs_span digits = cs_text_behind(said, "Error in line ");

	name = cs_ipsets_at(all,
			    digits.len ? strtoul((const char *)digits.ptr, NULL, 10) : 0);
	*sets = cs_span_of(NULL, 0);
	if (!name.len)
		return cs_rules_unread(build, "ipset restore: left out: all sets: %.*s",
				       (int)said.len, (const char *)said.ptr);

	enum cs_err err = cs_rules_unread(build, "ipset: set %.*s: left out: %.*s",
					  (int)name.len, (const char *)name.ptr,
					  (int)said.len, (const char *)said.ptr);

	return err ? err : cs_ipsets_without(all, name, build->arena, sets);
}

enum cs_err cs_rules_read_ipset(struct cs_rules_build *build, char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "ipset", "restore", NULL };
	struct cs_span sets;
	enum cs_err err = print_sets(build, &sets, why);

	for (size_t tries = 0; !err && sets.len; tries++) {
		const struct cs_program restore = { .argv = argv, .input = sets };
		const struct cs_throwaway job = { .n_programs = 1, .programs = &restore };
		struct cs_program_end end;
		size_t n;

		err = cs_throwaway_run(&job, build->arena, &end, &n, why);
		if (!err && end.status == 0)
			break;
		if (!err && tries == UNKNOWN_MAX)
			sets = cs_span_of(NULL, 0);
		if (!err)
			err = leave_out(build, &end, &sets);
	}
	build->out->ipset = sets;
	return err;
}
