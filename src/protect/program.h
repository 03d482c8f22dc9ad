/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: runs another program (nft, ufw, iptables-save) by its argument
 * vector, never through a shell, with a bounded time and a bounded answer. The
 * environment is ours, not the caller's: LC_ALL=C, and the absolute folders of the
 * caller's PATH with the sbin beside each bin. The child has no descriptors but the
 * three standard ones and is killed when we end.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum {
	CS_PROGRAM_WHY = 512,
	CS_PROGRAM_OUT_MAX = 64 << 20, /* bytes of an answer */
};

struct cs_program {
	const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
	struct cs_span input;    /* its standard input; empty: /dev/null */
	int timeout_ms;          /* 0: 20,000 */
};

struct cs_program_end {
	int status;         /* its exit status; 128 + n: ended by signal n */
	struct cs_span out; /* in the arena, with a NUL after the last byte */
	struct cs_span err;
};

/*
 * Runs it to its end. CS_OK also when it ended with another status than 0: that is
 * for the caller to judge.
 * CS_ERR_NOT_FOUND  there is no such program
 * CS_ERR_BUSY       it did not end in time (and was killed)
 * CS_ERR_FULL       it said more than CS_PROGRAM_OUT_MAX
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_program_run(const struct cs_program *program,
				       struct cs_arena *arena,
				       struct cs_program_end *end);

/*
 * The usual case: it must end with 0. Else @why is one line: the program and the first
 * line that it said on standard error. Errors as above; CS_ERR_REFUSED when its
 * status was not 0.
 */
CS_MUST_USE enum cs_err cs_program_must(const struct cs_program *program,
					struct cs_arena *arena, struct cs_span *out,
					char why[CS_PROGRAM_WHY]);

/* The first line of what a program that failed said on standard error, or that it failed. */
struct cs_span cs_program_said(struct cs_span err);
