/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/option.h"

struct outcome {
	enum cs_err err;
	enum cs_fault fault;
	unsigned count; /* options yielded */
	uint32_t last;  /* number of the last one */
	size_t at;      /* where the last one read begins */
	size_t pos;     /* where reading stopped */
};

static struct outcome walk(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = heap_copy(bytes, n);
	struct cs_opts w = cs_opts_over(cs_span_of(copy, n));
	struct outcome got = { 0 };
	struct cs_span payload;
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		got.count++;
		got.last = opt.number;
	}
	got.err = cs_opts_end(&w, &payload);
	got.fault = w.fault;
	got.at = w.at;
	got.pos = w.rd.pos;
	assert_false(cs_opts_next(&w, &opt)); /* it has ended for good */
	free(copy);
	return got;
}

static const struct {
	const char *name; /* what is special about the bytes */
	size_t n;
	uint8_t bytes[8];
	struct outcome want;
} cases[] = {
	{ "nothing at all", 0, { 0 }, { CS_OK, 0, 0, 0, 0, 0 } },
	{ "one empty Uri-Path", 1, { 0xb0 }, { CS_OK, 0, 1, 11, 0, 1 } },
	{ "deltas add up", 2, { 0xb0, 0x40 }, { CS_OK, 0, 2, 15, 1, 2 } },
	{ "number 0", 1, { 0x00 }, { CS_OK, 0, 1, 0, 0, 1 } },
	{ "payload after an option", 3, { 0x40, 0xff, 'x' }, { CS_OK, 0, 1, 4, 1, 3 } },
	{ "payload alone", 2, { 0xff, 0xff }, { CS_OK, 0, 0, 0, 0, 2 } },
	{ "largest delta without extension", 1, { 0xc0 }, { CS_OK, 0, 1, 12, 0, 1 } },
	{ "smallest 1-byte delta", 2, { 0xd0, 0x00 }, { CS_OK, 0, 1, 13, 0, 2 } },
	{ "largest 1-byte delta", 2, { 0xd0, 0xff }, { CS_OK, 0, 1, 268, 0, 2 } },
	{ "smallest 2-byte delta", 3, { 0xe0, 0x00, 0x00 }, { CS_OK, 0, 1, 269, 0, 3 } },
	{ "largest number", 3, { 0xe0, 0xfe, 0xf2 }, { CS_OK, 0, 1, 65535, 0, 3 } },
	{ "number past 65535",
	  3,
	  { 0xe0, 0xfe, 0xf3 },
	  { CS_ERR_RANGE, CS_FAULT_NUMBER, 0, 0, 0, 3 } },
	{ "numbers that add up past 65535",
	  5,
	  { 0x10, 0xe0, 0xfe, 0xf2, 0 },
	  { CS_ERR_RANGE, CS_FAULT_NUMBER, 1, 1, 1, 4 } },
	{ "length past 65535",
	  4,
	  { 0x1e, 0xfe, 0xf3, 'a' },
	  { CS_ERR_RANGE, CS_FAULT_LENGTH, 0, 0, 0, 3 } },
	{ "longest length, of which nothing is there",
	  3,
	  { 0x1e, 0xfe, 0xf2 },
	  { CS_ERR_SHORT, CS_FAULT_OPTION_CUT, 0, 0, 0, 3 } },
	{ "marker without payload",
	  1,
	  { 0xff },
	  { CS_ERR_RESERVED, CS_FAULT_MARKER, 0, 0, 0, 1 } },
	{ "marker without payload after an option",
	  3,
	  { 0x11, 'a', 0xff },
	  { CS_ERR_RESERVED, CS_FAULT_MARKER, 1, 1, 2, 3 } },
	{ "delta nibble 15",
	  1,
	  { 0xf0 },
	  { CS_ERR_RESERVED, CS_FAULT_NIBBLE, 0, 0, 0, 1 } },
	{ "length nibble 15",
	  1,
	  { 0x1f },
	  { CS_ERR_RESERVED, CS_FAULT_NIBBLE, 0, 0, 0, 1 } },
	{ "length nibble 15 behind a delta that is cut",
	  1,
	  { 0xef },
	  { CS_ERR_RESERVED, CS_FAULT_NIBBLE, 0, 0, 0, 1 } },
	{ "1-byte delta cut off",
	  1,
	  { 0xd0 },
	  { CS_ERR_SHORT, CS_FAULT_EXTENSION_CUT, 0, 0, 0, 1 } },
	{ "2-byte delta cut off",
	  2,
	  { 0xe0, 0x00 },
	  { CS_ERR_SHORT, CS_FAULT_EXTENSION_CUT, 0, 0, 0, 1 } },
	{ "2-byte length cut off",
	  2,
	  { 0x0e, 0x00 },
	  { CS_ERR_SHORT, CS_FAULT_EXTENSION_CUT, 0, 0, 0, 1 } },
	{ "value cut off",
	  3,
	  { 0x03, 'a', 'b' },
	  { CS_ERR_SHORT, CS_FAULT_OPTION_CUT, 0, 0, 0, 1 } },
	{ "second value cut off",
	  4,
	  { 0xb1, 'a', 0x02, 'b' },
	  { CS_ERR_SHORT, CS_FAULT_OPTION_CUT, 1, 11, 2, 3 } },
};

