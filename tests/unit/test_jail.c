/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each test is a child that enters the jail and tries things; what goes wrong
 * is said on standard error and ends the child with 1. Without Landlock in the
 * kernel the tests about files are skipped.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "jail/jail.h"
#include "jail/pieces.h"

#define MUST(claim)                                                                      \
	do {                                                                             \
		if (!(claim)) {                                                          \
			fprintf(stderr, "# line %d: %s (errno: %s)\n", __LINE__, #claim, \
				strerror(errno));                                        \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

/* The call must fail with that errno. */
#define DENIED(with, call)                             \
	do {                                           \
		errno = 0;                             \
		MUST((call) == -1 && errno == (with)); \
	} while (0)

static struct cs_jail_state held;

static void enter(const char *dir, bool net)
{
	const char *const rw[] = { dir };
	struct cs_jail jail = { .rw = rw, .n_rw = 1, .net = net };
	char why[CS_JAIL_WHY] = "";
	enum cs_err err = cs_jail_enter(&jail, &held, why);

	if (err)
		fprintf(stderr, "# %s: %s\n", cs_strerror(err), why);
	MUST(err == CS_OK);
	MUST(held.capabilities && held.no_new_privs && held.seccomp);
}

/* Runs @child with a folder of its own, which is removed afterwards. */
static void in_a_child(void (*child)(const char *dir))
{
	char dir[] = "/tmp/test-jail-XXXXXX", command[64];
	int status = -1;
	pid_t pid;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0777), 0);
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		child(dir);
		exit(0); /* not _exit(): a sanitizer's end must work in the jail */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(status, 0);
}

static bool has_landlock(void)
{
	return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) > 0;
}

#define NEEDS_LANDLOCK()                                        \
	do {                                                    \
		if (!has_landlock())                            \
			NOT_HERE("the kernel has no Landlock"); \
	} while (0)

