/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"

/* nft and iptables end a text there: of a damaged file the rest would be taken for no rules. */
static enum cs_err refuse_zero(const char *path, struct cs_span bytes,
			       char why[CS_RULES_WHY])
{
	const uint8_t *zero = bytes.len ? memchr(bytes.ptr, '\0', bytes.len) : NULL;
	size_t line = 1;

	if (!zero)
		return CS_OK;
	for (const uint8_t *at = bytes.ptr; at < zero; at++)
		line += *at == '\n';
	(void)snprintf(why, CS_RULES_WHY, "%s:%zu: a zero byte: want text", path, line);
	return CS_ERR_SYNTAX;
}

enum cs_err cs_rules_slurp(const char *path, struct cs_arena *arena, char **text,
			   size_t *len, char why[CS_RULES_WHY])
{
	FILE *from = fopen(path, "re");
	uint8_t *bytes = NULL;
	enum cs_err err;

	if (!from) {
		err = cs_err_of_file(errno);
		(void)snprintf(why, CS_RULES_WHY, "%s: %s", path, strerror(errno));
		return err;
	}
	err = cs_slurp(from, &bytes, len);
	if (err == CS_ERR_IO)
		err = cs_err_of_file(errno);
	if (err)
		(void)snprintf(why, CS_RULES_WHY, "%s: %s", path,
			       err == CS_ERR_FULL ? "want a file of at most 1 GiB"
						  : strerror(errno));
	(void)fclose(from); /* only read from */
	if (!err)
		err = refuse_zero(path, cs_span_of(bytes, *len), why);
	*text = err ? NULL : cs_arena_text(arena, cs_span_of(bytes, *len));
	free(bytes);
	return err || *text ? err : CS_ERR_NOMEM;
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
	err = cs_rules_slurp(path, arena, &file.text, &file.len, why);
	if (err)
		return err;
	if (cs_save_is(cs_span_of(file.text, file.len)))
		return cs_rules_file_save(&file);
	return cs_rules_file_nft(&file);
}
