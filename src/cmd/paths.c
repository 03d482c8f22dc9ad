/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/paths.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cs_err join(char out[CS_PATH_MAX], const char *a, const char *b)
{
	int n = snprintf(out, CS_PATH_MAX, "%s%s", a, b);

	return n < CS_PATH_MAX ? CS_OK : CS_ERR_RANGE;
}

enum cs_err cs_default_store(const struct cs_ctx *ctx, char out[CS_PATH_MAX])
{
	const char *data = ctx->env("XDG_DATA_HOME");
	const char *home = ctx->env("HOME");

	if (geteuid() == 0)
		return join(out, "/var/lib/coapscope", "");
	if (data && data[0] == '/') /* a relative one is to be ignored, says XDG */
		return join(out, data, "/coapscope");
	if (home && home[0])
		return join(out, home, "/.local/share/coapscope");
	return CS_ERR_NOT_FOUND;
}

enum cs_err cs_make_folders(const char *path)
{
	char part[CS_PATH_MAX];

	if (join(part, path, ""))
		return CS_ERR_RANGE;
	for (char *slash = part; slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0750) && errno != EEXIST)
			return CS_ERR_IO;
		if (slash)
			*slash = '/';
	}
	return CS_OK;
}
