/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wr: a bounds-checked writer into a buffer that somebody else owns, the
 * mirror of rd. Integers are host order when given and big-endian when
 * written. The first write that does not fit sticks as CS_ERR_FULL and writes
 * nothing; so does everything after it. A caller may therefore write a whole
 * message and look once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/rd.h"

struct cs_wr {
	uint8_t *base;
	size_t cap;      /* bytes */
	size_t pos;      /* bytes written; pos <= cap always */
	enum cs_err err; /* CS_ERR_FULL once something did not fit */
};

static inline struct cs_wr cs_wr_over(void *bytes, size_t cap)
{
	return (struct cs_wr){ .base = bytes, .cap = cap };
}

/* What has been written so far. */
static inline struct cs_span cs_wr_done(const struct cs_wr *w)
{
	return cs_span_of(w->base, w->pos);
}

static inline size_t cs_wr_room(const struct cs_wr *w)
{
	return w->err ? 0 : w->cap - w->pos;
}

static inline void cs_wr_bytes(struct cs_wr *w, const void *from, size_t n)
{
	if (n > cs_wr_room(w)) {
		w->err = CS_ERR_FULL;
		return;
	}
	if (n > 0)
		memcpy(w->base + w->pos, from, n);
	w->pos += n;
}

static inline void cs_wr_span(struct cs_wr *w, struct cs_span s)
{
	cs_wr_bytes(w, s.ptr, s.len);
}

static inline void cs_wr_u8(struct cs_wr *w, uint8_t v)
{
	cs_wr_bytes(w, &v, 1);
}

static inline void cs_wr_u16(struct cs_wr *w, uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	cs_wr_bytes(w, b, sizeof(b));
}

static inline void cs_wr_u32(struct cs_wr *w, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			       (uint8_t)v };

	cs_wr_bytes(w, b, sizeof(b));
}

static inline void cs_wr_u64(struct cs_wr *w, uint64_t v)
{
	cs_wr_u32(w, (uint32_t)(v >> 32));
	cs_wr_u32(w, (uint32_t)v);
}
