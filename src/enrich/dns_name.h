/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_name: names as they stand in DNS messages (RFC 1035 section 3.1 and
 * 4.1.4), and the names under which addresses are looked up. Pure: no
 * allocation, no I/O, no clock. Records are dns_reply.h's business.
 */
#pragma once

#include "base/addr.h"

enum {
	CS_DNS_NAME_MAX = 255,  /* bytes on the wire, the root's 0 included */
	CS_DNS_PARTS_MAX = 128, /* pieces that a compressed name is made of */
	CS_DNS_TEXT = 254, /* the longest name in text, without the last dot, and a NUL */
	/* 32 nibbles with a dot each, "ip6.arpa" and a NUL */
	CS_DNS_REVERSE_TEXT = 32 * 2 + sizeof("ip6.arpa"),
};

/* Uncompressed: labels with their length bytes, up to the root's 0. */
struct cs_dns_name {
	uint8_t wire[CS_DNS_NAME_MAX];
	size_t len; /* bytes; 1 for the root */
};

/*
 * Reads the name at @rd's place, following compression pointers into the message
 * that @rd is over; @rd then stands behind the name's first part. A pointer
 * must lead to before the part that it ends, so no message leads round in a
 * circle.
 *
 * CS_ERR_SHORT     the name runs past the message
 * CS_ERR_RESERVED  a label's type is none of RFC 1035 (the high bits are 01 or 10)
 * CS_ERR_RANGE     a pointer leads forward or to itself, the name is longer than
 *                  255 bytes, or made of more pieces than such a name can need
 * are left in @rd->err; @name is then of no use.
 */
void cs_dns_name_read(struct cs_rd *rd, struct cs_dns_name *name);

/* ASCII letters are the same in either case (RFC 4343). */
CS_MUST_USE bool cs_dns_name_eq(const struct cs_dns_name *a, const struct cs_dns_name *b);

/*
 * The name in text, labels with dots between them, and a NUL; returns its
 * length. 0 when it is not a name that text can hold unchanged: the root, or a
 * label with a byte other than printable ASCII, a blank, a dot or a backslash.
 */
CS_MUST_USE size_t cs_dns_name_text(const struct cs_dns_name *name,
				    char out[CS_DNS_TEXT]);

/*
 * What is asked for @ip: "4.3.2.1.in-addr.arpa" (RFC 1035 section 3.5), or
 * nibbles under ip6.arpa (RFC 3596 section 2.5). No last dot; always terminated.
 */
void cs_dns_reverse_text(const struct cs_addr *ip, char out[CS_DNS_REVERSE_TEXT]);

/* The same as it stands in the question. */
void cs_dns_reverse_name(const struct cs_addr *ip, struct cs_dns_name *name);
