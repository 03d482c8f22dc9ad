/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/block.h"

static const struct {
	const char *name; /* what is special about the value */
	size_t n;
	uint8_t bytes[4];
	enum cs_err err;
	struct cs_block want;
} values[] = {
	{ "empty", 0, { 0 }, CS_OK, { 0, false, 0 } },
	{ "one zero byte", 1, { 0x00 }, CS_OK, { 0, false, 0 } },
	{ "more follows", 1, { 0x08 }, CS_OK, { 0, true, 0 } },
	{ "largest size", 1, { 0x06 }, CS_OK, { 0, false, 6 } },
	{ "reserved size", 1, { 0x07 }, CS_ERR_RESERVED, { 0, false, 0 } },
	{ "reserved size with M", 1, { 0x0f }, CS_ERR_RESERVED, { 0, false, 0 } },
	{ "RFC 7959 figure 3: 1/1/128", 1, { 0x1b }, CS_OK, { 1, true, 3 } },
	{ "largest number of one byte", 1, { 0xf2 }, CS_OK, { 15, false, 2 } },
	{ "smallest number of two bytes", 2, { 0x01, 0x02 }, CS_OK, { 16, false, 2 } },
	{ "largest number of two bytes", 2, { 0xff, 0xfe }, CS_OK, { 4095, true, 6 } },
	{ "smallest number of three", 3, { 0x01, 0, 0 }, CS_OK, { 4096, false, 0 } },
	{ "largest number", 3, { 0xff, 0xff, 0xf6 }, CS_OK, { 1048575, false, 6 } },
	{ "leading zeros", 3, { 0, 0, 0x1a }, CS_OK, { 1, true, 2 } },
	{ "four bytes", 4, { 0, 0, 0, 0 }, CS_ERR_RANGE, { 0, false, 0 } },
};

static void each_value_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(values); i++) {
		uint8_t *copy = heap_copy(values[i].bytes, values[i].n);
		struct cs_block got = { 0 };
		enum cs_err err = cs_block_read(cs_span_of(copy, values[i].n), &got);
		const struct cs_block *want = &values[i].want;

		if (err != values[i].err || got.num != want->num ||
		    got.more != want->more || got.szx != want->szx)
			fail_msg("%s: %s, %u/%d/%u", values[i].name, cs_strerror(err),
				 got.num, got.more, got.szx);
		free(copy);
	}
}

static void what_is_written_reads_back_and_is_shortest(void **state)
{
	static const struct {
		struct cs_block block;
		size_t len;
	} rows[] = {
		{ { 0, false, 0 }, 1 }, /* never of zero length */
		{ { 0, true, 6 }, 1 },     { { 15, false, 2 }, 1 },
		{ { 16, false, 0 }, 2 },   { { 4095, true, 6 }, 2 },
		{ { 4096, false, 0 }, 3 }, { { 1048575, true, 6 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		uint8_t bytes[4] = { 0xaa, 0xaa, 0xaa, 0xaa };
		size_t len = cs_block_write(&rows[i].block, bytes);
		struct cs_block back;

		assert_int_equal(len, rows[i].len);
		assert_int_equal(cs_block_read(cs_span_of(bytes, len), &back), CS_OK);
		assert_int_equal(back.num, rows[i].block.num);
		assert_int_equal(back.more, rows[i].block.more);
		assert_int_equal(back.szx, rows[i].block.szx);
	}
}

static void sizes_go_from_16_to_1024(void **state)
{
	(void)state;
	assert_int_equal(cs_block_size(0), 16);
	assert_int_equal(cs_block_size(2), 64);
	assert_int_equal(cs_block_size(6), 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_is_read),
		cmocka_unit_test(what_is_written_reads_back_and_is_shortest),
		cmocka_unit_test(sizes_go_from_16_to_1024),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
