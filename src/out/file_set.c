/* SPDX-License-Identifier: Apache-2.0 */
#include "out/file_set.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUFFERS = 64 << 20, /* bytes, of all files together; fewer, larger writes */
	BUFFER_MIN = 4 << 10,
	BUFFER_MAX = 1 << 20,
	TEMPORARY_NAME = sizeof(".coapscope-0123456789abcdef-4294967295.tmp"),
	MODE_BITS = 0777,
};

struct one {
	char *name;      /* owned */
	uint8_t *buffer; /* of .room bytes; owned; NULL before the first put */
	size_t used;
};

struct cs_file_set {
	int folder;       /* owned */
	char *path;       /* of the folder, for messages; owned */
	uint64_t number;  /* random, in the temporary names */
	struct one *at;   /* owned */
	size_t n, cap;    /* of .at; their temporaries are there */
	size_t n_renamed; /* of these not any more */
	size_t room;      /* of a buffer; 0 before the first put */
	int failed;       /* errno of the first failure, 0 while healthy */
	size_t failed_at;
};

static void temporary(const struct cs_file_set *set, size_t at, char out[TEMPORARY_NAME])
{
	(void)snprintf(out, TEMPORARY_NAME, ".coapscope-%016" PRIx64 "-%u.tmp",
		       set->number, (unsigned)at);
}

static enum cs_err error_of(int number)
{
	if (number == ENOMEM)
		return CS_ERR_NOMEM;
	return number == EACCES || number == EPERM || number == EROFS ? CS_ERR_DENIED
								      : CS_ERR_IO;
}

/* Keeps the first failure. */
static enum cs_err note(struct cs_file_set *set, size_t at)
{
	if (!set->failed) {
		set->failed = errno ? errno : EIO;
		set->failed_at = at;
	}
	errno = set->failed;
	return error_of(set->failed);
}

enum cs_err cs_file_set_open(const char *folder, struct cs_file_set **out)
{
	struct cs_file_set *set = calloc(1, sizeof(*set));

	if (!set)
		return CS_ERR_NOMEM;
	set->failed_at = SIZE_MAX;
	set->path = strdup(folder);
	set->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!set->path || set->folder < 0 ||
	    getrandom(&set->number, sizeof(set->number), 0) != sizeof(set->number)) {
		enum cs_err err = error_of(errno);

		cs_file_set_abort(set);
		return err;
	}
	*out = set;
	return CS_OK;
}

/* Which mode the new file gets; false when the old one must not be replaced. */
static bool look_at_old(const struct cs_file_set *set, const char *name, mode_t *mode,
			bool *exists)
{
	struct stat st;

	*mode = 0666;
	*exists = fstatat(set->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*exists)
		return errno == ENOENT;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
		return false;
	}
	*mode = st.st_mode & MODE_BITS;
	/* A rename needs no right to the old file, but its owner may mind. */
	return faccessat(set->folder, name, W_OK, AT_EACCESS) == 0;
}

static bool create(const struct cs_file_set *set, const char *name)
{
	char temp[TEMPORARY_NAME];
	bool exists, ok;
	mode_t mode;
	int fd;

	if (!look_at_old(set, name, &mode, &exists))
		return false;
	temporary(set, set->n, temp);
	fd = openat(set->folder, temp,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    exists ? 0600 : mode);
	if (fd < 0)
		return false;
	ok = !exists || fchmod(fd, mode) == 0;
	(void)close(fd); /* nothing was written */
	if (!ok)
		(void)unlinkat(set->folder, temp, 0); /* best effort */
	return ok;
}

static bool make_room(struct cs_file_set *set)
{
	size_t cap = set->cap ? 2 * set->cap : 16;
	struct one *larger;

	if (set->n < set->cap)
		return true;
	larger = reallocarray(set->at, cap, sizeof(*larger));
	if (!larger)
		return false;
	set->at = larger;
	set->cap = cap;
	return true;
}

enum cs_err cs_file_set_add(struct cs_file_set *set, const char *name, size_t *at)
{
	struct one one = { .name = strdup(name) };

