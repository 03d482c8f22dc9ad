/* SPDX-License-Identifier: Apache-2.0 */
/*
 * num: numbers and hex from text that people and files give us, strictly: no
 * blanks, no sign, no prefix, nothing left over, never a silent wrap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"

/* A decimal number in min..max; leading zeros are allowed. */
CS_MUST_USE bool cs_num_u64(struct cs_span text, uint64_t min, uint64_t max,
			    uint64_t *out);

/*
 * Writes @bytes as lower-case hex and a NUL to @out, which has room for
 * 2 * bytes.len + 1.
 */
void cs_hex_text(struct cs_span bytes, char *out);

/* Reads exactly @n bytes of hex (either case) from 2n characters. */
CS_MUST_USE bool cs_hex_read(struct cs_span text, void *out, size_t n);

/* What "packet" ends in where there are @n of them. */
static inline const char *cs_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
