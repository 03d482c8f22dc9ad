/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_stream: one direction of a TCP connection as the bytes that were sent, in order,
 * for an onlooker who may have missed some. Bounded: what is not used, or waits behind
 * a gap, lies in a window of CS_TCP_WINDOW bytes; where what comes is farther ahead, it
 * goes on there. Of bytes that come twice the first count. Pure: a stream is a plain
 * value of fixed size.
 *
 *	cs_tcp_stream_take(s, seq, flags, payload, wire_len);
 *	while (a message can be read from cs_tcp_stream_bytes(s))
 *		cs_tcp_stream_use(s, its length);
 *	if (cs_tcp_stream_is_stuck(s))
 *		read what is there of it, and cs_tcp_stream_use(s, its length in all);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

enum { CS_TCP_WINDOW = 4096 /* bytes */ };

/* Zeroed it is a stream of which nothing was seen. Treat as opaque but for the flags. */
struct cs_tcp_stream {
	bool begun; /* a first byte is known */
	bool aligned; /* a message begins there: it is the connection's first, or by the reader */
	bool lost;     /* given up, by the reader */
	bool cut;      /* bytes at cut_seq were sent and not captured */
	uint32_t base; /* sequence number of window[0] */
	uint32_t cut_seq;
	uint32_t have;       /* bytes in order at the window's front */
	uint32_t ahead;      /* bytes in the window behind a gap */
	struct cs_span rest; /* of the segment taken last: no room yet; borrowed */
	uint32_t rest_seq;
	uint64_t filled[CS_TCP_WINDOW / 64]; /* a bit a byte; counts behind .have */
	uint8_t window[CS_TCP_WINDOW];
};

/*
 * The connection's first byte has the number @seq. A stream that is under way near it is left
 * alone; one of an earlier connection ends.
 */
void cs_tcp_stream_expect(struct cs_tcp_stream *stream, uint32_t seq);

/*
 * Takes one segment: @payload is what was captured of its @wire_len bytes, and must live
 * until the stream has been read. SYN begins it anew when its number is another. What a
 * former segment left unread for want of room is lost; behind a gap that the window cannot
 * bridge the stream goes on with this segment, and is not aligned.
 */
void cs_tcp_stream_take(struct cs_tcp_stream *stream, uint32_t seq, uint8_t flags,
			struct cs_span payload, size_t wire_len);

/* The bytes in order that were not used yet. Valid until the next call that changes it. */
struct cs_span cs_tcp_stream_bytes(const struct cs_tcp_stream *stream);

/* Takes off @n bytes, more than there are too: those are passed over when they come. */
void cs_tcp_stream_use(struct cs_tcp_stream *stream, size_t n);

/*
 * No more bytes can come before some are used: the window is full, or what follows was
 * not captured, or comes too late.
 */
bool cs_tcp_stream_is_stuck(const struct cs_tcp_stream *stream);
