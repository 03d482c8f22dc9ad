/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files made in memory, in either byte order, and packed. */
#pragma once

#include "test.h"

#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "net/capture.h"

enum { MADE_MAX = 1 << 20 };

struct made {
	uint8_t bytes[MADE_MAX];
	size_t len;
	bool big; /* byte order */
};

static inline void put_bytes(struct made *m, const void *bytes, size_t n)
{
	assert_true(n <= MADE_MAX - m->len);
	if (n)
		memcpy(m->bytes + m->len, bytes, n);
	m->len += n;
}

static inline void put_n(struct made *m, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(v >> 8 * (m->big ? n - 1 - i : i));

		put_bytes(m, &byte, 1);
	}
}

static inline void put32(struct made *m, uint32_t v)
{
	put_n(m, v, 4);
}

static inline void put_pcap_head(struct made *m, uint32_t magic, uint32_t link)
{
	put32(m, magic);
	put_n(m, 2, 2);
	put_n(m, 4, 2);
	put32(m, 0);
	put32(m, 0);
	put32(m, 262144);
	put32(m, link);
}

static inline void put_pcap(struct made *m, uint32_t s, uint32_t fraction,
			    const char *frame, uint32_t wire)
{
	put32(m, s);
	put32(m, fraction);
	put32(m, (uint32_t)strlen(frame));
	put32(m, wire);
	put_bytes(m, frame, strlen(frame));
}

/* Two frames, "one" and "two!". */
static inline void put_pcap_file(struct made *m)
{
	put_pcap_head(m, 0xa1b2c3d4, 1);
	put_pcap(m, 10, 500000, "one", 60);
	put_pcap(m, 11, 1, "two!", 4);
}

/* A block of pcapng with what @m had from @from on as its body. */
static inline size_t begin_block(struct made *m, uint32_t type)
{
	size_t at = m->len;

	put32(m, type);
	put32(m, 0);
	return at;
}

static inline void end_block(struct made *m, size_t at)
{
	struct made *len = malloc(sizeof(*len));

	assert_non_null(len);
	len->len = 0;
	len->big = m->big;
	put_bytes(m, "\0\0\0", -(m->len - at) % 4);
	put32(len, (uint32_t)(m->len - at + 4));
	memcpy(m->bytes + at + 4, len->bytes, 4);
	put_bytes(m, len->bytes, 4);
	free(len);
}

static inline void put_section(struct made *m)
{
	size_t at = begin_block(m, 0x0a0d0d0a);

	put32(m, 0x1a2b3c4d);
	put_n(m, 1, 2);
	put_n(m, 0, 2);
	put_n(m, UINT64_MAX, 8);
	end_block(m, at);
}

/* @resolution 6 is what there is without the option; so is @offset 0. */
static inline void put_interface(struct made *m, uint16_t link, uint32_t snaplen,
				 uint8_t resolution, int64_t offset)
{
	size_t at = begin_block(m, 1);

	put_n(m, link, 2);
	put_n(m, 0, 2);
	put32(m, snaplen);
	if (resolution != 6) {
		put_n(m, 9, 2);
		put_n(m, 1, 2);
		put_bytes(m, &resolution, 1);
		put_bytes(m, "\0\0\0", 3);
	}
	if (offset) {
		put_n(m, 14, 2);
		put_n(m, 8, 2);
		put_n(m, (uint64_t)offset, 8);
	}
	put32(m, 0);
	end_block(m, at);
}

static inline void put_packet(struct made *m, uint32_t interface, uint64_t ticks,
			      const char *frame, uint32_t wire)
{
	size_t at = begin_block(m, 6);

	put32(m, interface);
	put32(m, (uint32_t)(ticks >> 32));
	put32(m, (uint32_t)ticks);
	put32(m, (uint32_t)strlen(frame));
	put32(m, wire);
	put_bytes(m, frame, strlen(frame));
	end_block(m, at);
}

static inline void put_pcapng_file(struct made *m)
{
	put_section(m);
	put_interface(m, 1, 100, 6, 0);
	put_interface(m, 101, 0, 9, 0);
	put_packet(m, 0, 10500000, "one", 60);
	put_packet(m, 1, UINT64_C(11000001000), "two!", 4);
}

static inline void gzip_onto(struct made *m, const void *bytes, size_t n)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	z.next_in = heap_copy(bytes, n);
	uint8_t *copy = z.next_in;

	z.avail_in = (uInt)n;
	z.next_out = m->bytes + m->len;
	z.avail_out = (uInt)(MADE_MAX - m->len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	m->len += z.total_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
	free(copy);
}

static inline void zstd_onto(struct made *m, const void *bytes, size_t n)
{
	size_t made = ZSTD_compress(m->bytes + m->len, MADE_MAX - m->len, bytes, n, 3);

	assert_false(ZSTD_isError(made));
	m->len += made;
}

static inline struct made *made_new(bool big)
{
	struct made *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->len = 0;
	m->big = big;
	return m;
}
