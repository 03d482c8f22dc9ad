/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/ip.h"

#define V4_ENDS "\xc0\x00\x02\x01\xcb\x00\x71\x05"
#define V6_ENDS                                      \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
/* An extension header of eight bytes before a protocol. */
#define EXT(next) next "\0\0\0\0\0\0\0"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_err err;
	unsigned protocol;
	bool is_fragment, more;
	unsigned offset, id;
	size_t left;
} cases[] = {
	{ "nothing", { NULL, 0 }, CS_ERR_SHORT, 0, 0, 0, 0, 0, 0 },
	{ "version 5", SPAN_ROW("\x55"), CS_ERR_RESERVED, 0, 0, 0, 0, 0, 0 },

	{ "IPv4 with nothing inside",
	  SPAN_ROW("\x45\0\0\x14\0\0\x40\0\x40\x11\0\0" V4_ENDS), CS_OK, 17, 0, 0, 0, 0,
	  0 },
	{ "IPv4 with padding behind",
	  SPAN_ROW("\x45\0\0\x15\0\0\0\0\x40\x11\0\0" V4_ENDS "a...."), CS_OK, 17, 0, 0,
	  0, 0, 1 },
	{ "IPv4 length one too long",
	  SPAN_ROW("\x45\0\0\x16\0\0\0\0\x40\x11\0\0" V4_ENDS "a"), CS_ERR_SHORT, 0, 0, 0,
	  0, 0, 0 },
	{ "IPv4 length below the header",
	  SPAN_ROW("\x45\0\0\x13\0\0\0\0\x40\x11\0\0" V4_ENDS), CS_ERR_RANGE, 0, 0, 0, 0,
	  0, 0 },
	{ "IPv4 header length 4 words",
	  SPAN_ROW("\x44\0\0\x14\0\0\0\0\x40\x11\0\0" V4_ENDS), CS_ERR_RANGE, 0, 0, 0, 0,
	  0, 0 },
	{ "IPv4 with one word of options",
	  SPAN_ROW("\x46\0\0\x19\0\0\0\0\x40\x11\0\0" V4_ENDS "\1\1\1\0a"), CS_OK, 17, 0,
	  0, 0, 0, 1 },
	{ "IPv4 with all the options there can be",
	  SPAN_ROW("\x4f\0\0\x3d\0\0\0\0\x40\x06\0\0" V4_ENDS
		   "1234567890123456789012345678901234567890a"),
	  CS_OK, 6, 0, 0, 0, 0, 1 },
	{ "IPv4 options past the end",
	  SPAN_ROW("\x46\0\0\x18\0\0\0\0\x40\x11\0\0" V4_ENDS "\1\1\1"), CS_ERR_SHORT, 0,
	  0, 0, 0, 0, 0 },
	{ "IPv4 first fragment",
	  SPAN_ROW("\x45\0\0\x1c\x12\x34\x20\0\x40\x11\0\0" V4_ENDS "12345678"), CS_OK,
	  17, true, true, 0, 0x1234, 8 },
	{ "IPv4 last fragment at the largest offset",
	  SPAN_ROW("\x45\0\0\x15\x12\x34\x1f\xff\x40\x11\0\0" V4_ENDS "1"), CS_OK, 17,
	  true, false, 65528, 0x1234, 1 },

	{ "IPv6 with nothing inside", SPAN_ROW("\x60\0\0\0\0\0\x11\x40" V6_ENDS), CS_OK,
	  17, 0, 0, 0, 0, 0 },
	{ "IPv6 with padding behind",
	  SPAN_ROW("\x60\0\0\0\0\x01\x11\x40" V6_ENDS "a...."), CS_OK, 17, 0, 0, 0, 0,
	  1 },
	{ "IPv6 length one too long", SPAN_ROW("\x60\0\0\0\0\x02\x11\x40" V6_ENDS "a"),
	  CS_ERR_SHORT, 0, 0, 0, 0, 0, 0 },
	{ "hop-by-hop, destination, routing",
	  SPAN_ROW("\x60\0\0\0\0\x19\x00\x40" V6_ENDS EXT("\x3c") EXT("\x2b")
			   EXT("\x11") "a"),
	  CS_OK, 17, 0, 0, 0, 0, 1 },
	{ "an extension of two units",
	  SPAN_ROW("\x60\0\0\0\0\x11\x3c\x40" V6_ENDS "\x11\x01"
		   "12345678901234a"),
	  CS_OK, 17, 0, 0, 0, 0, 1 },
	{ "an authentication header counts otherwise",
	  SPAN_ROW("\x60\0\0\0\0\x0d\x33\x40" V6_ENDS "\x11\x01"
		   "1234567890a"),
	  CS_OK, 17, 0, 0, 0, 0, 1 },
	{ "an extension past the length",
	  SPAN_ROW("\x60\0\0\0\0\x08\x3c\x40" V6_ENDS "\x11\x01"
		   "12345612345678"),
	  CS_ERR_SHORT, 0, 0, 0, 0, 0, 0 },
	{ "eight extensions",
	  SPAN_ROW("\x60\0\0\0\0\x40\x3c\x40" V6_ENDS EXT("\x3c") EXT("\x3c") EXT("\x3c")
			   EXT("\x3c") EXT("\x3c") EXT("\x3c") EXT("\x3c") EXT("\x3a")),
	  CS_OK, 58, 0, 0, 0, 0, 0 },
	{ "nine extensions",
	  SPAN_ROW("\x60\0\0\0\0\x48\x3c\x40" V6_ENDS EXT("\x3c") EXT("\x3c") EXT("\x3c")
			   EXT("\x3c") EXT("\x3c") EXT("\x3c") EXT("\x3c") EXT("\x3c")
				   EXT("\x3a")),
	  CS_ERR_RANGE, 0, 0, 0, 0, 0, 0 },
	{ "IPv6 first fragment: its extensions wait",
	  SPAN_ROW("\x60\0\0\0\0\x10\x2c\x40" V6_ENDS
		   "\x3c\0\0\x01\xde\xad\xbe\xef" EXT("\x11")),
	  CS_OK, 60, true, true, 0, 0xdeadbeef, 8 },
	{ "IPv6 last fragment at the largest offset",
	  SPAN_ROW("\x60\0\0\0\0\x09\x2c\x40" V6_ENDS "\x11\0\xff\xf8\0\0\0\x07!"), CS_OK,
	  17, true, false, 65528, 7, 1 },
	{ "an atomic fragment is none",
	  SPAN_ROW("\x60\0\0\0\0\x09\x2c\x40" V6_ENDS "\x11\0\0\0\0\0\0\x07!"), CS_OK, 17,
	  false, false, 0, 7, 1 },
	{ "no next header", SPAN_ROW("\x60\0\0\0\0\x01\x3b\x40" V6_ENDS "a"), CS_OK, 59,
	  0, 0, 0, 0, 1 },
	{ "an IPv4-mapped source in an IPv6 header",
	  SPAN_ROW("\x60\0\0\0\0\0\x11\x40\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
		   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"),
	  CS_ERR_RESERVED, 0, 0, 0, 0, 0, 0 },
};

static void each_packet_gives_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_ip ip = { 0 };
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		enum cs_err err = cs_ip_read(cs_span_of(copy, cases[i].bytes.len), &ip);

		if (err != cases[i].err || ip.protocol != cases[i].protocol ||
		    ip.is_fragment != cases[i].is_fragment || ip.more != cases[i].more ||
		    ip.offset != cases[i].offset || ip.id != cases[i].id ||
		    ip.payload.len != cases[i].left)
			fail_msg("%s: %s, protocol %u, fragment %d more %d offset %u "
				 "id %x, %zu left",
				 cases[i].name, cs_strerror(err), ip.protocol,
				 ip.is_fragment, ip.more, ip.offset, ip.id,
				 ip.payload.len);
		free(copy);
	}
}

