/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/alien.h"

#include "wire/alien_text.h"

enum {
	VERSION_1 = 0x40, /* CoAP's, in the first byte */
	VERSION_MASK = 0xc0,

	DTLS_HEADER = 13,     /* bytes, without a connection id */
	DTLS_CID = 25,        /* the type of records that have one (RFC 9146) */
	DTLS_LONGEST = 18432, /* of a fragment: 2^14 + 2048 (RFC 6347 section 4.3) */
	UNIFIED_MASK = 0xe0,  /* RFC 9147 section 4 */
	UNIFIED = 0x20,
	UNIFIED_LENGTH = 0x04,
	UNIFIED_SEQUENCE = 0x08,
	UNIFIED_CID = 0x10,

	STUN_COOKIE = 0x2112a442, /* RFC 8489 section 5 */

	QUIC_LONG = 0xc0, /* header form and fixed bit (RFC 9000 section 17.2) */
	QUIC_CID_MAX = 20,
	QUIC_1 = 0x00000001,
	QUIC_2 = 0x6b3343cf,      /* RFC 9369 */
	QUIC_GREASE = 0x0a0a0a0a, /* RFC 9000 section 15 */

	DNS_HEADER = 12,
	QUESTIONS_AT = 4, /* in it: how many */
	DNS_NAME_MAX = 255,
	DNS_LABEL_MAX = 63,

	NTP_LEN = 48,
	NTP_CONTROL = 0x16, /* version 2, mode 6 */
	NTP_PRIVATE = 0x17, /* version 2, mode 7: monlist */

	RTP = 0x80, /* version 2; no padding, extension or sources */
	RTP_HEADER = 12,
	RTCP_FIRST = 200,
	RTCP_LAST = 207,
	RTP_DYNAMIC = 96,
};

static bool is_zeros(struct cs_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i])
			return false;
	}
	return true;
}

/*
 * Records whose headers state their lengths, to the datagram's end; but with a connection id
 * nobody but the two knows where the length is.
 */
static bool is_unified(struct cs_rd rd)
{
	while (cs_rd_left(&rd) > 0) {
		uint8_t first = cs_rd_u8(&rd);

		if ((first & UNIFIED_MASK) != UNIFIED || first & UNIFIED_CID ||
		    !(first & UNIFIED_LENGTH))
			return false;
		(void)cs_rd_take(&rd, first & UNIFIED_SEQUENCE ? 2 : 1);
		(void)cs_rd_take(&rd, cs_rd_u16(&rd));
	}
	return !rd.err;
}

static bool is_dtls(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);

	if ((s.ptr[0] & UNIFIED_MASK) == UNIFIED)
		return is_unified(rd);

	uint8_t type = cs_rd_u8(&rd);
	uint16_t version = cs_rd_u16(&rd);

	if (type < 20 || type > 26 || (version != 0xfeff && version != 0xfefd))
		return false;
	/* With a connection id nobody but the two knows where the length is. */
	return type == DTLS_CID || s.len < DTLS_HEADER ||
	       s.ptr[11] * 256 + s.ptr[12] <= DTLS_LONGEST;
}

static bool is_stun(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);
	uint16_t type = cs_rd_u16(&rd);
	uint16_t len = cs_rd_u16(&rd);
	uint32_t cookie = cs_rd_u32(&rd);

	return !rd.err && type < 0x4000 && len % 4 == 0 && cookie == STUN_COOKIE;
}

static bool is_quic_version(uint32_t version)
{
	return version == QUIC_1 || version == QUIC_2 || version == 0 ||
	       version >> 8 == 0xff0000 ||  /* drafts */
	       version >> 16 == 0x5130 ||   /* Google's Q0xx */
	       version >> 16 == 0x5430 ||   /* and T0xx */
	       version >> 4 == 0xfaceb00 || /* mvfst */
	       (version & 0x0f0f0f0f) == QUIC_GREASE;
}

