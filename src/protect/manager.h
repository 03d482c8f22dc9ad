/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager: other programs that keep rules of their own here. Theirs are left alone: what is
 * changed in them by hand is gone when they make them anew. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/rd.h"

struct cs_manager {
	const char *name; /* "firewalld" */
	const char *mark; /* how its rules begin: "table inet firewalld" */
};

enum { CS_MANAGERS_MAX = 16 };

/*
 * Those whose tables or chains are in @rules (what `nft list ruleset` says), each once.
 * Returns how many.
 */
size_t cs_managers_find(struct cs_span rules, struct cs_manager out[CS_MANAGERS_MAX]);
