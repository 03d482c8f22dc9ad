/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with its prerequisites, and what every unit test wants. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"

/* An exact-size heap copy lets ASan see a one-byte over-read. free() it. */
static inline uint8_t *heap_copy(const void *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

#define SPAN(literal) cs_span_of((literal), sizeof(literal) - 1)

/* As SPAN(), where a constant is wanted: a row of a static table. */
#define SPAN_ROW(literal)                                       \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

/*
 * Ends a test that cannot be made here. Not cmocka's skip(): in TAP that is a
 * failure with a remark.
 */
#define NOT_HERE(why)                                        \
	do {                                                 \
		print_message("# not made here: %s\n", why); \
		return;                                      \
	} while (0)
