/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp: which system calls there are. One list of what is allowed, each
 * group with its reason; everything else fails with EPERM, which is an error
 * that a library reports, where a kill would be a riddle.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail/pieces.h"

enum use {
	ALWAYS,
	FILES,   /* not where captures are read */
	NET,     /* only where sockets are used */
	CAPTURE, /* only where captures are read */
};

struct group {
	const char *reason;
	enum use use;
	const int *calls;
	size_t n;
};

#define CALLS(...) (const int[]){ __VA_ARGS__ }, CS_LEN(((const int[]){ __VA_ARGS__ }))

static const struct group groups[] = {
	{ "descriptors that are open", ALWAYS,
	  CALLS(SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek),
		SCMP_SYS(_llseek), SCMP_SYS(close)) },
	{ "and writing to them", FILES,
	  CALLS(SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(flock),
		SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(syncfs),
		SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fallocate),
		SCMP_SYS(fadvise64)) },
	{ "looking at files; Landlock says which can be opened", FILES,
	  CALLS(SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(stat64),
		SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(fstat), SCMP_SYS(fstat64),
		SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
		SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
		SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
		SCMP_SYS(getdents64)) },
	{ "the store's files, and results that are renamed into place", FILES,
	  CALLS(SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
		SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),
		SCMP_SYS(mkdirat), SCMP_SYS(rmdir)) },
	{ "SQLite gives its side files the owner of the database", FILES,
	  CALLS(SCMP_SYS(fchown)) },
	{ "memory; mapping and protecting stand below", ALWAYS,
	  CALLS(SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk)) },
	{ "threads; beginning one stands below", ALWAYS,
	  CALLS(SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list),
		SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
		SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group)) },
	{ "signals that come in", ALWAYS,
	  CALLS(SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
		SCMP_SYS(restart_syscall), SCMP_SYS(signalfd4)) },
	{ "waiting, and the time", ALWAYS,
	  CALLS(SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
		SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
		SCMP_SYS(time), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
		SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
		SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
		SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
		SCMP_SYS(timerfd_gettime), SCMP_SYS(eventfd2)) },
	{ "asking who and where we are", ALWAYS,
	  CALLS(SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
		SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
		SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
		SCMP_SYS(getrandom), SCMP_SYS(getcpu), SCMP_SYS(capget)) },
	{ "sockets that are open; no new one, none that is connected or bound anew", NET,
	  CALLS(SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
		SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
		SCMP_SYS(recvmmsg_time64), SCMP_SYS(getsockopt), SCMP_SYS(getsockname)) },
	{ "sockets that capture: what they lost, and an interface that is back", CAPTURE,
	  CALLS(SCMP_SYS(bind), SCMP_SYS(getsockopt), SCMP_SYS(getsockname)) },
};

static bool is_used(const struct cs_jail *jail, enum use use)
{
	switch (use) {
	case FILES:
		return !jail->capture;
	case NET:
		return !jail->capture &&
		       (jail->net || jail->dns || jail->serve || jail->local);
	case CAPTURE:
		return jail->capture;
	case ALWAYS:
	default:
		return true;
	}
}

static int allow_groups(scmp_filter_ctx filter, const struct cs_jail *jail)
{
	int rc = 0;

	for (size_t i = 0; i < CS_LEN(groups); i++) {
		if (!is_used(jail, groups[i].use))
			continue;
		for (size_t j = 0; !rc && j < groups[i].n; j++)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, groups[i].calls[j],
					      0);
	}
	return rc;
}

/* One call, when the bits of @mask in argument number @arg are @is. */
struct when {
	const char *reason;
	enum use use;
	int call;
	unsigned arg;
	scmp_datum_t mask, is;
};

#define ALL_BITS UINT64_MAX

