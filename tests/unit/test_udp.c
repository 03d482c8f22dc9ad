/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/udp.h"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_err err;
	size_t payload;
} cases[] = {
	{ "nothing", { NULL, 0 }, CS_ERR_SHORT, 0 },
	{ "a header cut off", SPAN_ROW("\x16\x33\x9c\x40\x00\x08\x00"), CS_ERR_SHORT, 0 },
	{ "an empty datagram", SPAN_ROW("\x16\x33\x9c\x40\x00\x08\x00\x00"), CS_OK, 0 },
	{ "one byte", SPAN_ROW("\x16\x33\x9c\x40\x00\x09\x00\x00!"), CS_OK, 1 },
	{ "bytes behind the length", SPAN_ROW("\x16\x33\x9c\x40\x00\x09\x00\x00!more"),
	  CS_OK, 1 },
	{ "length 7", SPAN_ROW("\x16\x33\x9c\x40\x00\x07\x00\x00!"), CS_ERR_RANGE, 0 },
	{ "length 0", SPAN_ROW("\x16\x33\x9c\x40\x00\x00\x00\x00!"), CS_ERR_RANGE, 0 },
	{ "length one too long", SPAN_ROW("\x16\x33\x9c\x40\x00\x0a\x00\x00!"),
	  CS_ERR_SHORT, 0 },
	{ "length 65535", SPAN_ROW("\x16\x33\x9c\x40\xff\xff\x00\x00!"), CS_ERR_SHORT,
	  0 },
};

static void each_datagram_gives_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_udp udp = { 0 };
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		enum cs_err err = cs_udp_read(cs_span_of(copy, cases[i].bytes.len), &udp);

		if (err != cases[i].err || udp.payload.len != cases[i].payload)
			fail_msg("%s: %s, %zu bytes", cases[i].name, cs_strerror(err),
				 udp.payload.len);
		if (!err) {
			assert_int_equal(udp.from_port, 5683);
			assert_int_equal(udp.to_port, 40000);
			assert_int_equal(udp.whole.len, 8 + udp.payload.len);
		}
		free(copy);
	}
}

/* 192.0.2.1:5683 to 203.0.113.5:40000, "hi!", checksummed by hand. */
static const struct cs_ip v4_ip = {
	.from = { .b = { [10] = 0xff, 0xff, 0xc0, 0x00, 0x02, 0x01 } },
	.to = { .b = { [10] = 0xff, 0xff, 0xcb, 0x00, 0x71, 0x05 } },
};
static const uint8_t v4_datagram[] = "\x16\x33\x9c\x40\x00\x0b\xc5\xf3hi!";

static void the_checksum_is_verified(void **state)
{
	uint8_t bytes[11];
	struct cs_udp udp;

	(void)state;
	memcpy(bytes, v4_datagram, sizeof(bytes));
	assert_int_equal(cs_udp_read(cs_span_of(bytes, sizeof(bytes)), &udp), CS_OK);
	assert_true(cs_udp_intact(&udp, &v4_ip));
	for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (cs_udp_read(cs_span_of(bytes, sizeof(bytes)), &udp) == CS_OK)
			assert_false(cs_udp_intact(&udp, &v4_ip));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void no_checksum_will_do_for_ipv4_only(void **state)
{
	struct cs_ip v6_ip = { .from = { .b = { 0x20, 0x01 } },
			       .to = { .b = { 0x20, 0x01 } } };
	uint8_t bytes[11];
	struct cs_udp udp;

	(void)state;
	memcpy(bytes, v4_datagram, sizeof(bytes));
	bytes[6] = bytes[7] = 0;
	assert_int_equal(cs_udp_read(cs_span_of(bytes, sizeof(bytes)), &udp), CS_OK);
	assert_true(cs_udp_intact(&udp, &v4_ip));
	assert_false(cs_udp_intact(&udp, &v6_ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datagram_gives_its_outcome),
		cmocka_unit_test(the_checksum_is_verified),
		cmocka_unit_test(no_checksum_will_do_for_ipv4_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
