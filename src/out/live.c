/* SPDX-License-Identifier: Apache-2.0 */
#include "out/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/file_name.h"
#include "out/live_own.h"
#include "out/term.h"

enum {
	BUFFER = 64 << 10,     /* bytes */
	LONGEST = 1 << 20,     /* of a line that has no end yet: longer ones are lost */
	SEND_BUFFER = 4 << 20, /* bytes asked for; the kernel gives what it allows */
};

/* --- lines --- */

static bool make_room(struct cs_live *live, size_t more)
{
	size_t want = live->len + more;
	char *text;

	if (want > LONGEST)
		return false;
	if (want <= live->cap)
		return true;
	text = realloc(live->text, 2 * want);
	if (!text)
		return false;
	live->text = text;
	live->cap = 2 * want;
	return true;
}

/* Keeps what has no end yet; one that is too long is lost whole. */
static void keep(struct cs_live *live, struct cs_span part)
{
	if (live->skip || part.len == 0)
		return;
	if (!make_room(live, part.len)) {
		live->skip = true;
		live->len = 0;
		return;
	}
	memcpy(live->text + live->len, part.ptr, part.len);
	live->len += part.len;
}

/* The line that was kept has its end. */
static void end_kept(struct cs_live *live)
{
	if (live->skip) {
		live->state.lost++;
		live->state.error = EMSGSIZE;
	} else {
		cs_live_pass(live, cs_span_of(live->text, live->len));
	}
	live->skip = false;
	live->len = 0;
}

/* The stream's own writer: what is whole goes on, the begin of a line waits. */
static ssize_t take(void *cookie, const char *bytes, size_t n)
{
	struct cs_live *live = cookie;
	const char *end;
	size_t at = 0;

	if (live->len > 0 || live->skip) {
		end = memchr(bytes, '\n', n);
		at = end ? (size_t)(end - bytes) + 1 : n;
		keep(live, cs_span_of(bytes, at));
		if (end)
			end_kept(live);
	}
	end = memrchr(bytes + at, '\n', n - at);
	if (end) {
		size_t whole = (size_t)(end - bytes) + 1 - at;

		cs_live_pass(live, cs_span_of(bytes + at, whole));
		at += whole;
	}
	keep(live, cs_span_of(bytes + at, n - at));
	return (ssize_t)n;
}

static bool open_stream(struct cs_live *live)
{
	const cookie_io_functions_t io = { .write = take };

	live->buffer = malloc(BUFFER);
	if (!live->buffer)
		return false;
	live->stream = fopencookie(live, "w", io);
	return live->stream && setvbuf(live->stream, live->buffer, _IOFBF, BUFFER) == 0;
}

/* --- opening --- */

static int open_log(int folder, const char *name)
{
	int fd = openat(folder, name,
			O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			0666);
	struct stat st;

	/* One that we may write to, but not read. */
	if (fd < 0 && errno == EACCES)
		fd = openat(folder, name,
			    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
				    O_NONBLOCK,
			    0666);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)close(fd); /* never used */
	errno = EINVAL;
	return -1;
}

/* A crash may have left half a line: what follows shall not be a part of it. */
static void end_half_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' &&
	    write(fd, "\n", 1) != 1)
		return; /* no room: the next write will say so */
}

static bool use_log(struct cs_live *live, const struct cs_file_name *name)
{
	live->kind = CS_LIVE_LOG;
	live->folder = name->folder;
	/* Both have NAME_MAX + 1 bytes. */
	memcpy(live->name, name->base, strlen(name->base) + 1);
	live->fd = open_log(live->folder, live->name);
	if (live->fd < 0)
		return false;
	end_half_line(live->fd);
	return true;
}

/* By the folder that is kept, so that it can be done again. */
static int connect_to(struct cs_live *live, struct cs_file_name *name)
{
	live->folder = name->folder;
	name->folder = -1;
	memcpy(live->name, name->base, strlen(name->base) + 1);
	return cs_live_connect(live);
}

