/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/as_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cmd/paths.h"
#include "jail/jail.h"

static int cannot(const struct cs_ctx *ctx, const char *name)
{
	cs_log(&ctx->log, CS_ERROR, "--user %s: %s", name, strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_known_user(const struct cs_ctx *ctx, const char *name)
{
	if (name && !getpwnam(name)) {
		cs_log(&ctx->log, CS_ERROR, "--user '%s': no such user", name);
		return CS_EXIT_USAGE;
	}
	if (!name || cs_jail_may_become())
		return -1;
	errno = EPERM;
	return cannot(ctx, name);
}

int cs_as_user_begin(const struct cs_ctx *ctx, const char *name, struct cs_as_user *as)
{
	const struct passwd *user = name && geteuid() == 0 ? getpwnam(name) : NULL;

	*as = (struct cs_as_user){ .group = getegid() };
	if (!user)
		return -1;
	if (setgroups(0, NULL) || setegid(user->pw_gid) || seteuid(user->pw_uid))
		return cannot(ctx, name);
	as->changed = true;
	return -1;
}

int cs_as_user_end(const struct cs_ctx *ctx, struct cs_as_user *as)
{
	bool changed = as->changed;

	as->changed = false;
	if (changed && (seteuid(0) || setegid(as->group)))
		return cannot(ctx, "root");
	return -1;
}

int cs_make_store(const struct cs_ctx *ctx, const char *dir, const char *name)
{
	const struct passwd *user;
	int fd, given;

	if (access(dir, F_OK) == 0)
		return -1;
	if (cs_make_folders(dir)) {
		cs_log(&ctx->log, CS_ERROR, "--store %s: %s", dir, strerror(errno));
		return CS_EXIT_FAILED;
	}
	user = name ? getpwnam(name) : NULL;
	if (!user)
		return -1;
	/* By descriptor: who may write above it must not have us give away another. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	given = fd < 0 ? -1 : fchown(fd, user->pw_uid, user->pw_gid);
	if (given)
		cs_log(&ctx->log, CS_WARN, "--store %s: %s", dir, strerror(errno));
	if (fd >= 0)
		(void)close(fd); /* only looked at */
	return -1;
}
