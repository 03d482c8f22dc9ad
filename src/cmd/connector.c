/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/connector.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/networked.h"

enum {
	FIRST_S = 1,    /* between the first two attempts */
	LONGEST_S = 30, /* between two; and one that held for so long begins anew */
};

struct cs_connector {
	const struct cs_ctx *ctx;
	struct cs_live *live; /* borrowed */
	int fd;               /* to the other process; -1: it has ended */
	bool asked;           /* it has not answered yet */
	bool held;            /* the connection was there since .since_ns */
	int64_t since_ns;
	int64_t try_ns; /* not before */
	int64_t wait_ns;
};

/* --- the process that connects --- */

/* Room for one descriptor beside the answer; aligned as the kernel's header of it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* The answer is an errno; with 0 comes the descriptor @fd. */
static bool answer(int to, int error, int fd)
{
	union control control = { 0 };
	struct iovec word = { &error, sizeof(error) };
	struct msghdr message = { .msg_iov = &word, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)),
						 .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(error);
}

/* False: who asks has ended. */
static bool serve_one(const struct cs_live *live, int asker)
{
	char word;
	ssize_t n;
	bool well;
	int fd;

	do
		n = recv(asker, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	fd = cs_live_connect(live);
	well = answer(asker, fd < 0 ? errno : 0, fd);
	if (fd >= 0)
		(void)close(fd); /* the asker has it */
	return well;
}

/* All of the parent's but standard error and two. */
static void close_others(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	for (int fd = 0; fd < low; fd++)
		if (fd != STDERR_FILENO)
			(void)close(fd); /* the parent's */
	(void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	(void)close_range((unsigned)high + 1, ~0U, 0);
}

static int connect_on(const struct cs_ctx *ctx, const struct cs_live *live, int asker,
		      const char *user, bool require)
{
	const struct cs_jail_want want = {
		.user = user, .require = require, .local = true, .streams = true
	};
	int status;

	close_others(asker, cs_live_reader(live));
	status = cs_enter_jail(ctx, &want);
	if (status >= 0 || !answer(asker, 0, -1))
		return status;
	while (serve_one(live, asker))
		;
	return CS_EXIT_OK;
}

/* --- the process that asks --- */

static int say(const struct cs_ctx *ctx, const char *what)
{
	cs_log(&ctx->log, CS_ERROR, "cannot start the connector: %s: %s", what,
	       strerror(errno));
	return CS_EXIT_FAILED;
}

/* True with the answer: an errno, or 0 with a descriptor (of which the first answer has none). */
static bool receive(int from, int flags, int *error, int *fd)
{
	union control control = { 0 };
	struct iovec word = { error, sizeof(*error) };
	struct msghdr message = { .msg_iov = &word,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	const struct cmsghdr *head;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(from, &message, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	errno = ECONNRESET;
	return n == (ssize_t)sizeof(*error);
}

/* Its first word says that it is jailed; that it is not, it has said itself. */
static int wait_for(struct cs_connector *c, pid_t pid)
{
	int error, fd, status = CS_EXIT_FAILED;

	if (receive(c->fd, 0, &error, &fd))
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
							: CS_EXIT_FAILED;
}

static struct cs_connector *make(const struct cs_ctx *ctx, struct cs_live *live, int fd)
{
	struct cs_connector *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct cs_connector){ .ctx = ctx, .live = live, .fd = fd, .held = true };
	c->since_ns = cs_clock_mono(ctx->clock);
	c->try_ns = c->since_ns;
	return c;
}

int cs_connector_start(const struct cs_ctx *ctx, struct cs_live *live, const char *user,
		       bool require, struct cs_connector **out)
{
	struct cs_connector *c;
	int pair[2], status;
	pid_t pid;

	if (!live || cs_live_reader(live) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return say(ctx, "socketpair");
	c = make(ctx, live, pair[0]);
	(void)fflush(NULL); /* or both would write what is buffered */
	pid = c ? fork() : -1;
	if (pid == 0) {
		(void)close(pair[0]); /* the parent's half */
		_exit(connect_on(ctx, live, pair[1], user, require));
	}
	(void)close(pair[1]); /* the child's half */
	status = pid < 0 ? say(ctx, "fork") : wait_for(c, pid);
	if (status < 0) {
		*out = c;
		return status;
	}
	(void)close(pair[0]); /* nobody is at the other end */
	free(c);
	return status;
}

static void give_up(struct cs_connector *c)
{
	cs_log(&c->ctx->log, CS_WARN,
	       "the process that connects to sockets has ended: who goes does not come "
	       "back");
	(void)close(c->fd); /* nobody is at the other end */
	c->fd = -1;
}

static void take_answer(struct cs_connector *c)
{
	int error, fd;

	if (!receive(c->fd, MSG_DONTWAIT, &error, &fd)) {
		if (errno != EAGAIN)
			give_up(c);
		return;
	}
	c->asked = false;
	if (fd >= 0) {
		cs_live_reconnect(c->live, fd);
		c->held = true;
		c->since_ns = cs_clock_mono(c->ctx->clock);
	} else {
		cs_log(&c->ctx->log, CS_DETAIL, "a socket's reader is not back: %s",
		       strerror(error));
	}
}

static void ask(struct cs_connector *c)
{
	int64_t now_ns = cs_clock_mono(c->ctx->clock);

	/* One that takes each connection and ends it is not asked more often for that. */
	if (c->wait_ns == 0 ||
	    (c->held && now_ns - c->since_ns > LONGEST_S * CS_NS_PER_S))
		c->wait_ns = FIRST_S * CS_NS_PER_S;
	c->held = false;
	if (now_ns < c->try_ns)
		return;
	c->try_ns = now_ns + c->wait_ns;
	c->wait_ns *= 2;
	if (c->wait_ns > LONGEST_S * CS_NS_PER_S)
		c->wait_ns = LONGEST_S * CS_NS_PER_S;
	if (send(c->fd, "c", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		c->asked = true;
	else
		give_up(c);
}

void cs_connector_tend(struct cs_connector *c)
{
	if (!c || c->fd < 0)
		return;
	if (c->asked)
		take_answer(c);
	else if (cs_live_is_gone(c->live))
		ask(c);
}

void cs_connector_hurry(struct cs_connector *c)
{
	if (!c)
		return;
	c->try_ns = cs_clock_mono(c->ctx->clock);
	c->wait_ns = 0;
}

void cs_connector_close(struct cs_connector *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		(void)close(c->fd); /* the other process ends by that */
	free(c);
}
