/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/ethernet.h"

#define MACS "\x01\x02\x03\x04\x05\x06\x11\x12\x13\x14\x15\x16"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_err err;
	unsigned tags, vlan, ethertype;
	size_t left;
} cases[] = {
	{ "nothing", { NULL, 0 }, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "an empty packet", SPAN_ROW(MACS "\x08\x00"), CS_OK, 0, 0, 0x0800, 0 },
	{ "a packet", SPAN_ROW(MACS "\x86\xdd!!"), CS_OK, 0, 0, 0x86dd, 2 },
	{ "an 802.3 length", SPAN_ROW(MACS "\x00\x03zzz"), CS_OK, 0, 0, 3, 3 },
	{ "one tag", SPAN_ROW(MACS "\x81\x00\xe0\x2a\x08\x00!"), CS_OK, 1, 42, 0x0800,
	  1 },
	{ "largest identifier", SPAN_ROW(MACS "\x81\x00\xff\xff\x08\x00"), CS_OK, 1, 4095,
	  0x0800, 0 },
	{ "two tags, the inner counts",
	  SPAN_ROW(MACS "\x88\xa8\x00\x01\x81\x00\x00\x02\x86\xdd!"), CS_OK, 2, 2, 0x86dd,
	  1 },
	{ "old provider tag", SPAN_ROW(MACS "\x91\x00\x00\x07\x08\x00"), CS_OK, 1, 7,
	  0x0800, 0 },
	{ "four tags",
	  SPAN_ROW(MACS "\x88\xa8\x00\x01\x81\x00\x00\x02\x91\x00\x00\x03"
			"\x81\x00\x00\x04\x08\x00"),
	  CS_OK, 4, 4, 0x0800, 0 },
	{ "five tags",
	  SPAN_ROW(MACS "\x81\x00\x00\x01\x81\x00\x00\x02\x81\x00\x00\x03"
			"\x81\x00\x00\x04\x81\x00\x00\x05\x08\x00"),
	  CS_ERR_RANGE, 0, 0, 0, 0 },
	{ "a tag cut off", SPAN_ROW(MACS "\x81\x00\x00"), CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "the type after a tag cut off", SPAN_ROW(MACS "\x81\x00\x00\x01\x08"),
	  CS_ERR_SHORT, 0, 0, 0, 0 },
};

static void each_frame_gives_its_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_frame frame = { 0 };
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		enum cs_err err =
			cs_ethernet_read(cs_span_of(copy, cases[i].bytes.len), &frame);

		if (err != cases[i].err || frame.tags != cases[i].tags ||
		    frame.vlan != cases[i].vlan ||
		    frame.ethertype != cases[i].ethertype ||
		    frame.payload.len != cases[i].left)
			fail_msg("%s: %s, %u tags, vlan %u, type %04x, %zu left",
				 cases[i].name, cs_strerror(err), frame.tags, frame.vlan,
				 frame.ethertype, frame.payload.len);
		free(copy);
	}
}

static void addresses_are_in_wire_order(void **state)
{
	struct cs_frame frame;

	(void)state;
	assert_int_equal(cs_ethernet_read(SPAN(MACS "\x08\x00"), &frame), CS_OK);
	assert_memory_equal(frame.to, "\x01\x02\x03\x04\x05\x06", 6);
	assert_memory_equal(frame.from, "\x11\x12\x13\x14\x15\x16", 6);
}

static void every_prefix_of_a_header_is_short(void **state)
{
	static const char good[] = MACS "\x88\xa8\x00\x01\x81\x00\x00\x02\x86\xdd";

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct cs_frame frame;
		uint8_t *copy = heap_copy(good, n);

		assert_int_equal(cs_ethernet_read(cs_span_of(copy, n), &frame),
				 CS_ERR_SHORT);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_gives_its_packet),
		cmocka_unit_test(addresses_are_in_wire_order),
		cmocka_unit_test(every_prefix_of_a_header_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
