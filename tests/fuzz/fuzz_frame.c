/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a frame, down to the CoAP message: as Ethernet and as bare IP by the
 * parts of wire/, then as each link type by wire/packet.h, whole and cut.
 */
#include "fuzz.h"

#include <string.h>

#include "watch/sight.h"
#include "wire/ethernet.h"
#include "wire/packet.h"
#include "wire/udp.h"

static uint8_t room[CS_FRAGS_ROOM];
static struct cs_frags frags;

static bool inside(struct cs_span inner, struct cs_span outer)
{
	return inner.len == 0 || (inner.ptr >= outer.ptr && inner.len <= outer.len &&
				  inner.ptr + inner.len <= outer.ptr + outer.len);
}

/* A datagram that is intact is not so once any bit of it changed. */
static void check_intact(const struct cs_udp *udp, const struct cs_ip *ip)
{
	static uint8_t copy[65536];
	struct cs_udp changed;

	if (udp->checksum == 0 || udp->payload.len == 0 || !cs_udp_intact(udp, ip))
		return;
	memcpy(copy, udp->whole.ptr, udp->whole.len);
	copy[8 + udp->payload.ptr[0] % udp->payload.len] ^= 0x10;
	MUST(cs_udp_read(cs_span_of(copy, udp->whole.len), &changed) == CS_OK);
	MUST(!cs_udp_intact(&changed, ip));
}

static void check_ip(struct cs_span packet)
{
	struct cs_ip ip;
	struct cs_udp udp;

	if (cs_ip_read(packet, &ip) != CS_OK)
		return;
	MUST(inside(ip.payload, packet));
	MUST(ip.payload.len <= 65535);
	MUST(cs_addr_is_v4(&ip.from) == cs_addr_is_v4(&ip.to));
	MUST(ip.is_fragment == (ip.more || ip.offset > 0));
	MUST(ip.offset % 8 == 0 && ip.offset <= 65528);
	if (ip.is_fragment || ip.protocol != CS_IPPROTO_UDP)
		return;
	if (cs_udp_read(ip.payload, &udp) != CS_OK)
		return;
	MUST(inside(udp.whole, ip.payload));
	MUST(udp.whole.len == udp.payload.len + 8);
	check_intact(&udp, &ip);
}

static void check_sight(const struct cs_packet *packet)
{
	uint8_t target[64];
	struct cs_sight sight;

	cs_sight_read(packet, &sight);
	MUST(sight.kind <= CS_SIGHT_ALIEN && sight.alien < CS_ALIENS);
	MUST((sight.kind == CS_SIGHT_ALIEN) == (sight.alien != CS_ALIEN_NONE));
	MUST(sight.n_flaws <= CS_SIGHT_FLAWS);
	MUST(inside(sight.msg.token, packet->payload));
	MUST(inside(sight.msg.payload, packet->payload));
	MUST(cs_sight_target(&sight.msg, target, sizeof(target)) <= sizeof(target));
}

static void check_quote(const struct cs_packet *packet)
{
	const struct cs_quote *quote = &packet->quote;

	MUST(quote->protocol == CS_IPPROTO_UDP || quote->protocol == CS_IPPROTO_TCP);
	MUST(inside(quote->payload, packet->payload));
	MUST(cs_addr_is_v4(&quote->from) == cs_addr_is_v4(&packet->from));
}

static void check_packet(const struct cs_packet *packet, struct cs_span frame)
{
	MUST(packet->kind <= CS_PACKET_BROKEN);
	MUST((packet->kind == CS_PACKET_BROKEN) == (packet->err != CS_OK));
	MUST(packet->joined || inside(packet->payload, frame));
	MUST(packet->payload.len <= packet->payload_len);
	if (packet->kind == CS_PACKET_UDP) {
		(void)cs_packet_is_damaged(packet);
		check_sight(packet);
	} else if (packet->kind == CS_PACKET_ICMP) {
		check_quote(packet);
	}
}

static struct cs_packet read_as(enum cs_link_type link, struct cs_span frame,
				uint32_t wire_len)
{
	struct cs_packet_reader reader = { .link = link };
	struct cs_packet packet;

	cs_packet_read(&reader, frame, wire_len, 0, &packet);
	check_packet(&packet, frame);
	return packet;
}

/* A cut frame that reads says what the whole one does, as far as it goes. */
static void check_cut(enum cs_link_type link, struct cs_span frame)
{
	uint32_t wire_len = (uint32_t)frame.len;
	struct cs_packet whole = read_as(link, frame, wire_len);
	struct cs_span front = cs_span_of(frame.ptr, frame.len - frame.len % 64);
	struct cs_packet cut = read_as(link, front, wire_len);

	/* A first part that is whole waits for the others. */
	if ((cut.kind != CS_PACKET_UDP && cut.kind != CS_PACKET_TCP) ||
	    whole.kind == CS_PACKET_FRAGMENT)
		return;
	MUST(whole.kind == cut.kind && whole.payload_len == cut.payload_len);
	MUST(whole.from_port == cut.from_port && whole.to_port == cut.to_port);
	MUST(cs_span_eq(cut.payload, cs_span_of(whole.payload.ptr, cut.payload.len)));
}

/* The same bytes as several frames of 96 bytes: their parts may join. */
static void check_joined(struct cs_span bytes)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW, .frags = &frags };
	struct cs_packet packet;

	cs_frags_init(&frags, room);
	for (size_t at = 0; at + 96 <= bytes.len; at += 96) {
		struct cs_span frame = cs_span_of(bytes.ptr + at, 96);

		cs_packet_read(&reader, frame, 96, 0, &packet);
		check_packet(&packet, frame);
		MUST(!packet.joined ||
		     (packet.payload.ptr == NULL ||
		      inside(packet.payload, cs_span_of(room, sizeof(room)))));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span bytes = cs_span_of(data, size);
	struct cs_frame frame;

	for (unsigned link = 0; link < CS_LINKS; link++)
		check_cut((enum cs_link_type)link, bytes);
	check_joined(bytes);
	check_ip(bytes);
	if (cs_ethernet_read(bytes, &frame) != CS_OK)
		return 0;
	MUST(frame.tags <= 4);
	MUST(frame.payload.len + 14 + 4u * frame.tags == size);
	check_ip(frame.payload);
	return 0;
}
