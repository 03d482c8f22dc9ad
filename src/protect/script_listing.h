/* SPDX-License-Identifier: Apache-2.0 */
/* script_listing: what nft lists of a script of ours, tried in a namespace that is thrown away. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_script_reading {
	CS_SCRIPT_WHOLE, /* nft reads and prints all of it */
	/*
	 * Long lists of elements do not pass through nft: see script_long. Whoever loads
	 * them later sees whether nft prints them otherwise.
	 */
	CS_SCRIPT_SHORT,
};

/*
 * As `nft -a -s list ruleset` prints it on a machine that has nothing else.
 * CS_ERR_REFUSED  nft does not take the script; others as cs_throwaway_run(); @why (512
 * bytes) is one line
 */
CS_MUST_USE enum cs_err cs_script_listing(struct cs_span script,
					  enum cs_script_reading reading,
					  struct cs_arena *arena, struct cs_span *out,
					  char *why);
