/* SPDX-License-Identifier: Apache-2.0 */
#include "out/rotated.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/file_name.h"

struct cs_rotated {
	int fd;              /* owned */
	int folder;          /* owned */
	uint64_t most, size; /* bytes */
	uint64_t head;       /* of them, what a file begins with */
	unsigned files;
	struct cs_rotated_state state;
	char name[NAME_MAX + 1]; /* in the folder */
};

enum { NUMBER = sizeof(".4294967295") };

/* --- names --- */

/* "evidence.pcap.2"; 0 is the name itself. */
static void name_of(const struct cs_rotated *r, unsigned number,
		    char out[NAME_MAX + NUMBER])
{
	if (number == 0)
		(void)snprintf(out, NAME_MAX + NUMBER, "%s", r->name);
	else
		(void)snprintf(out, NAME_MAX + NUMBER, "%s.%u", r->name, number);
}

/* Each file takes the next number; the last of them is overwritten. */
static bool shift(const struct cs_rotated *r)
{
	for (unsigned i = r->files - 1; i > 0; i--) {
		char from[NAME_MAX + NUMBER], to[NAME_MAX + NUMBER];

		name_of(r, i - 1, from);
		name_of(r, i, to);
		if (renameat(r->folder, from, r->folder, to) != 0 && errno != ENOENT)
			return false;
	}
	return true;
}

/* Whether the name still stands for the file that is open. */
static bool is_ours(const struct cs_rotated *r)
{
	struct stat there, here;

	return fstatat(r->folder, r->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(r->fd, &here) == 0 && there.st_dev == here.st_dev &&
	       there.st_ino == here.st_ino;
}

/* --- files --- */

static int make(const struct cs_rotated *r)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(r->folder, r->name, flags, 0666);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
		return fd;
	(void)close(fd); /* never used */
	errno = EINVAL;
	return -1;
}

static enum cs_err refused(void)
{
	return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
}

enum cs_err cs_rotated_next(struct cs_rotated *r)
{
	int fd;

	if (r->fd >= 0 && r->size == r->head && is_ours(r))
		return CS_OK;
	if ((r->fd < 0 || is_ours(r)) && !shift(r))
		return refused();
	fd = make(r);
	if (fd < 0)
		return refused();
	if (r->fd >= 0)
		(void)close(r->fd); /* nothing is promised of the disk */
	r->fd = fd;
	r->size = r->head = 0;
	return CS_OK;
}

static enum cs_err open_first(struct cs_rotated *r, const char *path)
{
	struct cs_file_name name;

	if (!cs_file_name_find(path, &name))
		return refused();
	r->folder = name.folder;
	/* Both have NAME_MAX + 1 bytes. */
	memcpy(r->name, name.base, strlen(name.base) + 1);
	if (!name.replace) {
		errno = EINVAL;
		return CS_ERR_IO;
	}
	/* An empty one says nothing that is worth a number. */
	if (name.exists && name.st.st_size == 0) {
		r->fd = make(r);
		return r->fd < 0 ? refused() : CS_OK;
	}
	return cs_rotated_next(r);
}

enum cs_err cs_rotated_open(const char *path, uint64_t most, unsigned files,
			    struct cs_rotated **out)
{
	struct cs_rotated *r = calloc(1, sizeof(*r));
	enum cs_err err;

	if (!r)
		return CS_ERR_NOMEM;
	r->fd = r->folder = -1;
	r->most = most;
	r->files = files;
	err = open_first(r, path);
	if (err) {
		int saved = errno;

		cs_rotated_close(r);
		errno = saved;
		return err;
	}
	*out = r;
	return CS_OK;
}

void cs_rotated_close(struct cs_rotated *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		(void)close(r->fd); /* as above */
	if (r->folder >= 0)
		(void)close(r->folder); /* only read from */
	free(r);
}

int cs_rotated_folder(const struct cs_rotated *r)
{
	return r->folder;
}

/* --- records --- */

bool cs_rotated_is_empty(const struct cs_rotated *r)
{
	return r->size == 0;
}

bool cs_rotated_fits(const struct cs_rotated *r, size_t n)
{
	return r->size == r->head || (n <= r->most && r->size <= r->most - n);
}

/* What was written of a record that did not get whole. */
static void take_back(struct cs_rotated *r, size_t wrote)
{
	if (wrote > 0 && ftruncate(r->fd, (off_t)r->size) != 0)
		r->size += wrote; /* it stays: readers see a damaged record */
}

static bool put(struct cs_rotated *r, struct cs_span bytes)
{
	size_t at = 0;
	int error = 0;

	while (!error && at < bytes.len) {
		ssize_t wrote = write(r->fd, bytes.ptr + at, bytes.len - at);

		if (wrote > 0)
			at += (size_t)wrote;
		else if (wrote == 0 || errno != EINTR)
			error = wrote == 0 ? EIO : errno;
	}
	r->state.error = error;
	if (error)
		take_back(r, at);
	else
		r->size += at;
	return !error;
}

bool cs_rotated_put(struct cs_rotated *r, struct cs_span record)
{
	bool there = put(r, record);

	if (there)
		r->state.records++;
	else
		r->state.lost++;
	return there;
}

bool cs_rotated_begin(struct cs_rotated *r, struct cs_span head)
{
	if (!put(r, head))
		return false;
	r->head = head.len;
	return true;
}

void cs_rotated_lose(struct cs_rotated *r)
{
	r->state.lost++;
}

struct cs_rotated_state cs_rotated_state(const struct cs_rotated *r)
{
	return r->state;
}
