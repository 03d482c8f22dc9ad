/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watching.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/decoder.h"
#include "out/term.h"

enum {
	ROOM = 4 * CS_POST_MAX,
	SOCKET_BUFFER = 1 << 20,
	END_MS = 5000, /* so long one may take to end that says no more */
	END_LOOK_MS = 1,
};

struct cs_watching {
	int fd;
	pid_t pid;
	bool done;      /* it said so */
	bool over;      /* it says no more */
	bool untrue;    /* it sent what is no post */
	size_t at, len; /* of what has been read: taken, and in all */
	uint8_t room[ROOM];
};

static int say(const struct cs_ctx *ctx, const char *what)
{
	cs_log(&ctx->log, CS_ERROR, "cannot start the decoder: %s: %s", what,
	       strerror(errno));
	return CS_EXIT_FAILED;
}

/* Nothing is written there: it need not even be able to. */
static void leave_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
		(void)close(null); /* never used */
}

/* In the child: nothing of the parent's is written or ended by it. */
static void decode(struct cs_ctx *ctx, const struct cs_watching_want *want, int fd,
		   pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CS_EXIT_FAILED);
	leave_output();
	_exit(cs_decoder_run(ctx, want, fd));
}

int cs_watching_start(struct cs_ctx *ctx, const struct cs_watching_want *want,
		      struct cs_watching **out)
{
	const int size = SOCKET_BUFFER;
	struct cs_watching *w = calloc(1, sizeof(*w));
	pid_t parent = getpid();
	int pair[2];

	if (!w || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		cs_capture_close(want->capture);
		free(w);
		return say(ctx, "socketpair");
	}
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)fflush(NULL); /* or both would write what is buffered */
	w->fd = pair[0];
	w->pid = fork();
	if (w->pid == 0) {
		(void)close(pair[0]); /* the parent's half */
		decode(ctx, want, pair[1], parent);
	}
	(void)close(pair[1]); /* the child's half */
	cs_capture_close(want->capture);
	*out = w;
	if (w->pid > 0)
		return -1;
	(void)close(pair[0]); /* nobody is at the other end */
	free(w);
	*out = NULL;
	return say(ctx, "fork");
}

int cs_watching_pid(const struct cs_watching *w)
{
	return w->pid;
}

int cs_watching_fd(const struct cs_watching *w)
{
	return w->fd;
}

/* Reads once. False: nothing is there (CS_WATCHING_WAIT), or the end. */
static bool fill(struct cs_watching *w, bool wait, enum cs_watching_step *step)
{
	ssize_t n;

	if (w->at > 0) {
		memmove(w->room, w->room + w->at, w->len - w->at);
		w->len -= w->at;
		w->at = 0;
	}
	do
		n = recv(w->fd, w->room + w->len, ROOM - w->len, wait ? 0 : MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->len += (size_t)n;
		return true;
	}
	w->over = !(n < 0 && errno == EAGAIN);
	*step = w->over ? CS_WATCHING_ENDED : CS_WATCHING_WAIT;
	return false;
}

enum cs_watching_step cs_watching_next(struct cs_watching *w, bool wait,
				       enum cs_post_kind *kind, struct cs_rd *body)
{
	enum cs_watching_step step;

	while (!w->done && !w->untrue) {
		struct cs_rd rd = cs_rd_over(w->room + w->at, w->len - w->at);

		if (cs_post_next(&rd, kind, body)) {
			w->at += rd.pos;
			w->done = *kind == CS_POST_END;
			if (!w->done)
				return CS_WATCHING_POST;
		} else if (rd.err) {
			w->untrue = true;
		} else if (!fill(w, wait, &step)) {
			return step;
		}
	}
	return CS_WATCHING_ENDED;
}

enum cs_err cs_watching_note(struct cs_ctx *ctx, struct cs_rd *body)
{
	struct cs_span text;
	char shown[512];

	if (cs_post_text_read(body, &text))
		return CS_ERR_DAMAGED;
	cs_log(&ctx->log, CS_WARN, "%s", cs_term_text_in(shown, sizeof(shown), text));
	return CS_OK;
}

void cs_watching_stop(struct cs_watching *w)
{
	ssize_t n = send(w->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)n; /* it may have ended by itself */
}

static void describe(const struct cs_watching *w, int status, enum cs_err err,
		     char why[CS_WATCHING_WHY])
{
	if (err == CS_ERR_FOREIGN)
		(void)snprintf(why, CS_WATCHING_WHY, "not one packet could be read");
	else if (w->untrue)
		(void)snprintf(why, CS_WATCHING_WHY, "the decoder sent nonsense");
	else if (WIFSIGNALED(status))
		(void)snprintf(why, CS_WATCHING_WHY, "the decoder was ended by signal %d",
			       WTERMSIG(status));
	else
		(void)snprintf(why, CS_WATCHING_WHY,
			       "the decoder broke off with status %d",
			       WEXITSTATUS(status));
}

/* Whether it has ended by itself, within the time that there is for it. */
static bool is_gone(const struct cs_watching *w, int *status)
{
	bool waits = (w->done || w->over) && !w->untrue;

	for (int ms = 0; waits && ms < END_MS; ms += END_LOOK_MS) {
		if (waitpid(w->pid, status, WNOHANG) != 0)
			return true;
		(void)poll(NULL, 0, END_LOOK_MS);
	}
	return false;
}

enum cs_err cs_watching_end(struct cs_watching *w, char why[CS_WATCHING_WHY])
{
	enum cs_err err = CS_ERR_DAMAGED;
	int status = -1;

	if (!w)
		return CS_OK;
	(void)close(w->fd);
	if (!is_gone(w, &status)) {
		(void)kill(w->pid, SIGKILL); /* our own child */
		while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (w->done && WIFEXITED(status) && WEXITSTATUS(status) == CS_EXIT_OK)
		err = CS_OK;
	else if (w->done && WIFEXITED(status) && WEXITSTATUS(status) == CS_EXIT_USAGE)
		err = CS_ERR_FOREIGN;
	if (err)
		describe(w, status, err, why);
	free(w);
	return err;
}
