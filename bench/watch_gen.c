/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_gen: a capture to measure with: watch_gen FILE PACKETS SOURCES [one16]
 *
 * To one host, from SOURCES addresses in random order with random ports: discovery,
 * reads, writes, what looks like answers, pings, and messages that are malformed.
 * "one16": all sources in one /16, as hash tables that are keyed by nothing dislike.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/wr.h"
#include "wire/checksum.h"

enum {
	PER_S = 100000, /* packets of a second of capture time */
	START_S = 1700000000,
	COAP_PORT = 5683,
	HEADS = 14 + 20 + 8,
};

static uint64_t state = 0x2545f4914f6cdd1d;

static uint32_t chance(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 20) % n);
}

static void put_random(struct cs_wr *w, unsigned n)
{
	while (n-- > 0)
		cs_wr_u8(w, (uint8_t)chance(256));
}

static void put_text(struct cs_wr *w, const char *text)
{
	cs_wr_bytes(w, text, strlen(text));
}

/* Type and version, code, a random Message ID and a random token. */
static void put_head(struct cs_wr *w, uint8_t type, uint8_t code, unsigned token)
{
	cs_wr_u8(w, (uint8_t)(type | token));
	cs_wr_u8(w, code);
	put_random(w, 2 + token);
}

static void put_discovery(struct cs_wr *w)
{
	put_head(w, 0x40, 0x01, chance(9));
	put_text(w, "\xbb.well-known\x04"
		    "core");
}

static void put_read(struct cs_wr *w)
{
	put_head(w, 0x40, 0x01, 4);
	put_text(w, "\xb7sensors\x04temp\x44rt=x");
}

static void put_write(struct cs_wr *w)
{
	put_head(w, 0x40, 0x03, 2);
	put_text(w, "\xb5light\x11\x32\xff{\"on\":true}");
}

static void put_answer(struct cs_wr *w)
{
	put_head(w, 0x60, 0x45, chance(9));
	put_text(w, "\xc1\x28\xff</sensors/temp>;rt=\"t\",</light>");
}

static void put_ping(struct cs_wr *w)
{
	put_head(w, 0x40, 0x00, 0);
}

static void put_malformed(struct cs_wr *w)
{
	cs_wr_u8(w, 0x4f); /* a token length that is reserved */
	cs_wr_u8(w, 0x01);
	put_random(w, 10);
}

static const struct {
	unsigned below; /* of 100 */
	void (*put)(struct cs_wr *w);
	bool is_answer;
} mixture[] = {
	{ 55, put_discovery, false }, { 70, put_read, false },
	{ 80, put_write, false },     { 90, put_answer, true },
	{ 95, put_ping, false },      { 100, put_malformed, false },
};

/* Spread by a multiplication that maps no two to one; or the lower bits alone. */
static uint32_t source_of(uint32_t n, bool one16)
{
	return one16 ? 0x0a5a0000 | (n & 0xffff) : n * 2654435761u;
}

/* To 192.0.2.1, as documentation has it. */
static void put_ip(struct cs_wr *w, uint32_t from, size_t payload)
{
	uint8_t *ip = w->base + w->pos;
	uint16_t sum;

	cs_wr_u16(w, 0x4500);
	cs_wr_u16(w, (uint16_t)(28 + payload));
	put_random(w, 2);
	cs_wr_u16(w, 0);
	cs_wr_u16(w, 64 << 8 | 17);
	cs_wr_u16(w, 0);
	cs_wr_u32(w, from);
	cs_wr_u32(w, 0xc0000201);
	sum = (uint16_t)~cs_sum_fold(cs_sum_bytes(0, cs_span_of(ip, 20)));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void put_udp(struct cs_wr *w, bool is_answer, size_t payload)
{
	uint16_t port = (uint16_t)(1024 + chance(60000));

	cs_wr_u16(w, is_answer ? COAP_PORT : port);
	cs_wr_u16(w, is_answer ? port : COAP_PORT);
	cs_wr_u16(w, (uint16_t)(8 + payload));
	cs_wr_u16(w, 0);
}

/* One packet; its length. */
static size_t put_packet(uint8_t *frame, size_t cap, uint32_t from)
{
	struct cs_wr w = cs_wr_over(frame + HEADS, cap - HEADS);
	unsigned which = chance(100), i = 0;
	size_t payload;

	while (which >= mixture[i].below)
		i++;
	mixture[i].put(&w);
	payload = cs_wr_done(&w).len;
	w = cs_wr_over(frame, HEADS);
	cs_wr_bytes(&w, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08", 14);
	put_ip(&w, from, payload);
	put_udp(&w, mixture[i].is_answer, payload);
	return HEADS + payload;
}

/* The capture file's own numbers are in this machine's order. */
static void put_record(FILE *file, uint64_t n, const uint8_t *frame, size_t len)
{
	const uint32_t head[4] = { (uint32_t)(START_S + n / PER_S),
				   (uint32_t)(n % PER_S * (1000000 / PER_S)),
				   (uint32_t)len, (uint32_t)len };

	(void)fwrite(head, sizeof(head), 1, file); /* ferror() tells */
	(void)fwrite(frame, len, 1, file);
}

int main(int argc, char **argv)
{
	const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	uint64_t packets, sources;
	uint8_t frame[256];
	FILE *file;

	if (argc < 4 || !cs_num_u64(cs_span_str(argv[2]), 0, UINT64_MAX, &packets) ||
	    !cs_num_u64(cs_span_str(argv[3]), 1, UINT32_MAX, &sources) ||
	    !(file = fopen(argv[1], "wb"))) {
		fputs("watch_gen FILE PACKETS SOURCES [one16]\n", stderr);
		return 2;
	}
	(void)fwrite(head, sizeof(head), 1, file);
	for (uint64_t n = 0; n < packets; n++) {
		uint32_t from = source_of(1 + chance((uint32_t)sources), argc > 4);

		put_record(file, n, frame, put_packet(frame, sizeof(frame), from));
	}
	return ferror(file) || fclose(file) ? 4 : 0;
}
