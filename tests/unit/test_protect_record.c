/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/record.h"

static struct cs_span write_one(struct cs_arena *arena)
{
	struct cs_record record = { .kind = "backup" };
	struct cs_span out;

	cs_record_put(&record, "made", "2026-11-22T08:00:00.000000Z");
	cs_record_put(&record, "id", "0011223344556677");
	cs_record_part(&record, "policy", cs_span_str("[protect]\nallow = 192.0.2.1\n"));
	cs_record_part(&record, "empty", cs_span_str(""));
	assert_int_equal(cs_record_write(&record, arena, &out), CS_OK);
	return out;
}

static enum cs_err read_copy(struct cs_span bytes, const char *kind,
			     struct cs_record *out, struct cs_arena *arena)
{
	uint8_t *copy = heap_copy(bytes.ptr, bytes.len);
	char why[CS_RECORD_WHY] = "";
	enum cs_err err =
		cs_record_read(cs_span_of(copy, bytes.len), kind, arena, out, why);

	assert_int_equal(err == CS_OK, why[0] == '\0');
	free(copy);
	return err;
}

static void what_is_written_is_read_back(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_span bytes = write_one(&arena);
	struct cs_record record;
	char why[CS_RECORD_WHY];

	(void)state;
	assert_int_equal(cs_record_read(bytes, "backup", &arena, &record, why), CS_OK);
	assert_string_equal(cs_record_key(&record, "id"), "0011223344556677");
	assert_null(cs_record_key(&record, "other"));
	assert_true(cs_span_eq(cs_record_text(&record, "policy"),
			       cs_span_str("[protect]\nallow = 192.0.2.1\n")));
	assert_int_equal(cs_record_text(&record, "empty").len, 0);
	assert_int_equal(cs_record_text(&record, "none").len, 0);
	cs_arena_clear(&arena);
}

static void no_beginning_of_it_is_taken_for_a_whole_one(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_span bytes = write_one(&arena);
	struct cs_record record;

	(void)state;
	for (size_t n = 0; n < bytes.len; n++)
		assert_int_not_equal(
			read_copy(cs_span_of(bytes.ptr, n), "backup", &record, &arena),
			CS_OK);
	cs_arena_clear(&arena);
}

static void no_changed_byte_gets_through(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_span bytes = write_one(&arena);
	struct cs_record record;
	uint8_t *changed = heap_copy(bytes.ptr, bytes.len);

	(void)state;
	for (size_t i = 0; i < bytes.len; i++) {
		changed[i] ^= 1;
		assert_int_not_equal(read_copy(cs_span_of(changed, bytes.len), "backup",
					       &record, &arena),
				     CS_OK);
		changed[i] ^= 1;
	}
	free(changed);
	cs_arena_clear(&arena);
}

static void another_kind_is_foreign(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_span bytes = write_one(&arena);
	struct cs_record record;

	(void)state;
	assert_int_equal(read_copy(bytes, "kept", &record, &arena), CS_ERR_FOREIGN);
	assert_int_equal(read_copy(cs_span_str("hello\n"), "kept", &record, &arena),
			 CS_ERR_FOREIGN);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(no_beginning_of_it_is_taken_for_a_whole_one),
		cmocka_unit_test(no_changed_byte_gets_through),
		cmocka_unit_test(another_kind_is_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
