/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/throwaway.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/slurp.h"

/* What the child tells of one program, before its two texts. */
struct told {
	enum cs_err err; /* of running it */
	int number;      /* errno */
	int status;
	size_t out, said;
};

static bool write_all(int fd, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write_all(fd, text, strlen(text));
	return close(fd) == 0 && done;
}

/* As root of a user namespace of our own, where we are not root outside. */
static bool enter_user(void)
{
	char map[64], group[64];

	(void)snprintf(map, sizeof(map), "0 %u 1\n", (unsigned)geteuid());
	(void)snprintf(group, sizeof(group), "0 %u 1\n", (unsigned)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       put_file("/proc/self/setgroups", "deny") &&
	       put_file("/proc/self/uid_map", map) &&
	       put_file("/proc/self/gid_map", group);
}

/* Names go in as lines for `ip -batch`: only those that can be an interface's. */
static bool fit_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 15 || strcmp(name, "lo") == 0 || name[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] >= 0x7f || strchr("/:\"'\\*", name[i]))
			return false;
	return true;
}

static enum cs_err make_links(const struct cs_throwaway *job, struct cs_arena *arena)
{
	static const char *const argv[] = { "ip", "-force", "-batch", "-", NULL };
	char *lines = cs_arena_alloc(arena, job->n_links * 96 + 1);
	struct cs_program ip = { .argv = argv };
	struct cs_program_end end;
	size_t len = 0;

	if (!lines)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < job->n_links; i++)
		if (fit_name(job->links[i]))
			len += (size_t)sprintf(
				lines + len,
				"link add name %s type veth peer name csx%zu\n",
				job->links[i], i);
	if (len == 0)
		return CS_OK;
	ip.input = cs_span_of(lines, len);
	/* One that cannot be made is missed by the rule that wants it, and told there. */
	return cs_program_run(&ip, arena, &end);
}

/*
 * From here on the folder is a copy in memory; so is /run, where programs lock out those that see
 * the same files.
 */
static enum cs_err copy_folder(const char *folder, struct cs_arena *arena)
{
	static const char at[] = "/run", copy[] = "/run/copy";
	/* What a link of it names is copied, too: nothing is written through one. */
	const char *const argv[] = { "cp", "-RLp", folder, copy, NULL };
	const struct cs_program cp = { .argv = argv };
	struct cs_program_end end;
	enum cs_err err;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", at, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"))
		return errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
	err = cs_program_run(&cp, arena, &end);
	if (err)
		return err;
	return end.status || mount(copy, folder, NULL, MS_BIND, NULL) ? CS_ERR_IO : CS_OK;
}

static bool tell(int fd, const struct told *told, const struct cs_program_end *end)
{
	return write_all(fd, told, sizeof(*told)) &&
	       write_all(fd, end->out.ptr, told->out) &&
	       write_all(fd, end->err.ptr, told->said);
}

/* The child: never returns. */
static _Noreturn void work(const struct cs_throwaway *job, int fd)
{
	struct cs_arena arena = { 0 };
	struct told told = { 0 };
	struct cs_program_end end = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it ends by itself */
	if (unshare(CLONE_NEWNET) && (errno != EPERM || !enter_user()))
		told = (struct told){ .err = CS_ERR_DENIED, .number = errno };
	if (!told.err && job->copied)
		told.err = copy_folder(job->copied, &arena);
	if (!told.err && job->n_links)
		told.err = make_links(job, &arena);
	for (size_t i = 0; !told.err && i < job->n_programs; i++) {
		end = (struct cs_program_end){ 0 };
		told.err = cs_program_run(&job->programs[i], &arena, &end);
		if (told.err)
			break;
		told.status = end.status;
		told.out = end.out.len;
		told.said = end.err.len;
		if (!tell(fd, &told, &end) || told.status)
			_exit(0);
	}
	if (told.err) {
		told.number = told.number ? told.number : errno;
		told.out = told.said = 0;
		(void)tell(fd, &told, &end); /* nobody to tell otherwise */
	}
	_exit(0);
}

static struct cs_span take(struct cs_rd *rd, struct cs_arena *arena, size_t len)
{
	struct cs_span bytes = cs_rd_take(rd, len);
	char *copy = cs_arena_text(arena, bytes);

	if (!copy)
		cs_rd_fail(rd, CS_ERR_NOMEM);
	return cs_span_of(copy, copy ? bytes.len : 0);
}

/* What the child wrote, program by program. */
static enum cs_err read_told(struct cs_span bytes, struct cs_arena *arena,
			     const struct cs_throwaway *job, struct cs_program_end *ends,
			     size_t *n, int *number)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);

	while (cs_rd_left(&rd)) {
		struct told told;

		cs_rd_copy(&rd, &told, sizeof(told));
		if (!rd.err && told.err) {
			*number = told.number;
			return told.err;
		}
		if (rd.err || *n == job->n_programs)
			return CS_ERR_IO;
		ends[*n].status = told.status;
		ends[*n].out = take(&rd, arena, told.out);
		ends[*n].err = take(&rd, arena, told.said);
		if (rd.err)
			return rd.err == CS_ERR_NOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
		++*n;
	}
	if (*n == 0)
		return CS_ERR_IO; /* it died before it said anything */
	return *n < job->n_programs && ends[*n - 1].status == 0 ? CS_ERR_IO : CS_OK;
}

static void explain(enum cs_err err, int number, const struct cs_throwaway *job, size_t n,
		    char why[CS_THROWAWAY_WHY])
{
	if (err == CS_ERR_DENIED)
		(void)snprintf(why, CS_THROWAWAY_WHY,
			       "no network namespace can be made here (%s): run it as "
			       "root, or allow user namespaces",
			       strerror(number));
	else if (err == CS_ERR_NOT_FOUND && n < job->n_programs)
		(void)snprintf(why, CS_THROWAWAY_WHY, "%s: no such program is installed",
			       job->programs[n].argv[0]);
	else
		(void)snprintf(why, CS_THROWAWAY_WHY, "%s: %s",
			       job->programs[n < job->n_programs ? n : 0].argv[0],
			       err == CS_ERR_IO && number ? strerror(number)
			       : err == CS_ERR_BUSY       ? "did not end in time"
							  : cs_strerror(err));
}

/* All that comes until the child has closed its end. */
static enum cs_err listen(int fd, uint8_t **bytes, size_t *len)
{
	FILE *from = fdopen(fd, "rb");
	enum cs_err err;

	if (!from) {
		(void)close(fd); /* only read from */
		return CS_ERR_NOMEM;
	}
	err = cs_slurp(from, bytes, len);
	(void)fclose(from); /* only read from */
	return err;
}

enum cs_err cs_throwaway_run(const struct cs_throwaway *job, struct cs_arena *arena,
			     struct cs_program_end *ends, size_t *n,
			     char why[CS_THROWAWAY_WHY])
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int pipes[2], number = 0;
	enum cs_err err;
	pid_t child;

	*n = 0;
	child = pipe2(pipes, O_CLOEXEC) ? -1 : fork();
	if (child < 0) {
		(void)snprintf(why, CS_THROWAWAY_WHY, "cannot start a process: %s",
			       strerror(errno));
		return CS_ERR_IO;
	}
	if (child == 0)
		work(job, pipes[1]);
	(void)close(pipes[1]); /* the child's */
	err = listen(pipes[0], &bytes, &len);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (!err)
		err = read_told(cs_span_of(bytes, len), arena, job, ends, n, &number);
	free(bytes);
	if (err)
		explain(err, number, job, *n, why);
	return err;
}
