/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/prober_frames.h"

#include "base/wr.h"
#include "protect/trace.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ip.h"
#include "wire/tcp.h"

enum {
	ETHERNET = 14, /* header lengths, bytes */
	IPV4 = 20,
	IPV6 = 40,
	UDP = 8,
	TCP = 20,

	V4_VERSION_LENGTH = 0x45,
	V4_DONT_FRAGMENT = 0x4000,
	V4_CHECKSUM_AT = 10, /* offsets in their headers */
	UDP_CHECKSUM_AT = 6,
	TCP_CHECKSUM_AT = 16,
	ICMPV6_CHECKSUM_AT = 2,

	TCP_WINDOW = 64000,

	ETHERTYPE_ARP = 0x0806,
	ARP_ASK = 1,
	ARP_ANSWER = 2,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	SOLICITED_OVERRIDE = 0x6000, /* upper half of the advertisement's flags */
	SOURCE_MAC = 1,              /* options: a hardware address, 8 bytes */
	TARGET_MAC = 2,              /* option: the target's hardware address, 8 bytes */
};

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void write_v4(struct cs_wr *w, const struct cs_prober_packet *p, uint8_t protocol,
		     size_t len)
{
	size_t at = w->pos;

	cs_wr_u8(w, V4_VERSION_LENGTH);
	cs_wr_u8(w, 0);
	cs_wr_u16(w, (uint16_t)(IPV4 + len));
	/*
	 * Nobody reads it beside "don't fragment" (RFC 6864) but rules: a socket that is
	 * connected has one.
	 */
	cs_wr_u16(w, p->from_port);
	cs_wr_u16(w, V4_DONT_FRAGMENT);
	cs_wr_u8(w, p->hop_limit);
	cs_wr_u8(w, protocol);
	cs_wr_u16(w, 0); /* checksum: below */
	cs_wr_bytes(w, p->from.b + 12, 4);
	cs_wr_bytes(w, p->to.b + 12, 4);
	put16(w->base + at + V4_CHECKSUM_AT,
	      (uint16_t)~cs_sum_fold(cs_sum_bytes(0, cs_span_of(w->base + at, IPV4))));
}

static void write_v6(struct cs_wr *w, const struct cs_prober_packet *p, uint8_t protocol,
		     size_t len)
{
	cs_wr_u32(w, UINT32_C(6) << 28);
	cs_wr_u16(w, (uint16_t)len);
	cs_wr_u8(w, protocol);
	cs_wr_u8(w, p->hop_limit);
	cs_wr_bytes(w, p->from.b, 16);
	cs_wr_bytes(w, p->to.b, 16);
}

/* The headers before @len bytes of @protocol. */
static void write_ip(struct cs_wr *w, const struct cs_prober_packet *p, uint8_t protocol,
		     size_t len)
{
	bool v4 = cs_addr_is_v4(&p->to);

	cs_wr_bytes(w, p->to_mac, sizeof(p->to_mac));
	cs_wr_bytes(w, p->from_mac, sizeof(p->from_mac));
	cs_wr_u16(w, v4 ? CS_ETHERTYPE_IPV4 : CS_ETHERTYPE_IPV6);
	if (v4)
		write_v4(w, p, protocol, len);
	else
		write_v6(w, p, protocol, len);
}

/* Sums up what was written from @at on, with its pseudo header. */
static void finish(struct cs_wr *w, const struct cs_prober_packet *p, uint8_t protocol,
		   size_t at, size_t checksum_at)
{
	size_t len = w->pos - at;
	uint64_t sum = cs_sum_pseudo(&p->from, &p->to, protocol, (uint32_t)len);
	uint16_t checksum =
		(uint16_t)~cs_sum_fold(cs_sum_bytes(sum, cs_span_of(w->base + at, len)));

	/* Of UDP zero would say "none was made"; all ones is its other spelling. */
	if (protocol == CS_IPPROTO_UDP && checksum == 0)
		checksum = 0xffff;
	put16(w->base + at + checksum_at, checksum);
}

