/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments in any order, length and overlap, some cut by the capture. Each byte of the
 * stream is known from its place, so whatever is handed out must read so.
 */
#include "fuzz.h"

#include "wire/tcp.h"
#include "wire/tcp_stream.h"

enum { SEGMENTS_MAX = 1000, SEGMENT_MAX = 2 * CS_TCP_WINDOW };

static struct cs_tcp_stream stream;
static uint32_t start; /* number of the first byte */

static uint8_t byte_at(uint32_t place)
{
	return (uint8_t)(place * 31 + place / 251);
}

static void check(uint32_t read)
{
	struct cs_span bytes = cs_tcp_stream_bytes(&stream);

	MUST(bytes.len <= CS_TCP_WINDOW);
	MUST(stream.have + stream.ahead <= CS_TCP_WINDOW);
	MUST(stream.lost || stream.base == start + read);
	for (size_t i = 0; i < bytes.len; i++)
		MUST(bytes.ptr[i] == byte_at(read + (uint32_t)i));
}

/* Flags, offset (2 bytes), length (2 bytes), how much is used. */
static void step(struct cs_rd *rd, uint32_t *read)
{
	static uint8_t bytes[SEGMENT_MAX];
	uint8_t flags = cs_rd_u8(rd);
	uint32_t at = *read - 1000 + cs_rd_u16(rd) % 8192;
	size_t len = cs_rd_u16(rd) % SEGMENT_MAX;
	size_t uses = (size_t)cs_rd_u8(rd) * (flags & 4 ? 64 : 1);
	size_t there = flags & 2 ? len / 2 : len;

	if (flags & 8)
		at = *read; /* the next one, as most are */
	for (size_t i = 0; i < there; i++)
		bytes[i] = byte_at(at + (uint32_t)i);
	cs_tcp_stream_take(&stream, start + at, CS_TCP_ACK, cs_span_of(bytes, there),
			   len);
	/* Behind a gap it goes on with this segment. */
	if (stream.base == start + at && at != *read) {
		MUST(!stream.aligned && at - *read >= CS_TCP_WINDOW);
		*read = at;
	}
	check(*read);
	for (unsigned i = 0; i < 3 && !stream.lost; i++) {
		cs_tcp_stream_use(&stream, uses);
		*read += (uint32_t)uses;
		check(*read);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	uint32_t read = 0;

	stream = (struct cs_tcp_stream){ 0 };
	start = cs_rd_u32(&rd);
	cs_tcp_stream_take(&stream, start - 1, CS_TCP_SYN, (struct cs_span){ 0 }, 0);
	MUST(stream.aligned && !stream.lost);
	for (unsigned i = 0; i < SEGMENTS_MAX && cs_rd_left(&rd) >= 6; i++)
		step(&rd, &read);
	return 0;
}
