/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/program_start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_RUN = 127 /* of a child that could not become the program */ };

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* All that the child needs; made before the fork, as it may not allocate. */
struct start {
	char file[PATH_MAX];
	char path[2 * PATH_MAX]; /* "PATH=..." */
	const char *const *argv;
	int in, out[2], err[2], failed[2]; /* all above the standard three */
	pid_t parent;
};

/* Adds one folder; false when it is relative or there is no room. */
static bool add_folder(char *path, size_t cap, const char *folder, size_t len)
{
	size_t used = strlen(path);
	bool first = path[used - 1] == '=';

	if (len == 0 || folder[0] != '/' || len > cap - used - 2)
		return false;
	(void)snprintf(path + used, cap - used, "%s%.*s", first ? "" : ":", (int)len,
		       folder);
	return true;
}

/*
 * The caller's PATH without relative folders. Of each .../bin the sibling .../sbin
 * belongs to it too: ordinary users have none, and nft is in there.
 */
static void make_path(char *path, size_t cap)
{
	const char *from = secure_getenv("PATH");

	(void)snprintf(path, cap, "PATH=");
	for (from = from ? from : SYSTEM_PATH; *from; from += *from == ':') {
		size_t len = strcspn(from, ":");
		char sibling[PATH_MAX];

		(void)add_folder(path, cap, from, len);
		if (len >= 4 && len < sizeof(sibling) - 2 &&
		    memcmp(from + len - 4, "/bin", 4) == 0) {
			(void)snprintf(sibling, sizeof(sibling), "%.*s/sbin",
				       (int)(len - 4), from);
			(void)add_folder(path, cap, sibling, strlen(sibling));
		}
		from += len;
	}
}

/* Where the program is; false: nowhere. */
static bool find(struct start *s)
{
	const char *name = s->argv[0];
	const char *from = s->path + strlen("PATH=");

	if (strchr(name, '/')) {
		int n = snprintf(s->file, sizeof(s->file), "%s", name);

		return n > 0 && (size_t)n < sizeof(s->file) && access(name, X_OK) == 0;
	}
	for (; *from; from += *from == ':') {
		size_t len = strcspn(from, ":");
		int n = snprintf(s->file, sizeof(s->file), "%.*s/%s", (int)len, from,
				 name);

		if (n > 0 && (size_t)n < sizeof(s->file) && access(s->file, X_OK) == 0)
			return true;
		from += len;
	}
	return false;
}

/* Lifts a descriptor above the standard three, which the child puts in place. */
static int lift(int fd)
{
	int high;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd); /* the copy holds it */
	return high;
}

static bool make_pipe(int ends[2])
{
	int made[2];

	if (pipe2(made, O_CLOEXEC))
		return false;
	ends[0] = lift(made[0]);
	ends[1] = lift(made[1]);
	return ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/*
 * Its input as a file in memory: nothing has to be fed to it while it talks, and
 * no pipe can break. `nft -f -` opens /dev/stdin, which no socket would let it.
 */
static int make_input(struct cs_span input)
{
	int fd;

	if (input.len == 0)
		return lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
	fd = lift(memfd_create("coapscope-input", MFD_CLOEXEC));
	for (size_t at = 0; fd >= 0 && at < input.len;) {
		ssize_t n = write(fd, input.ptr + at, input.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			(void)close(fd); /* of no use */
			return -1;
		}
		at += (size_t)n;
	}
	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET); /* a file in memory can */
	return fd;
}

static void shut(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		(void)close(*fd); /* pipes and files that are only read */
	*fd = -1;
	errno = kept;
}

/* In the child: no signal of ours is blocked, ignored or handled in it. */
static void plain_signals(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &usual, NULL); /* KILL and STOP refuse */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* argv is not written to; execve()'s type is older than const. */
static char *const *as_argv(const char *const *argv)
{
	union {
		const char *const *in;
		char *const *out;
	} u = { .in = argv };

	return u.out;
}

__attribute__((noreturn)) static void become(struct start *s)
{
	char locale[] = "LC_ALL=C";
	char *environment[] = { s->path, locale, NULL };

	plain_signals();
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == s->parent &&
	    dup2(s->in, STDIN_FILENO) >= 0 && dup2(s->out[1], STDOUT_FILENO) >= 0 &&
	    dup2(s->err[1], STDERR_FILENO) >= 0 &&
	    close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		(void)execve(s->file, as_argv(s->argv), environment);

	int why = errno;

	(void)!write(s->failed[1], &why, sizeof(why)); /* else the status tells */
	_exit(NOT_RUN);
}

/* What kept the child from becoming the program; 0: nothing did. */
static int told(struct start *s)
{
	int why = 0;

	if (fcntl(s->failed[0], F_SETFL, 0))
		return errno;
	while (read(s->failed[0], &why, sizeof(why)) < 0 && errno == EINTR)
		;
	return why;
}

static enum cs_err start(struct start *s, struct cs_program_child *child)
{
	int why;

	s->parent = getpid();
	child->pid = fork();
	if (child->pid < 0)
		return CS_ERR_IO;
	if (child->pid == 0)
		become(s);
	(void)setpgid(child->pid, child->pid); /* whoever comes first */
	shut(&s->failed[1]);
	child->pidfd = pidfd_open(child->pid, 0);
	why = child->pidfd < 0 ? errno : told(s);
	if (why == 0)
		return CS_OK;
	(void)cs_program_stop(child);
	errno = why;
	return why == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO;
}

static void shut_all(struct start *s)
{
	int *all[] = { &s->in,     &s->out[0],    &s->out[1],   &s->err[0],
		       &s->err[1], &s->failed[0], &s->failed[1] };

	for (size_t i = 0; i < CS_LEN(all); i++)
		shut(all[i]);
}

enum cs_err cs_program_start(const struct cs_program *program,
			     struct cs_program_child *child)
{
	struct start s = { .argv = program->argv,
			   .in = -1,
			   .out = { -1, -1 },
			   .err = { -1, -1 },
			   .failed = { -1, -1 } };
	enum cs_err err = CS_ERR_IO;

	*child = (struct cs_program_child){ .pidfd = -1, .out = -1, .err = -1 };
	make_path(s.path, sizeof(s.path));
	if (!find(&s)) {
		errno = ENOENT;
		return CS_ERR_NOT_FOUND;
	}
	s.in = make_input(program->input);
	if (s.in >= 0 && make_pipe(s.out) && make_pipe(s.err) && make_pipe(s.failed))
		err = start(&s, child);
	if (!err) {
		child->out = s.out[0];
		child->err = s.err[0];
		s.out[0] = s.err[0] = -1;
	}
	shut_all(&s);
	return err;
}

int cs_program_stop(struct cs_program_child *child)
{
	int status = 0, result = -1;
	pid_t pid = child->pid;

	if (pid > 0) {
		/* Not reaped yet: the number is still the child's, and its group's. */
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		result = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					     : WEXITSTATUS(status);
	}
	shut(&child->pidfd);
	shut(&child->out);
	shut(&child->err);
	child->pid = 0;
	return result;
}