static void write_udp(struct cs_wr *w, const struct cs_prober_packet *p)
{
	size_t at;

	write_ip(w, p, CS_IPPROTO_UDP, UDP + p->payload.len);
	at = w->pos;
	cs_wr_u16(w, p->from_port);
	cs_wr_u16(w, p->to_port);
	cs_wr_u16(w, (uint16_t)(UDP + p->payload.len));
	cs_wr_u16(w, 0);
	cs_wr_span(w, p->payload);
	finish(w, p, CS_IPPROTO_UDP, at, UDP_CHECKSUM_AT);
}

/*
 * What begins a connection says what its sender can do, and rules look at that: as Linux
 * has it, the largest segment, selective acknowledgements, time stamps (RFC 7323) and
 * scaled windows. A peer may leave all of it out afterwards.
 */
static const uint8_t syn_options[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0,
				       0, 1, 0,         0,           0, 0, 1, 3,  3, 7 };

static void write_tcp(struct cs_wr *w, const struct cs_prober_packet *p)
{
	struct cs_span options = { 0 };
	size_t at;

	if (p->flags & CS_TCP_SYN)
		options = cs_span_of(syn_options, sizeof(syn_options));
	write_ip(w, p, CS_IPPROTO_TCP, TCP + options.len + p->payload.len);
	at = w->pos;
	cs_wr_u16(w, p->from_port);
	cs_wr_u16(w, p->to_port);
	cs_wr_u32(w, p->seq);
	cs_wr_u32(w, p->ack);
	cs_wr_u8(w, (uint8_t)((TCP + options.len) / 4 << 4));
	cs_wr_u8(w, p->flags);
	cs_wr_u16(w, p->untold ? CS_TRACE_UNTOLD : TCP_WINDOW);
	cs_wr_u32(w, 0); /* checksum and urgent pointer */
	cs_wr_span(w, options);
	cs_wr_span(w, p->payload);
	finish(w, p, CS_IPPROTO_TCP, at, TCP_CHECKSUM_AT);
}

size_t cs_prober_frame(const struct cs_prober_packet *packet,
		       uint8_t out[CS_PROBER_FRAME])
{
	struct cs_wr w = cs_wr_over(out, CS_PROBER_FRAME);

	if (packet->payload.len > CS_PROBER_PAYLOAD_MAX)
		return 0;
	if (packet->tcp)
		write_tcp(&w, packet);
	else
		write_udp(&w, packet);
	return w.pos;
}

static bool resolve_v4(struct cs_rd rd, const uint8_t mac[6], struct cs_wr *w)
{
	struct cs_span kind = cs_rd_take(&rd, 6); /* Ethernet, IPv4, and their lengths */
	uint16_t what = cs_rd_u16(&rd);
	struct cs_span asker_mac = cs_rd_take(&rd, 6);
	struct cs_span asker = cs_rd_take(&rd, 4);

	(void)cs_rd_take(&rd, 6); /* what is asked for */

	struct cs_span wanted = cs_rd_take(&rd, 4);

	if (rd.err || what != ARP_ASK || cs_span_eq(asker, wanted))
		return false;
	cs_wr_span(w, asker_mac);
	cs_wr_bytes(w, mac, 6);
	cs_wr_u16(w, ETHERTYPE_ARP);
	cs_wr_span(w, kind);
	cs_wr_u16(w, ARP_ANSWER);
	cs_wr_bytes(w, mac, 6);
	cs_wr_span(w, wanted);
	cs_wr_span(w, asker_mac);
	cs_wr_span(w, asker);
	return true;
}

/* A solicitation from nobody looks for a duplicate: to that nobody answers. */
static bool resolve_v6(const struct cs_frame *frame, const uint8_t mac[6],
		       struct cs_wr *w)
{
	static const struct cs_addr nobody;
	struct cs_ip ip;

	if (cs_ip_read(frame->payload, &ip) || ip.protocol != CS_IPPROTO_ICMPV6)
		return false;

	struct cs_rd rd = cs_rd_over(ip.payload.ptr, ip.payload.len);
	uint8_t type = cs_rd_u8(&rd);
	struct cs_prober_packet p = { .to = ip.from, .hop_limit = 255 };

	(void)cs_rd_take(&rd, 7); /* code, checksum, reserved */
	cs_rd_copy(&rd, p.from.b, sizeof(p.from.b));
	if (rd.err || type != SOLICITATION || cs_addr_cmp(&ip.from, &nobody) == 0)
		return false;
	memcpy(p.to_mac, frame->from, 6);
	memcpy(p.from_mac, mac, 6);
	write_ip(w, &p, CS_IPPROTO_ICMPV6, 4 + 4 + 16 + 8);

