/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: which files there are. Its numbers are given here, as the build
 * machine's header may be older than the kernel that runs this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/pieces.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { RULE_PATH_BENEATH = 1, GET_ABI = 1 };

/* Rights over files, with the ABI that brought those after the first. */
enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_ABI_1 = (1 << 13) - 1, /* with execute, devices, links, pipes, sockets */
	FS_REFER = 1 << 13,       /* 2: rename from one folder to another */
	FS_TRUNCATE = 1 << 14,    /* 3 */
	FS_IOCTL_DEV = 1 << 15,   /* 5 */

	FS_READ = FS_READ_FILE | FS_READ_DIR,
	FS_WRITE = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
		   FS_MAKE_REG | FS_REFER | FS_TRUNCATE,
	FS_OF_FILES = FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE,
};

enum {
	NET_BIND_TCP = 1, /* 4 */
	NET_CONNECT_TCP = 2,
	SCOPE_ABSTRACT = 1, /* 6: abstract sockets beyond the jail */
	SCOPE_SIGNALS = 2,  /* 6: signals beyond the jail */
};

struct ruleset {
	uint64_t fs;
	uint64_t net;   /* ABI 4 */
	uint64_t scope; /* ABI 6 */
};

struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/*
 * What is not handled stays allowed: with .dns that is a connection, with .child its end,
 * which is in a jail of its own; seccomp says which signal goes to whom.
 */
static struct ruleset handled_by(int abi, const struct cs_jail *jail)
{
	struct ruleset all = { .fs = FS_ABI_1 };

	if (abi >= 2)
		all.fs |= FS_REFER;
	if (abi >= 3)
		all.fs |= FS_TRUNCATE;
	if (abi >= 4)
		all.net = NET_BIND_TCP | (jail->dns ? 0 : NET_CONNECT_TCP);
	if (abi >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		all.scope = SCOPE_ABSTRACT | (jail->child > 0 ? 0 : SCOPE_SIGNALS);
	return all;
}

/* An older kernel takes only as much of the struct as it knows. */
static size_t size_for(int abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scope) : offsetof(struct ruleset, net);
}

static int fd_rule(int ruleset, int fd, uint64_t allowed)
{
	struct beneath rule = { .allowed = allowed, .fd = fd };
	struct stat is;

	if (fstat(fd, &is) != 0)
		return -1;
	if (!S_ISDIR(is.st_mode))
		rule.allowed &= FS_OF_FILES;
	return (int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
}

static enum cs_err allow(const struct cs_jail *jail, const struct cs_jail_files *files,
			 const char *path, uint64_t rights, char why[CS_JAIL_WHY])
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	enum cs_err err = CS_OK;

	if (fd < 0)
		return cs_jail_failed(errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO,
				      path, why);
	if (fd_rule(files->ruleset, fd, rights & handled_by(files->abi, jail).fs) != 0)
		err = cs_jail_failed(CS_ERR_IO, path, why);
	(void)close(fd); /* only a name */
	return err;
}

static enum cs_err allow_all(const struct cs_jail *jail,
			     const struct cs_jail_files *files, char why[CS_JAIL_WHY])
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < jail->n_rw; i++)
		err = allow(jail, files, jail->rw[i], FS_READ | FS_WRITE, why);
	for (size_t i = 0; !err && i < jail->n_ro; i++)
		err = allow(jail, files, jail->ro[i], FS_READ, why);
	if (!err && CS_JAIL_SANITIZED) /* a report reads /proc/self/maps */
		err = allow(jail, files, "/proc", FS_READ, why);
	return err;
}

enum cs_err cs_jail_files_open(const struct cs_jail *jail, struct cs_jail_files *files,
			       char why[CS_JAIL_WHY])
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_ABI);
	struct ruleset all;
	enum cs_err err;

	*files = (struct cs_jail_files){ .ruleset = -1 };
	if (abi <= 0)
		return CS_OK; /* ENOSYS: not built in; EOPNOTSUPP: not switched on */
	files->abi = (int)abi;
	all = handled_by(files->abi, jail);
	files->ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &all, size_for(files->abi), 0);
	if (files->ruleset < 0)
		return cs_jail_failed(CS_ERR_IO, "Landlock", why);
	err = allow_all(jail, files, why);
	if (err) {
		(void)close(files->ruleset);
		files->ruleset = -1;
	}
	return err;
}

enum cs_err cs_jail_files_enter(struct cs_jail_files *files, struct cs_jail_state *state,
				char why[CS_JAIL_WHY])
{
	enum cs_err err = CS_OK;

	if (files->abi == 0)
		return CS_OK;
	if (syscall(SYS_landlock_restrict_self, files->ruleset, 0) != 0)
		err = cs_jail_failed(CS_ERR_IO, "Landlock", why);
	else
		state->landlock_abi = files->abi;
	(void)close(files->ruleset);
	files->ruleset = -1;
	return err;
}
