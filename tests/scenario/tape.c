/* SPDX-License-Identifier: Apache-2.0 */
#include "tape.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wr.h"
#include "wire/checksum.h"

enum { PACKET_MAX = 65535, V4_HEADER = 20, V6_HEADER = 40, UDP_HEADER = 8 };

static void die(const char *why)
{
	fprintf(stderr, "scenario: %s\n", why);
	exit(1);
}

void tape_clear(struct tape *tape)
{
	free(tape->bytes);
	free(tape->packets);
	tape->bytes = NULL;
	tape->packets = NULL;
	tape->len = tape->cap = tape->n = tape->room = 0;
}

static void keep(struct tape *tape, int64_t at_us, struct cs_span bytes, bool frame)
{
	if (tape->n == tape->room) {
		tape->room = tape->room ? tape->room * 2 : 1024;
		tape->packets =
			realloc(tape->packets, tape->room * sizeof(*tape->packets));
		if (!tape->packets)
			die("out of memory");
	}
	if (tape->cap - tape->len < bytes.len) {
		tape->cap = tape->cap * 2 + PACKET_MAX * 2;
		tape->bytes = realloc(tape->bytes, tape->cap);
		if (!tape->bytes)
			die("out of memory");
	}
	if (bytes.len)
		memcpy(tape->bytes + tape->len, bytes.ptr, bytes.len);
	tape->packets[tape->n] = (struct tape_packet){ .at_us = at_us,
						       .nth = (uint32_t)tape->n,
						       .len = (uint32_t)bytes.len,
						       .offset = tape->len,
						       .frame = frame };
	tape->n++;
	tape->len += bytes.len;
}

void tape_ip(struct tape *tape, int64_t at_us, struct cs_span packet)
{
	keep(tape, at_us, packet, false);
}

void tape_frame(struct tape *tape, int64_t at_us, struct cs_span frame)
{
	if (tape->link == TAPE_ETHERNET)
		keep(tape, at_us, frame, true);
}

static void poke16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* What the IP header says of a part of a datagram. */
struct part {
	uint32_t id;
	uint32_t offset;
	bool is_part, more;
};

static void write_v4(struct cs_wr *w, const struct end *from, const struct cs_addr *to,
		     uint8_t protocol, size_t len, const struct part *part)
{
	static const uint8_t options[4] = { 1, 1, 1, 0 }; /* no operation, end */
	size_t begin = w->pos;
	size_t header = V4_HEADER + (from->with_options ? sizeof(options) : 0);
	uint16_t where = 0x4000; /* not to be split */

	if (part->is_part)
		where = (uint16_t)((part->more ? 0x2000u : 0) | part->offset / 8);
	cs_wr_u8(w, (uint8_t)(0x40 | header / 4));
	cs_wr_u8(w, 0);
	cs_wr_u16(w, (uint16_t)(header + len));
	cs_wr_u16(w, (uint16_t)part->id);
	cs_wr_u16(w, where);
	cs_wr_u8(w, from->ttl);
	cs_wr_u8(w, protocol);
	cs_wr_u16(w, 0);
	cs_wr_bytes(w, from->ip.b + 12, 4);
	cs_wr_bytes(w, to->b + 12, 4);
	if (from->with_options)
		cs_wr_bytes(w, options, sizeof(options));
	struct cs_span all = cs_span_of(w->base + begin, header);
	poke16(w->base + begin + 10, (uint16_t)~cs_sum_fold(cs_sum_bytes(0, all)));
}

/* The IPv6 header, a destination options header where wished, a fragment header. */
static void write_v6(struct cs_wr *w, const struct end *from, const struct cs_addr *to,
		     uint8_t protocol, size_t len, const struct part *part)
{
	static const uint8_t padding[6] = { 1, 4, 0, 0, 0, 0 };
	uint8_t inner = part->is_part ? 44 : protocol;
	size_t extra = (from->with_options ? 8u : 0) + (part->is_part ? 8u : 0);

	cs_wr_u32(w, 0x60000000u | (part->id & 0xfffff));
	cs_wr_u16(w, (uint16_t)(len + extra));
	cs_wr_u8(w, from->with_options ? 60 : inner);
	cs_wr_u8(w, from->ttl);
	cs_wr_bytes(w, from->ip.b, 16);
	cs_wr_bytes(w, to->b, 16);
	if (from->with_options) {
		cs_wr_u8(w, inner);
		cs_wr_u8(w, 0);
		cs_wr_bytes(w, padding, sizeof(padding));
	}
	if (part->is_part) {
		cs_wr_u8(w, protocol);
		cs_wr_u8(w, 0);
		cs_wr_u16(w, (uint16_t)(part->offset | (part->more ? 1u : 0)));
		cs_wr_u32(w, part->id);
	}
}

static void write_ip(struct cs_wr *w, const struct end *from, const struct cs_addr *to,
		     uint8_t protocol, size_t len, const struct part *part)
{
	if (cs_addr_is_v4(&from->ip))
		write_v4(w, from, to, protocol, len, part);
	else
		write_v6(w, from, to, protocol, len, part);
}

