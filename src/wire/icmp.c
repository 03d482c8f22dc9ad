/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/icmp.h"

#include "wire/udp.h"

enum {
	V4_UNREACHABLE = 3,
	V4_SOURCE_QUENCH = 4,
	V4_TIME_EXCEEDED = 11,
	V4_PARAMETER = 12,
	V4_PORT = 3, /* code of V4_UNREACHABLE */

	V6_UNREACHABLE = 1,
	V6_TOO_BIG = 2,
	V6_TIME_EXCEEDED = 3,
	V6_PARAMETER = 4,
	V6_PORT = 4, /* code of V6_UNREACHABLE */
};

static bool is_error(unsigned type, bool v6)
{
	if (v6)
		return type >= V6_UNREACHABLE && type <= V6_PARAMETER;
	return type == V4_UNREACHABLE || type == V4_SOURCE_QUENCH ||
	       type == V4_TIME_EXCEEDED || type == V4_PARAMETER;
}

/* RFC 4884 section 3: in these the quote may end before extensions. */
static bool may_be_extended(unsigned type, bool v6)
{
	if (v6)
		return type == V6_UNREACHABLE || type == V6_TIME_EXCEEDED;
	return type != V4_SOURCE_QUENCH;
}

/* Ports, and of UDP what follows its header. */
static bool read_ports(const struct cs_ip *ip, struct cs_quote *quote)
{
	struct cs_rd rd = cs_rd_over(ip->payload.ptr, ip->payload.len);
	struct cs_udp udp;

	quote->from_port = cs_rd_u16(&rd);
	quote->to_port = cs_rd_u16(&rd);
	if (ip->protocol == CS_IPPROTO_UDP &&
	    cs_udp_read_cut(ip->payload, SIZE_MAX, &udp) == CS_OK)
		quote->payload = udp.payload;
	return !rd.err;
}

/* Of its own family: ICMP that quotes the other's was made by hand. */
static bool read_quoted(struct cs_span packet, bool v6, struct cs_quote *quote)
{
	struct cs_ip ip;

	if (cs_ip_read_cut(packet, SIZE_MAX, &ip) || ip.offset > 0 ||
	    cs_addr_is_v4(&ip.from) == v6)
		return false;
	if (ip.protocol != CS_IPPROTO_UDP && ip.protocol != CS_IPPROTO_TCP)
		return false;
	quote->from = ip.from;
	quote->to = ip.to;
	quote->protocol = ip.protocol;
	return read_ports(&ip, quote);
}

bool cs_icmp_quote(struct cs_span bytes, bool v6, struct cs_quote *out)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	struct cs_quote quote = { 0 };

	quote.type = cs_rd_u8(&rd);
	quote.code = cs_rd_u8(&rd);
	(void)cs_rd_u16(&rd); /* checksum: a quote may be cut */

	/* Of the next four bytes one may be a length: in 8 bytes, or for IPv4 in 4. */
	uint32_t rest = cs_rd_u32(&rd);
	size_t len = v6 ? (rest >> 24) * 8 : (rest >> 16 & 0xff) * 4;
	size_t left = cs_rd_left(&rd);

	if (rd.err || !is_error(quote.type, v6))
		return false;
	if (len == 0 || len > left || !may_be_extended(quote.type, v6))
		len = left;
	quote.port_closed = v6 ? quote.type == V6_UNREACHABLE && quote.code == V6_PORT
			       : quote.type == V4_UNREACHABLE && quote.code == V4_PORT;
	if (!read_quoted(cs_rd_take(&rd, len), v6, &quote))
		return false;
	*out = quote;
	return true;
}