static const char *in(const char *dir, const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void try_files(const char *dir)
{
	struct stat is;
	int fd;

	enter(dir, false);
	MUST(held.landlock_abi > 0);
	DENIED(EACCES, open("/etc/passwd", O_RDONLY));
	DENIED(EACCES, open("/", O_RDONLY | O_DIRECTORY));
	DENIED(EACCES, open("/tmp/test-jail-outside", O_CREAT | O_WRONLY, 0600));
	DENIED(EACCES, mkdir("/tmp/test-jail-outside", 0700));
	DENIED(EACCES, rmdir(dir));          /* it is beneath /tmp, not beneath itself */
	MUST(stat("/etc/passwd", &is) == 0); /* Landlock does not hide names */

	fd = open(in(dir, "a"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	MUST(fd >= 0 && write(fd, "hello", 5) == 5 && fsync(fd) == 0);
	MUST(ftruncate(fd, 2) == 0 && fchmod(fd, 0644) == 0 && close(fd) == 0);
	DENIED(EPERM, truncate(in(dir, "a"), 1));
	MUST(rename(in(dir, "a"), in(dir, "b")) == 0);
	MUST(mkdir(in(dir, "day"), 0700) == 0);
	MUST(rename(in(dir, "b"), in(dir, "day/b")) == 0 || held.landlock_abi < 2);
	fd = open(in(dir, "day/b"), O_RDONLY | O_TRUNC);
	MUST(fd >= 0 || held.landlock_abi < 2);
	MUST(unlink(in(dir, "day/b")) == 0 || held.landlock_abi < 2);
	MUST(rmdir(in(dir, "day")) == 0 || held.landlock_abi < 2);
	DENIED(EPERM, symlink("/etc/passwd", in(dir, "c")));
}

static void only_the_named_folder_is_there(void **state)
{
	(void)state;
	NEEDS_LANDLOCK();
	in_a_child(try_files);
}

static void try_read_only(const char *dir)
{
	const char *const ro[] = { dir };
	struct cs_jail jail = { .ro = ro, .n_ro = 1, .require = true };
	char why[CS_JAIL_WHY];
	int fd = open(in(dir, "a"), O_CREAT | O_WRONLY, 0600);

	MUST(fd >= 0);
	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	MUST(open(in(dir, "a"), O_RDONLY) >= 0);
	MUST(write(fd, "x", 1) == 1); /* what is open stays open */
	DENIED(EACCES, open(in(dir, "a"), O_WRONLY));
	DENIED(EACCES, open(in(dir, "b"), O_CREAT | O_WRONLY, 0600));
	DENIED(EACCES, unlink(in(dir, "a")));
}

static void a_folder_may_be_read_only(void **state)
{
	(void)state;
	NEEDS_LANDLOCK();
	in_a_child(try_read_only);
}

static void try_programs(const char *dir)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	void *page;

	enter(dir, true);
	DENIED(EPERM, execve("/bin/true", argv, argv));
	DENIED(EPERM, execveat(AT_FDCWD, "/bin/true", argv, argv, 0));
	DENIED(EPERM, (int)fork());
	DENIED(EPERM, (int)syscall(SYS_vfork));
	DENIED(EPERM, kill(getppid(), 0));
	DENIED(EPERM, kill(getpid(), 0));
	DENIED(EPERM, (int)syscall(SYS_tgkill, getppid(), getppid(), SIGTERM));
	/* The kernel would send what we may not, with O_ASYNC and F_SETSIG. */
	DENIED(EPERM, fcntl(STDERR_FILENO, F_SETOWN, getppid()));
	DENIED(EPERM, fcntl(STDERR_FILENO, F_SETSIG, SIGTERM));
	MUST(fcntl(STDERR_FILENO, F_GETFL) != -1 && fcntl(STDERR_FILENO, F_GETFD) != -1);
	DENIED(EPERM, (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	DENIED(EPERM, (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	MUST(page == MAP_FAILED && errno == EPERM);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	MUST(page != MAP_FAILED);
	DENIED(EPERM, mprotect(page, 4096, PROT_READ | PROT_EXEC));
	MUST(mprotect(page, 4096, PROT_READ) == 0 && munmap(page, 4096) == 0);
}

static void no_program_and_no_process_is_started(void **state)
{
	(void)state;
	in_a_child(try_programs);
}

static void try_calls(const char *dir)
{
	struct rlimit limit = { .rlim_cur = 1 };
	int fd;

	enter(dir, true);
	DENIED(EPERM, (int)syscall(SYS_io_uring_setup, 1, NULL));
	DENIED(EPERM, (int)syscall(SYS_open_by_handle_at, -1, NULL, 0));
	DENIED(EPERM, (int)syscall(SYS_bpf, 0, NULL, 0));
	DENIED(EPERM, (int)syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
	DENIED(EPERM, (int)syscall(SYS_userfaultfd, 0));
	DENIED(EPERM, unshare(CLONE_NEWUSER));
	DENIED(EPERM, setuid(0));
	DENIED(EPERM, chroot("/"));
	DENIED(EPERM, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	DENIED(EPERM, setrlimit(RLIMIT_CORE, &limit));
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	fd = open(in(dir, "a"), O_CREAT | O_WRONLY, 0600);
	DENIED(EPERM, fchmod(fd, 04755));
	DENIED(EPERM, fchmod(fd, 02755));
	DENIED(EPERM, ioctl(fd, TIOCSTI, "x"));
	DENIED(ENOTTY, ioctl(fd, TIOCGWINSZ, &limit));
	DENIED(ENOSYS, (int)syscall(SYS_clone3, NULL, 0));
}

static void what_is_not_listed_is_denied(void **state)
{
	(void)state;
	in_a_child(try_calls);
}

/* A bound UDP socket on loopback, and its address. */
static int udp_socket(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	MUST(fd >= 0);
	MUST(bind(fd, (struct sockaddr *)addr, sizeof(*addr)) == 0);
	MUST(getsockname(fd, (struct sockaddr *)addr, &len) == 0);
	return fd;
}

static void try_sockets(const char *dir)
{
	struct sockaddr_in addr, other;
	int fd = udp_socket(&addr), with = udp_socket(&other), epoll, timer, n = 0;
	struct epoll_event event = { .events = EPOLLIN };
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	socklen_t len = sizeof(n);
	char bytes[8];

	enter(dir, true);
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, 0));
	DENIED(EPERM, socket(AF_UNIX, SOCK_STREAM, 0));
	DENIED(EPERM, socket(AF_NETLINK, SOCK_RAW, 0));
	DENIED(EPERM, connect(fd, (struct sockaddr *)&other, sizeof(other)));
	DENIED(EPERM, bind(fd, (struct sockaddr *)&other, sizeof(other)));
	DENIED(EPERM, listen(fd, 1));
	DENIED(EPERM, setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)));
	MUST(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, &len) == 0);
	MUST(sendto(fd, "hi", 2, 0, (struct sockaddr *)&other, sizeof(other)) == 2);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	MUST(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, with, &event) == 0);
	MUST(epoll_wait(epoll, &event, 1, 5000) == 1);
	MUST(recv(with, bytes, sizeof(bytes), 0) == 2);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	MUST(timer >= 0 && timerfd_settime(timer, 0, &soon, NULL) == 0);
	MUST(read(timer, bytes, 8) == 8);
}

static void open_sockets_go_on_and_no_new_one_is_made(void **state)
{
	(void)state;
	in_a_child(try_sockets);
}

static void try_no_net(const char *dir)
{
	struct sockaddr_in addr;
	int fd = udp_socket(&addr);
	char byte;

	enter(dir, false);
	DENIED(EPERM,
	       (int)sendto(fd, "hi", 2, 0, (struct sockaddr *)&addr, sizeof(addr)));
	DENIED(EPERM, (int)recv(fd, &byte, 1, MSG_DONTWAIT));
}

static void without_net_sockets_are_mute(void **state)
{
	(void)state;
	in_a_child(try_no_net);
}

static void enter_dns(const char *dir)
{
	const char *const rw[] = { dir };
	struct cs_jail jail = { .rw = rw, .n_rw = 1, .dns = true };
	char why[CS_JAIL_WHY] = "";

	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
}

/* A socket that listens on loopback, and its address. */
static int tcp_listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)addr, sizeof(*addr)) == 0);
	MUST(listen(fd, 1) == 0);
	MUST(getsockname(fd, (struct sockaddr *)addr, &len) == 0);
	return fd;
}

