/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/script_listing.h"

#include <stdio.h>

#include "protect/rules.h"
#include "protect/rules_span.h"
#include "protect/script_long.h"
#include "protect/throwaway.h"

static enum cs_err list(struct cs_span script, struct cs_arena *arena,
			struct cs_span *out, char *why)
{
	static const char *const load[] = { "nft", "-f", "-", NULL };
	static const char *const list[] = { "nft", "-a", "-s", "list", "ruleset", NULL };
	const struct cs_program programs[] = { { .argv = load, .input = script },
					       { .argv = list } };
	struct cs_throwaway job = { .programs = programs, .n_programs = 2 };
	struct cs_program_end ends[2];
	struct cs_span line;
	size_t n = 0;
	enum cs_err err = cs_throwaway_run(&job, arena, ends, &n, why);

	if (err)
		return err;
	if (n == 2 && ends[1].status == 0) {
		*out = ends[1].out;
		return CS_OK;
	}
	line = cs_program_said(ends[n - 1].err);
	(void)snprintf(why, CS_RULES_WHY, "nft: %.*s", (int)line.len,
		       (const char *)line.ptr);
	return CS_ERR_REFUSED;
}

enum cs_err cs_script_listing(struct cs_span script, enum cs_script_reading reading,
			      struct cs_arena *arena, struct cs_span *out, char *why)
{
	struct cs_script_long parts;
	struct cs_span listing;
	enum cs_err err;

	if (reading == CS_SCRIPT_WHOLE)
		return list(script, arena, out, why);
	err = cs_script_cut(script, arena, &parts);
	if (!err)
		err = list(parts.rest, arena, &listing, why);
	if (err)
		return err;
	err = cs_script_join(&parts, listing, arena, out);
	/* Not as we know nft to print: it has the word. */
	return err == CS_ERR_NOT_FOUND ? list(script, arena, out, why) : err;
}