static void each_case_gives_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct outcome got = walk(cases[i].bytes, cases[i].n);
		const struct outcome *want = &cases[i].want;

		if (got.err != want->err || got.fault != want->fault ||
		    got.count != want->count || got.last != want->last ||
		    got.at != want->at || got.pos != want->pos)
			fail_msg("%s: %s, \"%s\", %u options, last %u, at %zu, pos %zu",
				 cases[i].name, cs_strerror(got.err),
				 cs_fault_name(got.fault), got.count, got.last, got.at,
				 got.pos);
	}
}

static void values_and_payload_are_borrowed_from_the_message(void **state)
{
	static const uint8_t bytes[] = "\xb4"
				       "time"
				       "\x0d\x00"
				       "0123456789abc"
				       "\xff"
				       "hi";
	struct cs_opts w = cs_opts_over(SPAN(bytes));
	struct cs_span payload;
	struct cs_opt opt;

	(void)state;
	assert_true(cs_opts_next(&w, &opt));
	assert_ptr_equal(opt.value.ptr, bytes + 1);
	assert_int_equal(opt.value.len, 4);
	assert_true(cs_opts_next(&w, &opt));
	assert_int_equal(opt.number, 11);
	assert_true(cs_span_eq(opt.value, SPAN("0123456789abc")));
	assert_false(cs_opts_next(&w, &opt));
	assert_int_equal(opt.number, 11); /* untouched */
	assert_int_equal(cs_opts_end(&w, &payload), CS_OK);
	assert_true(cs_span_eq(payload, SPAN("hi")));
}

static void a_cut_message_is_never_a_crash(void **state)
{
	static const uint8_t good[] = "\xbb.well-known\x04"
				      "core\xe2\x01\x00"
				      "ab"
				      "\xffhi";
	const size_t len = sizeof(good) - 1;

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_true(walk(good, n).pos <= n);
	assert_int_equal(walk(good, len).err, CS_OK);
	assert_int_equal(walk(good, len).count, 3);
}

/* What is special about a number or a length: where its encoding changes. */
static const uint32_t edges[] = { 0, 1, 12, 13, 14, 268, 269, 270, 65534, 65535 };

