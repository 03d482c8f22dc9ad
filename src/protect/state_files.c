/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of state, each in a folder that is opened and looked at first, and by that
 * descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slurp.h"
#include "protect/state_own.h"

enum { FILE_MODE = 0600, NAME = 128 };

enum cs_err cs_state_fail(char why[CS_STATE_WHY], const char *path)
{
	(void)snprintf(why, CS_STATE_WHY, "%.400s: %s", path, strerror(errno));
	return CS_ERR_IO;
}

static enum cs_err fail_at(char why[CS_STATE_WHY], const struct cs_path *dir,
			   const char *name)
{
	(void)snprintf(why, CS_STATE_WHY, "%.300s/%.100s: %s", dir->text, name,
		       strerror(errno));
	return CS_ERR_IO;
}

/*
 * The store may belong to somebody with fewer rights, who could put a folder of its own
 * there: what root loads into the kernel comes from root's folder alone.
 */
static bool is_ours_alone(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == geteuid() &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int cs_state_folder(const char *path, char why[CS_STATE_WHY])
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	/* A link, or no folder: whose it is does not matter. */
	if (fd < 0 && errno != ELOOP && errno != ENOTDIR) {
		int kept = errno;

		(void)cs_state_fail(why, path);
		errno = kept;
		return -1;
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && is_ours_alone(&st))
		return fd;
	if (fd >= 0)
		(void)close(fd); /* only looked at */
	(void)snprintf(why, CS_STATE_WHY,
		       "%.350s: want a folder that belongs to user %u alone: look at "
		       "what is in it, then give it back (chown -R)",
		       path, (unsigned)geteuid());
	errno = EPERM;
	return -1;
}

static enum cs_err slurp(FILE *file, const struct cs_path *dir, const char *name,
			 struct cs_arena *arena, struct cs_span *out,
			 char why[CS_STATE_WHY])
{
	uint8_t *bytes;
	size_t len;
	enum cs_err err = cs_slurp(file, &bytes, &len);

	if (err == CS_ERR_IO)
		(void)fail_at(why, dir, name);
	else if (err)
		(void)snprintf(why, CS_STATE_WHY, "%.300s/%.100s: %s", dir->text, name,
			       cs_strerror(err));
	if (!err) {
		const char *text = cs_arena_text(arena, cs_span_of(bytes, len));

		*out = cs_span_of(text, len);
		err = text ? CS_OK : CS_ERR_NOMEM;
	}
	free(bytes);
	return err;
}

/* A file of root's own cannot be made by others, wherever it was moved from. */
static bool is_own(int fd, const struct cs_path *dir, const char *name,
		   char why[CS_STATE_WHY])
{
	struct stat st;

	if (fstat(fd, &st)) {
		(void)fail_at(why, dir, name);
		return false;
	}
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	(void)snprintf(why, CS_STATE_WHY,
		       "%.300s/%.100s: want a file that belongs to user %u alone",
		       dir->text, name, (unsigned)geteuid());
	return false;
}

/* A pipe is not waited for. CS_ERR_NOT_FOUND, CS_ERR_IO */
static enum cs_err open_own(const struct cs_path *dir, const char *name, FILE **out,
			    char why[CS_STATE_WHY])
{
	int folder = cs_state_folder(dir->text, why), fd = -1;
	bool there;

	*out = NULL;
	if (folder >= 0)
		fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	there = fd >= 0 || errno != ENOENT;
	if (folder >= 0 && fd < 0)
		(void)fail_at(why, dir, name);
	if (folder >= 0)
		(void)close(folder); /* only looked at */
	if (fd < 0)
		return there ? CS_ERR_IO : CS_ERR_NOT_FOUND;
	if (is_own(fd, dir, name, why)) {
		*out = fdopen(fd, "r");
		if (!*out)
			(void)fail_at(why, dir, name);
	}
	if (!*out)
		(void)close(fd); /* nothing was read */
	return *out ? CS_OK : CS_ERR_IO;
}

enum cs_err cs_state_read(const struct cs_path *dir, const char *name,
			  struct cs_arena *arena, struct cs_span *out,
			  char why[CS_STATE_WHY])
{
	FILE *file;
	enum cs_err err = open_own(dir, name, &file, why);

	if (err)
		return err;
	err = slurp(file, dir, name, arena, out, why);
	(void)fclose(file); /* only read */
	return err;
}

static void new_name(const char *name, char out[NAME])
{
	(void)snprintf(out, NAME, "%.100s.new", name);
}

static int write_whole(int folder, const char *name, struct cs_span text)
{
	int fd = openat(folder, name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	size_t at = 0;
	int kept;

	while (fd >= 0 && at < text.len) {
		ssize_t n = write(fd, text.ptr + at, text.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += (size_t)n;
	}
	if (fd < 0 || (at == text.len && fsync(fd) == 0))
		return fd < 0 ? -1 : close(fd);
	kept = errno;
	(void)close(fd); /* the first failure is what is told */
	errno = kept;
	return -1;
}

enum cs_err cs_state_stage(const struct cs_path *dir, const char *name,
			   struct cs_span text, char why[CS_STATE_WHY])
{
	int folder = cs_state_folder(dir->text, why);
	enum cs_err err = CS_OK;
	char new[NAME];

	if (folder < 0)
		return CS_ERR_IO;
	new_name(name, new);
	if (write_whole(folder, new, text)) {
		err = fail_at(why, dir, new);
		(void)unlinkat(folder, new, 0); /* what stays is written over */
	}
	(void)close(folder);
	return err;
}

enum cs_err cs_state_publish(const struct cs_path *dir, const char *name,
			     char why[CS_STATE_WHY])
{
	int folder = cs_state_folder(dir->text, why);
	enum cs_err err = CS_OK;
	char new[NAME];

	if (folder < 0)
		return CS_ERR_IO;
	new_name(name, new);
	if (renameat(folder, new, folder, name) || fsync(folder))
		err = fail_at(why, dir, name);
	(void)close(folder);
	return err;
}

void cs_state_unstage(const struct cs_path *dir, const char *name)
{
	char why[CS_STATE_WHY], new[NAME];
	int folder = cs_state_folder(dir->text, why);

	if (folder < 0)
		return;
	new_name(name, new);
	(void)unlinkat(folder, new, 0); /* what stays is written over */
	(void)close(folder);
}

enum cs_err cs_state_write(const struct cs_path *dir, const char *name,
			   struct cs_span text, char why[CS_STATE_WHY])
{
	enum cs_err err = cs_state_stage(dir, name, text, why);

	return err ? err : cs_state_publish(dir, name, why);
}

enum cs_err cs_state_remove(const struct cs_path *dir, const char *name,
			    char why[CS_STATE_WHY])
{
	int folder = cs_state_folder(dir->text, why);
	enum cs_err err = CS_OK;

	if (folder < 0)
		return errno == ENOENT ? CS_OK : CS_ERR_IO;
	if (unlinkat(folder, name, 0) && errno != ENOENT)
		err = fail_at(why, dir, name);
	(void)close(folder);
	return err;
}