static const struct when rules[] = {
	{ "memory that is not code", ALWAYS, SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ "memory that is not code", ALWAYS, SCMP_SYS(mmap2), 2, PROT_EXEC, 0 },
	{ "memory that is not code", ALWAYS, SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ "a thread, not a process", ALWAYS, SCMP_SYS(clone), 0, CLONE_THREAD,
	  CLONE_THREAD },
	{ "a file's mode, without set-user-ID", FILES, SCMP_SYS(fchmod), 1,
	  S_ISUID | S_ISGID, 0 },
	{ "is it a terminal", ALWAYS, SCMP_SYS(ioctl), 1, ALL_BITS, TCGETS },
	{ "how wide is it", ALWAYS, SCMP_SYS(ioctl), 1, ALL_BITS, TIOCGWINSZ },
	{ "a thread's name", ALWAYS, SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_NAME },
	{ "is an interface there", CAPTURE, SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFINDEX },
	{ "is it up", CAPTURE, SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFFLAGS },
	{ "is it of the same kind", CAPTURE, SCMP_SYS(ioctl), 1, ALL_BITS,
	  SIOCGIFHWADDR },
	{ "reading limits, not setting", ALWAYS, SCMP_SYS(prlimit64), 2, ALL_BITS, 0 },
};

static int allow_when(scmp_filter_ctx filter, const struct when *rule)
{
	struct scmp_arg_cmp is = { .arg = rule->arg,
				   .op = SCMP_CMP_MASKED_EQ,
				   .datum_a = rule->mask,
				   .datum_b = rule->is };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call, 1, &is);
}

/*
 * No F_SETOWN: with O_ASYNC it makes the kernel send signals in our name, to
 * any process when our user is root, capabilities or not.
 */
static const int descriptor_commands[] = {
	F_GETFD,
	F_SETFD,
	F_GETFL,
	F_SETFL,
	F_GETLK,
	F_SETLK,
	F_SETLKW,
	F_OFD_GETLK,
	F_OFD_SETLK,
	F_OFD_SETLKW,
	/* Not where one number alone may be written to: these come last. */
	F_DUPFD,
	F_DUPFD_CLOEXEC,
};
enum { DUPLICATE_COMMANDS = 2 };

static int allow_fcntl(scmp_filter_ctx filter, const struct cs_jail *jail)
{
	static const int calls[] = { SCMP_SYS(fcntl), SCMP_SYS(fcntl64) };
	const size_t n =
		CS_LEN(descriptor_commands) - (jail->capture ? DUPLICATE_COMMANDS : 0);
	int rc = 0;

	for (size_t i = 0; i < CS_LEN(calls); i++)
		for (size_t j = 0; !rc && j < n; j++) {
			const struct when is = { "a descriptor's flags and locks",
						 ALWAYS,
						 calls[i],
						 1,
						 UINT32_MAX,
						 (scmp_datum_t)descriptor_commands[j] };

			rc = allow_when(filter, &is);
		}
	return rc;
}

static int allow_all_when(scmp_filter_ctx filter, const struct cs_jail *jail)
{
	const struct when self = { "abort(): a signal to ourselves",
				   ALWAYS,
				   SCMP_SYS(tgkill),
				   0,
				   ALL_BITS,
				   (scmp_datum_t)getpid() };
	int rc = allow_when(filter, &self);

	for (size_t i = 0; !rc && i < CS_LEN(rules); i++)
		if (is_used(jail, rules[i].use))
			rc = allow_when(filter, &rules[i]);
	return rc;
}

/* An int argument: the kernel looks at its lower half alone. */
static struct scmp_arg_cmp int_is(unsigned arg, int is)
{
	return (struct scmp_arg_cmp){ .arg = arg,
				      .op = SCMP_CMP_MASKED_EQ,
				      .datum_a = UINT32_MAX,
				      .datum_b = (scmp_datum_t)is };
}

static int allow_socket(scmp_filter_ctx filter, int family, int type)
{
	struct scmp_arg_cmp is[] = { int_is(0, family), int_is(1, type), int_is(2, 0) };

	is[1].datum_a &= ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
				      CS_LEN(is), is);
}

static int allow_option(scmp_filter_ctx filter, int level, int option)
{
	const struct scmp_arg_cmp is[] = { int_is(1, level), int_is(2, option) };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt),
				      CS_LEN(is), is);
}

/*
 * Asking resolvers: UDP, and TCP where an answer is too long for it; after an
 * error the resolver library opens its socket anew. Protocol 0 alone, so no
 * ping sockets. Without bind, listen and accept nobody gets in by it.
 */