static bool is_quic(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);
	uint8_t first = cs_rd_u8(&rd);
	uint32_t version = cs_rd_u32(&rd);
	uint8_t to = cs_rd_u8(&rd);

	(void)cs_rd_take(&rd, to);

	uint8_t from = cs_rd_u8(&rd);

	(void)cs_rd_take(&rd, from);
	if (rd.err || to > QUIC_CID_MAX || from > QUIC_CID_MAX ||
	    !is_quic_version(version))
		return false;

	/* Version negotiation: any first byte of the long form, and versions. */
	if (version == 0)
		return first >> 7 && cs_rd_left(&rd) >= 4 && cs_rd_left(&rd) % 4 == 0;
	return first >= QUIC_LONG;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == ' ';
}

/* A question's name: labels of letters and digits, no compression. */
static bool take_name(struct cs_rd *rd)
{
	size_t start = rd->pos;

	for (;;) {
		struct cs_span label = cs_rd_take(rd, cs_rd_u8(rd));

		if (rd->err || label.len > DNS_LABEL_MAX ||
		    rd->pos - start > DNS_NAME_MAX)
			return false;
		if (label.len == 0)
			return true;
		for (size_t i = 0; i < label.len; i++) {
			if (!is_name_byte(label.ptr[i]))
				return false;
		}
	}
}

/*
 * One question that reads: of IN, CH or ANY; the top bit is multicast DNS's. Nothing
 * else decides, as a DNS message may begin with any two bytes.
 */
static bool is_dns(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);

	/* This is asked of every datagram, and few have a 1 here. */
	if (s.len < DNS_HEADER || s.ptr[QUESTIONS_AT] != 0 ||
	    s.ptr[QUESTIONS_AT + 1] != 1)
		return false;
	(void)cs_rd_u16(&rd); /* id */

	uint16_t flags = cs_rd_u16(&rd);

	(void)cs_rd_take(&rd, 8); /* counts of questions and records */
	if (flags & 0x7840 || !take_name(&rd))
		return false;

	uint16_t type = cs_rd_u16(&rd);
	uint16_t class = cs_rd_u16(&rd) & 0x7fff;

	return !rd.err && type > 0 && type < 0x0200 &&
	       (class == 1 || class == 3 || class == 255);
}

/* A byte in two's complement. */
static int signed_of(uint8_t byte)
{
	return byte < 128 ? byte : byte - 256;
}

static bool is_ntp_time(struct cs_span s)
{
	unsigned version = s.ptr[0] >> 3 & 7, mode = s.ptr[0] & 7;
	int poll = signed_of(s.ptr[2]), precision = signed_of(s.ptr[3]);

	return version >= 1 && version <= 4 && mode >= 1 && mode <= 5 && s.ptr[1] <= 16 &&
	       poll >= -6 && poll <= 17 && precision <= 0 && precision >= -32;
}

/* A list of monitors asked for, or another of ntpdc's. */
static bool is_ntp_private(struct cs_span s)
{
	return s.len >= 8 && s.ptr[0] == NTP_PRIVATE && s.ptr[1] == 0 && s.ptr[2] <= 3 &&
	       s.ptr[3] <= 0x2d && is_zeros(cs_span_of(s.ptr + 4, 4));
}

/* A question of ntpq's (RFC 9327 section 2): what it says of its length is true. */
static bool is_ntp_control(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);
	uint8_t first = cs_rd_u8(&rd), operation = cs_rd_u8(&rd);

	(void)cs_rd_u16(&rd); /* sequence */

	uint16_t status = cs_rd_u16(&rd);

	(void)cs_rd_u32(&rd); /* association, offset */

	size_t count = cs_rd_u16(&rd), left = cs_rd_left(&rd);

	return !rd.err && first == NTP_CONTROL && operation >= 1 && operation <= 12 &&
	       status == 0 && (left == count || left == (count + 3) / 4 * 4);
}

/* Time, with or without a key's digest; or one of the two kinds of control. */
static bool is_ntp(struct cs_span s)
{
	if (s.len == NTP_LEN || s.len == NTP_LEN + 20 || s.len == NTP_LEN + 24)
		return is_ntp_time(s);
	return is_ntp_private(s) || is_ntp_control(s);
}

/* One BER header (X.690) of the tag @tag; its length may be in any form. */
static bool take_ber(struct cs_rd *rd, uint8_t tag)
{
	if (cs_rd_u8(rd) != tag)
		return false;

	uint8_t len = cs_rd_u8(rd);

	if (len > 0x84 || len == 0x80)
		return false;
	if (len > 0x80)
		(void)cs_rd_take(rd, len - 0x80u);
	return !rd->err;
}