static void try_dns(const char *dir)
{
	struct sockaddr_in udp, tcp;
	int with = udp_socket(&udp), one = 1, size = 65536, fd;
	char bytes[4];

	(void)tcp_listener(&tcp);
	enter_dns(dir);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&udp, sizeof(udp)) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	MUST(send(fd, "hi", 2, 0) == 2);
	MUST(recv(with, bytes, sizeof(bytes), 0) == 2 && close(fd) == 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&tcp, sizeof(tcp)) == 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && writev(fd, NULL, 0) == 0);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 || errno == EAFNOSUPPORT);
}

static void with_dns_somebody_can_be_asked(void **state)
{
	(void)state;
	in_a_child(try_dns);
}

static void try_more_than_dns(const char *dir)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	struct sockaddr_in udp, tcp;
	int size = 1, listener, fd = udp_socket(&udp);

	listener = tcp_listener(&tcp);
	tcp.sin_port = 0;
	enter_dns(dir);
	DENIED(EPERM, socket(AF_UNIX, SOCK_STREAM, 0));
	DENIED(EPERM, socket(AF_NETLINK, SOCK_RAW, 0));
	DENIED(EPERM, socket(AF_PACKET, SOCK_RAW, 0));
	DENIED(EPERM, socket(AF_PACKET, SOCK_DGRAM, 0));
	DENIED(EPERM, socket(AF_VSOCK, SOCK_STREAM, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_RAW, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
	DENIED(EPERM, socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	DENIED(EPERM, socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
	DENIED(EPERM, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0 }));
	DENIED(EPERM, bind(fd, (struct sockaddr *)&tcp, sizeof(tcp)));
	DENIED(EPERM, listen(listener, 2));
	DENIED(EPERM, accept(listener, NULL, NULL));
	DENIED(EPERM, accept4(listener, NULL, NULL, 0));
	DENIED(EPERM, setsockopt(fd, SOL_SOCKET, SO_MARK, &size, sizeof(size)));
	DENIED(EPERM, setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &size, sizeof(size)));
	DENIED(EPERM, setsockopt(fd, IPPROTO_IP, TCP_NODELAY, &size, sizeof(size)));
	DENIED(EPERM, execve("/bin/true", argv, argv));
	DENIED(EPERM, (int)fork());
	if (has_landlock())
		DENIED(EACCES, open("/etc/resolv.conf", O_RDONLY));
}