static int allow_dns(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int rc = 0;

	for (size_t i = 0; !rc && i < CS_LEN(families); i++) {
		rc = allow_socket(filter, families[i], SOCK_DGRAM);
		if (!rc)
			rc = allow_socket(filter, families[i], SOCK_STREAM);
	}
	if (!rc)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	if (!rc)
		rc = allow_option(filter, SOL_SOCKET, SO_RCVBUF);
	if (!rc)
		rc = allow_option(filter, IPPROTO_TCP, TCP_NODELAY);
	return rc;
}

/* A service here that may end and come back. */
static int allow_local(scmp_filter_ctx filter, bool streams)
{
	int rc = allow_socket(filter, AF_UNIX, SOCK_SEQPACKET);

	if (!rc && streams)
		rc = allow_socket(filter, AF_UNIX, SOCK_STREAM);
	if (!rc && streams)
		rc = allow_socket(filter, AF_UNIX, SOCK_DGRAM);
	if (!rc && streams)
		rc = allow_option(filter, SOL_SOCKET, SO_SNDBUF);
	return rc ? rc : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
}

/* Taking connections, and how their packets are filled; no socket that listens anew. */
static int allow_serve(scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(accept), SCMP_SYS(accept4),
				     SCMP_SYS(shutdown), SCMP_SYS(getpeername) };
	int rc = 0;

	for (size_t i = 0; !rc && i < CS_LEN(calls); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	if (!rc)
		rc = allow_option(filter, IPPROTO_TCP, TCP_CORK);
	if (!rc)
		rc = allow_option(filter, IPPROTO_TCP, TCP_NODELAY);
	return rc;
}

/*
 * A packet socket sends what is written to it: no descriptor but the one where
 * results go is written to, and standard error.
 */
static int allow_posts(scmp_filter_ctx filter, int post)
{
	static const int calls[] = { SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sendto),
				     SCMP_SYS(sendmsg) };
	const int fds[] = { STDERR_FILENO, post };
	int rc = 0;

	for (size_t i = 0; i < CS_LEN(fds); i++)
		for (size_t j = 0; !rc && fds[i] >= 0 && j < CS_LEN(calls); j++) {
			const struct scmp_arg_cmp is = int_is(0, fds[i]);

			rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[j], 1,
						    &is);
		}
	return rc;
}

/* One process that was started before, and no other. */
static int allow_child(scmp_filter_ctx filter, int child)
{
	const struct scmp_arg_cmp wait_for[] = { int_is(0, child) };
	const struct scmp_arg_cmp end[] = { int_is(0, child), int_is(1, SIGKILL) };
	int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(wait4),
					CS_LEN(wait_for), wait_for);

	return rc ? rc
		  : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill),
					   CS_LEN(end), end);
}

static int fill(scmp_filter_ctx filter, const struct cs_jail *jail)
{
	int rc = allow_groups(filter, jail);

	if (!rc)
		rc = allow_fcntl(filter, jail);
	if (!rc)
		rc = allow_all_when(filter, jail);
	if (!rc && jail->capture)
		rc = allow_posts(filter, jail->post);
	if (!rc && jail->dns && !jail->capture)
		rc = allow_dns(filter);
	if (!rc && jail->local && !jail->capture)
		rc = allow_local(filter, jail->streams);
	if (!rc && jail->serve && !jail->capture)
		rc = allow_serve(filter);
	if (!rc && jail->child > 0)
		rc = allow_child(filter, jail->child);
	/* Its flags lie in memory, out of sight; glibc then takes clone(). */
	if (!rc)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
				      0);
	/* A sanitizer's runtime starts threads that are there already. */
	if (!rc)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, CS_JAIL_SANITIZED);
	if (!rc) /* a tree: the hot calls are not behind eighty comparisons */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!rc) /* not fatal: an older kernel cannot log */
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	return rc;
}

enum cs_err cs_jail_calls(const struct cs_jail *jail, struct cs_jail_state *state,
			  char why[CS_JAIL_WHY])
{
	scmp_filter_ctx filter;
	int rc;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return CS_OK; /* EINVAL: not built in */
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return CS_ERR_NOMEM;
	rc = fill(filter, jail);
	if (!rc)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc) {
		errno = -rc;
		return cs_jail_failed(CS_ERR_IO, "seccomp", why);
	}
	state->seccomp = true;
	return CS_OK;
}
