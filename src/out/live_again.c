/* SPDX-License-Identifier: Apache-2.0 */
/* A socket whose reader has gone: seen, and connected to again by its name. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "out/file_name.h"
#include "out/live_own.h"

int cs_live_reader(const struct cs_live *live)
{
	return live->kind == CS_LIVE_LOG ? -1 : live->folder;
}

/* No more of the connection: what it does not take, it never will. */
static bool is_end(int error)
{
	return error == EPIPE || error == ECONNRESET || error == ECONNREFUSED ||
	       error == ENOTCONN;
}

bool cs_live_is_gone(const struct cs_live *live)
{
	struct pollfd end = { .fd = live->fd };

	if (cs_live_reader(live) < 0)
		return false;
	return is_end(live->state.error) ||
	       (poll(&end, 1, 0) == 1 && (end.revents & (POLLHUP | POLLERR)));
}

int cs_live_connect(const struct cs_live *live)
{
	struct cs_file_name name = { .folder = live->folder };
	int fd;

	/* Both have NAME_MAX + 1 bytes. */
	memcpy(name.base, live->name, sizeof(name.base));
	fd = cs_file_name_connect(&name, SOCK_STREAM | SOCK_NONBLOCK);
	if (fd < 0 && errno == EPROTOTYPE)
		fd = cs_file_name_connect(&name, SOCK_DGRAM | SOCK_NONBLOCK);
	if (fd >= 0)
		cs_live_widen(fd);
	return fd;
}

void cs_live_reconnect(struct cs_live *live, int fd)
{
	if (live->rest_at < live->rest_len)
		live->state.lost++; /* the one before took its begin */
	live->rest_at = live->rest_len = 0;
	live->state.error = 0;
	(void)close(live->fd); /* nobody is there */
	live->fd = fd;
	(void)cs_live_set_kind(live); /* if not, as the one before */
}
