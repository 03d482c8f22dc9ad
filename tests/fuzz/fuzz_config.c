/* SPDX-License-Identifier: Apache-2.0 */
/* INI text into the options of a command that has one of every kind. */
#include "fuzz.h"

#include "../unit/sample_cmd.h"
#include "cmd/config.h"

static void values_are_what_the_table_allows(const struct sample *o)
{
	MUST(o->rate <= 100000000);
	MUST(o->limit <= 16);
	MUST(o->format >= -1 && o->format <= 2);
	MUST(o->level <= 9 && o->common.verbose <= 9);
	MUST(o->common.color >= 0 && o->common.color <= 2);
	MUST(!o->file || *o->file);
	MUST(!o->store == cs_args_taken_back(&o->common, SAMPLE_AT(store)));
	MUST(cs_value_ports(cs_span_str(o->ports), NULL));
	MUST(!o->common.help && !o->common.print_config && !o->common.config);
	for (size_t i = 0; i < o->exclude.n; i++)
		MUST(*o->exclude.item[i] && !strpbrk(o->exclude.item[i], ", \t"));
	for (size_t i = 0; i < o->sources.n; i++)
		MUST(*o->sources.item[i]);
}

/* One line that a terminal may be shown: file, line, and what is wrong. */
static void the_reason_is_one_plain_line(const char *why, size_t lines)
{
	unsigned line = 0;

	MUST(sscanf(why, "f.conf:%u: ", &line) == 1);
	MUST(line >= 1 && line <= lines);
	for (; *why; why++)
		MUST(*why >= 0x20 && *why < 0x7f);
}

static char *printed(const struct sample *o, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);

	MUST(to);
	cs_config_print(&sample_set, &o->common, to);
	(void)fclose(to); /* memory */
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_ctx ctx = { .env = sample_getenv,
			      .commands = sample_commands,
			      .n_commands = CS_LEN(sample_commands) };
	struct cs_span text = cs_span_of(data, size);
	struct sample o, again;
	char why[CS_ARG_WHY] = "";
	enum cs_err err;
	size_t lines = 1, a_len, b_len;
	char *a, *b;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	MUST(cs_args_start(&sample_set, &o) == CS_OK);
	err = cs_config_read_text(&ctx, text, "f.conf", CS_FROM_FILE, &sample_set, &o,
				  why);
	MUST(err == CS_OK || err == CS_ERR_USAGE);
	MUST((err == CS_OK) == (*why == '\0'));
	values_are_what_the_table_allows(&o);
	if (err)
		the_reason_is_one_plain_line(why, lines);

	/* No memory of the first reading is left anywhere. */
	MUST(cs_args_start(&sample_set, &again) == CS_OK);
	MUST(cs_config_read_text(&ctx, text, "f.conf", CS_FROM_FILE, &sample_set, &again,
				 why) == err);
	a = printed(&o, &a_len);
	b = printed(&again, &b_len);
	MUST(a_len == b_len && memcmp(a, b, a_len) == 0);
	free(a);
	free(b);
	cs_args_clear(&o.common);
	cs_args_clear(&again.common);
	(void)sample_ctx;
	(void)sample_end;
	(void)caught_free;
	return 0;
}
