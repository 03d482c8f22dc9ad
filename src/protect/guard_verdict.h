/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_verdict: lines of coapscope.verdict/1 as the guard takes them from files. They may
 * have been written by anybody: every value is looked at, and what is missing is an
 * error, never a guess. Pure but for the memory of the JSON library.
 */
#pragma once

#include "protect/guard.h"

enum { CS_GUARD_LINE = 1 << 18 /* bytes of a line */, CS_GUARD_WHY = 160 };

/*
 * Reads one line, without its end. A line that does not say how many requests came on flows
 * without proof (`unproved`) is taken at its word that there were none.
 * CS_ERR_FOREIGN  JSON of another schema, or without data: nothing to judge
 * CS_ERR_SYNTAX   no JSON object, or a value is missing, doubled or out of its range: @why
 *                 says which, and what would be right
 */
CS_MUST_USE enum cs_err cs_guard_verdict_read(struct cs_span line,
					      struct cs_guard_verdict *out,
					      char why[CS_GUARD_WHY]);
