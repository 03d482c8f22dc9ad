/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: which bytes are text. Strict RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF. Says nothing of how a character is to be shown.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"

/*
 * Looks at the first character of @rest, which has at least one byte. Returns
 * its length, 1..4, and sets @cp to the code point; returns 0, with @cp
 * untouched, when the bytes there are no well-formed character.
 */
size_t cs_utf8_next(struct cs_span rest, uint32_t *cp);

/*
 * How many bytes of @text are shown where there is room for @most: all of it, or up to
 * the border of a character that lies there or before. Bytes that are no text are cut
 * within three of @most.
 */
size_t cs_utf8_cut(struct cs_span text, size_t most);
