/* SPDX-License-Identifier: Apache-2.0 */
/* The scripts: a guard that may fail, the table, its mark, its entries. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protect/table.h"

enum { PARTS = 4, LINES = 256 };

/* A script is put together from a few pieces. */
struct script {
	struct cs_span part[PARTS];
	size_t n;
};

static void add(struct script *script, struct cs_span part)
{
	script->part[script->n++] = part;
}

CS_PRINTF(3, 4)
static enum cs_err add_lines(struct script *script, struct cs_arena *arena,
			     const char *fmt, ...)
{
	char *text = cs_arena_alloc(arena, LINES);
	va_list args;

	if (!text)
		return CS_ERR_NOMEM;
	va_start(args, fmt);
	(void)vsnprintf(text, LINES, fmt, args);
	va_end(args);
	add(script, cs_span_str(text));
	return CS_OK;
}

static enum cs_err join(const struct script *script, struct cs_arena *arena,
			struct cs_span *out)
{
	size_t len = 0;
	uint8_t *text;

	for (size_t i = 0; i < script->n; i++)
		len += script->part[i].len;
	text = cs_arena_alloc(arena, len + 1);
	if (!text)
		return CS_ERR_NOMEM;
	*out = cs_span_of(text, len);
	for (size_t i = 0; i < script->n; i++) {
		memcpy(text, script->part[i].ptr, script->part[i].len);
		text += script->part[i].len;
	}
	return CS_OK;
}

/* The table for good, with its mark and what is in its sets. */
static enum cs_err add_table(struct script *script, const struct cs_table_want *want,
			     struct cs_arena *arena)
{
	const struct cs_policy_hold hold = { .seconds = 0 };
	struct cs_span rules, elements;
	enum cs_err err = cs_policy_rules(want->policy, NULL, hold, arena, &rules);

	if (!err)
		err = cs_entries_script(want->entries, arena, &elements);
	if (err)
		return err;
	add(script, rules);
	err = add_lines(script, arena,
			"add set inet coapscope %s_%s { type inet_proto; }\n",
			want->policy ? "kept" : "entries", want->id);
	add(script, elements);
	return err;
}

enum cs_err cs_table_script(const struct cs_table_want *want, struct cs_arena *arena,
			    struct cs_span *out)
{
	struct script script = { .n = 0 };
	enum cs_err err = add_table(&script, want, arena);

	return err ? err : join(&script, arena, out);
}

enum cs_err cs_table_script_pending(const struct cs_table_want *want,
				    const struct cs_policy *kept, uint32_t seconds,
				    struct cs_arena *arena, struct cs_span *out)
{
	const struct cs_policy_hold hold = { .seconds = seconds };
	struct script script = { .n = 0 };
	struct cs_span rules, elements;
	enum cs_err err = cs_policy_rules(want->policy, kept, hold, arena, &rules);

	if (!err)
		err = cs_entries_script(want->entries, arena, &elements);
	if (err)
		return err;
	add(&script, rules);
	err = add_lines(&script, arena,
			"add set inet coapscope pending_%s "
			"{ type inet_proto; flags timeout; }\n"
			"add element inet coapscope pending_%s { udp timeout %us }\n",
			want->id, want->id, seconds);
	add(&script, elements);
	return err ? err : join(&script, arena, out);
}

enum cs_err cs_table_script_confirm(const struct cs_table_want *want,
				    struct cs_arena *arena, struct cs_span *out)
{
	struct script script = { .n = 0 };
	enum cs_err err =
		add_lines(&script, arena,
			  "delete element inet coapscope pending_%s { udp }\n", want->id);

	if (!err)
		err = add_table(&script, want, arena);
	return err ? err : join(&script, arena, out);
}

enum cs_err cs_table_script_rollback(const char *id, const struct cs_table_want *want,
				     struct cs_arena *arena, struct cs_span *out)
{
	struct script script = { .n = 0 };
	enum cs_err err =
		add_lines(&script, arena, "delete set inet coapscope pending_%s\n", id);

	if (!err && want)
		err = add_table(&script, want, arena);
	else if (!err)
		err = add_lines(&script, arena, "delete table inet coapscope\n");
	return err ? err : join(&script, arena, out);
}