void cs_live_widen(int fd)
{
	int size = SEND_BUFFER;

	/* A wish: bursts are otherwise lost earlier. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

bool cs_live_set_kind(struct cs_live *live)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(live->fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return false;
	live->kind = type == SOCK_STREAM ? CS_LIVE_STREAM : CS_LIVE_DATAGRAM;
	return true;
}

/* What kind it is that was opened; a pipe with a name is made not to block. */
static bool look(struct cs_live *live)
{
	struct stat st;

	live->kind = CS_LIVE_PLAIN;
	if (fstat(live->fd, &st) != 0)
		return false;
	if (S_ISFIFO(st.st_mode)) {
		live->kind = CS_LIVE_STREAM;
		return fcntl(live->fd, F_SETFL, fcntl(live->fd, F_GETFL) | O_NONBLOCK) ==
		       0;
	}
	if (!S_ISSOCK(st.st_mode))
		return true;
	cs_live_widen(live->fd);
	return cs_live_set_kind(live);
}

static bool open_path(struct cs_live *live, const char *path)
{
	struct cs_file_name name;

	if (strcmp(path, "-") == 0) {
		live->kind = CS_LIVE_PLAIN;
		live->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
		return live->fd >= 0;
	}
	if (!cs_file_name_find(path, &name))
		return false;
	if (name.replace)
		return use_log(live, &name);
	live->fd = S_ISSOCK(name.st.st_mode) ? connect_to(live, &name)
					     : cs_file_name_open(&name);
	cs_file_name_clear(&name);
	return live->fd >= 0 && look(live);
}

static void release(struct cs_live *live)
{
	int saved = errno;

	if (live->stream)
		(void)fclose(live->stream); /* what is whole went before */
	if (live->fd >= 0)
		(void)close(live->fd); /* a log: nothing is promised of the disk */
	if (live->folder >= 0)
		(void)close(live->folder); /* only read from */
	free(live->buffer);
	free(live->text);
	free(live->rest);
	free(live);
	errno = saved;
}

enum cs_err cs_live_open(const char *path, struct cs_live **out)
{
	struct cs_live *live = calloc(1, sizeof(*live));

	if (!live)
		return CS_ERR_NOMEM;
	live->fd = -1;
	live->folder = -1;
	(void)snprintf(live->path, sizeof(live->path), "%s", path);
	if (!open_path(live, path) || !open_stream(live)) {
		release(live);
		if (errno == ENOMEM)
			return CS_ERR_NOMEM;
		return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
	}
	*out = live;
	return CS_OK;
}

/* --- use --- */

void cs_live_flush(struct cs_live *live)
{
	cs_live_be_patient(live);
	(void)fflush(live->stream); /* take() never fails: it counts */
}

void cs_live_close(struct cs_live *live)
{
	if (!live)
		return;
	cs_live_flush(live);
	release(live);
}

FILE *cs_live_stream(struct cs_live *live)
{
	return live->stream;
}

int cs_live_fd(const struct cs_live *live)
{
	return live->fd;
}

int cs_live_folder(const struct cs_live *live)
{
	return live->kind == CS_LIVE_LOG ? live->folder : -1;
}

void cs_live_wait(struct cs_live *live, int wait_ms)
{
	live->wait_ms = wait_ms;
}

enum cs_err cs_live_reopen(struct cs_live *live)
{
	int fd;

	if (live->kind != CS_LIVE_LOG)
		return CS_OK;
	cs_live_flush(live);
	fd = open_log(live->folder, live->name);
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
	end_half_line(fd);
	(void)close(live->fd); /* as above */
	live->fd = fd;
	return CS_OK;
}

struct cs_live_state cs_live_state(const struct cs_live *live)
{
	return live->state;
}

/* It is over when a whole time between two questions was without losses. */
bool cs_live_news(struct cs_live *live, char text[CS_LIVE_TEXT])
{
	bool losing = live->state.lost != live->seen_lost;
	char path[CS_LIVE_TEXT / 2];
	int error = live->state.error ? live->state.error : EAGAIN;

	live->seen_lost = live->state.lost;
	if (losing == live->told || (!losing && live->state.error))
		return false;
	(void)cs_term_text_in(path, sizeof(path), cs_span_str(live->path));
	if (losing)
		(void)snprintf(text, CS_LIVE_TEXT, "%s: %s; lines are lost", path,
			       error == EAGAIN ? "the reader is slow" : strerror(error));
	else
		(void)snprintf(text, CS_LIVE_TEXT, "%s: goes on, %llu lines were lost",
			       path,
			       (unsigned long long)(live->state.lost - live->told_lost));
	if (!losing)
		live->told_lost = live->state.lost;
	live->told = losing;
	return true;
}