	if (!one.name || !make_room(set) || !create(set, name)) {
		int why = errno;

		free(one.name);
		errno = why;
		return error_of(why);
	}
	*at = set->n;
	set->at[set->n++] = one;
	return CS_OK;
}

static bool write_all(int fd, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, bytes, n);

		if (wrote < 0 && errno != EINTR)
			return false;
		if (wrote > 0) {
			bytes += wrote;
			n -= (size_t)wrote;
		}
	}
	return true;
}

/* Appends to the temporary, which is opened for it alone. */
static bool append(const struct cs_file_set *set, size_t at, const uint8_t *bytes,
		   size_t n)
{
	char temp[TEMPORARY_NAME];
	bool ok;
	int fd;

	temporary(set, at, temp);
	fd = openat(set->folder, temp, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	ok = write_all(fd, bytes, n);
	/* Some file systems say only now that the disk was full. */
	return close(fd) == 0 && ok;
}

static bool drain(struct cs_file_set *set, size_t at)
{
	struct one *one = &set->at[at];
	bool ok = one->used == 0 || append(set, at, one->buffer, one->used);

	one->used = 0;
	return ok;
}

static size_t share(const struct cs_file_set *set)
{
	size_t room = BUFFERS / set->n;

	if (room < BUFFER_MIN)
		return BUFFER_MIN;
	return room > BUFFER_MAX ? BUFFER_MAX : room;
}

enum cs_err cs_file_set_put(struct cs_file_set *set, size_t at, struct cs_span bytes)
{
	struct one *one = &set->at[at];

	if (set->failed)
		return note(set, at);
	if (set->room == 0)
		set->room = share(set);
	if (!one->buffer && !(one->buffer = malloc(set->room)))
		return note(set, at);
	if (bytes.len > set->room - one->used && !drain(set, at))
		return note(set, at);
	if (bytes.len > set->room)
		return append(set, at, bytes.ptr, bytes.len) ? CS_OK : note(set, at);
	if (bytes.len > 0)
		memcpy(one->buffer + one->used, bytes.ptr, bytes.len);
	one->used += bytes.len;
	return CS_OK;
}

const char *cs_file_set_failed(const struct cs_file_set *set)
{
	return set->failed_at < set->n ? set->at[set->failed_at].name : set->path;
}

/* One call for the file system: a thousand fsync() wait for a thousand journals. */
static bool make_durable(struct cs_file_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (!drain(set, i)) {
			(void)note(set, i);
			return false;
		}
	}
	if (syncfs(set->folder) != 0)
		(void)note(set, SIZE_MAX);
	return !set->failed;
}

static bool rename_all(struct cs_file_set *set)
{
	char temp[TEMPORARY_NAME];

	for (; set->n_renamed < set->n; set->n_renamed++) {
		temporary(set, set->n_renamed, temp);
		if (renameat(set->folder, temp, set->folder,
			     set->at[set->n_renamed].name) != 0) {
			(void)note(set, set->n_renamed);
			return false;
		}
	}
	if (fsync(set->folder) != 0)
		(void)note(set, SIZE_MAX);
	return !set->failed;
}

enum cs_err cs_file_set_commit(struct cs_file_set *set, char name[CS_FILE_SET_NAME])
{
	enum cs_err err = CS_OK;

	if (set->failed || !make_durable(set) || !rename_all(set)) {
		err = note(set, SIZE_MAX);
		(void)snprintf(name, CS_FILE_SET_NAME, "%s", cs_file_set_failed(set));
	}
	cs_file_set_abort(set); /* nothing of what was renamed */
	return err;
}

void cs_file_set_abort(struct cs_file_set *set)
{
	char temp[TEMPORARY_NAME];
	int saved = errno;

	if (!set)
		return;
	for (size_t i = set->n_renamed; i < set->n; i++) {
		temporary(set, i, temp);
		(void)unlinkat(set->folder, temp, 0); /* best effort */
	}
	for (size_t i = 0; i < set->n; i++) {
		free(set->at[i].name);
		free(set->at[i].buffer);
	}
	if (set->folder >= 0)
		(void)close(set->folder); /* only read from */
	free(set->at);
	free(set->path);
	free(set);
	errno = saved;
}