static void with_dns_nobody_is_let_in(void **state)
{
	(void)state;
	in_a_child(try_more_than_dns);
}

/* A service on this machine, of records, and its address. */
static int local_listener(const char *dir, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/service", dir);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)addr, sizeof(*addr)) == 0);
	MUST(listen(fd, 1) == 0);
	return fd;
}

static void try_local(const char *dir)
{
	const char *const rw[] = { dir };
	struct cs_jail jail = { .rw = rw, .n_rw = 1, .local = true };
	struct sockaddr_un addr;
	int listener = local_listener(dir, &addr), fd;
	char why[CS_JAIL_WHY] = "";

	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(send(fd, "hi", 2, MSG_DONTWAIT) == 2 && close(fd) == 0);
	DENIED(EPERM, socket(AF_UNIX, SOCK_STREAM, 0));
	DENIED(EPERM, socket(AF_UNIX, SOCK_DGRAM, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_SEQPACKET, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_STREAM, 0));
	DENIED(EPERM, accept(listener, NULL, NULL));
	DENIED(EPERM, listen(fd, 1));
}

static void with_local_a_service_is_connected_to_anew(void **state)
{
	(void)state;
	in_a_child(try_local);
}

/* What connects for others, and does nothing else. */
static void try_streams(const char *dir)
{
	struct cs_jail jail = { .net = true, .local = true, .streams = true };
	static const int types[] = { SOCK_SEQPACKET, SOCK_STREAM, SOCK_DGRAM };
	struct sockaddr_un addr;
	int listener = local_listener(dir, &addr), fd = -1, size = 1 << 20;
	char why[CS_JAIL_WHY] = "";

	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	for (size_t i = 0; i < CS_LEN(types); i++) {
		fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		MUST(fd >= 0);
		MUST(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
		MUST((connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) ==
		     (types[i] == SOCK_SEQPACKET));
	}
	DENIED(EPERM, socket(AF_INET, SOCK_STREAM, 0));
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, 0));
	DENIED(EPERM, bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	DENIED(EPERM, accept(listener, NULL, NULL));
	DENIED(EACCES, open(dir, O_RDONLY));
}

static void with_streams_any_service_here_is_connected_to(void **state)
{
	(void)state;
	in_a_child(try_streams);
}

static void try_serve(const char *dir)
{
	const char *const rw[] = { dir };
	struct cs_jail jail = { .rw = rw, .n_rw = 1, .net = true, .serve = true };
	struct sockaddr_in tcp;
	int listener = tcp_listener(&tcp), one = 1, fd;
	int client = socket(AF_INET, SOCK_STREAM, 0);
	char why[CS_JAIL_WHY] = "", byte;

	MUST(connect(client, (struct sockaddr *)&tcp, sizeof(tcp)) == 0);
	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	MUST(fd >= 0 && send(client, "x", 1, 0) == 1);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &one, sizeof(one)) == 0);
	MUST(shutdown(client, SHUT_WR) == 0 && recv(fd, &byte, 1, 0) == 1);
	DENIED(EPERM, listen(listener, 2));
	DENIED(EPERM, socket(AF_INET, SOCK_STREAM, 0));
	DENIED(EPERM, connect(client, (struct sockaddr *)&tcp, sizeof(tcp)));
	DENIED(EPERM, bind(client, (struct sockaddr *)&tcp, sizeof(tcp)));
	DENIED(EPERM, setsockopt(fd, SOL_SOCKET, SO_MARK, &one, sizeof(one)));
	DENIED(EPERM, (int)fork());
}

static void with_serve_a_socket_that_listens_takes_connections(void **state)
{
	(void)state;
	in_a_child(try_serve);
}

