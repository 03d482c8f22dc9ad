/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ip.h"

#include "wire/checksum.h"

enum {
	V4_HEADER_MIN = 20, /* bytes */
	V4_MORE = 0x2000,
	V4_OFFSET = 0x1fff, /* in units of 8 bytes */

	V6_HEADER = 40, /* bytes */
	V6_MORE = 0x0001,
	V6_OFFSET = 0xfff8, /* in bytes */

	/* RFC 8200 lists six, each once and one twice; more is an attack. */
	EXTENSIONS_MAX = 8,
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTHENTICATION = 51,
	EXT_DESTINATION = 60,
	EXT_MOBILITY = 135,
	EXT_HIP = 139,
	EXT_SHIM6 = 140,
};

static struct cs_addr read_v4(struct cs_rd *rd)
{
	struct cs_addr a = { .b = { [10] = 0xff, [11] = 0xff } };

	cs_rd_copy(rd, a.b + 12, 4);
	return a;
}

static struct cs_addr read_v6(struct cs_rd *rd)
{
	struct cs_addr a = { 0 };

	cs_rd_copy(rd, a.b, sizeof(a.b));
	return a;
}

/* A reader over a constant length: the compiler knows that no field fails. */
static enum cs_err v4(struct cs_span packet, size_t wire_len, struct cs_ip *ip)
{
	if (packet.len < V4_HEADER_MIN)
		return CS_ERR_SHORT;

	struct cs_rd rd = cs_rd_over(packet.ptr, V4_HEADER_MIN);
	size_t header = (size_t)(cs_rd_u8(&rd) & 0x0f) * 4;

	(void)cs_rd_u8(&rd); /* type of service */

	size_t total = cs_rd_u16(&rd);

	ip->id = cs_rd_u16(&rd);

	uint16_t part = cs_rd_u16(&rd);

	ip->hop_limit = cs_rd_u8(&rd);
	ip->protocol = cs_rd_u8(&rd);
	(void)cs_rd_u16(&rd); /* checksum: v4_is_intact() */
	ip->from = read_v4(&rd);
	ip->to = read_v4(&rd);
	if (header < V4_HEADER_MIN || total < header)
		return CS_ERR_RANGE;
	if (total > wire_len || header > packet.len)
		return CS_ERR_SHORT;

	ip->more = part & V4_MORE;
	ip->offset = (part & V4_OFFSET) * 8u;
	ip->is_fragment = ip->more || ip->offset > 0;
	ip->payload = cs_span_of(packet.ptr + header,
				 (total < packet.len ? total : packet.len) - header);
	ip->payload_len = total - header;
	return CS_OK;
}

static bool v4_is_intact(const uint8_t *header)
{
	size_t len = (size_t)(header[0] & 0x0f) * 4;

	return cs_sum_fold(cs_sum_bytes(0, cs_span_of(header, len))) == 0xffff;
}

/* One header of the common form: next, length in 8 bytes less the first 8. */
static uint8_t skip_extension(struct cs_rd *rd, uint8_t kind)
{
	uint8_t next = cs_rd_u8(rd);
	size_t len = cs_rd_u8(rd);

	/* RFC 4302: the authentication header counts in 4 bytes, less 2. */
	len = kind == EXT_AUTHENTICATION ? (len + 2) * 4 : (len + 1) * 8;
	if (len < 8)
		cs_rd_fail(rd, CS_ERR_RANGE);
	else
		(void)cs_rd_take(rd, len - 2); /* its content is nothing to us */
	return next;
}

static bool is_extension(uint8_t protocol)
{
	switch (protocol) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_AUTHENTICATION:
	case EXT_DESTINATION:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return true;
	default:
		return false;
	}
}

/*
 * Takes a fragment header. An atomic one (RFC 6946), which is all of its
 * datagram, makes no fragment.
 */
static uint8_t take_fragment(struct cs_rd *rd, struct cs_ip *ip)
{
	uint8_t next = cs_rd_u8(rd);

	(void)cs_rd_u8(rd); /* reserved */

	uint16_t part = cs_rd_u16(rd);

	ip->id = cs_rd_u32(rd);
	ip->more = part & V6_MORE;
	ip->offset = part & V6_OFFSET;
	ip->is_fragment = ip->more || ip->offset > 0;
	return next;
}

/* Walks over @bytes to the payload, or to where a fragment's part begins. */
static enum cs_err walk(struct cs_span bytes, struct cs_ip *ip, bool in_packet)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	unsigned n = 0;

	while (!rd.err && !ip->is_fragment) {
		if (is_extension(ip->protocol))
			ip->protocol = skip_extension(&rd, ip->protocol);
		else if (ip->protocol == EXT_FRAGMENT && in_packet)
			ip->protocol = take_fragment(&rd, ip);
		else
			break;
		if (++n > EXTENSIONS_MAX)
			cs_rd_fail(&rd, CS_ERR_RANGE);
	}
	ip->payload_len -= rd.pos;
	ip->payload = cs_rd_take(&rd, cs_rd_left(&rd));
	return rd.err;
}

static enum cs_err v6(struct cs_span packet, size_t wire_len, struct cs_ip *ip)
{
	if (packet.len < V6_HEADER)
		return CS_ERR_SHORT;

	struct cs_rd rd = cs_rd_over(packet.ptr, V6_HEADER);

	(void)cs_rd_u32(&rd); /* version, traffic class, flow label */

	size_t len = cs_rd_u16(&rd);

	ip->protocol = cs_rd_u8(&rd);
	ip->hop_limit = cs_rd_u8(&rd);
	ip->from = read_v6(&rd);
	ip->to = read_v6(&rd);
	if (len > wire_len - V6_HEADER)
		return CS_ERR_SHORT;

	size_t left = packet.len - V6_HEADER;

	ip->payload_len = len;
	if (cs_addr_is_v4(&ip->from) || cs_addr_is_v4(&ip->to))
		return CS_ERR_RESERVED;

	return walk(cs_span_of(packet.ptr + V6_HEADER, len < left ? len : left), ip,
		    true);
}

enum cs_err cs_ip_read_cut(struct cs_span packet, size_t wire_len, struct cs_ip *out)
{
	*out = (struct cs_ip){ .checksum_ok = true };
	if (packet.len == 0)
		return CS_ERR_SHORT;
	if (packet.ptr[0] >> 4 == 4)
		return v4(packet, wire_len, out);
	if (packet.ptr[0] >> 4 == 6)
		return v6(packet, wire_len, out);
	return CS_ERR_RESERVED;
}

enum cs_err cs_ip_read(struct cs_span packet, struct cs_ip *out)
{
	struct cs_ip ip;
	enum cs_err err = cs_ip_read_cut(packet, packet.len, &ip);

	if (err)
		return err;
	if (cs_addr_is_v4(&ip.from))
		ip.checksum_ok = v4_is_intact(packet.ptr);
	*out = ip;
	return CS_OK;
}

enum cs_err cs_ip_walk(struct cs_ip *out)
{
	struct cs_ip ip = *out;

	if (cs_addr_is_v4(&ip.from))
		return CS_OK;

	enum cs_err err = walk(ip.payload, &ip, false);

	if (!err && ip.protocol == EXT_FRAGMENT)
		err = CS_ERR_RESERVED;
	if (!err)
		*out = ip;
	return err;
}
