/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_long: the long lists of elements in a script of ours, and the rest of it. They
 * are written as nft prints them, so a listing of the rest becomes that of the whole when
 * they are put back: nft need not read 20,000 prefixes only to print them again. Pure but
 * for the arena.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum {
	CS_SCRIPT_LONG = 4096, /* bytes of a list, from which on it is long */
	CS_SCRIPT_LISTS = 16,
};

struct cs_script_long {
	struct cs_span rest; /* the script without them; the arena's */
	struct {
		struct cs_span set;  /* "\tset NAME {" */
		struct cs_span list; /* its lines with "elements = { ... }" */
	} lists[CS_SCRIPT_LISTS];
	size_t n; /* what is above CS_SCRIPT_LISTS stays in the rest */
};

/* Takes @script apart; the lists point into it. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_script_cut(struct cs_span script, struct cs_arena *arena,
				      struct cs_script_long *out);

/*
 * @listing (of `nft -a list ruleset`) is of the rest: @out has the lists, too, and is the arena's.
 * CS_ERR_NOT_FOUND  it lacks one of the sets
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_script_join(const struct cs_script_long *parts,
				       struct cs_span listing, struct cs_arena *arena,
				       struct cs_span *out);