static void write_one(uint32_t previous, uint32_t number, size_t len)
{
	static uint8_t room[65535 + 8], value[65535];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_opt opt;

	cs_opt_write(&w, 0, previous, cs_span_of(NULL, 0));
	cs_opt_write(&w, previous, number, cs_span_of(value, len));
	assert_int_equal(w.err, CS_OK);

	struct cs_opts back = cs_opts_over(cs_wr_done(&w));

	assert_true(cs_opts_next(&back, &opt));
	assert_int_equal(opt.number, previous);
	assert_true(cs_opts_next(&back, &opt));
	assert_int_equal(opt.number, number);
	assert_int_equal(opt.value.len, len);
	assert_false(cs_opts_next(&back, &opt));
	assert_int_equal(back.fault, CS_FAULT_NONE);
}

static void what_is_written_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(edges); i++) {
		write_one(0, edges[i], 3);
		write_one(edges[i], 65535, 3);
		write_one(3, 11, edges[i]);
	}
}

static void an_option_is_written_in_its_shortest_form(void **state)
{
	uint8_t room[32];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	(void)state;
	cs_opt_write(&w, 0, 11, cs_span_str("time"));
	cs_opt_write(&w, 11, 60, SPAN("\x01\x00"));
	cs_opt_write(&w, 60, 2049, cs_span_str("0123456789abc"));
	assert_true(cs_span_eq(cs_wr_done(&w), SPAN("\xb4"
						    "time"
						    "\xd2\x24\x01\x00"
						    "\xed\x06\xb8\x00"
						    "0123456789abc")));
}

static void what_does_not_fit_leaves_the_writer_failed(void **state)
{
	static uint8_t room[70000], value[65536];
	struct cs_wr w = cs_wr_over(room, 4);

	(void)state;
	cs_opt_write(&w, 0, 11, cs_span_str("time"));
	assert_int_equal(w.err, CS_ERR_FULL);

	w = cs_wr_over(room, sizeof(room));
	cs_opt_write(&w, 0, 11, cs_span_of(value, 65536));
	assert_int_equal(w.err, CS_ERR_FULL);
	assert_int_equal(w.pos, 0);
}

static void a_uint_is_up_to_four_bytes(void **state)
{
	uint32_t got = 7;

	(void)state;
	assert_true(cs_opt_uint(cs_span_of(NULL, 0), &got));
	assert_int_equal(got, 0);
	assert_true(cs_opt_uint(SPAN("\x00\x16\x33"), &got));
	assert_int_equal(got, 0x1633);
	assert_true(cs_opt_uint(SPAN("\xff\xff\xff\xff"), &got));
	assert_true(got == UINT32_MAX);
	got = 7;
	assert_false(cs_opt_uint(SPAN("\x00\x00\x00\x00\x01"), &got));
	assert_int_equal(got, 7);
}

static void a_uint_is_written_without_leading_zeros(void **state)
{
	static const struct {
		uint32_t value;
		size_t len;
		uint8_t bytes[4];
	} rows[] = {
		{ 0, 0, { 0 } },
		{ 1, 1, { 1 } },
		{ 255, 1, { 255 } },
		{ 256, 2, { 1, 0 } },
		{ 65535, 2, { 255, 255 } },
		{ 65536, 3, { 1, 0, 0 } },
		{ 0xffffff, 3, { 255, 255, 255 } },
		{ 0x1000000, 4, { 1, 0, 0, 0 } },
		{ UINT32_MAX, 4, { 255, 255, 255, 255 } },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		uint8_t bytes[4];
		size_t len = cs_opt_uint_write(rows[i].value, bytes);

		assert_int_equal(len, rows[i].len);
		assert_memory_equal(bytes, rows[i].bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_gives_its_outcome),
		cmocka_unit_test(values_and_payload_are_borrowed_from_the_message),
		cmocka_unit_test(a_cut_message_is_never_a_crash),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(an_option_is_written_in_its_shortest_form),
		cmocka_unit_test(what_does_not_fit_leaves_the_writer_failed),
		cmocka_unit_test(a_uint_is_up_to_four_bytes),
		cmocka_unit_test(a_uint_is_written_without_leading_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