/* The header of a real packet; its checksum is 0xb861. */
static const uint8_t known[] = "\x45\x00\x00\x73\x00\x00\x40\x00\x40\x11\xb8\x61"
			       "\xc0\xa8\x00\x01\xc0\xa8\x00\xc7";

static void the_header_checksum_is_told(void **state)
{
	uint8_t packet[115] = { 0 };
	struct cs_ip ip;

	(void)state;
	memcpy(packet, known, sizeof(known) - 1);
	assert_int_equal(cs_ip_read(cs_span_of(packet, sizeof(packet)), &ip), CS_OK);
	assert_true(ip.checksum_ok);
	assert_int_equal(cs_addr_low32(&ip.from), 0xc0a80001);
	assert_int_equal(cs_addr_low32(&ip.to), 0xc0a800c7);
	assert_true(cs_addr_is_v4(&ip.to));
	assert_int_equal(ip.hop_limit, 64);
	for (unsigned bit = 0; bit < 160; bit++) {
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (cs_ip_read(cs_span_of(packet, sizeof(packet)), &ip) == CS_OK &&
		    cs_addr_is_v4(&ip.from))
			assert_false(ip.checksum_ok);
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void ipv6_ends_are_read(void **state)
{
	struct cs_addr want = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	struct cs_ip ip;

	(void)state;
	assert_int_equal(cs_ip_read(SPAN("\x60\0\0\0\0\0\x11\x40" V6_ENDS), &ip), CS_OK);
	assert_int_equal(cs_addr_cmp(&ip.from, &want), 0);
	want.b[15] = 2;
	assert_int_equal(cs_addr_cmp(&ip.to, &want), 0);
	assert_int_equal(ip.hop_limit, 64);
	assert_true(ip.checksum_ok);
}

static void a_joined_datagram_is_walked_to_its_protocol(void **state)
{
	struct cs_ip ip = { .from = { .b = { 0x20 } }, .protocol = 60 };

	(void)state;
	ip.payload = SPAN(EXT("\x11") "abc");
	assert_int_equal(cs_ip_walk(&ip), CS_OK);
	assert_int_equal(ip.protocol, 17);
	assert_true(cs_span_eq(ip.payload, SPAN("abc")));

	ip.protocol = 60;
	ip.payload = SPAN(EXT("\x2c") "\x11\0\0\0\0\0\0\0");
	assert_int_equal(cs_ip_walk(&ip), CS_ERR_RESERVED);
	assert_int_equal(ip.protocol, 60); /* untouched */

	/* IPv4 has protocols of these numbers too, but no such headers. */
	ip.from = cs_addr_v4(1);
	assert_int_equal(cs_ip_walk(&ip), CS_OK);
	assert_int_equal(ip.protocol, 60);
}

static void every_prefix_is_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_span good = cases[i].bytes;
		struct cs_ip ip;

		for (size_t n = 0; cases[i].err == CS_OK && n < good.len; n++) {
			uint8_t *copy = heap_copy(good.ptr, n);
			enum cs_err err = cs_ip_read(cs_span_of(copy, n), &ip);

			assert_true(err == CS_ERR_SHORT ||
				    (err == CS_OK && good.ptr[good.len - 1] == '.'));
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_gives_its_outcome),
		cmocka_unit_test(the_header_checksum_is_told),
		cmocka_unit_test(ipv6_ends_are_read),
		cmocka_unit_test(a_joined_datagram_is_walked_to_its_protocol),
		cmocka_unit_test(every_prefix_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
