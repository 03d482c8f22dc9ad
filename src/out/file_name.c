/* SPDX-License-Identifier: Apache-2.0 */
#include "out/file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/num.h"
#include "out/patient.h"

enum { LINKS_MAX = 40 /* as the kernel's own limit for one path */ };

static int open_folder(int from, const char *path)
{
	int fd = openat(from, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A folder may be written to and still not be readable. */
	if (fd < 0 && errno == EACCES)
		fd = openat(from, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static bool set_base(struct cs_file_name *name, const char *base)
{
	size_t len = strlen(base);

	if (len == 0 || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
		errno = EISDIR;
		return false;
	}
	if (len >= sizeof(name->base)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(name->base, base, len + 1);
	return true;
}

/* Moves @name to @path, seen from the folder where it is now. @path is ours to cut. */
static bool move_to(struct cs_file_name *name, char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return set_base(name, path);
	if (!set_base(name, slash + 1))
		return false;
	slash[slash == path] = '\0'; /* "/x" lies in "/" */

	int folder = open_folder(name->folder, path);

	if (folder < 0)
		return false;
	(void)close(name->folder); /* only read from */
	name->folder = folder;
	return true;
}

/* The links under /proc name open files, not paths: their text is no way there. */
static bool is_magic_link(const struct cs_file_name *name)
{
	struct statfs fs;

	return S_ISLNK(name->st.st_mode) && fstatfs(name->folder, &fs) == 0 &&
	       fs.f_type == PROC_SUPER_MAGIC;
}

static bool look(struct cs_file_name *name)
{
	name->exists =
		fstatat(name->folder, name->base, &name->st, AT_SYMLINK_NOFOLLOW) == 0;
	name->replace = !name->exists || S_ISREG(name->st.st_mode);
	return name->exists || errno == ENOENT;
}

static bool follow(struct cs_file_name *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(name->folder, name->base, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return move_to(name, target) && look(name);
}

static bool find(const char *path, struct cs_file_name *name)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(copy, path, strlen(path) + 1);
	if (!move_to(name, copy) || !look(name))
		return false;
	for (unsigned i = 0; name->exists && S_ISLNK(name->st.st_mode); i++) {
		if (is_magic_link(name))
			break;
		if (i == LINKS_MAX) {
			errno = ELOOP;
			return false;
		}
		if (!follow(name))
			return false;
	}
	if (name->exists && S_ISDIR(name->st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	return true;
}

bool cs_file_name_find(const char *path, struct cs_file_name *name)
{
	*name = (struct cs_file_name){ .folder = open_folder(AT_FDCWD, ".") };
	if (name->folder < 0)
		return false;
	if (find(path, name))
		return true;
	cs_file_name_clear(name);
	return false;
}

/* The descriptor of ours that a link like /proc/self/fd/1 stands for, or -1. */
static int own_descriptor(const struct cs_file_name *name)
{
	struct stat there, here;
	uint64_t fd;

	if (!is_magic_link(name) ||
	    !cs_num_u64(cs_span_str(name->base), 0, INT_MAX, &fd) ||
	    fstatat(name->folder, name->base, &there, 0) != 0 ||
	    fstat((int)fd, &here) != 0)
		return -1;
	if (there.st_dev != here.st_dev || there.st_ino != here.st_ino)
		return -1;
	return (int)fd;
}

int cs_file_name_connect(const struct cs_file_name *name, int type)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	/* By way of the folder's descriptor, so that a long path does fit. */
	int n = snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s",
			 name->folder, name->base);

	if (fd < 0)
		return -1;
	if (n < 0 || (size_t)n >= sizeof(to.sun_path))
		errno = ENAMETOOLONG;
	else if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;

	int saved = errno;

	(void)close(fd); /* never used */
	errno = saved;
	return -1;
}

int cs_file_name_open(const struct cs_file_name *name)
{
	const int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC;
	int own = own_descriptor(name);

	if (own >= 0)
		return fcntl(own, F_DUPFD_CLOEXEC, 0);
	if (S_ISSOCK(name->st.st_mode))
		return cs_file_name_connect(name, SOCK_STREAM);
	return S_ISFIFO(name->st.st_mode)
		       ? cs_patient_open(name->folder, name->base, flags)
		       : openat(name->folder, name->base, flags);
}

void cs_file_name_clear(struct cs_file_name *name)
{
	int saved = errno;

	if (name->folder >= 0)
		(void)close(name->folder); /* only read from */
	name->folder = -1;
	errno = saved;
}
