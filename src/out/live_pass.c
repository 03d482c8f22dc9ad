/* SPDX-License-Identifier: Apache-2.0 */
/* How lines reach each kind of output: whole, or they are lost and counted. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/live_own.h"
#include "out/patient.h"

enum {
	MOMENT_MS = 50,
	MOMENTS = 200, /* between two flushes */
};

static uint64_t count_lines(struct cs_span text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* The length of what ends with the last line's end before @len. */
static size_t whole_lines(struct cs_span text, size_t len)
{
	while (len > 0 && text.ptr[len - 1] != '\n')
		len--;
	return len;
}

static struct cs_span from(struct cs_span text, size_t at)
{
	return cs_span_of(text.ptr + at, text.len - at);
}

static void lose(struct cs_live *live, struct cs_span lines, int error)
{
	if (lines.len == 0)
		return;
	live->state.lost += count_lines(lines);
	live->state.error = error ? error : EIO;
}

static void done(struct cs_live *live, struct cs_span text, size_t len)
{
	uint64_t n = count_lines(cs_span_of(text.ptr, len));

	live->state.lines += n;
	if (n > 0)
		live->state.error = 0;
}

/* --- files and devices --- */

/* Writes until all is there or an error; returns what was written. */
static size_t write_on(int fd, struct cs_span text, int *error)
{
	size_t at = 0;

	*error = 0;
	while (at < text.len) {
		ssize_t wrote = cs_patient_write(fd, text.ptr + at, text.len - at);

		if (wrote > 0)
			at += (size_t)wrote;
		else if (wrote == 0 || errno != EINTR) {
			*error = wrote == 0 ? EIO : errno;
			break;
		}
	}
	return at;
}

/* Takes the last @n bytes of a log back, if they are the last. */
static void take_back(int fd, size_t n)
{
	struct stat st;

	if (n == 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)n)
		return;
	if (ftruncate(fd, st.st_size - (off_t)n) != 0)
		return; /* the next line then begins behind a half one */
}

static void pass_file(struct cs_live *live, struct cs_span lines)
{
	int error;
	size_t wrote = write_on(live->fd, lines, &error);
	size_t whole = whole_lines(lines, wrote);

	done(live, lines, whole);
	if (live->kind == CS_LIVE_LOG)
		take_back(live->fd, wrote - whole);
	lose(live, from(lines, whole), error);
}

/* --- sockets and pipes --- */

/*
 * For how long to wait for room now. A reader that takes what it is given may need a
 * moment for a burst (the kernel holds ten datagrams); one that let it pass gets no other
 * until it has taken something.
 */
static int patience(struct cs_live *live)
{
	if (live->wait_ms > 0)
		return live->wait_ms;
	if (live->moments == 0)
		return 0;
	live->moments--;
	return MOMENT_MS;
}

/* Waits until there is room, or says false with errno. */
static bool wait_for_room(struct cs_live *live)
{
	struct pollfd room = { .fd = live->fd, .events = POLLOUT };
	int wait_ms = patience(live);

	if (wait_ms > 0 && poll(&room, 1, wait_ms) > 0)
		return true;
	live->moments = 0;
	live->slow = true;
	errno = EAGAIN;
	return false;
}

void cs_live_be_patient(struct cs_live *live)
{
	live->moments = live->slow ? 0 : MOMENTS;
}

/* One try, with the patience that there is; -1 with errno. */
static ssize_t offer(struct cs_live *live, const void *bytes, size_t n)
{
	bool waited = false;

	for (;;) {
		ssize_t took = send(live->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (took < 0 && errno == ENOTSOCK)
			took = write(live->fd, bytes, n); /* does not block, either */
		if (took >= 0) {
			live->slow = false;
			return took;
		}
		if (errno == EINTR)
			continue;
		if ((errno != EAGAIN && errno != ENOBUFS) || waited ||
		    !wait_for_room(live))
			return -1;
		waited = true;
	}
}

/* Offers all of @text; returns what was taken, and why not all. */
static size_t offer_on(struct cs_live *live, struct cs_span text, int *error)
{
	size_t at = 0;

	*error = 0;
	while (at < text.len) {
		ssize_t took = offer(live, text.ptr + at, text.len - at);

		if (took < 0) {
			*error = errno;
			break;
		}
		at += (size_t)took;
	}
	return at;
}

/* What is left of a line that was begun must go before the next. */
static bool pass_rest(struct cs_live *live, int *error)
{
	struct cs_span rest;

	*error = 0;
	if (live->rest_at == live->rest_len)
		return true;
	rest = cs_span_of(live->rest + live->rest_at, live->rest_len - live->rest_at);
	live->rest_at += offer_on(live, rest, error);
	if (live->rest_at < live->rest_len)
		return false;
	live->rest_at = live->rest_len = 0;
	live->state.lines++;
	return true;
}

/* Keeps the end of the line of @lines that was taken up to @at; returns its end. */
static size_t keep_rest(struct cs_live *live, struct cs_span lines, size_t at)
{
	size_t end = at;
	char *rest;

	while (end < lines.len && lines.ptr[end] != '\n')
		end++;
	end++; /* all of @lines ends with one */
	rest = realloc(live->rest, end - at);
	if (!rest)
		return at; /* the reader sees a broken line: it is counted as lost */
	memcpy(rest, lines.ptr + at, end - at);
	live->rest = rest;
	live->rest_at = 0;
	live->rest_len = end - at;
	return end;
}

static void pass_stream(struct cs_live *live, struct cs_span lines)
{
	int error;
	size_t took, whole;

	if (!pass_rest(live, &error)) {
		lose(live, lines, error);
		return;
	}
	took = offer_on(live, lines, &error);
	whole = whole_lines(lines, took);
	done(live, lines, whole);
	if (took > whole)
		took = keep_rest(live, lines, took);
	lose(live, from(lines, took), error);
}

static void pass_datagrams(struct cs_live *live, struct cs_span lines)
{
	while (lines.len > 0) {
		const uint8_t *end = memchr(lines.ptr, '\n', lines.len);
		size_t n = end ? (size_t)(end - lines.ptr) + 1 : lines.len;

		if (offer(live, lines.ptr, n) >= 0)
			done(live, lines, n);
		else
			lose(live, cs_span_of(lines.ptr, n), errno);
		lines = from(lines, n);
	}
}

void cs_live_pass(struct cs_live *live, struct cs_span lines)
{
	switch (live->kind) {
	case CS_LIVE_LOG:
	case CS_LIVE_PLAIN:
		pass_file(live, lines);
		break;
	case CS_LIVE_STREAM:
		pass_stream(live, lines);
		break;
	case CS_LIVE_DATAGRAM:
		pass_datagrams(live, lines);
		break;
	}
}
