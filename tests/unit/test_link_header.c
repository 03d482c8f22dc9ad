/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/link.h"

#define MACS "\x01\x02\x03\x04\x05\x06\x11\x12\x13\x14\x15\x16"
#define SLL  "\0\0\0\x01\0\x06\x11\x12\x13\x14\x15\x16\0\0"
#define SLL2 "\0\0\0\0\0\x02\0\x01\0\x06\x11\x12\x13\x14\x15\x16\0\0"

static const struct {
	const char *name;
	enum cs_link_type link;
	struct cs_span bytes; /* all before the "!!" is the header */
	enum cs_err err;
} cases[] = {
	{ "Ethernet, IPv4", CS_LINK_ETHERNET, SPAN_ROW(MACS "\x08\x00!!"), CS_OK },
	{ "Ethernet, IPv6", CS_LINK_ETHERNET, SPAN_ROW(MACS "\x86\xdd!!"), CS_OK },
	{ "Ethernet, ARP", CS_LINK_ETHERNET, SPAN_ROW(MACS "\x08\x06!!"),
	  CS_ERR_FOREIGN },
	{ "Ethernet, an 802.3 length", CS_LINK_ETHERNET, SPAN_ROW(MACS "\x00\x02!!"),
	  CS_ERR_FOREIGN },
	{ "all three kinds of tags, and one more", CS_LINK_ETHERNET,
	  SPAN_ROW(MACS "\x91\x00\0\1\x88\xa8\0\2\x81\x00\0\3\x81\x00\0\4\x08\x00!!"),
	  CS_OK },
	{ "five tags", CS_LINK_ETHERNET,
	  SPAN_ROW(MACS "\x81\x00\0\1\x81\x00\0\2\x81\x00\0\3\x81\x00\0\4\x81\x00\0\5"
			"\x08\x00!!"),
	  CS_ERR_RANGE },
	{ "PPPoE inside Ethernet", CS_LINK_ETHERNET,
	  SPAN_ROW(MACS "\x88\x64\x11\x00\x00\x2a\x00\x04\x00\x21!!"), CS_OK },
	{ "PPPoE inside a VLAN", CS_LINK_ETHERNET,
	  SPAN_ROW(MACS "\x81\x00\0\x07\x88\x64\x11\x00\0\x2a\0\x04\x00\x57!!"), CS_OK },
	{ "PPPoE discovery", CS_LINK_ETHERNET,
	  SPAN_ROW(MACS "\x88\x63\x11\x09\0\0\0\0!!"), CS_ERR_FOREIGN },

	{ "cooked, IPv4", CS_LINK_SLL, SPAN_ROW(SLL "\x08\x00!!"), CS_OK },
	{ "cooked, a tag, IPv6", CS_LINK_SLL, SPAN_ROW(SLL "\x81\x00\0\1\x86\xdd!!"),
	  CS_OK },
	{ "cooked, LLC", CS_LINK_SLL, SPAN_ROW(SLL "\x00\x04!!"), CS_ERR_FOREIGN },
	{ "cooked 2, IPv4", CS_LINK_SLL2, SPAN_ROW("\x08\x00" SLL2 "!!"), CS_OK },
	{ "cooked 2, IPv6", CS_LINK_SLL2, SPAN_ROW("\x86\xdd" SLL2 "!!"), CS_OK },
	{ "cooked 2, a tag", CS_LINK_SLL2, SPAN_ROW("\x81\x00" SLL2 "\0\1\x08\x00!!"),
	  CS_OK },
	{ "cooked 2, ARP", CS_LINK_SLL2, SPAN_ROW("\x08\x06" SLL2 "!!"), CS_ERR_FOREIGN },

	{ "raw", CS_LINK_RAW, SPAN_ROW("!!"), CS_OK },
	{ "raw IPv4", CS_LINK_RAW4, SPAN_ROW("!!"), CS_OK },
	{ "raw IPv6", CS_LINK_RAW6, SPAN_ROW("!!"), CS_OK },

	{ "loopback, IPv4, little", CS_LINK_NULL, SPAN_ROW("\2\0\0\0!!"), CS_OK },
	{ "loopback, IPv4, big", CS_LINK_NULL, SPAN_ROW("\0\0\0\2!!"), CS_OK },
	{ "loopback, Linux' IPv6", CS_LINK_NULL, SPAN_ROW("\x0a\0\0\0!!"), CS_OK },
	{ "loopback, Windows' IPv6", CS_LINK_NULL, SPAN_ROW("\x17\0\0\0!!"), CS_OK },
	{ "loopback, NetBSD's IPv6", CS_LINK_NULL, SPAN_ROW("\0\0\0\x18!!"), CS_OK },
	{ "loopback, FreeBSD's IPv6", CS_LINK_NULL, SPAN_ROW("\x1c\0\0\0!!"), CS_OK },
	{ "loopback, Darwin's IPv6", CS_LINK_NULL, SPAN_ROW("\x1e\0\0\0!!"), CS_OK },
	{ "loopback, AppleTalk", CS_LINK_NULL, SPAN_ROW("\x10\0\0\0!!"), CS_ERR_FOREIGN },
	{ "OpenBSD's loopback, IPv6", CS_LINK_LOOP, SPAN_ROW("\0\0\0\x18!!"), CS_OK },
	{ "OpenBSD's loopback has one order", CS_LINK_LOOP, SPAN_ROW("\2\0\0\0!!"),
	  CS_ERR_FOREIGN },

	{ "PPP framed", CS_LINK_PPP, SPAN_ROW("\xff\x03\x00\x21!!"), CS_OK },
	{ "PPP framed, short protocol", CS_LINK_PPP, SPAN_ROW("\xff\x03\x57!!"), CS_OK },
	{ "PPP bare", CS_LINK_PPP, SPAN_ROW("\x00\x57!!"), CS_OK },
	{ "PPP bare, short protocol", CS_LINK_PPP, SPAN_ROW("\x21!!"), CS_OK },
	{ "PPP, LCP", CS_LINK_PPP, SPAN_ROW("\xff\x03\xc0\x21!!"), CS_ERR_FOREIGN },
	{ "PPPoE alone", CS_LINK_PPP_ETHER, SPAN_ROW("\x11\x00\0\x01\0\x04\x00\x21!!"),
	  CS_OK },
	{ "PPPoE, LCP", CS_LINK_PPP_ETHER, SPAN_ROW("\x11\x00\0\x01\0\x04\xc0\x21!!"),
	  CS_ERR_FOREIGN },
	{ "PPPoE of another version", CS_LINK_PPP_ETHER,
	  SPAN_ROW("\x21\x00\0\x01\0\x04\x00\x21!!"), CS_ERR_FOREIGN },
};

