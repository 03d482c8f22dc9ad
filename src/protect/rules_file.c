/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slurp.h"

static enum cs_err keep(struct cs_rules_file *file, const uint8_t *bytes, size_t len)
{
	file->text = cs_arena_text(file->build.arena, cs_span_of(bytes, len));
	file->len = len;
	return file->text ? CS_OK : CS_ERR_NOMEM;
}

enum cs_err cs_rules_slurp(struct cs_rules_file *file)
{
	FILE *from = fopen(file->path, "re");
	uint8_t *bytes = NULL;
	enum cs_err err;
	size_t len = 0;

	if (!from) {
		(void)snprintf(file->why, CS_RULES_WHY, "%s: %s", file->path,
			       strerror(errno));
		return cs_err_of_file(errno);
	}
	err = cs_slurp(from, &bytes, &len);
	if (err == CS_ERR_IO)
		(void)snprintf(file->why, CS_RULES_WHY, "%s: %s", file->path,
			       strerror(errno));
	else if (err)
		(void)snprintf(file->why, CS_RULES_WHY, "%s: %s", file->path,
			       cs_strerror(err));
	(void)fclose(from); /* only read from */
	if (!err)
		err = keep(file, bytes, len);
	free(bytes);
	return err;
}

enum cs_err cs_rules_read_file(const char *path, struct cs_arena *arena,
			       struct cs_rules *out, char why[CS_RULES_WHY])
{
	struct cs_rules_file file = { .build = { .arena = arena, .out = out },
				      .path = path,
				      .why = why };
	enum cs_err err;

	*out = (struct cs_rules){ 0 };
	(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	err = cs_rules_slurp(&file);
	if (err)
		return err;
	if (cs_save_is(cs_span_of(file.text, file.len)))
		return cs_rules_file_save(&file);
	return cs_rules_file_nft(&file);
}

enum cs_err cs_rules_read_ufw(const char *dir, struct cs_arena *arena,
			      struct cs_rules *out, char why[CS_RULES_WHY])
{
	(void)dir;
	(void)arena;
	*out = (struct cs_rules){ 0 };
	(void)snprintf(why, CS_RULES_WHY, "not yet");
	return CS_ERR_IO;
}
