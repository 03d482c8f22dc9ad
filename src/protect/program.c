/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/program.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "protect/program_start.h"
#include "protect/rules_span.h"

enum {
	PATIENCE = 20000, /* ms, where the caller has none of its own */
	FIRST = 16384,    /* bytes of a stream's buffer at the start */
	NAP = 1,          /* ms */
};

/* What came out of one stream so far. */
struct stream {
	int fd; /* the child's; -1: at its end */
	uint8_t *bytes;
	size_t len, cap;
};

static enum cs_err grow(struct stream *s)
{
	size_t cap = s->cap ? 2 * s->cap : FIRST;
	uint8_t *grown = realloc(s->bytes, cap);

	if (!grown)
		return CS_ERR_NOMEM;
	s->bytes = grown;
	s->cap = cap;
	return CS_OK;
}

/* Takes all that is there now. */
static enum cs_err drain(struct stream *s)
{
	while (s->fd >= 0) {
		if (s->len == s->cap && grow(s))
			return CS_ERR_NOMEM;

		ssize_t n = read(s->fd, s->bytes + s->len, s->cap - s->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? CS_OK : CS_ERR_IO;
		if (n == 0)
			s->fd = -1;
		s->len += (size_t)n;
		if (s->len > CS_PROGRAM_OUT_MAX)
			return CS_ERR_FULL;
	}
	return CS_OK;
}

/* Rings once, @ms from now. */
static int set_timer(int ms)
{
	struct itimerspec at = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd >= 0 && timerfd_settime(fd, 0, &at, NULL)) {
		(void)close(fd); /* a timer has nothing to lose */
		return -1;
	}
	return fd;
}

/*
 * Reads until the child has ended: not until its streams have, as what it left
 * running may hold them. What it said before its end is in the pipes by then.
 */
static enum cs_err attend(const struct cs_program_child *child, int timer,
			  struct stream *out, struct stream *err)
{
	for (;;) {
		struct pollfd wait[] = { { child->pidfd, POLLIN, 0 },
					 { timer, POLLIN, 0 },
					 { out->fd, POLLIN, 0 },
					 { err->fd, POLLIN, 0 } };

		if (poll(wait, CS_LEN(wait), -1) < 0) {
			if (errno == EINTR)
				continue;
			return CS_ERR_IO;
		}

		enum cs_err failed = drain(out);

		if (!failed)
			failed = drain(err);
		if (failed || wait[0].revents)
			return failed;
		if (wait[1].revents)
			return CS_ERR_BUSY;
		/* nft writes word by word: so that we do not wake for each. */
		if (wait[2].revents)
			(void)poll(wait, 1, NAP); /* its end is seen above */
	}
}

static enum cs_err keep(const struct stream *s, struct cs_arena *arena,
			struct cs_span *out)
{
	uint8_t *copy = cs_arena_alloc(arena, s->len + 1);

	if (!copy)
		return CS_ERR_NOMEM;
	if (s->len)
		memcpy(copy, s->bytes, s->len);
	*out = cs_span_of(copy, s->len);
	return CS_OK;
}

enum cs_err cs_program_finish(struct cs_program_child *child, int timeout_ms,
			      struct cs_arena *arena, struct cs_program_end *end)
{
	struct stream out = { .fd = child->out }, err = { .fd = child->err };
	int timer = set_timer(timeout_ms ? timeout_ms : PATIENCE);
	enum cs_err failed = timer < 0 ? CS_ERR_IO : attend(child, timer, &out, &err);
	int kept = errno;

	end->status = cs_program_stop(child);
	if (timer >= 0)
		(void)close(timer); /* a timer has nothing to lose */
	if (!failed)
		failed = keep(&out, arena, &end->out);
	if (!failed)
		failed = keep(&err, arena, &end->err);
	free(out.bytes);
	free(err.bytes);
	errno = kept;
	return failed;
}

enum cs_err cs_program_run(const struct cs_program *program, struct cs_arena *arena,
			   struct cs_program_end *end)
{
	struct cs_program_child child;
	enum cs_err err = cs_program_start(program, &child);

	return err ? err : cs_program_finish(&child, program->timeout_ms, arena, end);
}

/* The first line that says something, without its blanks. */
static struct cs_span first_line(struct cs_span text)
{
	while (text.len && strchr(" \t\r\n", text.ptr[0]))
		text = cs_span_of(text.ptr + 1, text.len - 1);

	const uint8_t *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;

	if (end)
		text.len = (size_t)(end - text.ptr);
	return text;
}

static void explain(const char *name, const struct cs_program_end *end,
		    char why[CS_PROGRAM_WHY])
{
	struct cs_span said = first_line(end->err);
	size_t n;

	if (said.len == 0)
		(void)snprintf(why, CS_PROGRAM_WHY, "%s: ended with status %d", name,
			       end->status);
	else
		(void)snprintf(why, CS_PROGRAM_WHY, "%s: %.*s", name,
			       said.len < CS_PROGRAM_WHY ? (int)said.len : CS_PROGRAM_WHY,
			       (const char *)said.ptr);
	n = strlen(why);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)why[i] < ' ' || why[i] == 0x7f)
			why[i] = '?';
}

enum cs_err cs_program_must(const struct cs_program *program, struct cs_arena *arena,
			    struct cs_span *out, char why[CS_PROGRAM_WHY])
{
	struct cs_program_end end = { 0 };
	enum cs_err err = cs_program_run(program, arena, &end);
	const char *name = program->argv[0];

	if (!err && end.status == 0) {
		*out = end.out;
		return CS_OK;
	}
	if (!err) {
		explain(name, &end, why);
		return CS_ERR_REFUSED;
	}
	(void)snprintf(why, CS_PROGRAM_WHY, "%s: %s", name,
		       err == CS_ERR_NOT_FOUND ? "no such program is installed"
		       : err == CS_ERR_BUSY    ? "did not end in time"
		       : err == CS_ERR_FULL    ? "said more than 64 MiB"
		       : err == CS_ERR_NOMEM   ? cs_strerror(err)
					       : strerror(errno));
	return err;
}

struct cs_span cs_program_said(struct cs_span err)
{
	struct cs_span line = cs_span_str("it failed");

	(void)cs_text_line(&err, &line); /* or it said nothing */
	return line;
}
