/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "protect/ipsets.h"
#include "protect/rules_span.h"

enum { UNKNOWN_MAX = 64 /* rules that this machine has no match or target for */ };

/* Where the tool says that it stopped; 0: it does not say. */
static size_t line_said(struct cs_span said)
{
	static const char *const marks[] = { "occurred at line: ", "restore: line ",
					     "expected at line ", "failed at line " };

	for (size_t i = 0; i < CS_LEN(marks); i++) {
		const uint8_t *at =
			said.len ? memmem(said.ptr, said.len, marks[i], strlen(marks[i]))
				 : NULL;

		if (at)
			return strtoul((const char *)at + strlen(marks[i]), NULL, 10);
	}
	return 0;
}

/* The line of that number, from 1; empty: there is none. */
static struct cs_span line_at(char *input, size_t len, size_t number)
{
	struct cs_span rest = cs_span_of(input, len), line = { 0 };

	while (number-- && cs_text_line(&rest, &line))
		;
	return cs_text_trim(line);
}

static bool is_missing_set(struct cs_span said)
{
	return cs_text_has(said, ": Set ") && cs_text_has(said, "doesn't exist");
}

/* What is missing is this machine's: a match, a target, a set of ipset's. */
static bool is_missing(struct cs_span said)
{
	return cs_text_has(said, "Couldn't load match") ||
	       cs_text_has(said, "Couldn't load target") || is_missing_set(said) ||
	       (cs_text_has(said, "Extension ") && cs_text_has(said, "not supported"));
}

static struct cs_span first_line(struct cs_span said)
{
	struct cs_span line = cs_program_said(said);

	/* "iptables-nft-restore v1.8.9 (nf_tables): Couldn't ..." */
	const uint8_t *at = line.len ? memmem(line.ptr, line.len, "): ", 3) : NULL;

	return at ? cs_text_after(line, (size_t)(at - line.ptr) + 3) : line;
}

/* The piece that a line of the input is of; its number there replaces *@number. */
static const char *piece_of(const struct cs_rules_input *input, size_t *number)
{
	size_t i = input->n_pieces - 1;

	while (i > 0 && input->pieces[i].from > *number)
		i--;
	*number -= *number ? input->pieces[i].from - 1 : 0;
	return input->pieces[i].name;
}

/* That line of the input becomes a comment and is said. */
static enum cs_err leave_out(struct cs_rules_build *build,
			     const struct cs_rules_input *input, size_t number,
			     struct cs_span line, struct cs_span what)
{
	const char *name = piece_of(input, &number);
	enum cs_err err = cs_rules_unread(build, "%s:%zu: left out: %.*s: %.*s", name,
					  number, (int)what.len, (const char *)what.ptr,
					  (int)line.len, (const char *)line.ptr);

	memset((char *)(uintptr_t)line.ptr, '#', line.len);
	return err;
}

/* Where there are no sets at all every rule that names one goes: there may be hundreds. */
static enum cs_err leave_sets_out(struct cs_rules_build *build,
				  const struct cs_rules_input *input, struct cs_span what)
{
	struct cs_span rest = cs_span_of(input->text, input->len), line;
	enum cs_err err = CS_OK;

	for (size_t n = 1; !err && cs_text_line(&rest, &line); n++) {
		line = cs_text_trim(line);
		if (cs_text_starts(line, "-") && cs_ipsets_named(line))
			err = leave_out(build, input, n, line, what);
	}
	return err;
}

/* What the tool could not read: left out where only this machine lacks something. */
static enum cs_err judge(struct cs_rules_build *build, const struct cs_rules_input *input,
			 struct cs_span said, char why[CS_RULES_WHY])
{
	size_t number = line_said(said);
	struct cs_span line = line_at(input->text, input->len, number);
	struct cs_span what = first_line(said);

	if (!is_missing(said) || !cs_text_starts(line, "-")) {
		const char *name = piece_of(input, &number);

		(void)snprintf(why, CS_RULES_WHY, "%s:%zu: %.*s", name, number,
			       (int)what.len, (const char *)what.ptr);
		return CS_ERR_SYNTAX;
	}
	if (!build->out->ipset.len && is_missing_set(said))
		return leave_sets_out(build, input, what);
	return leave_out(build, input, number, line, what);
}

/* This machine's sets, empty, are there before the rules that look at them. */
static enum cs_err add_sets(struct cs_rules_build *build, struct cs_throwaway *job,
			    struct cs_program *programs)
{
	if (!build->out->ipset.len)
		return CS_OK;
	job->n_programs = 3;
	job->programs = programs;
	return cs_ipsets_empty(build->out->ipset, build->arena, &programs[0].input);
}

enum cs_err cs_rules_restored(struct cs_rules_build *build,
			      const struct cs_rules_input *input, struct cs_span *saved,
			      char why[CS_RULES_WHY])
{
	const char *const restore[] = { input->v6 ? "ip6tables-nft-restore"
						  : "iptables-nft-restore",
					"-n", NULL };
	const char *const save[] = { input->v6 ? "ip6tables-nft-save"
					       : "iptables-nft-save",
				     NULL };
	static const char *const sets[] = { "ipset", "restore", NULL };
	struct cs_program programs[] = {
		{ .argv = sets },
		{ .argv = restore, .input = cs_span_of(input->text, input->len) },
		{ .argv = save },
	};
	struct cs_throwaway job = { .n_programs = 2, .programs = programs + 1 };
	enum cs_err err = add_sets(build, &job, programs);

	for (size_t tries = 0; !err && tries < UNKNOWN_MAX; tries++) {
		struct cs_program_end ends[3];
		size_t n;

		err = cs_throwaway_run(&job, build->arena, ends, &n, why);
		if (!err && ends[n - 1].status == 0) {
			*saved = ends[n - 1].out;
			return CS_OK;
		}
		if (!err)
			err = judge(build, input, ends[n - 1].err, why);
	}
	if (err)
		return err;
	(void)snprintf(why, CS_RULES_WHY,
		       "%s: more than %d rules need what this machine does not have",
		       input->pieces[0].name, UNKNOWN_MAX);
	return CS_ERR_SYNTAX;
}

enum cs_err cs_rules_add_restored(struct cs_rules_build *build,
				  const struct cs_rules_input *input,
				  char why[CS_RULES_WHY])
{
	struct cs_span saved;
	struct cs_save fresh;
	size_t line;
	enum cs_err err = cs_rules_restored(build, input, &saved, why);

	if (err)
		return err;
	err = cs_save_read(saved, build->arena, &fresh, &line);
	if (err == CS_ERR_SYNTAX) {
		(void)snprintf(why, CS_RULES_WHY,
			       "iptables-save: line %zu is not as it writes it", line);
		return CS_ERR_IO;
	}
	for (size_t i = 0; i < fresh.n_tables; i++)
		fresh.tables[i].v6 = input->v6;
	if (err)
		return err;
	return cs_rules_add_save(build, &fresh,
				 &(struct cs_rules_wanted){ .v6 = input->v6 });
}
