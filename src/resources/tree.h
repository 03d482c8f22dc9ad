/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: the links of a device put under each other by the segments of their
 * paths, in the order in which the device first names them. A step that is no
 * resource itself and has one step below it is one line with that:
 * "/sensors/temp". What is no path (another scheme, a relative reference) stands at
 * the top as it is. Text is borrowed from the list.
 */
#pragma once

#include "base/arena.h"
#include "coap/link.h"

struct cs_tree_row {
	struct cs_span label; /* "/", "/time", "/a/b", "coap://[::1]/x" */
	unsigned depth;       /* 0: at the top */
	bool is_link;         /* false: only a step on the way to others */
	struct cs_link link;
};

struct cs_tree {
	struct cs_tree_row *rows; /* in the arena, top down */
	size_t n;
};

/*
 * Reads @list (RFC 6690) up to where it can no longer be followed. Time grows
 * with n log n, memory with n, whatever the list says.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_tree_build(struct cs_span list, struct cs_arena *arena,
				      struct cs_tree *tree);
