/* SPDX-License-Identifier: Apache-2.0 */
/* protect_output: -o and -O of the verbs that print what there is. */
#pragma once

#include "cmd/protect_job.h"
#include "out/file.h"

struct cs_protect_output {
	struct cs_out_file *file; /* owned; NULL: not open */
	FILE *to;
	bool table;   /* for people; else JSON lines */
	size_t width; /* 0: no limit */
	bool colour;
};

/* Returns -1 to go on, else the exit status: the reason has been said. */
CS_MUST_USE int cs_protect_output_open(struct cs_protect_job *job,
				       struct cs_protect_output *out);

/*
 * Ends it: with @status CS_EXIT_OK what was written is there, whole, or the status is another; with
 * any other nothing is. Returns the status that is left.
 */
int cs_protect_output_end(struct cs_protect_job *job, struct cs_protect_output *out,
			  int status);

/*
 * Writes @path, whole or not at all. Returns -1 to go on, else the exit status: the
 * reason has been said.
 */
CS_MUST_USE int cs_protect_output_file(struct cs_protect_job *job, const char *path,
				       struct cs_span bytes);
