/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard_keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protect/guard_wire.h"

enum { REPLY = 5 + CS_GUARD_RULES_WHY };

static const uint8_t CLEAR[] = { 'c' }; /* the last word: remove the socket */

/* --- between the two --- */

static void write_reply(struct cs_wr *w, const struct cs_guard_kept *kept)
{
	cs_wr_u8(w, (uint8_t)kept->answer);
	cs_wr_u32(w, kept->seconds);
	cs_wr_bytes(w, kept->why, sizeof(kept->why));
}

/* It comes from our own other half, which has the rights: no harm can come of trusting it. */
static enum cs_err read_reply(struct cs_rd *rd, struct cs_guard_kept *out)
{
	uint8_t answer = cs_rd_u8(rd);

	out->seconds = cs_rd_u32(rd);
	cs_rd_copy(rd, out->why, sizeof(out->why));
	if (rd->err || answer >= CS_GUARD_ANSWERS)
		return CS_ERR_IO;
	out->answer = (enum cs_guard_answer)answer;
	out->why[sizeof(out->why) - 1] = '\0';
	return CS_OK;
}

static ssize_t receive(int fd, void *bytes, size_t room)
{
	ssize_t n;

	do
		n = recv(fd, bytes, room, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* --- the keeper --- */

/* False: the other half has ended, or is not to be believed any more. */
static bool serve_one(struct cs_guard_rules *rules, int fd)
{
	uint8_t bytes[CS_GUARD_WIRE + 1], reply[REPLY];
	struct cs_wr w = cs_wr_over(reply, sizeof(reply));
	struct cs_guard_kept kept = { 0 };
	struct cs_guard_request request;
	ssize_t n = receive(fd, bytes, sizeof(bytes));

	if (n == sizeof(CLEAR) && bytes[0] == CLEAR[0])
		(void)unlink(rules->job.options.socket); /* it may be gone already */
	if (n <= 0 || cs_guard_wire_read(cs_span_of(bytes, (size_t)n), &request))
		return false;
	kept.answer = cs_guard_rules_decide(rules, &request, &kept.seconds, kept.why);
	write_reply(&w, &kept);
	return send(fd, reply, w.pos, MSG_NOSIGNAL) == (ssize_t)w.pos;
}

static void keep(struct cs_protect_job *job, int fd)
{
	struct cs_guard_rules rules;
	int status = cs_guard_rules_open(job, &rules);
	uint8_t ready = status < 0 ? 0 : (uint8_t)status;

	/* Its first word: how it began. */
	if (send(fd, &ready, 1, MSG_NOSIGNAL) == 1 && status < 0)
		while (serve_one(&rules, fd))
			;
	cs_guard_rules_close(&rules);
}

/*
 * What ends the guard ends the keeper by the socket, when what it is at is done: Ctrl-C
 * is sent to both, and half a change is none.
 */
static void be_keeper(struct cs_protect_job *job, int fd)
{
	static const int kept_off[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < CS_LEN(kept_off); i++)
		(void)signal(kept_off[i], SIG_IGN);
	keep(job, fd);
	_exit(CS_EXIT_OK);
}

/* --- the other half --- */

static int cannot(const struct cs_protect_job *job)
{
	cs_log(&job->ctx->log, CS_ERROR, "cannot start the guard's keeper: %s",
	       strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_guard_keeper_start(struct cs_protect_job *job, struct cs_guard_keeper *out)
{
	uint8_t ready = CS_EXIT_FAILED;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return cannot(job);
	(void)fflush(NULL); /* or both would write what is buffered */
	out->pid = fork();
	if (out->pid == 0) {
		(void)close(pair[0]); /* the other half's */
		be_keeper(job, pair[1]);
	}
	(void)close(pair[1]); /* the keeper's */
	out->fd = pair[0];
	if (out->pid < 0) {
		cs_guard_keeper_stop(out, false);
		return cannot(job);
	}
	if (receive(out->fd, &ready, 1) == 1 && ready == 0)
		return -1;
	cs_guard_keeper_stop(out, false);
	return ready; /* it has said why */
}

enum cs_err cs_guard_keeper_ask(struct cs_guard_keeper *keeper,
				const struct cs_guard_request *request,
				struct cs_guard_kept *out)
{
	uint8_t bytes[CS_GUARD_WIRE], reply[REPLY + 1];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
	struct cs_rd rd;
	ssize_t n;

	cs_guard_wire_write(&w, request);
	if (send(keeper->fd, bytes, w.pos, MSG_NOSIGNAL) != (ssize_t)w.pos)
		return CS_ERR_IO;
	n = receive(keeper->fd, reply, sizeof(reply));
	if (n != REPLY)
		return CS_ERR_IO;
	rd = cs_rd_over(reply, (size_t)n);
	return read_reply(&rd, out);
}

void cs_guard_keeper_stop(struct cs_guard_keeper *keeper, bool clear)
{
	if (keeper->fd >= 0 && clear)
		(void)!send(keeper->fd, CLEAR, sizeof(CLEAR), MSG_NOSIGNAL);
	if (keeper->fd >= 0)
		(void)close(keeper->fd); /* which ends it */
	keeper->fd = -1;
	if (keeper->pid > 0)
		while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
			;
	keeper->pid = 0;
}
