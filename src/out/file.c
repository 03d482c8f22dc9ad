/* SPDX-License-Identifier: Apache-2.0 */
#include "out/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/file_name.h"
#include "out/patient.h"

enum {
	BUFFER = 1 << 20, /* bytes: few system calls even for large bodies */
	TEMPORARY_TRIES = 16,
	TEMPORARY_NAME = sizeof(".coapscope-0123456789abcdef.tmp"),
	MODE_BITS = 0777,
};

struct cs_out_file {
	FILE *stream;                   /* owned */
	char *buffer;                   /* of the stream; owned */
	int fd;                         /* owned */
	int folder;                     /* owned; -1 when written in place */
	bool live;                      /* somebody may be reading along */
	int failed;                     /* errno of the first failure, 0 while healthy */
	char name[NAME_MAX + 1];        /* in the folder */
	char temporary[TEMPORARY_NAME]; /* in the folder */
};

/* The stream's own writer: it is here that the first errno can be kept. */
static ssize_t write_all(void *cookie, const char *bytes, size_t n)
{
	struct cs_out_file *file = cookie;
	size_t done = 0;

	while (!file->failed && done < n) {
		ssize_t wrote = cs_patient_write(file->fd, bytes + done, n - done);

		if (wrote >= 0)
			done += (size_t)wrote;
		else if (errno != EINTR)
			file->failed = errno;
	}
	return file->failed ? 0 : (ssize_t)n; /* 0 is how fopencookie() says error */
}

static bool open_stream(struct cs_out_file *file)
{
	const cookie_io_functions_t io = { .write = write_all };

	file->buffer = malloc(BUFFER);
	if (!file->buffer)
		return false;
	file->stream = fopencookie(file, "w", io);
	return file->stream && setvbuf(file->stream, file->buffer, _IOFBF, BUFFER) == 0;
}

/* Creates the temporary: the name is random, so nobody can be there before us. */
static int create_temporary(struct cs_out_file *file, mode_t mode)
{
	for (unsigned i = 0; i < TEMPORARY_TRIES; i++) {
		uint64_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -1;
		(void)snprintf(file->temporary, sizeof(file->temporary),
			       ".coapscope-%016" PRIx64 ".tmp", number);

		int fd = openat(file->folder, file->temporary,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				mode);

		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* The owner is a wish (root alone may give files away), the mode is not. */
static bool take_after(int fd, const struct stat *old)
{
	bool given = fchown(fd, old->st_uid, old->st_gid) == 0 ||
		     fchown(fd, (uid_t)-1, old->st_gid) == 0;

	(void)given; /* else it stays ours */
	return fchmod(fd, old->st_mode & MODE_BITS) == 0;
}

static bool open_beside(struct cs_out_file *file, const struct cs_file_name *name)
{
	file->folder = name->folder;
	/* Both have NAME_MAX + 1 bytes. */
	memcpy(file->name, name->base, strlen(name->base) + 1);

	if (!name->exists) {
		file->fd = create_temporary(file, 0666);
		return file->fd >= 0;
	}
	/* A rename needs no right to the old file, but its owner may mind. */
	if (faccessat(name->folder, name->base, W_OK, AT_EACCESS) != 0)
		return false;
	file->fd = create_temporary(file, 0600);
	return file->fd >= 0 && take_after(file->fd, &name->st);
}

static bool open_in_place(struct cs_out_file *file, int fd)
{
	struct stat st;

	file->fd = fd;
	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	file->live = !S_ISREG(st.st_mode);
	return true;
}

static bool open_path(struct cs_out_file *file, const char *path)
{
	struct cs_file_name name;

	if (strcmp(path, "-") == 0)
		return open_in_place(file, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
	if (!cs_file_name_find(path, &name))
		return false;
	if (name.replace)
		return open_beside(file, &name);

	bool ok = open_in_place(file, cs_file_name_open(&name));

	cs_file_name_clear(&name);
	return ok;
}

enum cs_err cs_out_file_open(const char *path, struct cs_out_file **out)
{
	struct cs_out_file *file = calloc(1, sizeof(*file));

	if (!file)
		return CS_ERR_NOMEM;
	file->fd = -1;
	file->folder = -1;
	if (!open_path(file, path) || !open_stream(file)) {
		cs_out_file_abort(file);
		if (errno == ENOMEM)
			return CS_ERR_NOMEM;
		return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
	}
	*out = file;
	return CS_OK;
}

FILE *cs_out_file_stream(struct cs_out_file *file)
{
	return file->stream;
}

int cs_out_file_fd(const struct cs_out_file *file)
{
	return file->fd;
}

int cs_out_file_folder(const struct cs_out_file *file)
{
	return file->folder;
}

static void note_failure(struct cs_out_file *file)
{
	if (!file->failed)
		file->failed = errno ? errno : EIO;
}

enum cs_err cs_out_file_flush(struct cs_out_file *file)
{
	if ((file->live && fflush(file->stream) != 0) || ferror(file->stream))
		note_failure(file);
	if (!file->failed)
		return CS_OK;
	errno = file->failed;
	return CS_ERR_IO;
}

/* Frees everything but the files' names in the folder; keeps errno. */
static void release(struct cs_out_file *file)
{
	int saved = errno;

	if (file->stream)
		(void)fclose(file->stream); /* flushed before, or given up */
	if (file->fd >= 0)
		(void)close(file->fd); /* a close that matters went before */
	if (file->folder >= 0)
		(void)close(file->folder); /* only read from */
	free(file->buffer);
	free(file);
	errno = saved;
}

static void finish_bytes(struct cs_out_file *file)
{
	if (fflush(file->stream) != 0 || ferror(file->stream))
		note_failure(file);
	if (!file->failed && file->folder >= 0 && fsync(file->fd) != 0)
		note_failure(file);
	/* Some file systems say only now that the disk was full. */
	if (close(file->fd) != 0)
		note_failure(file);
	file->fd = -1;
}

/* A folder that may not be read cannot be opened for fsync: then it is left to the kernel. */
static bool sync_folder(int folder)
{
	return fsync(folder) == 0 || errno == EBADF || errno == EINVAL;
}

enum cs_err cs_out_file_commit(struct cs_out_file *file)
{
	finish_bytes(file);
	if (file->failed) {
		errno = file->failed;
		cs_out_file_abort(file);
		return CS_ERR_IO;
	}
	if (file->folder >= 0 &&
	    renameat(file->folder, file->temporary, file->folder, file->name) != 0) {
		cs_out_file_abort(file);
		return CS_ERR_IO;
	}

	bool ok = file->folder < 0 || sync_folder(file->folder);

	release(file);
	return ok ? CS_OK : CS_ERR_IO;
}

void cs_out_file_abort(struct cs_out_file *file)
{
	int saved = errno;

	if (!file)
		return;
	if (!file->failed)
		file->failed = ECANCELED; /* what is buffered goes nowhere */
	if (file->folder >= 0 && file->temporary[0])
		(void)unlinkat(file->folder, file->temporary, 0); /* best effort */
	release(file);
	errno = saved;
}
