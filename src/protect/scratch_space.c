/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespaces. Nothing names them but this process: when it ends, however it ends,
 * they are gone with all that is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protect/scratch_own.h"

static const char here[] = "/proc/self/ns/net";

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), kept;
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	kept = errno;
	if (fd >= 0)
		(void)close(fd); /* the write was the act */
	errno = kept;
	return done;
}

/*
 * Why an ordinary user may have no namespaces differs from system to system; one line
 * names what to look at.
 */
static enum cs_err denied(const char *what, char why[CS_SCRATCH_WHY])
{
	int kept = errno;

	(void)snprintf(why, CS_SCRATCH_WHY,
		       "needs root, or user namespaces, which are not to be had here "
		       "(%s: %s): see user.max_user_namespaces and "
		       "kernel.*unprivileged_userns* in sysctl",
		       what, strerror(kept));
	errno = kept;
	return CS_ERR_DENIED;
}

/* Makes us root of a user namespace of our own, in which nobody else is. */
static enum cs_err become_root(char why[CS_SCRATCH_WHY])
{
	unsigned uid = geteuid(), gid = getegid();
	char text[64];

	if (unshare(CLONE_NEWUSER))
		return errno == ENOMEM ? cs_scratch_failed(CS_ERR_NOMEM, "unshare", why)
				       : denied("unshare", why);
	if (!put("/proc/self/setgroups", "deny") && errno != ENOENT)
		return denied("/proc/self/setgroups", why);
	(void)snprintf(text, sizeof(text), "0 %u 1", uid);
	if (!put("/proc/self/uid_map", text))
		return denied("/proc/self/uid_map", why);
	(void)snprintf(text, sizeof(text), "0 %u 1", gid);
	if (!put("/proc/self/gid_map", text))
		return denied("/proc/self/gid_map", why);
	return CS_OK;
}

static int open_here(void)
{
	return open(here, O_RDONLY | O_CLOEXEC);
}

enum cs_err cs_scratch_enter(struct cs_scratch_space *space, char why[CS_SCRATCH_WHY])
{
	enum cs_err err;

	space->home = open_here();
	if (space->home < 0)
		return cs_scratch_failed(CS_ERR_IO, here, why);
	if (unshare(CLONE_NEWNET) == 0)
		return CS_OK;
	if (errno != EPERM)
		return cs_scratch_failed(CS_ERR_IO, "unshare", why);
	(void)close(space->home); /* nobody comes back from a user namespace */
	space->home = -1;
	err = become_root(why);
	if (!err && unshare(CLONE_NEWNET))
		err = denied("network namespace", why);
	return err;
}

enum cs_err cs_scratch_enter_inner(struct cs_scratch_space *space,
				   char why[CS_SCRATCH_WHY])
{
	space->outer = open_here();
	if (space->outer < 0)
		return cs_scratch_failed(CS_ERR_IO, here, why);
	if (unshare(CLONE_NEWNET))
		return cs_scratch_failed(CS_ERR_IO, "unshare", why);
	return CS_OK;
}

void cs_scratch_leave(struct cs_scratch_space *space)
{
	/*
	 * Going home cannot fail for who came from there. Were it to, we would stay
	 * where packets go nowhere: never the other way round.
	 */
	if (space->home >= 0) {
		(void)setns(space->home, CLONE_NEWNET);
		(void)close(space->home); /* names a namespace only */
	}
	if (space->outer >= 0)
		(void)close(space->outer); /* names a namespace only */
	*space = (struct cs_scratch_space){ -1, -1 };
}
