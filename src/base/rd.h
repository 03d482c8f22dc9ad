/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rd: a bounds-checked reader over bytes that somebody else owns.
 *
 * - The reader borrows [base, base+len) and never writes to it; the bytes must
 *   outlive the reader and every cs_span taken from it.
 * - Integers are big-endian on the wire and host order when returned.
 * - The first failure sticks: pos stops at the failing field, later reads
 *   return 0 or an empty span. A parser may therefore read a fixed-layout
 *   header straight through and look once, but must look before a value
 *   decides a loop, an allocation or a table index.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct cs_rd {
	const uint8_t *base;
	size_t len;      /* bytes */
	size_t pos;      /* bytes consumed; pos <= len always */
	enum cs_err err; /* first failure, CS_OK while healthy */
};

/* A borrowed run of bytes; len == 0 is a valid, empty run. */
struct cs_span {
	const uint8_t *ptr;
	size_t len; /* bytes */
};

static inline struct cs_span cs_span_of(const void *bytes, size_t len)
{
	return (struct cs_span){ .ptr = bytes, .len = len };
}

/* The bytes of a NUL-terminated string, without the NUL. */
static inline struct cs_span cs_span_str(const char *text)
{
	return cs_span_of(text, strlen(text));
}

static inline bool cs_span_eq(struct cs_span a, struct cs_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline struct cs_rd cs_rd_over(const void *bytes, size_t len)
{
	return (struct cs_rd){ .base = bytes, .len = len };
}

static inline size_t cs_rd_left(const struct cs_rd *r)
{
	return r->err ? 0 : r->len - r->pos;
}

/* Marks the reader failed; the first reason wins. */
static inline void cs_rd_fail(struct cs_rd *r, enum cs_err why)
{
	if (!r->err)
		r->err = why;
}

/* Takes the next @n bytes without copying; an empty span on failure. */
static inline struct cs_span cs_rd_take(struct cs_rd *r, size_t n)
{
	struct cs_span s = { 0 };

	if (n > cs_rd_left(r)) {
		cs_rd_fail(r, CS_ERR_SHORT);
		return s;
	}
	if (n > 0)
		s = (struct cs_span){ .ptr = r->base + r->pos, .len = n };
	r->pos += n;
	return s;
}

static inline uint8_t cs_rd_u8(struct cs_rd *r)
{
	struct cs_span s = cs_rd_take(r, 1);

	return s.ptr ? s.ptr[0] : 0;
}

static inline uint16_t cs_rd_u16(struct cs_rd *r)
{
	struct cs_span s = cs_rd_take(r, 2);

	if (!s.ptr)
		return 0;
	return (uint16_t)(s.ptr[0] << 8 | s.ptr[1]);
}

static inline uint32_t cs_rd_u32(struct cs_rd *r)
{
	struct cs_span s = cs_rd_take(r, 4);

	if (!s.ptr)
		return 0;
	return (uint32_t)s.ptr[0] << 24 | (uint32_t)s.ptr[1] << 16 |
	       (uint32_t)s.ptr[2] << 8 | s.ptr[3];
}

static inline uint64_t cs_rd_u64(struct cs_rd *r)
{
	uint64_t high = cs_rd_u32(r);

	return high << 32 | cs_rd_u32(r);
}

/* Copies the next @n bytes to @to; @to is zeroed on failure. */
static inline void cs_rd_copy(struct cs_rd *r, void *to, size_t n)
{
	struct cs_span s = cs_rd_take(r, n);

	if (s.ptr)
		memcpy(to, s.ptr, n);
	else
		memset(to, 0, n);
}