/* The value of a "Name:\tvalue" line of /proc/self/status. */
static void status_is(const char *status, const char *name, const char *value)
{
	const char *line = strstr(status, name);
	size_t len = strlen(name);

	MUST(line && strncmp(line + len, value, strlen(value)) == 0);
}

static void try_identity(const char *dir)
{
	static char status[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	MUST(fd >= 0);
	enter(dir, true);
	n = read(fd, status, sizeof(status) - 1);
	MUST(n > 0);
	status_is(status, "CapInh:\t", "0000000000000000");
	status_is(status, "CapPrm:\t", "0000000000000000");
	status_is(status, "CapEff:\t", "0000000000000000");
	status_is(status, "CapAmb:\t", "0000000000000000");
	if (held.bounding)
		status_is(status, "CapBnd:\t", "0000000000000000");
	status_is(status, "NoNewPrivs:\t", "1");
	status_is(status, "Seccomp:\t", "2");
}

static void nothing_is_left_of_root_but_its_number(void **state)
{
	(void)state;
	in_a_child(try_identity);
}

static void try_user(const char *dir)
{
	const char *const rw[] = { dir };
	struct cs_jail jail = { .rw = rw, .n_rw = 1, .user = "nobody" };
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char why[CS_JAIL_WHY] = "", status[8192] = "";
	gid_t group = 12345;

	MUST(fd >= 0 && setgroups(1, &group) == 0);
	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	MUST(held.user && held.bounding && held.capabilities);
	MUST(read(fd, status, sizeof(status) - 1) > 0);
	status_is(status, "Uid:\t", "65534\t65534\t65534\t65534\n");
	status_is(status, "Gid:\t", "65534\t65534\t65534\t65534\n");
	status_is(status, "Groups:\t", " \n");
	status_is(status, "CapEff:\t", "0000000000000000");
	status_is(status, "CapBnd:\t", "0000000000000000");
	DENIED(EPERM, setuid(0));
	MUST(open(in(dir, "a"), O_CREAT | O_WRONLY, 0600) >= 0);
}

static void another_user_is_become_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		NOT_HERE("only root can");
	in_a_child(try_user);
}

static void try_user_without_right(const char *dir)
{
	struct cs_jail jail = { .user = "nobody" };
	char why[CS_JAIL_WHY] = "";

	(void)dir;
	MUST(geteuid() != 0 || setresuid(1000, 1000, 1000) == 0);
	MUST(cs_jail_enter(&jail, &held, why) == CS_ERR_DENIED);
	MUST(strcmp(why, "--user: giving up the groups: Operation not permitted") == 0);
}

static void only_root_becomes_another_user(void **state)
{
	(void)state;
	in_a_child(try_user_without_right);
}

static void try_errors(const char *dir)
{
	const char *const rw[] = { "/nowhere/at/all" };
	struct cs_jail nobody = { .user = "no-such-user" };
	struct cs_jail nowhere = { .rw = rw, .n_rw = 1 };
	char why[CS_JAIL_WHY] = "";

	(void)dir;
	MUST(cs_jail_enter(&nobody, &held, why) == CS_ERR_NOT_FOUND);
	MUST(strcmp(why, "--user 'no-such-user': no such user") == 0);
	if (!has_landlock())
		return;
	MUST(cs_jail_enter(&nowhere, &held, why) == CS_ERR_NOT_FOUND);
	MUST(strcmp(why, "/nowhere/at/all: No such file or directory") == 0);
	MUST(!held.seccomp);
}

static void unknown_users_and_paths_are_errors(void **state)
{
	(void)state;
	in_a_child(try_errors);
}

static void *wait_for_release(void *arg)
{
	int *fds = arg;
	char byte;

	MUST(read(fds[0], &byte, 1) == 1);
	return NULL;
}