static void each_frame_gives_its_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_span packet = { 0 };
		enum cs_err err = cs_link_strip(cases[i].link, cases[i].bytes, &packet);

		if (err != cases[i].err ||
		    !cs_span_eq(packet, err ? SPAN("") : SPAN("!!")))
			fail_msg("%s: %s, %zu bytes", cases[i].name, cs_strerror(err),
				 packet.len);
	}
}

static void no_prefix_of_a_header_will_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		for (size_t n = 0; !cases[i].err && n < cases[i].bytes.len - 2; n++) {
			uint8_t *copy = heap_copy(cases[i].bytes.ptr, n);
			struct cs_span packet;

			if (!cs_link_strip(cases[i].link, cs_span_of(copy, n), &packet))
				fail_msg("%s cut to %zu", cases[i].name, n);
			free(copy);
		}
	}
}

static void numbers_of_captures_name_their_kind(void **state)
{
	static const struct {
		int dlt;
		enum cs_link_type link;
	} known[] = {
		{ 0, CS_LINK_NULL },   { 1, CS_LINK_ETHERNET },   { 9, CS_LINK_PPP },
		{ 12, CS_LINK_RAW },   { 14, CS_LINK_RAW },       { 101, CS_LINK_RAW },
		{ 50, CS_LINK_PPP },   { 51, CS_LINK_PPP_ETHER }, { 108, CS_LINK_LOOP },
		{ 113, CS_LINK_SLL },  { 228, CS_LINK_RAW4 },     { 229, CS_LINK_RAW6 },
		{ 276, CS_LINK_SLL2 },
	};
	enum cs_link_type link = CS_LINKS;

	(void)state;
	assert_false(cs_link_of(105, &link)); /* 802.11 */
	assert_int_equal(link, CS_LINKS);
	for (size_t i = 0; i < CS_LEN(known); i++) {
		assert_true(cs_link_of(known[i].dlt, &link));
		assert_int_equal(link, known[i].link);
	}
	for (unsigned i = 0; i < CS_LINKS; i++)
		assert_non_null(cs_link_name((enum cs_link_type)i));
	assert_string_equal(cs_link_name(CS_LINK_SLL2), "Linux cooked 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_gives_its_packet),
		cmocka_unit_test(no_prefix_of_a_header_will_do),
		cmocka_unit_test(numbers_of_captures_name_their_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
