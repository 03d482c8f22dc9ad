/* SPDX-License-Identifier: Apache-2.0 */
/* Files, one after the other, with one window for all of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/capture_filter.h"
#include "net/capture_format.h"
#include "net/capture_private.h"

enum { AT_A_CALL = 1 << 16 /* frames that the filter does not take */ };

struct source {
	char *name; /* owned; for people */
	int fd;     /* -1: .file, or closed */
	bool owned; /* .fd is ours to close */
	FILE *file; /* borrowed */
};

struct capture_files {
	struct cs_capture capture;
	struct source *sources; /* owned */
	size_t n, at;           /* .at is the one that is being read */
	bool begun;
	struct cs_input input;
	struct cs_records records;
	struct cs_capture_sieve *sieve; /* owned; NULL: no filter */
};

static enum cs_err say(struct capture_files *c, enum cs_err err, const char *what)
{
	(void)snprintf(c->capture.why, CS_CAPTURE_WHY, "%.128s: %.180s",
		       c->sources[c->at].name, what);
	return err;
}

static void close_source(struct source *s)
{
	if (s->owned && s->fd >= 0)
		(void)close(s->fd); /* only read */
	s->fd = -1;
	s->owned = false;
}

static void leave_file(struct capture_files *c)
{
	close_source(&c->sources[c->at]);
	cs_records_clear(&c->records);
	c->begun = false;
	c->at++;
}

static enum cs_err begin_file(struct capture_files *c)
{
	const struct source *s = &c->sources[c->at];

	if (!c->begun)
		cs_input_begin(&c->input, s->fd, s->file);
	c->begun = true;
	return cs_records_begin(&c->records, &c->input);
}

/* What ended the reading of this file, in words; most is in .trouble already. */
static enum cs_err explain(struct capture_files *c, enum cs_err err)
{
	if (err == CS_ERR_IO)
		return say(c, err, strerror(errno));
	if (err == CS_ERR_NOMEM)
		return say(c, err, cs_strerror(err));
	return say(c, err, c->records.trouble);
}

static enum cs_err next_of_file(struct capture_files *c, struct cs_capture_frame *frame)
{
	enum cs_err err = CS_OK;
	bool headless = !c->records.format;

	if (headless)
		err = begin_file(c);
	if (!err) {
		headless = false;
		err = c->records.format->next(&c->records, &c->input, frame);
	}
	if (!err || err == CS_ERR_BUSY)
		return err;
	if (err != CS_ERR_NOT_FOUND)
		err = explain(c, err);
	if (err != CS_ERR_FOREIGN || headless)
		leave_file(c);
	return err;
}

static enum cs_err files_next(struct cs_capture *capture, int wait_ms,
			      struct cs_capture_frame *frame)
{
	struct capture_files *c = (struct capture_files *)capture;
	enum cs_err err = CS_ERR_BUSY;

	c->input.wait_ms = wait_ms;
	for (unsigned passed = 0; c->at < c->n && passed < AT_A_CALL;) {
		frame->source = (unsigned)c->at;
		err = next_of_file(c, frame);
		if (err == CS_ERR_NOT_FOUND)
			continue;
		if (err == CS_ERR_BUSY)
			break;
		if (err || !c->sieve || cs_capture_sieve_takes(c->sieve, frame))
			return err;
		passed++;
	}
	c->capture.done = c->at == c->n;
	return CS_ERR_NOT_FOUND;
}

static void files_close(struct cs_capture *capture)
{
	struct capture_files *c = (struct capture_files *)capture;

	for (size_t i = 0; i < c->n; i++) {
		close_source(&c->sources[i]);
		free(c->sources[i].name);
	}
	free(c->sources);
	cs_records_clear(&c->records);
	cs_input_clear(&c->input);
	cs_capture_sieve_free(c->sieve);
	free(c);
}

static const struct cs_capture_ops ops = { .next = files_next, .close = files_close };

/* Many files are open at once; the soft limit is only a default. */
static bool raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static enum cs_err open_path(struct capture_files *c, struct source *s)
{
	s->fd = open(s->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0 && errno == EMFILE && raise_limit())
		s->fd = open(s->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd >= 0) {
		s->owned = true;
		return CS_OK;
	}
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return say(c, CS_ERR_NOT_FOUND, strerror(errno));
	case EACCES:
	case EPERM:
		return say(c, CS_ERR_DENIED, strerror(errno));
	case EMFILE:
		return say(c, CS_ERR_IO,
			   "too many files are open: want fewer, or a higher ulimit -n");
	default:
		return say(c, CS_ERR_IO, strerror(errno));
	}
}

/* A regular file's first bytes tell already now, and stay where they are. */
static enum cs_err check(struct capture_files *c, const struct source *s)
{
	uint8_t head[CS_FORMAT_HEAD];
	char why[CS_RECORD_WHY] = "";
	struct stat is;
	ssize_t n;
	enum cs_err err;

	if (s->fd < 0 || fstat(s->fd, &is) != 0)
		return CS_OK;
	if (S_ISDIR(is.st_mode))
		return say(c, CS_ERR_USAGE, "a folder: want a capture file");
	if (!S_ISREG(is.st_mode) || lseek(s->fd, 0, SEEK_CUR) != 0)
		return CS_OK;
	n = pread(s->fd, head, sizeof(head), 0);
	if (n < 0)
		return say(c, CS_ERR_IO, strerror(errno));
	if (n == 0)
		return say(c, CS_ERR_SHORT, "the file is empty");
	err = cs_records_check(cs_span_of(head, (size_t)n), why);
	return err ? say(c, err, why) : CS_OK;
}

static enum cs_err open_source(struct capture_files *c, const char *name, FILE *in)
{
	struct source *s = &c->sources[c->at = c->n];
	bool is_in = strcmp(name, "-") == 0;
	enum cs_err err = CS_OK;

	*s = (struct source){ .fd = -1 };
	s->name = strdup(is_in ? "standard input" : name);
	if (!s->name)
		return CS_ERR_NOMEM;
	c->n++;
	if (is_in) {
		s->file = in;
		s->fd = fileno(in);
	} else {
		err = open_path(c, s);
	}
	return err ? err : check(c, s);
}

static enum cs_err open_all(struct capture_files *c, const char *const *files, size_t n,
			    FILE *in)
{
	enum cs_err err = cs_input_init(&c->input);

	c->sources = calloc(n ? n : 1, sizeof(*c->sources));
	if (!c->sources)
		return CS_ERR_NOMEM;
	for (size_t i = 0; !err && i < n; i++)
		err = open_source(c, files[i], in);
	c->at = 0;
	return err;
}

enum cs_err cs_capture_open_files(const char *const *files, size_t n, FILE *in,
				  const char *filter, struct cs_capture **out,
				  char why[CS_CAPTURE_WHY])
{
	struct capture_files *c = calloc(1, sizeof(*c));
	enum cs_err err;

	(void)snprintf(why, CS_CAPTURE_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	if (!c)
		return CS_ERR_NOMEM;
	c->capture.ops = &ops;
	err = open_all(c, files, n, in);
	if (!err && filter)
		err = cs_capture_sieve_new(filter, &c->sieve, c->capture.why);
	if (!err) {
		*out = &c->capture;
		return CS_OK;
	}
	if (c->capture.why[0])
		(void)snprintf(why, CS_CAPTURE_WHY, "%s", c->capture.why);
	files_close(&c->capture);
	return err;
}
