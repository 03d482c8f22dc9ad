/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel holds, by nft's text. */
#include "protect/table.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "protect/program_socket.h"
#include "protect/rules_span.h"
#include "protect/ruleset.h"

static const char *const marks[CS_TABLE_KINDS] = {
	[CS_TABLE_ENTRIES] = "\tset entries_",
	[CS_TABLE_PENDING] = "\tset pending_",
	[CS_TABLE_KEPT] = "\tset kept_",
};

static void say_nft(char why[CS_STATE_WHY], struct cs_span err, int status)
{
	struct cs_span line = { 0 };

	if (cs_text_line(&err, &line) && line.len > 0)
		(void)snprintf(why, CS_STATE_WHY, "nft: %.*s", (int)line.len,
			       (const char *)line.ptr);
	else
		(void)snprintf(why, CS_STATE_WHY, "nft ended with %d", status);
}

static enum cs_err judge(enum cs_err err, const struct cs_program_end *end,
			 char why[CS_STATE_WHY])
{
	if (err == CS_ERR_NOT_FOUND)
		(void)snprintf(why, CS_STATE_WHY,
			       "there is no nft program: want nftables installed");
	else if (err)
		(void)snprintf(why, CS_STATE_WHY, "nft: %s", cs_strerror(err));
	if (err || end->status == 0)
		return err;
	say_nft(why, end->err, end->status);
	if (!cs_text_has(end->err, "Operation not permitted"))
		return CS_ERR_IO;
	(void)snprintf(why, CS_STATE_WHY,
		       "this host's rules need root (CAP_NET_ADMIN): nft may not");
	return CS_ERR_DENIED;
}

static enum cs_err run(const char *const *argv, struct cs_span input,
		       struct cs_arena *arena, struct cs_program_end *end,
		       char why[CS_STATE_WHY])
{
	const struct cs_program program = { .argv = argv, .input = input };

	return judge(cs_program_run(&program, arena, end), end, why);
}

/* --- looking --- */

int64_t cs_table_time(struct cs_span text)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "ms", 1 },      { "s", 1000 },     { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 },
	};
	int64_t ms = 0;
	size_t at = 0;

	while (at < text.len) {
		size_t from = at, unit = 0;
		uint64_t n;

		while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
			at++;
		if (!cs_num_u64(cs_span_of(text.ptr + from, at - from), 0, 1000000000,
				&n))
			return -1;
		while (unit < CS_LEN(units) &&
		       !cs_text_starts(cs_text_after(text, at), units[unit].name))
			unit++;
		if (unit == CS_LEN(units))
			return -1;
		at += strlen(units[unit].name);
		ms += (int64_t)n * units[unit].ms;
	}
	return text.len > 0 ? ms : -1;
}

/* The kernel prints what it has not forgotten yet only. */
static int64_t time_left(struct cs_span set)
{
	static const char word[] = "expires ";
	const uint8_t *at = set.len ? memmem(set.ptr, set.len, word, strlen(word)) : NULL;
	const uint8_t *end = set.ptr + set.len;
	size_t len = 0;
	int64_t ms;

	if (!at)
		return 0;
	at += strlen(word);
	while (at + len < end && at[len] != ' ' && at[len] != ',' && at[len] != '\n')
		len++;
	ms = cs_table_time(cs_span_of(at, len));
	return ms > 0 ? ms : 1;
}

static enum cs_err look_left(struct cs_arena *arena, struct cs_table *table,
			     char why[CS_STATE_WHY])
{
	char name[64];
	const char *const argv[] = {
		"nft", "list", "set", "inet", "coapscope", name, NULL
	};
	struct cs_program_end end = { .status = 0 };
	enum cs_err err;

	(void)snprintf(name, sizeof(name), "pending_%s", table->id);
	err = run(argv, cs_span_of(NULL, 0), arena, &end, why);
	/* It may have been taken out since we saw it: no time is left then. */
	if (err == CS_ERR_IO && cs_text_has(end.err, "No such file or directory"))
		return CS_OK;
	if (!err)
		table->left_ms = time_left(end.out);
	return err;
}

/* Which of ours it is, by the set that marks it. */
static void read_mark(struct cs_span text, struct cs_table *table)
{
	enum { ID = CS_STATE_ID - 1 };

	table->kind = CS_TABLE_FOREIGN;
	for (size_t kind = 0; kind < CS_TABLE_KINDS; kind++) {
		const char *mark = marks[kind];
		const uint8_t *at =
			mark ? memmem(text.ptr, text.len, mark, strlen(mark)) : NULL;
		uint8_t bytes[ID / 2];

		if (!at || (size_t)(text.ptr + text.len - at) < strlen(mark) + ID)
			continue;
		at += strlen(mark);
		if (!cs_hex_read(cs_span_of(at, ID), bytes, sizeof(bytes)))
			continue;
		memcpy(table->id, at, ID);
		table->id[ID] = '\0';
		table->kind = (enum cs_table_kind)kind;
	}
}

enum cs_err cs_table_look(struct cs_arena *arena, struct cs_table *out,
			  char why[CS_STATE_WHY])
{
	/* Of one table nft 1.0.6 reads the elements too, whether it is to show them or not. */
	static const char *const argv[] = { "nft", "-t", "list", "ruleset", NULL };
	struct cs_program_end end = { .status = 0 };
	enum cs_err err = run(argv, cs_span_of(NULL, 0), arena, &end, why);
	struct cs_span ours;

	*out = (struct cs_table){ .kind = CS_TABLE_NONE };
	if (err)
		return err;
	ours = cs_ruleset_table(end.out, "inet coapscope");
	if (!ours.len)
		return CS_OK;
	read_mark(ours, out);
	return out->kind == CS_TABLE_PENDING ? look_left(arena, out, why) : CS_OK;
}

enum cs_err cs_table_list(struct cs_arena *arena, struct cs_span *out,
			  char why[CS_STATE_WHY])
{
	static const char *const argv[] = { "nft",  "-n",        "list", "table",
					    "inet", "coapscope", NULL };
	struct cs_program_end end;
	enum cs_err err = run(argv, cs_span_of(NULL, 0), arena, &end, why);

	if (!err)
		*out = end.out;
	return err;
}

/* --- changing --- */

enum cs_err cs_table_load(struct cs_span script, struct cs_arena *arena,
			  char why[CS_STATE_WHY])
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	struct cs_program_end end;

	return run(argv, script, arena, &end, why);
}

enum cs_err cs_table_load_on(struct cs_span script, struct cs_arena *arena, int *socket,
			     char why[CS_STATE_WHY])
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	const struct cs_program program = { .argv = argv, .input = script };
	struct cs_program_end end = { .status = 0 };
	enum cs_err err = cs_program_run_on(&program, arena, &end, socket);

	return judge(err, &end, why);
}

enum cs_err cs_table_try(struct cs_span script, struct cs_program_child *child,
			 char why[CS_STATE_WHY])
{
	static const char *const argv[] = { "nft", "-c", "-f", "-", NULL };
	const struct cs_program program = { .argv = argv, .input = script };
	const struct cs_program_end end = { .status = 0 };

	return judge(cs_program_start(&program, child), &end, why);
}

enum cs_err cs_table_tried(struct cs_program_child *child, struct cs_arena *arena,
			   char why[CS_STATE_WHY])
{
	struct cs_program_end end = { .status = 0 };
	enum cs_err err = cs_program_finish(child, 0, arena, &end);

	return judge(err, &end, why);
}
