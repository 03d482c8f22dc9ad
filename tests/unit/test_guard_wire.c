/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/guard_wire.h"

static struct cs_guard_request whole_request(void)
{
	struct cs_guard_request r = {
		.seconds = 3600,
		.reason = CS_GUARD_VICTIM,
		.because = { .class_ = CS_GUARD_C1,
			     .worry = CS_GUARD_ACT_NOW,
			     .confidence = 100,
			     .answered = true,
			     .first_us = INT64_C(1795291200123456),
			     .last_us = -1,
			     .packets = UINT32_MAX,
			     .bytes_in = 1,
			     .bytes_out = UINT64_MAX,
			     .n_seen = 2,
			     .seen = { { "amplified", 7 },
				       { "twenty_three_characters", UINT32_MAX } } },
	};

	assert_int_equal(cs_prefix_read(SPAN("203.0.113.0/24"), &r.prefix), CS_OK);
	return r;
}

static void write_request(const struct cs_guard_request *r, uint8_t out[CS_GUARD_WIRE])
{
	struct cs_wr w = cs_wr_over(out, CS_GUARD_WIRE);

	cs_guard_wire_write(&w, r);
	assert_int_equal(w.err, CS_OK);
	assert_int_equal(w.pos, CS_GUARD_WIRE);
}

static enum cs_err read_request(const uint8_t *bytes, size_t n,
				struct cs_guard_request *out)
{
	uint8_t *copy = heap_copy(bytes, n);
	enum cs_err err = cs_guard_wire_read(cs_span_of(copy, n), out);

	free(copy);
	return err;
}

static void what_was_written_reads_back_and_is_written_the_same(void **state)
{
	struct cs_guard_request r = whole_request(), back;
	uint8_t bytes[CS_GUARD_WIRE], again[CS_GUARD_WIRE];

	(void)state;
	write_request(&r, bytes);
	assert_int_equal(read_request(bytes, sizeof(bytes), &back), CS_OK);
	assert_int_equal(back.prefix.bits, 120);
	assert_int_equal(back.seconds, 3600);
	assert_int_equal(back.because.last_us, -1);
	assert_string_equal(back.because.seen[1].what, "twenty_three_characters");
	write_request(&back, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
}

static void a_record_has_one_length(void **state)
{
	struct cs_guard_request r = whole_request(), back;
	uint8_t bytes[CS_GUARD_WIRE + 1] = { 0 };

	(void)state;
	write_request(&r, bytes);
	for (size_t n = 0; n < CS_GUARD_WIRE; n++)
		assert_int_equal(read_request(bytes, n, &back), CS_ERR_SHORT);
	assert_int_equal(read_request(bytes, CS_GUARD_WIRE + 1, &back), CS_ERR_TRAILING);
}

static void each_field_is_looked_at(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t byte;
		enum cs_err err;
	} cases[] = {
		{ "another version", 3, '1', CS_ERR_FOREIGN },
		{ "no such reason", 4, CS_GUARD_REASONS, CS_ERR_RANGE },
		{ "no such class", 5, CS_GUARD_CLASSES, CS_ERR_RANGE },
		{ "no such worry", 6, CS_GUARD_WORRIES, CS_ERR_RANGE },
		{ "more than sure", 7, 101, CS_ERR_RANGE },
		{ "neither answered nor not", 8, 2, CS_ERR_RANGE },
		{ "more bits than there are", 9, 129, CS_ERR_RANGE },
		{ "both families at once", 9, 95, CS_ERR_RANGE },
		{ "host bits", 27, 1, CS_ERR_RANGE },
		{ "more observations than have room", 10, 9, CS_ERR_RANGE },
		{ "an observation that is not counted", 10, 1, CS_ERR_RESERVED },
		{ "an observation that is not there", 10, 3, CS_ERR_RESERVED },
		{ "a reserved byte", 11, 1, CS_ERR_RESERVED },
		{ "an empty name", 68, 0, CS_ERR_RESERVED },
		{ "something behind a name's end", 68 + 20, 'x', CS_ERR_RESERVED },
		{ "a name without an end", 68 + CS_GUARD_WHAT + 4 + CS_GUARD_WHAT - 1,
		  'x', CS_ERR_RESERVED },
		{ "something where nothing is", CS_GUARD_WIRE - 1, 1, CS_ERR_RESERVED },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_guard_request r = whole_request(), back;
		uint8_t bytes[CS_GUARD_WIRE];

		write_request(&r, bytes);
		bytes[cases[i].at] = cases[i].byte;
		if (read_request(bytes, sizeof(bytes), &back) != cases[i].err)
			fail_msg("%s", cases[i].name);
	}
}

static void names_are_any_text_of_one_to_63_bytes(void **state)
{
	char out[CS_GUARD_WHAT], most[CS_GUARD_WHAT];

	(void)state;
	assert_true(cs_guard_what_read(SPAN("fault_M3"), out));
	assert_string_equal(out, "fault_M3");
	assert_false(cs_guard_what_read(SPAN(""), out));
	assert_false(cs_guard_what_read(SPAN("a\0b"), out));
	assert_string_equal(out, "fault_M3");
	assert_true(cs_guard_what_read(SPAN(" a\n\xc3\xa9"), out));
	assert_string_equal(out, " a\n\xc3\xa9");
	memset(most, 'x', sizeof(most));
	assert_true(cs_guard_what_read(cs_span_of(most, sizeof(most) - 1), out));
	assert_int_equal(strlen(out), CS_GUARD_WHAT - 1);
	assert_false(cs_guard_what_read(cs_span_of(most, sizeof(most)), out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_back_and_is_written_the_same),
		cmocka_unit_test(a_record_has_one_length),
		cmocka_unit_test(each_field_is_looked_at),
		cmocka_unit_test(names_are_any_text_of_one_to_63_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
