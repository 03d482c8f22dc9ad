/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shown: a stranger's bytes inside a message of ours, for the layers that
 * cannot reach the encoders of out/: one line of printable ASCII, whatever
 * they are.
 */
#pragma once

#include "base/rd.h"

/*
 * Writes as much of @text as fits into @out, NUL-terminated: printable ASCII is
 * itself, every other byte and the backslash are \xNN. Cut text ends in "...".
 * @cap is at least 8. Returns @out.
 */
char *cs_shown(struct cs_span text, char *out, size_t cap);
