/* SPDX-License-Identifier: Apache-2.0 */
#include "net/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

int cs_notify_open(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = name ? strlen(name) : 0;
	int fd;

	if (len < 2 || len >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@'))
		return -1;
	memcpy(to.sun_path, name, len);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return fd;
	(void)close(fd); /* nothing is in it */
	return -1;
}

void cs_notify_say(int fd, const char *state)
{
	if (fd >= 0)
		(void)send(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int64_t cs_notify_every_us(const char *usec, const char *pid, pid_t self)
{
	uint64_t every, whose;

	if (!usec || !cs_num_u64(cs_span_str(usec), 1, INT64_MAX, &every))
		return 0;
	if (pid && (!cs_num_u64(cs_span_str(pid), 1, INT32_MAX, &whose) ||
		    whose != (uint64_t)self))
		return 0;
	return (int64_t)(every / 2 ? every / 2 : 1);
}
