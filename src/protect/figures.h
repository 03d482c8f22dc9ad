/* SPDX-License-Identifier: Apache-2.0 */
/* figures: what the kernel counted in our table, and how much is in its sets. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"
#include "protect/state.h"

struct cs_figure {
	struct cs_span name;
	uint64_t packets, bytes; /* of a counter */
	uint64_t elements;       /* of a set */
};

struct cs_figures {
	struct cs_figure *counters;
	size_t n_counters;
	struct cs_figure *sets; /* not those that only mark whose table it is */
	size_t n_sets;
	size_t rules;
};

/* Of the table that is there. Errors as cs_table_look() */
CS_MUST_USE enum cs_err cs_figures_read(struct cs_arena *arena, struct cs_figures *out,
					char why[CS_STATE_WHY]);

/* The same from what `nft list table inet coapscope` printed. CS_ERR_SYNTAX, CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_figures_parse(struct cs_span text, struct cs_arena *arena,
					 struct cs_figures *out);
