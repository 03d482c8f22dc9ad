/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/wr.h"

static void integers_are_big_endian(void **state)
{
	static const uint8_t bytes[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	};
	struct cs_rd r = cs_rd_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cs_rd_u8(&r), 1);
	assert_int_equal(cs_rd_u16(&r), 0x0203);
	assert_int_equal(cs_rd_u32(&r), 0x04050607);
	assert_true(cs_rd_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(cs_rd_left(&r), 0);
	assert_int_equal(r.err, CS_OK);
}

static void the_first_failure_sticks(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct cs_rd r = cs_rd_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cs_rd_u8(&r), 1);
	assert_int_equal(cs_rd_u32(&r), 0);
	assert_int_equal(r.err, CS_ERR_SHORT);
	assert_int_equal(r.pos, 1);
	assert_int_equal(cs_rd_u8(&r), 0); /* although two bytes are left */
	cs_rd_fail(&r, CS_ERR_RANGE);
	assert_int_equal(r.err, CS_ERR_SHORT);
	assert_int_equal(cs_rd_left(&r), 0);
}

static void a_huge_wish_does_not_wrap(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct cs_rd r = cs_rd_over(bytes, sizeof(bytes));

	(void)state;
	(void)cs_rd_u8(&r);
	assert_int_equal(cs_rd_take(&r, SIZE_MAX).len, 0);
	assert_int_equal(r.err, CS_ERR_SHORT);
}

static void what_is_written_reads_back(void **state)
{
	uint8_t room[15];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_wr_u8(&w, 0xfe);
	cs_wr_u16(&w, 0x0102);
	cs_wr_u32(&w, 0x03040506);
	cs_wr_u64(&w, UINT64_C(0x0708090a0b0c0d0e));
	assert_int_equal(w.err, CS_OK);

	struct cs_rd r = cs_rd_over(cs_wr_done(&w).ptr, cs_wr_done(&w).len);

	assert_int_equal(cs_rd_u8(&r), 0xfe);
	assert_int_equal(cs_rd_u16(&r), 0x0102);
	assert_int_equal(cs_rd_u32(&r), 0x03040506);
	assert_true(cs_rd_u64(&r) == UINT64_C(0x0708090a0b0c0d0e));
}

static void a_write_that_does_not_fit_writes_nothing(void **state)
{
	uint8_t room[4] = { 9, 9, 9, 9 };
	struct cs_wr w = cs_wr_over(room, 3);

	(void)state;
	cs_wr_u16(&w, 1);
	cs_wr_u16(&w, 2);
	assert_int_equal(w.err, CS_ERR_FULL);
	assert_int_equal(w.pos, 2);
	assert_int_equal(room[2], 9);
	cs_wr_u8(&w, 3); /* would fit, but the failure sticks */
	assert_int_equal(w.pos, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(a_huge_wish_does_not_wrap),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_write_that_does_not_fit_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