	size_t at = w->pos;

	cs_wr_u32(w, (uint32_t)ADVERTISEMENT << 24);
	cs_wr_u32(w, (uint32_t)SOLICITED_OVERRIDE << 16);
	cs_wr_bytes(w, p.from.b, sizeof(p.from.b));
	cs_wr_u8(w, TARGET_MAC);
	cs_wr_u8(w, 1);
	cs_wr_bytes(w, mac, 6);
	finish(w, &p, CS_IPPROTO_ICMPV6, at, ICMPV6_CHECKSUM_AT);
	return true;
}

bool cs_prober_resolve(struct cs_span frame, const uint8_t mac[6],
		       uint8_t out[CS_PROBER_FRAME], size_t *len)
{
	struct cs_wr w = cs_wr_over(out, CS_PROBER_FRAME);
	struct cs_frame f;
	bool made;

	if (cs_ethernet_read(frame, &f))
		return false;
	if (f.ethertype == ETHERTYPE_ARP)
		made = resolve_v4(cs_rd_over(f.payload.ptr, f.payload.len), mac, &w);
	else
		made = f.ethertype == CS_ETHERTYPE_IPV6 && resolve_v6(&f, mac, &w);
	*len = made ? w.pos : 0;
	return made;
}

struct cs_addr cs_prober_solicited(const struct cs_addr *own)
{
	struct cs_addr group = { .b = { 0xff, 0x02, [11] = 1, 0xff } };

	memcpy(group.b + 13, own->b + 13, 3);
	return group;
}

size_t cs_prober_solicit(const uint8_t mac[6], const struct cs_addr *from,
			 const struct cs_addr *own, uint8_t out[CS_PROBER_FRAME])
{
	struct cs_wr w = cs_wr_over(out, CS_PROBER_FRAME);
	struct cs_prober_packet p = { .from = *from,
				      .to = cs_prober_solicited(own),
				      .hop_limit = 255 };
	size_t at;

	memcpy(p.from_mac, mac, 6);
	cs_prober_group_mac(&p.to, p.to_mac);
	write_ip(&w, &p, CS_IPPROTO_ICMPV6, 4 + 4 + 16 + 8);
	at = w.pos;
	cs_wr_u32(&w, (uint32_t)SOLICITATION << 24);
	cs_wr_u32(&w, 0);
	cs_wr_bytes(&w, own->b, sizeof(own->b));
	cs_wr_u8(&w, SOURCE_MAC);
	cs_wr_u8(&w, 1);
	cs_wr_bytes(&w, mac, 6);
	finish(&w, &p, CS_IPPROTO_ICMPV6, at, ICMPV6_CHECKSUM_AT);
	return w.pos;
}

bool cs_prober_advertises(struct cs_span frame, const struct cs_addr *own)
{
	struct cs_addr target;
	struct cs_frame f;
	struct cs_rd rd;
	struct cs_ip ip;
	uint8_t type;

	if (cs_ethernet_read(frame, &f) || f.ethertype != CS_ETHERTYPE_IPV6 ||
	    cs_ip_read(f.payload, &ip) || ip.protocol != CS_IPPROTO_ICMPV6)
		return false;
	rd = cs_rd_over(ip.payload.ptr, ip.payload.len);
	type = cs_rd_u8(&rd);
	(void)cs_rd_take(&rd, 7); /* code, checksum, flags */
	cs_rd_copy(&rd, target.b, sizeof(target.b));
	return !rd.err && type == ADVERTISEMENT && cs_addr_cmp(&target, own) == 0;
}

void cs_prober_group_mac(const struct cs_addr *group, uint8_t mac[6])
{
	static const uint8_t v4[3] = { 0x01, 0x00, 0x5e }, v6[2] = { 0x33, 0x33 };

	if (cs_addr_is_v4(group)) {
		memcpy(mac, v4, sizeof(v4));
		memcpy(mac + 3, group->b + 13, 3);
		mac[3] &= 0x7f;
	} else {
		memcpy(mac, v6, sizeof(v6));
		memcpy(mac + 2, group->b + 12, 4);
	}
}
