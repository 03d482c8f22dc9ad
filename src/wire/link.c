/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/link.h"

#include "wire/ethernet.h"

enum {
	ETHERNET_HEADER = CS_ETHERNET_ADDRESSES + 2, /* bytes, with the type */
	TYPE_PPPOE_SESSION = 0x8864,
	PPPOE_DATA = 0x1100, /* version and type 1, code 0 (RFC 2516 section 4) */

	PPP_ADDRESS_CONTROL = 0xff03, /* RFC 1662 section 3.1 */
	PPP_IPV4 = 0x21,
	PPP_IPV6 = 0x57,

	SLL_BEFORE_TYPE = 14, /* packet type, ARPHRD, address and its length */
	SLL2_AFTER_TYPE = 18, /* ... here they follow the type */

	FAMILY_IPV4 = 2,
	FAMILY_IPV6_LINUX = 10,
	FAMILY_IPV6_WINDOWS = 23,
	FAMILY_IPV6_NETBSD = 24, /* and OpenBSD */
	FAMILY_IPV6_FREEBSD = 28,
	FAMILY_IPV6_DARWIN = 30,
};

static const struct {
	int dlt; /* as libpcap has it; LINKTYPE_RAW of files besides */
	enum cs_link_type link;
} kinds[] = {
	{ 0, CS_LINK_NULL },       { 1, CS_LINK_ETHERNET }, { 9, CS_LINK_PPP },
	{ 12, CS_LINK_RAW },       { 14, CS_LINK_RAW },     { 50, CS_LINK_PPP },
	{ 51, CS_LINK_PPP_ETHER }, { 101, CS_LINK_RAW },    { 108, CS_LINK_LOOP },
	{ 113, CS_LINK_SLL },      { 228, CS_LINK_RAW4 },   { 229, CS_LINK_RAW6 },
	{ 276, CS_LINK_SLL2 },
};

bool cs_link_of(int dlt, enum cs_link_type *out)
{
	for (size_t i = 0; i < CS_LEN(kinds); i++) {
		if (kinds[i].dlt == dlt) {
			*out = kinds[i].link;
			return true;
		}
	}
	return false;
}

const char *cs_link_name(enum cs_link_type link)
{
	static const char *const names[CS_LINKS] = {
		[CS_LINK_ETHERNET] = "Ethernet",
		[CS_LINK_SLL] = "Linux cooked",
		[CS_LINK_SLL2] = "Linux cooked 2",
		[CS_LINK_RAW] = "raw IP",
		[CS_LINK_RAW4] = "raw IPv4",
		[CS_LINK_RAW6] = "raw IPv6",
		[CS_LINK_NULL] = "BSD loopback",
		[CS_LINK_LOOP] = "OpenBSD loopback",
		[CS_LINK_PPP] = "PPP",
		[CS_LINK_PPP_ETHER] = "PPPoE",
	};

	return link < CS_LINKS ? names[link] : "unknown";
}

/* A protocol number of one byte is odd, the first of two even (RFC 1661 section 2). */
static enum cs_err ppp(struct cs_rd *rd)
{
	unsigned protocol = cs_rd_u8(rd);

	if (protocol % 2 == 0)
		protocol = protocol << 8 | cs_rd_u8(rd);
	if (rd->err)
		return rd->err;
	return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? CS_OK : CS_ERR_FOREIGN;
}

static enum cs_err ppp_framed(struct cs_rd *rd)
{
	struct cs_rd ahead = *rd;

	if (cs_rd_u16(&ahead) == PPP_ADDRESS_CONTROL)
		*rd = ahead;
	return ppp(rd);
}

static enum cs_err pppoe(struct cs_rd *rd)
{
	uint16_t kind = cs_rd_u16(rd);

	(void)cs_rd_u16(rd); /* session */
	(void)cs_rd_u16(rd); /* length: IP has its own */
	if (rd->err)
		return rd->err;
	return kind == PPPOE_DATA ? ppp(rd) : CS_ERR_FOREIGN;
}

static bool is_ip_type(uint16_t ethertype)
{
	return ethertype == CS_ETHERTYPE_IPV4 || ethertype == CS_ETHERTYPE_IPV6;
}

