/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/program_socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST = STDERR_FILENO + 1, /* of its own descriptors, those that it may have */
	LAST = FIRST + 2,
	TRIES = 80,
	PAUSE_NS = 250000, /* nft has it 2 ms after it began */
};

static bool has(int fd, int option, int value)
{
	int is = -1;
	socklen_t len = sizeof(is);

	return getsockopt(fd, SOL_SOCKET, option, &is, &len) == 0 && is == value;
}

/* CS_OK also where there is none yet: *@out is -1 then. CS_ERR_IO: there will be none. */
static enum cs_err find(const struct cs_program_child *child, int *out)
{
	for (int fd = FIRST; fd <= LAST; fd++) {
		*out = pidfd_getfd(child->pidfd, fd, 0);
		if (*out < 0 && errno != EBADF)
			return CS_ERR_IO;
		if (*out < 0)
			continue;
		if (has(*out, SO_DOMAIN, AF_NETLINK) &&
		    has(*out, SO_PROTOCOL, NETLINK_NETFILTER))
			return CS_OK;
		(void)close(*out); /* some file that it reads */
	}
	*out = -1;
	return CS_OK;
}

/*
 * Waits for the program to open it, 20 ms at most. -1: it does not, or the kernel does
 * not let us.
 */
static int take(const struct cs_program_child *child)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct pollfd ended = { child->pidfd, POLLIN, 0 };
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		if (find(child, &fd) || fd >= 0)
			break;
		if (ppoll(&ended, 1, &pause, NULL) != 0)
			break;
	}
	return fd;
}

enum cs_err cs_program_run_on(const struct cs_program *program, struct cs_arena *arena,
			      struct cs_program_end *end, int *socket)
{
	struct cs_program_child child;
	enum cs_err err = cs_program_start(program, &child);

	*socket = -1;
	if (err)
		return err;
	*socket = take(&child);
	return cs_program_finish(&child, program->timeout_ms, arena, end);
}
