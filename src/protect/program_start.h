/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_start: a program that has been started and not yet ended: what
 * program.h runs to the end, and what stays (`nft monitor trace`). Whoever started
 * it reads its descriptors and stops it.
 */
#pragma once

#include <sys/types.h>

#include "protect/program.h"

/* Treat as read-only; -1 for what is not there. */
struct cs_program_child {
	pid_t pid;
	int pidfd;    /* readable when it has ended */
	int out, err; /* what it says; ours, non-blocking, close-on-exec */
};

/*
 * Starts @program with a process group of its own; its timeout is the caller's
 * business. It is killed when the thread that started it ends, whatever ends that.
 * CS_ERR_NOT_FOUND  there is no such program
 * CS_ERR_IO with errno
 */
CS_MUST_USE enum cs_err cs_program_start(const struct cs_program *program,
					 struct cs_program_child *child);

/*
 * Reads what it says until it has ended, within @timeout_ms from now (0: 20,000), and closes the
 * descriptors. As cs_program_run() from there on.
 */
CS_MUST_USE enum cs_err cs_program_finish(struct cs_program_child *child, int timeout_ms,
					  struct cs_arena *arena,
					  struct cs_program_end *end);

/*
 * Kills it, with what it started in its group, unless it has ended; closes the
 * descriptors. Returns its status as struct cs_program_end has it, -1 when there was
 * none. A child that is all -1 (pid 0 too), or stopped already, is fine.
 */
int cs_program_stop(struct cs_program_child *child);
