/* SPDX-License-Identifier: Apache-2.0 */
#include "out/patient.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GRACE_MS = 1000,
	LOOK_MS = 50,   /* how often it is looked whether a pipe has a reader */
	AT_ONCE = 4096, /* bytes that a pipe takes without waiting when it has room */
};

static int asked_fd = -1;
static bool impatient; /* somebody did not read when we were to end */

void cs_patient_until(int fd)
{
	asked_fd = fd;
	impatient = false;
}

/* Files take all there is; what has a reader is asked first. */
static bool has_reader(int fd)
{
	struct stat st;

	return asked_fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool has_room(int fd, int wait_ms)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	return poll(&room, 1, wait_ms) > 0;
}

/* False: it is not worth to wait any longer. */
static bool wait_for_room(int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLOUT },
				{ .fd = asked_fd, .events = POLLIN } };

	if (impatient)
		return has_room(fd, 0);
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (!fds[0].revents)
		impatient = !has_room(fd, GRACE_MS);
	return !impatient;
}

static bool is_asked(void)
{
	struct pollfd asked = { .fd = asked_fd, .events = POLLIN };

	return poll(&asked, 1, LOOK_MS) > 0;
}

int cs_patient_open(int folder, const char *name, int flags)
{
	int fd;

	if (asked_fd < 0)
		return openat(folder, name, flags);
	for (;;) {
		fd = openat(folder, name, flags | O_NONBLOCK);
		if (fd >= 0 || errno != ENXIO)
			break;
		if (!is_asked())
			continue;
		errno = ECANCELED;
		return -1;
	}
	if (fd >= 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0) {
		(void)close(fd); /* never used */
		return -1;
	}
	return fd;
}

ssize_t cs_patient_write(int fd, const void *bytes, size_t n)
{
	if (!has_reader(fd))
		return write(fd, bytes, n);
	if (wait_for_room(fd))
		return write(fd, bytes, n < AT_ONCE ? n : AT_ONCE);
	errno = ECANCELED;
	return -1;
}
