/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_socket: runs nft and keeps its netlink socket open beyond its end. The kernel
 * lets the end of such a socket wait until rules that a transaction deleted are out of
 * use everywhere (15 to 25 ms, with 20,000 elements 60); what the transaction did holds
 * before that.
 */
#pragma once

#include "protect/program_start.h"

/*
 * As cs_program_run(). *@socket is the caller's, close-on-exec: to be closed when nobody
 * waits for him. -1: it had none, or the kernel does not let us have it; then the
 * program's end took what it takes.
 */
CS_MUST_USE enum cs_err cs_program_run_on(const struct cs_program *program,
					  struct cs_arena *arena,
					  struct cs_program_end *end, int *socket);
