/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/target_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"

/* @number is an errno, 0 for what has none. */
static enum cs_err failed(struct cs_scope_draft *draft, const char *name, int number,
			  const char *why)
{
	(void)snprintf(draft->why, sizeof(draft->why), "%s: %s", name, why);
	return cs_err_of_file(number);
}

static enum cs_err read_stream(FILE *file, const char *name, struct cs_resolver *resolver,
			       struct cs_scope_draft *draft)
{
	uint8_t *bytes;
	size_t len;
	enum cs_err err = cs_slurp(file, &bytes, &len);

	if (err == CS_ERR_IO)
		err = failed(draft, name, errno, strerror(errno));
	else if (err)
		err = failed(draft, name, 0, cs_strerror(err));
	else
		err = cs_scope_read_list(draft, cs_span_of(bytes, len), name,
					 resolver->exclude, cs_resolve_name, resolver);
	free(bytes);
	return err;
}

enum cs_err cs_target_file_read(const struct cs_ctx *ctx, const char *name, bool must,
				struct cs_resolver *resolver,
				struct cs_scope_draft *draft)
{
	FILE *file = strcmp(name, "-") == 0 ? ctx->in : fopen(name, "re");
	enum cs_err err;

	if (!file && !must && errno == ENOENT)
		return CS_OK;
	if (!file)
		return failed(draft, name, errno, strerror(errno));
	err = read_stream(file, name, resolver, draft);
	if (file != ctx->in)
		(void)fclose(file); /* only read from */
	return err;
}
