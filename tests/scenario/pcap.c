/* SPDX-License-Identifier: Apache-2.0 */
/* The file: link headers and the pcap format (draft-ietf-opsawg-pcap). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "tape.h"

enum { LINK_HEADER_MAX = 32 };

static const uint16_t linktypes[TAPE_LINKS] = {
	[TAPE_ETHERNET] = 1, [TAPE_VLAN] = 1,  [TAPE_QINQ] = 1, [TAPE_SLL] = 113,
	[TAPE_SLL2] = 276,   [TAPE_RAW] = 101, [TAPE_NULL] = 0, [TAPE_PPP] = 9,
};

static void ethernet(struct cs_wr *w, enum tape_link link)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	cs_wr_bytes(w, macs, sizeof(macs));
	if (link == TAPE_QINQ) {
		cs_wr_u16(w, 0x88a8);
		cs_wr_u16(w, 100);
	}
	if (link != TAPE_ETHERNET) {
		cs_wr_u16(w, 0x8100);
		cs_wr_u16(w, 42);
	}
}

static void cooked(struct cs_wr *w, uint16_t protocol, enum tape_link link)
{
	static const uint8_t address[8] = { 2, 0, 0, 0, 0, 1, 0, 0 };

	if (link == TAPE_SLL2) {
		cs_wr_u16(w, protocol);
		cs_wr_u16(w, 0);
		cs_wr_u32(w, 2); /* interface */
		cs_wr_u16(w, 1);
		cs_wr_u16(w, 0x0006); /* incoming unicast, 6 bytes of address */
	} else {
		cs_wr_u16(w, 0);
		cs_wr_u16(w, 1);
		cs_wr_u16(w, 6);
	}
	cs_wr_bytes(w, address, sizeof(address));
	if (link == TAPE_SLL)
		cs_wr_u16(w, protocol);
}

static void null_family(struct cs_wr *w, bool v4, bool swapped)
{
	uint32_t family = v4 ? 2 : 30;

	/* In the order of the host that captured it, as the file's own numbers are. */
	cs_wr_u32(w, swapped ? family : __builtin_bswap32(family));
}

static void link_header(struct cs_wr *w, const struct tape *tape, uint8_t first)
{
	bool v4 = first >> 4 == 4;
	uint16_t protocol = v4 ? 0x0800 : 0x86dd;

	switch (tape->link) {
	case TAPE_ETHERNET:
	case TAPE_VLAN:
	case TAPE_QINQ:
		ethernet(w, tape->link);
		cs_wr_u16(w, protocol);
		break;
	case TAPE_SLL:
	case TAPE_SLL2:
		cooked(w, protocol, tape->link);
		break;
	case TAPE_NULL:
		null_family(w, v4, tape->swapped);
		break;
	case TAPE_PPP:
		cs_wr_u16(w, 0xff03);
		cs_wr_u16(w, v4 ? 0x0021 : 0x0057);
		break;
	case TAPE_RAW:
	case TAPE_LINKS:
		break;
	}
}

/* The file's numbers are little-endian unless it is swapped, on every machine. */
static void number(const struct tape *tape, struct cs_wr *w, uint32_t v)
{
	cs_wr_u32(w, tape->swapped ? v : __builtin_bswap32(v));
}

static void file_header(const struct tape *tape, struct cs_wr *w)
{
	number(tape, w, tape->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	number(tape, w, tape->swapped ? 0x00020004 : 0x00040002);
	number(tape, w, 0);
	number(tape, w, 0);
	number(tape, w, tape->snaplen);
	number(tape, w, linktypes[tape->link]);
}

static int by_time(const void *a, const void *b)
{
	const struct tape_packet *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

static void write_packet(const struct tape *tape, const struct tape_packet *packet,
			 FILE *to)
{
	uint8_t head[16 + LINK_HEADER_MAX];
	const uint8_t *bytes = tape->bytes + packet->offset;
	struct cs_wr link = cs_wr_over(head + 16, LINK_HEADER_MAX);
	struct cs_wr record = cs_wr_over(head, 16);
	uint32_t fraction = (uint32_t)(packet->at_us % 1000000);

	if (!packet->frame)
		link_header(&link, tape, packet->len ? bytes[0] : 0x40);
	uint32_t whole = (uint32_t)link.pos + packet->len;
	uint32_t kept = whole < tape->snaplen ? whole : tape->snaplen;
	number(tape, &record, (uint32_t)(packet->at_us / 1000000));
	number(tape, &record, tape->nanoseconds ? fraction * 1000 : fraction);
	number(tape, &record, kept);
	number(tape, &record, whole);
	fwrite(head, 1, 16 + link.pos, to);
	fwrite(bytes, 1, kept - link.pos, to);
}

void tape_write(struct tape *tape, const char *path)
{
	uint8_t head[24];
	struct cs_wr w = cs_wr_over(head, sizeof(head));
	FILE *to = fopen(path, "wb");

	if (!to) {
		fprintf(stderr, "scenario: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	qsort(tape->packets, tape->n, sizeof(*tape->packets), by_time);
	file_header(tape, &w);
	fwrite(head, 1, w.pos, to);
	for (size_t i = 0; i < tape->n; i++)
		write_packet(tape, &tape->packets[i], to);
	if (ferror(to) | fclose(to)) {
		fprintf(stderr, "scenario: %s: cannot be written\n", path);
		exit(1);
	}
}
