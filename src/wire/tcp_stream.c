/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tcp_stream.h"

#include <string.h>

#include "wire/tcp.h"

/* Farther ahead than any window that is met: a stray or a forged segment. */
enum { STRAY = 1 << 20 /* bytes */ };

static bool is_filled(const struct cs_tcp_stream *s, uint32_t at)
{
	return s->filled[at / 64] >> (at % 64) & 1;
}

static void set_filled(struct cs_tcp_stream *s, uint32_t at, bool filled)
{
	uint64_t bit = UINT64_C(1) << (at % 64);

	s->filled[at / 64] =
		filled ? s->filled[at / 64] | bit : s->filled[at / 64] & ~bit;
}

/* Puts @bytes behind a gap, but for those that are there already. */
static void put_ahead(struct cs_tcp_stream *s, uint32_t at, struct cs_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++, at++) {
		if (is_filled(s, at))
			continue;
		s->window[at] = bytes.ptr[i];
		set_filled(s, at, true);
		s->ahead++;
	}
}

/* What waited behind a gap that is closed now is in order. */
static void join(struct cs_tcp_stream *s)
{
	while (s->ahead > 0 && s->have < CS_TCP_WINDOW && is_filled(s, s->have)) {
		set_filled(s, s->have, false);
		s->ahead--;
		s->have++;
	}
}

static void put_next(struct cs_tcp_stream *s, struct cs_span bytes)
{
	if (s->ahead > 0) {
		put_ahead(s, s->have, bytes);
		join(s);
		return;
	}
	memcpy(s->window + s->have, bytes.ptr, bytes.len);
	s->have += (uint32_t)bytes.len;
}

static struct cs_span behind(struct cs_span s, size_t n)
{
	return n < s.len ? cs_span_of(s.ptr + n, s.len - n) : (struct cs_span){ 0 };
}

/*
 * Puts bytes of sequence number @seq where they belong. Those that were used or are in
 * order already are left out; those past the window wait in .rest.
 */
static void put(struct cs_tcp_stream *s, uint32_t seq, struct cs_span bytes)
{
	uint32_t next = s->base + s->have;

	/* Numbers are compared modulo 2^32 (RFC 9293 section 3.4). */
	if (next - seq <= INT32_MAX) {
		bytes = behind(bytes, next - seq);
		seq = next;
	}
	if (bytes.len == 0 || seq - next >= STRAY)
		return;

	uint32_t at = seq - s->base;
	size_t room = at < CS_TCP_WINDOW ? CS_TCP_WINDOW - at : 0;
	struct cs_span fits = cs_span_of(bytes.ptr, bytes.len < room ? bytes.len : room);

	s->rest = behind(bytes, fits.len);
	s->rest_seq = seq + (uint32_t)fits.len;
	if (fits.len == 0)
		return;
	if (at == s->have)
		put_next(s, fits);
	else
		put_ahead(s, at, fits);
}

static void begin(struct cs_tcp_stream *s, uint32_t seq, bool aligned)
{
	s->base = seq;
	s->have = s->ahead = 0;
	s->begun = true;
	s->aligned = aligned;
	s->lost = s->cut = false;
	s->rest = (struct cs_span){ 0 };
	memset(s->filled, 0, sizeof(s->filled));
}

void cs_tcp_stream_expect(struct cs_tcp_stream *s, uint32_t seq)
{
	if (!s->begun || (s->base - seq >= STRAY && seq - s->base >= STRAY))
		begin(s, seq, true);
}

static bool is_past_the_window(const struct cs_tcp_stream *s, uint32_t seq)
{
	return seq - s->base >= CS_TCP_WINDOW && seq - s->base < STRAY;
}

void cs_tcp_stream_take(struct cs_tcp_stream *s, uint32_t seq, uint8_t flags,
			struct cs_span payload, size_t wire_len)
{
	/* SYN counts as a byte; sent again it may find the stream under way. */
	if (flags & CS_TCP_SYN) {
		seq++;
		if (!s->aligned || s->base - seq >= STRAY)
			begin(s, seq, true);
	}
	if (s->lost || wire_len == 0)
		return;
	if (!s->begun || (s->rest.len > 0 && is_past_the_window(s, seq)))
		begin(s, seq, false);
	s->rest = (struct cs_span){ 0 };
	if (payload.len < wire_len) {
		s->cut = true;
		s->cut_seq = seq + (uint32_t)payload.len;
	}
	put(s, seq, payload);
}

struct cs_span cs_tcp_stream_bytes(const struct cs_tcp_stream *s)
{
	return cs_span_of(s->window, s->lost ? 0 : s->have);
}

/* What stands ahead keeps its distance to the front. */
static void move_ahead(struct cs_tcp_stream *s, uint32_t n)
{
	uint32_t moved = 0;

	for (uint32_t at = s->have; s->ahead > 0 && at < CS_TCP_WINDOW; at++) {
		if (!is_filled(s, at))
			continue;
		set_filled(s, at, false);
		s->ahead--;
		if (at < n)
			continue;
		s->window[at - n] = s->window[at];
		set_filled(s, at - n, true);
		moved++;
	}
	s->ahead = moved;
}

void cs_tcp_stream_use(struct cs_tcp_stream *s, size_t n)
{
	uint32_t used = n < STRAY ? (uint32_t)n : STRAY;
	struct cs_span rest = s->rest;

	if (s->lost)
		return;
	if (used < s->have)
		memmove(s->window, s->window + used, s->have - used);
	move_ahead(s, used);
	s->have = used < s->have ? s->have - used : 0;
	s->base += used;
	join(s);
	s->rest = (struct cs_span){ 0 };
	put(s, s->rest_seq, rest);
}

bool cs_tcp_stream_is_stuck(const struct cs_tcp_stream *s)
{
	if (s->lost)
		return false;
	return s->have == CS_TCP_WINDOW || s->rest.len > 0 ||
	       (s->cut && s->cut_seq == s->base + s->have);
}
