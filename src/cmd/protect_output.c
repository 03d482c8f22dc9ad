/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { TABLE }; /* the first word of -O */

int cs_protect_output_open(struct cs_protect_job *job, struct cs_protect_output *out)
{
	const char *path = job->options.output_file;
	int form = job->options.output_format;
	int fd;

	*out = (struct cs_protect_output){ .file = NULL };
	if (cs_out_file_open(path, &out->file)) {
		cs_log(&job->ctx->log, CS_ERROR, "--output-file %s: %s", path,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}
	fd = cs_out_file_fd(out->file);
	out->to = cs_out_file_stream(out->file);
	out->table = form == TABLE || (form < 0 && isatty(fd));
	out->width = isatty(fd) ? job->ctx->columns : 0;
	out->colour = cs_cmd_colored(job->ctx, fd);
	return -1;
}

int cs_protect_output_end(struct cs_protect_job *job, struct cs_protect_output *out,
			  int status)
{
	if (status != CS_EXIT_OK) {
		cs_out_file_abort(out->file);
		return status;
	}
	if (!cs_out_file_commit(out->file))
		return status;
	cs_log(&job->ctx->log, CS_ERROR, "--output-file %s: %s", job->options.output_file,
	       strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_protect_output_file(struct cs_protect_job *job, const char *path,
			   struct cs_span bytes)
{
	struct cs_out_file *file;

	if (!cs_out_file_open(path, &file)) {
		(void)fwrite(bytes.ptr, 1, bytes.len, cs_out_file_stream(file));
		if (!cs_out_file_commit(file))
			return -1;
	}
	cs_log(&job->ctx->log, CS_ERROR, "%s: %s", path, strerror(errno));
	return CS_EXIT_FAILED;
}