static void try_late(const char *dir)
{
	struct cs_jail jail = { .net = true };
	char why[CS_JAIL_WHY] = "";
	pthread_t thread;
	int fds[2];

	(void)dir;
	MUST(pipe(fds) == 0 && pthread_create(&thread, NULL, wait_for_release, fds) == 0);
	MUST(cs_jail_enter(&jail, &held, why) == CS_ERR_BUSY);
	MUST(strcmp(why, "the jail is entered with 2 threads running") == 0);
	MUST(write(fds[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
}

static void the_jail_is_entered_before_the_first_thread(void **state)
{
	(void)state;
	if (CS_JAIL_SANITIZED)
		NOT_HERE("the sanitizer's runtime may have a thread of its own");
	in_a_child(try_late);
}

static void run_sql(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
		return;
	fprintf(stderr, "# %s: %s\n", sql, message);
	_exit(1);
}

/* What the store's writer does, in a thread that began in the jail. */
static void *write_segment(void *arg)
{
	const char *dir = arg;
	sqlite3 *db;

	MUST(prctl(PR_SET_NAME, "writer", 0, 0, 0) == 0);
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, 0));
	if (has_landlock())
		DENIED(EACCES, open("/etc/passwd", O_RDONLY));
	MUST(sqlite3_open(in(dir, "part.db"), &db) == SQLITE_OK);
	run_sql(db, "pragma journal_mode=wal");
	run_sql(db, "create table t(a integer primary key, b blob)");
	run_sql(db, "begin");
	for (unsigned i = 0; i < 2000; i++)
		run_sql(db, "insert into t(b) values (randomblob(500))");
	run_sql(db, "commit");
	run_sql(db, "pragma wal_checkpoint(truncate)");
	run_sql(db, "pragma journal_mode=delete");
	run_sql(db, "create index i on t(b)");
	MUST(sqlite3_close(db) == SQLITE_OK);
	MUST(mkdir(in(dir, "2026-11-21"), 0755) == 0);
	MUST(rename(in(dir, "part.db"), in(dir, "2026-11-21/part.db")) == 0);
	return NULL;
}

static void try_sqlite(const char *dir)
{
	pthread_t threads[3];
	char copy[64];
	sqlite3 *db;

	enter(dir, true);
	strcpy(copy, dir);
	MUST(pthread_create(&threads[0], NULL, write_segment, copy) == 0);
	MUST(pthread_join(threads[0], NULL) == 0);
	MUST(sqlite3_open_v2(in(dir, "2026-11-21/part.db"), &db, SQLITE_OPEN_READONLY,
			     NULL) == SQLITE_OK);
	run_sql(db, "select count(*) from t");
	MUST(sqlite3_close(db) == SQLITE_OK);
}

static void threads_and_sqlite_work_inside(void **state)
{
	(void)state;
	in_a_child(try_sqlite);
}

static void enter_capture(int post)
{
	struct cs_jail jail = { .net = true, .capture = true, .post = post };
	char why[CS_JAIL_WHY] = "";

	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
	MUST(held.capabilities && held.no_new_privs && held.seccomp);
}

/* By the filter, not by Landlock: kernels without that are no exception. */
static void try_capture_files(const char *dir)
{
	int file = open(in(dir, "a"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	struct stat is;
	char byte;

	MUST(file >= 0 && write(file, "ab", 2) == 2);
	enter_capture(-1);
	DENIED(EPERM, open(in(dir, "a"), O_RDONLY));
	DENIED(EPERM, openat(AT_FDCWD, in(dir, "b"), O_CREAT | O_WRONLY, 0600));
	DENIED(EPERM, stat(in(dir, "a"), &is));
	DENIED(EPERM, access("/", F_OK));
	DENIED(EPERM, unlink(in(dir, "a")));
	DENIED(EPERM, rename(in(dir, "a"), in(dir, "b")));
	DENIED(EPERM, mkdir(in(dir, "c"), 0700));
	DENIED(EPERM, fchmod(file, 0666));
	DENIED(EPERM, ftruncate(file, 0));
	DENIED(EPERM, (int)write(file, "c", 1));
	DENIED(EPERM, (int)pwrite(file, "c", 1, 0));
	MUST(pread(file, &byte, 1, 1) == 1 && byte == 'b');
	MUST(lseek(file, 0, SEEK_SET) == 0 && read(file, &byte, 1) == 1 && byte == 'a');
	MUST(close(file) == 0);
}

static void a_capture_s_files_are_read_and_that_is_all(void **state)
{
	(void)state;
	in_a_child(try_capture_files);
}

static void try_capture_sockets(const char *dir)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec two = { (char[]){ "ab" }, 2 };
	struct ifreq request = { .ifr_name = "lo" };
	int capture = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, pair[2];
	socklen_t len = sizeof(on);
	char bytes[8];

	(void)dir;
	MUST(capture >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	enter_capture(pair[0]);
	/* What is found is told, there and nowhere else. */
	MUST(write(pair[0], "a", 1) == 1 && writev(pair[0], &two, 1) == 2);
	MUST(send(pair[0], "d", 1, MSG_NOSIGNAL) == 1);
	MUST(read(pair[1], bytes, sizeof(bytes)) == 4 && memcmp(bytes, "aabd", 4) == 0);
	DENIED(EPERM, (int)write(pair[1], "a", 1));
	DENIED(EPERM, (int)writev(pair[1], &two, 1));
	DENIED(EPERM,
	       (int)sendto(capture, "a", 1, 0, (struct sockaddr *)&addr, sizeof(addr)));
	DENIED(EPERM, (int)write(capture, "a", 1));
	/* Nor can the one descriptor become another's. */
	DENIED(EPERM, fcntl(capture, F_DUPFD, pair[0]));
	DENIED(EPERM, dup2(capture, pair[0]));
	DENIED(EPERM, socket(AF_INET, SOCK_DGRAM, 0));
	DENIED(EPERM, socket(AF_PACKET, SOCK_RAW, 0));
	DENIED(EPERM, connect(capture, (struct sockaddr *)&addr, sizeof(addr)));
	DENIED(EPERM, setsockopt(capture, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
	/* What watching an interface needs. */
	MUST(getsockopt(capture, SOL_SOCKET, SO_ERROR, &on, &len) == 0 && on == 0);
	MUST(ioctl(capture, SIOCGIFINDEX, &request) == 0);
	MUST(ioctl(capture, SIOCGIFFLAGS, &request) == 0);
	DENIED(EPERM, ioctl(capture, SIOCSIFFLAGS, &request));
	MUST(ioctl(capture, SIOCGIFHWADDR, &request) == 0);
	MUST(bind(capture, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(poll(NULL, 0, 1) == 0);
}

static void a_capture_s_sockets_listen_and_send_nothing(void **state)
{
	(void)state;
	in_a_child(try_capture_sockets);
}

static volatile sig_atomic_t heard;

static void on_signal(int number)
{
	heard = number;
}

static void try_signals(const char *dir)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct timespec soon = { .tv_nsec = 1000 };

	enter(dir, true);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	MUST(raise(SIGUSR1) == 0 && heard == SIGUSR1);
	MUST(nanosleep(&soon, NULL) == 0);
	MUST(poll(NULL, 0, 1) == 0);
}

static void signals_and_waiting_work_inside(void **state)
{
	(void)state;
	in_a_child(try_signals);
}

/* A process that does nothing, in a jail of its own as the decoder is. */
static pid_t start_sleeper(bool jailed)
{
	pid_t parent = getpid(), pid = fork();

	MUST(pid >= 0);
	if (pid > 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1); /* too late: nobody is there who could ask for more */
	if (jailed)
		enter_capture(-1);
	for (;;)
		(void)pause();
}

static void enter_with(pid_t child, const char *user)
{
	struct cs_jail jail = { .child = child, .user = user };
	char why[CS_JAIL_WHY] = "";

	MUST(cs_jail_enter(&jail, &held, why) == CS_OK);
}

static void try_child(const char *dir)
{
	pid_t other = start_sleeper(false), child = start_sleeper(true);
	int status;

	(void)dir;
	enter_with(child, NULL);
	DENIED(EPERM, kill(other, SIGKILL));
	DENIED(EPERM, kill(child, SIGTERM));
	DENIED(EPERM, kill(getppid(), SIGKILL));
	DENIED(EPERM, waitpid(other, &status, WNOHANG));
	DENIED(EPERM, waitpid(-1, &status, WNOHANG));
	MUST(waitpid(child, &status, WNOHANG) == 0);
	MUST(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void the_one_child_is_waited_for_and_killed(void **state)
{
	(void)state;
	in_a_child(try_child);
}

/* Whoever holds the other end of @fds[1] has ended. */
static void watch_an_end(const int fds[2], void (*child)(int write_end))
{
	struct pollfd ended = { .fd = fds[0] };
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(fds[1]);
	(void)close(fds[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(poll(&ended, 1, 10000), 1);
	assert_true(ended.revents & POLLHUP);
	(void)close(fds[0]);
}

/* The grandchild, of another user and in a jail, ends with its parent in a jail. */
static void parent_that_ends(int write_end)
{
	int ready[2];
	char byte;
	pid_t parent = getpid(), pid;

	(void)write_end;
	MUST(pipe(ready) == 0 && (pid = fork()) >= 0);
	if (pid == 0) {
		MUST(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent);
		MUST(close(ready[0]) == 0);
		enter_with(0, "nobody");
		MUST(close(ready[1]) == 0);
		for (;;)
			(void)poll(NULL, 0, -1);
	}
	MUST(close(ready[1]) == 0);
	enter_with(pid, "nobody");
	MUST(read(ready[0], &byte, 1) == 0); /* it is in its jail */
	_exit(0);
}

static void a_child_ends_with_its_parent(void **state)
{
	int fds[2];

	(void)state;
	if (geteuid() != 0)
		NOT_HERE("needs root");
	assert_int_equal(pipe(fds), 0);
	watch_an_end(fds, parent_that_ends);
}

static void what_holds_is_said_in_words(void **state)
{
	struct cs_jail_state s = { .capabilities = true,
				   .no_new_privs = true,
				   .landlock_abi = 7,
				   .seccomp = true };
	char text[CS_JAIL_TEXT];

	(void)state;
	cs_jail_text(&s, text);
	assert_string_equal(
		text, "no capabilities, no new privileges, Landlock ABI 7, seccomp");
	assert_true(cs_jail_whole(&s));
	s.landlock_abi = 0;
	s.user = true;
	cs_jail_text(&s, text);
	assert_string_equal(text,
			    "another user, no capabilities, no new privileges, seccomp; "
			    "Landlock is not in this kernel: files are not restricted");
	assert_false(cs_jail_whole(&s));
	s = (struct cs_jail_state){ .capabilities = true, .no_new_privs = true };
	cs_jail_text(&s, text);
	assert_string_equal(text,
			    "no capabilities, no new privileges; Landlock is not in this "
			    "kernel: files are not restricted; seccomp is not in this "
			    "kernel: system calls are not restricted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_named_folder_is_there),
		cmocka_unit_test(a_folder_may_be_read_only),
		cmocka_unit_test(no_program_and_no_process_is_started),
		cmocka_unit_test(what_is_not_listed_is_denied),
		cmocka_unit_test(open_sockets_go_on_and_no_new_one_is_made),
		cmocka_unit_test(without_net_sockets_are_mute),
		cmocka_unit_test(with_dns_somebody_can_be_asked),
		cmocka_unit_test(with_dns_nobody_is_let_in),
		cmocka_unit_test(with_local_a_service_is_connected_to_anew),
		cmocka_unit_test(with_streams_any_service_here_is_connected_to),
		cmocka_unit_test(with_serve_a_socket_that_listens_takes_connections),
		cmocka_unit_test(a_capture_s_files_are_read_and_that_is_all),
		cmocka_unit_test(a_capture_s_sockets_listen_and_send_nothing),
		cmocka_unit_test(the_one_child_is_waited_for_and_killed),
		cmocka_unit_test(a_child_ends_with_its_parent),
		cmocka_unit_test(nothing_is_left_of_root_but_its_number),
		cmocka_unit_test(another_user_is_become_for_good),
		cmocka_unit_test(only_root_becomes_another_user),
		cmocka_unit_test(unknown_users_and_paths_are_errors),
		cmocka_unit_test(the_jail_is_entered_before_the_first_thread),
		cmocka_unit_test(threads_and_sqlite_work_inside),
		cmocka_unit_test(signals_and_waiting_work_inside),
		cmocka_unit_test(what_holds_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
