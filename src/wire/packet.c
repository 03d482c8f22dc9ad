/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/packet.h"

#include "wire/checksum.h"
#include "wire/udp.h"

/* A group, or all of IPv4's neighbours. */
static bool is_to_many(const struct cs_addr *to)
{
	return cs_addr_is_group(to) ||
	       (cs_addr_is_v4(to) && cs_addr_low32(to) == 0xffffffff);
}

static void broken(struct cs_packet *out, enum cs_err why)
{
	out->kind = CS_PACKET_BROKEN;
	out->err = why;
}

static void take_udp(const struct cs_ip *ip, struct cs_packet *out)
{
	struct cs_udp udp;
	enum cs_err err = cs_udp_read_cut(ip->payload, ip->payload_len, &udp);

	if (err) {
		broken(out, err);
		return;
	}
	out->kind = CS_PACKET_UDP;
	out->from_port = udp.from_port;
	out->to_port = udp.to_port;
	out->udp_sum = udp.checksum;
	out->udp = udp.whole;
	out->payload = udp.payload;
	out->payload_len = (uint32_t)udp.payload_len;
}

static void take_tcp(const struct cs_ip *ip, struct cs_packet *out)
{
	struct cs_tcp tcp;
	enum cs_err err = cs_tcp_read(ip->payload, ip->payload_len, &tcp);

	if (err) {
		broken(out, err);
		return;
	}
	out->kind = CS_PACKET_TCP;
	out->from_port = tcp.from_port;
	out->to_port = tcp.to_port;
	out->seq = tcp.seq;
	out->ack = tcp.ack;
	out->flags = tcp.flags;
	out->payload = tcp.payload;
	out->payload_len = (uint32_t)tcp.payload_len;
}

static void take_icmp(const struct cs_ip *ip, bool v6, struct cs_packet *out)
{
	if (!cs_icmp_quote(ip->payload, v6, &out->quote))
		return;
	out->kind = CS_PACKET_ICMP;
	out->payload = ip->payload;
	out->payload_len = (uint32_t)ip->payload_len;
}

/* Each protocol belongs to both families, but the two ICMPs to one each. */
static void take_ip(const struct cs_ip *ip, struct cs_packet *out)
{
	bool v4 = cs_addr_is_v4(&ip->from);

	out->from = ip->from;
	out->to = ip->to;
	out->protocol = ip->protocol;
	out->hop_limit = ip->hop_limit;
	out->to_group = is_to_many(&ip->to);
	if (v4)
		out->ip_id = (uint16_t)ip->id;
	if (ip->is_fragment)
		out->kind = CS_PACKET_FRAGMENT;
	else if (ip->protocol == CS_IPPROTO_UDP)
		take_udp(ip, out);
	else if (ip->protocol == CS_IPPROTO_TCP)
		take_tcp(ip, out);
	else if (ip->protocol == (v4 ? CS_IPPROTO_ICMP : CS_IPPROTO_ICMPV6))
		take_icmp(ip, !v4, out);
}

/*
 * A part joins the others, unless some of its bytes are not here: of the first, what is
 * there is read.
 */
static void take_part(struct cs_packet_reader *reader, const struct cs_ip *part,
		      int64_t now_ns, struct cs_packet *out)
{
	bool cut = part->payload.len < part->payload_len;
	struct cs_ip whole;

	reader->fragments++;
	if (cut && cs_frag_as_begun(part, &whole)) {
		take_ip(&whole, out);
		return;
	}
	if (reader->frags && !cut &&
	    cs_frags_take(reader->frags, part, now_ns, &whole) == CS_FRAGS_WHOLE) {
		out->joined = true;
		take_ip(&whole, out);
		return;
	}
	take_ip(part, out);
}

/* Some captures state less than they hold. */
static size_t wire_len_of(struct cs_span packet, struct cs_span frame, uint32_t wire_len)
{
	if (wire_len <= frame.len)
		return packet.len;
	return packet.len + (wire_len - frame.len);
}

/*
 * All but the quote, which is most of it and seldom wanted. Field by field: memset() of
 * so many bytes costs more than reading the headers does.
 */
static void clear(struct cs_packet *out)
{
	const struct cs_span none = { 0 };

	out->kind = CS_PACKET_OTHER;
	out->err = CS_OK;
	out->from = out->to = (struct cs_addr){ 0 };
	out->from_port = out->to_port = 0;
	out->protocol = out->hop_limit = 0;
	out->ip_id = 0;
	out->joined = out->to_group = false;
	out->udp_sum = 0;
	out->udp = none;
	out->payload = none;
	out->payload_len = 0;
	out->seq = out->ack = 0;
	out->flags = 0;
}

void cs_packet_read(struct cs_packet_reader *reader, struct cs_span frame,
		    uint32_t wire_len, int64_t now_ns, struct cs_packet *out)
{
	struct cs_span bytes;
	struct cs_ip ip;
	enum cs_err err = cs_link_strip(reader->link, frame, &bytes);

	clear(out);
	if (err == CS_ERR_FOREIGN)
		return;
	if (!err)
		err = cs_ip_read_cut(bytes, wire_len_of(bytes, frame, wire_len), &ip);
	if (err)
		broken(out, err);
	else if (ip.is_fragment)
		take_part(reader, &ip, now_ns, out);
	else
		take_ip(&ip, out);
}

bool cs_packet_begun(struct cs_packet_reader *reader, int64_t now_ns,
		     struct cs_packet *out, int64_t *since_ns)
{
	struct cs_ip begun;

	if (!reader->frags || !cs_frags_begun(reader->frags, now_ns, &begun, since_ns))
		return false;
	clear(out);
	take_ip(&begun, out);
	return true;
}

/* The sum that a sender leaves for its network card to finish. */
static bool is_unfinished(const struct cs_packet *packet)
{
	uint64_t pseudo = cs_sum_pseudo(&packet->from, &packet->to, CS_IPPROTO_UDP,
					(uint32_t)packet->udp.len);

	return packet->udp_sum == cs_sum_fold(pseudo);
}

bool cs_packet_is_damaged(const struct cs_packet *packet)
{
	const struct cs_ip ends = { .from = packet->from, .to = packet->to };
	const struct cs_udp udp = { .checksum = packet->udp_sum, .whole = packet->udp };

	if (packet->kind != CS_PACKET_UDP || packet->payload.len < packet->payload_len)
		return false;
	return !cs_udp_intact(&udp, &ends) && !is_unfinished(packet);
}
