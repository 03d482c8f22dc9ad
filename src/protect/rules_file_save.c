/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <stdio.h>

#include "protect/rules_span.h"

/*
 * A copy of the text in which the other family's tables are comments, so that lines keep
 * their numbers. (A line of blanks alone is none to iptables-restore, but an error.)
 */
static char *one_family(struct cs_rules_file *file, const struct cs_save *save, bool v6)
{
	char *copy = cs_arena_text(file->build.arena, cs_span_of(file->text, file->len));

	for (size_t i = 0; copy && i < save->n_tables; i++) {
		const struct cs_save_table *table = &save->tables[i];
		size_t at = (size_t)((const char *)table->whole.ptr - file->text);

		for (size_t k = 0; table->v6 != v6 && k < table->whole.len; k++)
			if (copy[at + k] != '\n')
				copy[at + k] = '#';
	}
	return copy;
}

static enum cs_err add_family(struct cs_rules_file *file, const struct cs_save *save,
			      bool v6)
{
	const struct cs_rules_piece piece = { file->path, 1 };
	struct cs_rules_input input = {
		.v6 = v6, .len = file->len, .pieces = &piece, .n_pieces = 1
	};
	size_t mine = 0;

	for (size_t i = 0; i < save->n_tables; i++)
		mine += save->tables[i].v6 == v6;
	if (mine == 0)
		return CS_OK;
	input.text = one_family(file, save, v6);
	if (!input.text)
		return CS_ERR_NOMEM;
	return cs_rules_add_restored(&file->build, &input, file->why);
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
