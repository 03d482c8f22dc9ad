/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect check: what the rules in force really do with CoAP. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/protect_ask.h"
#include "out/file.h"

enum { TABLE, JSONL }; /* the words of -O */

struct check {
	struct cs_protect_job *job;
	struct cs_protect_ask ask;
	struct cs_meanings meanings;
	struct cs_out_file *file; /* owned */
};

static int open_output(struct check *c)
{
	const char *path = c->job->options.output_file;

	if (!cs_out_file_open(path, &c->file))
		return -1;
	cs_log(&c->job->ctx->log, CS_ERROR, "--output-file %s: %s", path,
	       strerror(errno));
	return CS_EXIT_FAILED;
}

static void write_lines(const struct check *c, FILE *to)
{
	cs_meanings_write(&c->meanings, to);
	if (c->meanings.n_peers < c->ask.request.n_peers)
		cs_log(&c->job->ctx->log, CS_NOTE, "%zu of %zu peers asked",
		       c->meanings.n_peers, c->ask.request.n_peers);
}

static int write_rows(struct check *c)
{
	const struct cs_ctx *ctx = c->job->ctx;
	FILE *to = cs_out_file_stream(c->file);
	int fd = cs_out_file_fd(c->file), form = c->job->options.output_format;
	struct cs_out_file *file = c->file;
	enum cs_err err = CS_OK;

	if (form == TABLE || (form < 0 && isatty(fd)))
		err = cs_meanings_write_table(&c->meanings, &c->ask.request, to,
					      isatty(fd) ? ctx->columns : 0,
					      cs_cmd_colored(ctx, fd));
	else
		write_lines(c, to);
	if (err) {
		cs_log(&ctx->log, CS_ERROR, "%s", cs_strerror(err));
		return cs_exit_of(err);
	}
	c->file = NULL;
	if (!cs_out_file_commit(file))
		return -1;
	cs_log(&ctx->log, CS_ERROR, "writing the answers: %s", strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_protect_check(struct cs_protect_job *job)
{
	struct check c = { .job = job };
	int status = cs_protect_ask_read(job, &c.ask);

	if (status < 0)
		status = open_output(&c);
	if (status < 0)
		status = cs_protect_ask_all(job, &c.ask, &c.meanings);
	if (status < 0)
		status = write_rows(&c);
	cs_out_file_abort(c.file);
	if (status >= 0)
		return status;
	return c.meanings.exposed ? CS_EXIT_FINDINGS : CS_EXIT_OK;
}
