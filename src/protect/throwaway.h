/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throwaway: runs a few programs, one after the other, in a network namespace that is made
 * for them and gone afterwards: nft and iptables-restore read a stranger's rules there
 * and print them back. Without root it is in a user namespace. This process stays where
 * it is. A folder of theirs may be thrown away with it: then what they write there is
 * seen by nobody else.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "protect/program.h"

enum { CS_THROWAWAY_WHY = 256 };

struct cs_throwaway {
	const char *const *links; /* interfaces that must be there by name; lo is */
	size_t n_links;
	const char
		*copied; /* a folder that they have a copy of; needs root. NULL: none */
	const struct cs_program *programs;
	size_t n_programs;
};

/*
 * Runs them until one ends with another status than 0. @ends has room for one a program;
 * *@n is how many have ended.
 * CS_ERR_DENIED     neither root nor user namespaces
 * CS_ERR_NOT_FOUND  a program is not installed: that after the *@n
 * CS_ERR_BUSY, CS_ERR_FULL, CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_throwaway_run(const struct cs_throwaway *job,
					 struct cs_arena *arena,
					 struct cs_program_end *ends, size_t *n,
					 char why[CS_THROWAWAY_WHY]);