/* Puts @body, the whole of an IP packet's payload, on the tape: split if it must be. */
static void put(struct tape *tape, int64_t at_us, const struct end *from,
		const struct cs_addr *to, uint8_t protocol, struct cs_span body)
{
	static uint8_t room[PACKET_MAX + 128];
	struct part part = { .id = from->ip_id ? from->ip_id : rng_u16(tape->rng) };
	size_t step = ((size_t)tape->mtu - V6_HEADER - 16) / 8 * 8;

	part.is_part = body.len + V6_HEADER + 16 > tape->mtu;
	for (size_t at = 0; at < body.len || at == 0; at += step) {
		size_t len = body.len - at;
		struct cs_wr w = cs_wr_over(room, sizeof(room));

		if (part.is_part && len > step)
			len = step;
		part.offset = (uint32_t)at;
		part.more = at + len < body.len;
		write_ip(&w, from, to, protocol, len, &part);
		cs_wr_bytes(&w, body.ptr + at, len);
		tape_ip(tape, at_us + (int64_t)(at / step), cs_wr_done(&w));
		if (!part.is_part)
			return;
	}
}

static void udp_body(struct cs_wr *w, const struct end *from, const struct end *to,
		     struct cs_span payload)
{
	size_t begin = w->pos;
	size_t len = UDP_HEADER + payload.len;
	uint16_t sum;

	cs_wr_u16(w, from->port);
	cs_wr_u16(w, to->port);
	cs_wr_u16(w, (uint16_t)len);
	cs_wr_u16(w, 0);
	cs_wr_span(w, payload);
	if (from->no_checksum && cs_addr_is_v4(&from->ip))
		return;
	uint64_t pseudo = cs_sum_pseudo(&from->ip, &to->ip, 17, (uint32_t)len);
	sum = (uint16_t)~cs_sum_fold(
		cs_sum_bytes(pseudo, cs_span_of(w->base + begin, len)));
	poke16(w->base + begin + 6, sum ? sum : 0xffff);
}

void tape_udp(struct tape *tape, int64_t at_us, const struct end *from,
	      const struct end *to, struct cs_span payload)
{
	static uint8_t room[PACKET_MAX];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	udp_body(&w, from, to, payload);
	put(tape, at_us, from, &to->ip, 17, cs_wr_done(&w));
}

void tape_tcp(struct tape *tape, int64_t at_us, const struct end *from,
	      const struct end *to, uint32_t seq, uint32_t ack, uint8_t flags,
	      struct cs_span payload)
{
	static uint8_t room[PACKET_MAX];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	uint64_t sum;

	cs_wr_u16(&w, from->port);
	cs_wr_u16(&w, to->port);
	cs_wr_u32(&w, seq);
	cs_wr_u32(&w, ack);
	cs_wr_u8(&w, 5 << 4);
	cs_wr_u8(&w, flags);
	cs_wr_u16(&w, 64240);
	cs_wr_u32(&w, 0); /* checksum, no urgent data */
	cs_wr_span(&w, payload);
	sum = cs_sum_pseudo(&from->ip, &to->ip, 6, (uint32_t)w.pos);
	poke16(room + 16, (uint16_t)~cs_sum_fold(cs_sum_bytes(sum, cs_wr_done(&w))));
	put(tape, at_us, from, &to->ip, 6, cs_wr_done(&w));
}

/* Type and code of the error in both families. */
static const uint8_t icmp_codes[][4] = {
	[TAPE_PORT_CLOSED] = { 3, 3, 1, 4 },
	[TAPE_HOST_GONE] = { 3, 1, 1, 3 },
	[TAPE_FORBIDDEN] = { 3, 13, 1, 1 },
};

void tape_icmp(struct tape *tape, int64_t at_us, const struct cs_addr *by,
	       enum tape_icmp why, const struct end *from, const struct end *to,
	       struct cs_span payload)
{
	static uint8_t datagram[PACKET_MAX], room[PACKET_MAX], udp[PACKET_MAX];
	bool v4 = cs_addr_is_v4(&from->ip);
	const uint8_t *codes = icmp_codes[why] + (v4 ? 0 : 2);
	struct end back = { .ip = *by, .ttl = from->ttl };
	struct part whole = { .id = from->ip_id };
	struct cs_wr u = cs_wr_over(udp, sizeof(udp));
	struct cs_wr quoted = cs_wr_over(datagram, sizeof(datagram));
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	uint64_t sum;

	udp_body(&u, from, to, payload);
	write_ip(&quoted, from, &to->ip, 17, u.pos, &whole);
	cs_wr_span(&quoted, cs_wr_done(&u));
	cs_wr_u8(&w, codes[0]);
	cs_wr_u8(&w, codes[1]);
	cs_wr_u16(&w, 0);
	cs_wr_u32(&w, 0);
	/* IPv4: at most 576 bytes in all; IPv6: at most 1280. */
	size_t most = v4 ? 576u - 28 : 1280u - 48;
	cs_wr_bytes(&w, datagram, quoted.pos < most ? quoted.pos : most);
	sum = v4 ? 0 : cs_sum_pseudo(by, &from->ip, 58, (uint32_t)w.pos);
	poke16(room + 2, (uint16_t)~cs_sum_fold(cs_sum_bytes(sum, cs_wr_done(&w))));
	put(tape, at_us, &back, &from->ip, v4 ? 1 : 58, cs_wr_done(&w));
}