/* A sequence of version, then a community or the header of version 3. */
static bool is_snmp(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);

	if (!take_ber(&rd, 0x30) || !take_ber(&rd, 0x02))
		return false;

	uint8_t version = cs_rd_u8(&rd);
	uint8_t next = cs_rd_u8(&rd);

	return !rd.err && (version == 3 ? next == 0x30 : version < 2 && next == 0x04);
}

/* RTCP packets that state their lengths, to the datagram's end. */
static bool is_rtcp(struct cs_rd rd)
{
	while (cs_rd_left(&rd) > 0) {
		uint8_t first = cs_rd_u8(&rd);
		uint8_t type = cs_rd_u8(&rd);

		if (first >> 6 != 2 || type < RTCP_FIRST || type > RTCP_LAST)
			return false;
		(void)cs_rd_take(&rd, (size_t)cs_rd_u16(&rd) * 4);
	}
	return !rd.err;
}

/* How long the payload of a static type is, in multiples; 0: not a usual one. */
static size_t rtp_unit(unsigned type)
{
	switch (type) {
	case 0: /* PCMU, PCMA and G722: 10 ms */
	case 8:
	case 9:
		return 80;
	case 3: /* GSM */
		return 33;
	case 18: /* G729 */
		return 10;
	default:
		return type >= RTP_DYNAMIC ? 1 : 0;
	}
}

static bool is_rtp(struct cs_span s)
{
	if (s.len < 8 || s.ptr[0] >> 6 != 2)
		return false;
	if (is_rtcp(cs_rd_over(s.ptr, s.len)))
		return true;

	size_t unit = rtp_unit(s.ptr[1] & 0x7f);

	return s.ptr[0] == RTP && s.len > RTP_HEADER && unit > 0 &&
	       (s.len - RTP_HEADER) % unit == 0;
}

/* In this order: what is told by more bytes first. */
static const struct {
	enum cs_alien alien;
	bool (*is)(struct cs_span datagram);
} kinds[] = {
	{ CS_ALIEN_DTLS, is_dtls }, { CS_ALIEN_STUN, is_stun },
	{ CS_ALIEN_QUIC, is_quic }, { CS_ALIEN_DNS, is_dns },
	{ CS_ALIEN_SNMP, is_snmp }, { CS_ALIEN_NTP, is_ntp },
	{ CS_ALIEN_RTP, is_rtp },
};

static enum cs_alien of_version_1(struct cs_span datagram)
{
	return is_dns(datagram) ? CS_ALIEN_DNS : cs_alien_text(datagram);
}

enum cs_alien cs_alien_of(struct cs_span datagram)
{
	if (datagram.len == 0)
		return CS_ALIEN_EMPTY;
	if ((datagram.ptr[0] & VERSION_MASK) == VERSION_1)
		return of_version_1(datagram);
	if (is_zeros(datagram))
		return CS_ALIEN_ZEROS;
	for (size_t i = 0; i < CS_LEN(kinds); i++) {
		if (kinds[i].is(datagram))
			return kinds[i].alien;
	}

	enum cs_alien text = cs_alien_text(datagram);

	return text == CS_ALIEN_NONE ? CS_ALIEN_UNKNOWN : text;
}

const char *cs_alien_name(enum cs_alien alien)
{
	static const char *const names[CS_ALIENS] = {
		[CS_ALIEN_NONE] = "none",   [CS_ALIEN_UNKNOWN] = "unknown",
		[CS_ALIEN_EMPTY] = "empty", [CS_ALIEN_ZEROS] = "zeros",
		[CS_ALIEN_TEXT] = "text",   [CS_ALIEN_DTLS] = "dtls",
		[CS_ALIEN_STUN] = "stun",   [CS_ALIEN_QUIC] = "quic",
		[CS_ALIEN_DNS] = "dns",     [CS_ALIEN_SIP] = "sip",
		[CS_ALIEN_SSDP] = "ssdp",   [CS_ALIEN_NTP] = "ntp",
		[CS_ALIEN_SNMP] = "snmp",   [CS_ALIEN_RTP] = "rtp",
	};

	return alien < CS_ALIENS ? names[alien] : "unknown";
}