/* What follows an Ethernet type that has been read. */
static enum cs_err by_type(struct cs_rd *rd, uint16_t ethertype)
{
	if (is_ip_type(ethertype))
		return CS_OK;

	struct cs_frame frame = { .ethertype = ethertype };
	enum cs_err err = cs_ethernet_tags(rd, &frame);

	if (err)
		return err;
	if (is_ip_type(frame.ethertype))
		return CS_OK;
	return frame.ethertype == TYPE_PPPOE_SESSION ? pppoe(rd) : CS_ERR_FOREIGN;
}

static enum cs_err ethernet(struct cs_rd *rd)
{
	(void)cs_rd_take(rd, CS_ETHERNET_ADDRESSES);
	return by_type(rd, cs_rd_u16(rd));
}

static enum cs_err sll(struct cs_rd *rd)
{
	(void)cs_rd_take(rd, SLL_BEFORE_TYPE);
	return by_type(rd, cs_rd_u16(rd));
}

static enum cs_err sll2(struct cs_rd *rd)
{
	uint16_t ethertype = cs_rd_u16(rd);

	(void)cs_rd_take(rd, SLL2_AFTER_TYPE);
	return by_type(rd, ethertype);
}

static bool is_ip_family(uint32_t family)
{
	return family == FAMILY_IPV4 || family == FAMILY_IPV6_LINUX ||
	       family == FAMILY_IPV6_WINDOWS || family == FAMILY_IPV6_NETBSD ||
	       family == FAMILY_IPV6_FREEBSD || family == FAMILY_IPV6_DARWIN;
}

/* Who wrote the file may have had the other byte order than who wrote the header. */
static enum cs_err loopback(struct cs_rd *rd, bool either_order)
{
	uint32_t family = cs_rd_u32(rd);

	if (rd->err)
		return rd->err;
	if (is_ip_family(family))
		return CS_OK;
	return either_order && is_ip_family(__builtin_bswap32(family)) ? CS_OK
								       : CS_ERR_FOREIGN;
}

static enum cs_err header(enum cs_link_type link, struct cs_rd *rd)
{
	switch (link) {
	case CS_LINK_ETHERNET:
		return ethernet(rd);
	case CS_LINK_SLL:
		return sll(rd);
	case CS_LINK_SLL2:
		return sll2(rd);
	case CS_LINK_NULL:
		return loopback(rd, true);
	case CS_LINK_LOOP:
		return loopback(rd, false);
	case CS_LINK_PPP:
		return ppp_framed(rd);
	case CS_LINK_PPP_ETHER:
		return pppoe(rd);
	case CS_LINK_RAW:
	case CS_LINK_RAW4:
	case CS_LINK_RAW6:
		return CS_OK;
	case CS_LINKS:
		break;
	}
	return CS_ERR_FOREIGN;
}

static enum cs_err strip(enum cs_link_type link, struct cs_span frame,
			 struct cs_span *packet)
{
	struct cs_rd rd = cs_rd_over(frame.ptr, frame.len);
	enum cs_err err = header(link, &rd);

	if (rd.err)
		return rd.err;
	if (err)
		return err;
	*packet = cs_rd_take(&rd, cs_rd_left(&rd));
	return CS_OK;
}

/* Nearly every frame is Ethernet with IP right behind its type. */
static bool is_plain(enum cs_link_type link, struct cs_span frame)
{
	if (link != CS_LINK_ETHERNET || frame.len <= ETHERNET_HEADER)
		return false;

	struct cs_rd type = cs_rd_over(frame.ptr + CS_ETHERNET_ADDRESSES, 2);

	return is_ip_type(cs_rd_u16(&type));
}

enum cs_err cs_link_strip(enum cs_link_type link, struct cs_span frame,
			  struct cs_span *packet)
{
	if (!is_plain(link, frame))
		return strip(link, frame, packet);
	*packet = cs_span_of(frame.ptr + ETHERNET_HEADER, frame.len - ETHERNET_HEADER);
	return CS_OK;
}
