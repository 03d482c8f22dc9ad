/* SPDX-License-Identifier: Apache-2.0 */
/* The side that starts it, and talks to it over a pair of sockets. */
#include "protect/helper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protect/helper_own.h"

enum {
	READY_MS = 10000,
	GO_MS = 300000 /* ufw's commands take their time */,
	END_MS = 60000
};

static enum cs_err fail(char why[CS_STATE_WHY], const char *what)
{
	(void)snprintf(why, CS_STATE_WHY, "the helper that takes the rules back: %s: %s",
		       what, strerror(errno));
	return CS_ERR_IO;
}

/* Waits for one message; @text may be NULL. Its end is a failure, too. */
static enum cs_err hear(struct cs_helper *helper, int ms, char why[CS_STATE_WHY])
{
	struct cs_helper_says says = { .err = CS_ERR_IO };
	struct pollfd wait = { helper->fd, POLLIN, 0 };
	int ready;
	ssize_t n;

	do
		ready = poll(&wait, 1, ms);
	while (ready < 0 && errno == EINTR);
	n = ready > 0 ? recv(helper->fd, &says, sizeof(says), 0) : -1;
	if (n == (ssize_t)sizeof(says)) {
		says.why[sizeof(says.why) - 1] = '\0';
		if (says.err)
			(void)snprintf(why, CS_STATE_WHY, "%s", says.why);
		return says.err;
	}
	if (n >= 0)
		errno = ECONNRESET;
	else if (ready == 0)
		errno = ETIMEDOUT;
	return fail(why, "no answer");
}

static enum cs_err say(struct cs_helper *helper, char word, char why[CS_STATE_WHY])
{
	return send(helper->fd, &word, 1, MSG_NOSIGNAL) == 1 ? CS_OK
							     : fail(why, "not reached");
}

static void let_go(struct cs_helper *helper)
{
	if (helper->fd >= 0)
		(void)close(helper->fd); /* which it sees */
	helper->fd = -1;
}

enum cs_err cs_helper_start(const struct cs_helper_job *job, struct cs_helper *out,
			    char why[CS_STATE_WHY])
{
	int pair[2];
	pid_t pid;
	enum cs_err err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(why, "socketpair");
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]); /* the other side's */
		cs_helper_detach(job, pair[1]);
	}
	(void)close(pair[1]); /* the helper's */
	out->fd = pair[0];
	if (pid < 0) {
		err = fail(why, "fork");
	} else {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		err = hear(out, READY_MS, why);
	}
	if (err)
		let_go(out);
	return err;
}

enum cs_err cs_helper_go(struct cs_helper *helper, char why[CS_STATE_WHY])
{
	enum cs_err err = say(helper, CS_HELPER_GO, why);

	if (!err)
		err = hear(helper, GO_MS, why);
	if (err)
		let_go(helper);
	return err;
}

void cs_helper_leave(struct cs_helper *helper)
{
	char why[CS_STATE_WHY];

	/* One that is gone has done its work, or the kernel's own clock does it. */
	(void)say(helper, CS_HELPER_LEAVE, why);
	let_go(helper);
}

enum cs_err cs_helper_end(struct cs_helper *helper, char why[CS_STATE_WHY])
{
	enum cs_err err = say(helper, CS_HELPER_END, why);

	if (!err)
		err = hear(helper, END_MS, why);
	let_go(helper);
	return err;
}
