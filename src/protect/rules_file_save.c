/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <stdio.h>

#include "protect/rules_span.h"

/* A copy of the text with the other family's tables blanked out, so that lines keep their numbers. */
static char *one_family(struct cs_rules_file *file, const struct cs_save *save, bool v6)
{
	char *copy = cs_arena_text(file->build.arena, cs_span_of(file->text, file->len));

	for (size_t i = 0; copy && i < save->n_tables; i++) {
		const struct cs_save_table *table = &save->tables[i];
		size_t at = (size_t)((const char *)table->whole.ptr - file->text);

		for (size_t k = 0; table->v6 != v6 && k < table->whole.len; k++)
			if (copy[at + k] != '\n')
				copy[at + k] = ' ';
	}
	return copy;
}

static enum cs_err add_family(struct cs_rules_file *file, const struct cs_save *save,
			      bool v6)
{
	struct cs_span saved;
	struct cs_save fresh;
	size_t line, mine = 0;
	char *input;
	enum cs_err err;

	for (size_t i = 0; i < save->n_tables; i++)
		mine += save->tables[i].v6 == v6;
	if (mine == 0)
		return CS_OK;
	input = one_family(file, save, v6);
	if (!input)
		return CS_ERR_NOMEM;
	err = cs_rules_restored(&file->build, file->path, v6, input, file->len, &saved,
				file->why);
	if (err)
		return err;
	err = cs_save_read(saved, file->build.arena, &fresh, &line);
	for (size_t i = 0; i < fresh.n_tables; i++)
		fresh.tables[i].v6 = v6;
	if (!err)
		err = cs_rules_add_save(&file->build, &fresh, v6, NULL);
	return err == CS_ERR_SYNTAX ? CS_ERR_IO : err;
}

enum cs_err cs_rules_file_save(struct cs_rules_file *file)
{
	struct cs_save save;
	size_t line;
	enum cs_err err = cs_save_read(cs_span_of(file->text, file->len),
				       file->build.arena, &save, &line);

	if (err == CS_ERR_SYNTAX)
		(void)snprintf(file->why, CS_RULES_WHY,
			       "%s:%zu: not as iptables-save writes it (a table begins "
			       "with *NAME and ends with COMMIT)",
			       file->path, line);
	if (err)
		return err;
	file->build.out->listing = cs_span_of(file->text, file->len);
	err = add_family(file, &save, false);
	return err ? err : add_family(file, &save, true);
}
