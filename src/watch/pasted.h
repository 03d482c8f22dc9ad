/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pasted: what people paste when they ask about somebody: an address or a prefix, with
 * or without a port and whatever stood around it, a line of a firewall's log or of
 * tcpdump, a name, or an address that lost its dots. Pure.
 *
 * One word is, in this order:
 *   192.0.2.7  2001:db8::7  fe80::1%eth0           an address
 *   192.0.2.0/24  2001:db8::/32                    a prefix; bits behind it are dropped
 *   192.0.2.7:5683  [2001:db8::7]:5683             with a port
 *   192.0.2.7.5683  2001:db8::7.5683               ... as tcpdump writes it
 *   192.0.2.7(5683)  outside:192.0.2.7/4751        ... as Cisco's devices do
 *   inside/192.0.2.7(5683)  /192.0.2.7:5683        ... and programs in Java
 *   192.0.2.7:5683:X1  192.0.2.7:5683/udp          ... and others
 *   coap://HOST[:PORT]/...                         the host of a URI
 *   https://site.example/ip/192.0.2.7              ... of a site's URL the address in it
 *   7.2.0.192.in-addr.arpa                         a name of the reverse tree
 *   103111225024                                   digits alone, see below
 *   sensor.example  sensor.example:5683            a name
 * Quotes, brackets and punctuation around it are taken off, and those around its dots, as
 * in 192[.]0[.]2[.]7 and 192[dot]0[dot]2[dot]7. Of several words it is what stands behind src,
 * SRC=, srcip=, "source.ip": and the like, else before > or ->, or behind <, else the first
 * address behind "from", else the first at all; what stands behind dst or "to", or on the
 * arrow's other side, is where it went, and never asked about. Where a name stands for the
 * source no other address is taken for it. Of two without a direction (<->, or side by
 * side) whose first has CoAP's port, the second asked. In a line 192.0.2.7/80 has a port. A
 * line without any address may have digits alone.
 *
 * Digits alone are read as IPv4 without dots. A reading counts when it uses all digits,
 * in their order, as four numbers of 0 to 255, perhaps followed by a length of 0 to 32;
 * no number has a leading zero, and a length leaves no bits behind it. One reading is
 * taken; of several each is given. 103111225024 has one: 103.111.225.0/24 (as four
 * numbers alone it would need "024"). Blanks, commas or dashes where dots were, as in
 * 103 111 225 7, leave one reading.
 */
#pragma once

#include "base/addr.h"

enum cs_pasted_kind {
	CS_PASTED_PREFIX,  /* .what: an address has all bits */
	CS_PASTED_NAME,    /* .name */
	CS_PASTED_SEVERAL, /* .reading: digits that can be read in more ways than one */
};

enum { CS_PASTED_READINGS = 64 }; /* more than any twelve or so digits have */

struct cs_pasted {
	enum cs_pasted_kind kind;
	struct cs_prefix what;
	struct cs_span name; /* borrowed from the text */
	uint16_t port;       /* 0: none was there */
	bool of_line;        /* it was picked from a line of several words */
	bool of_digits;      /* it had lost its dots */
	bool of_path;        /* it stood in the path of a site's URL */
	bool has_to;         /* of a line: where it went */
	struct cs_addr to;
	struct cs_span
		unread; /* of a line that could not be read: what stands for its source */
	size_t n_readings;
	struct cs_prefix reading[CS_PASTED_READINGS];
};

/*
 * CS_ERR_SYNTAX: nothing of it is an address or a name, or it is a line whose source is none;
 * @out is zeroed but for .unread, .has_to and .to.
 */
CS_MUST_USE enum cs_err cs_pasted_read(struct cs_span text, struct cs_pasted *out);

/* Whether @prefix is a single address. */
static inline bool cs_pasted_is_address(const struct cs_prefix *prefix)
{
	return prefix->bits == 128;
}
