/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/script_long.h"

#include <stdio.h>

#include "protect/draft.h"
#include "test.h"

enum { MANY = 1000 };

/* A set as a policy's script has it, or (with a handle and a blank line) as nft lists it. */
static void put_set(FILE *to, const char *name, size_t n, const char *behind)
{
	fprintf(to, "\tset %s {%s\n\t\ttype ipv4_addr\n\t\tflags interval\n", name,
		behind);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%s10.0.%zu.%zu",
			i == 0       ? "\t\telements = { "
			: i % 8 == 0 ? ",\n\t\t\t"
				     : ", ",
			i / 256, i % 256);
	fputs(n ? " }\n\t}\n" : "\t}\n", to);
}

/* Three sets with that many elements, and a chain. */
static struct cs_span text(struct cs_arena *arena, const size_t n[3], bool listed)
{
	static const char *const names[] = { "one", "two", "three" };
	struct cs_draft draft;
	struct cs_span out;
	FILE *to = cs_draft_open(&draft);

	assert_non_null(to);
	fputs("table inet coapscope {\n", to);
	for (size_t i = 0; i < 3; i++)
		put_set(to, names[i], n[i], listed ? " # handle 7" : "");
	fputs("\tchain c {\n\t\tip saddr @two accept\n\t}\n}\n", to);
	assert_int_equal(cs_draft_close(&draft, arena, &out), CS_OK);
	return out;
}

static void assert_same(struct cs_span a, struct cs_span b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void long_lists_go_and_come_back_where_they_were(void **state)
{
	static const size_t all[] = { MANY, 3, MANY + 1 }, few[] = { 0, 3, 0 };
	struct cs_arena arena = { 0 };
	struct cs_script_long parts;
	struct cs_span joined;

	(void)state;
	assert_int_equal(cs_script_cut(text(&arena, all, false), &arena, &parts), CS_OK);
	assert_int_equal(parts.n, 2);
	assert_same(parts.rest, text(&arena, few, false));
	assert_int_equal(cs_script_join(&parts, text(&arena, few, true), &arena, &joined),
			 CS_OK);
	assert_same(joined, text(&arena, all, true));
	cs_arena_clear(&arena);
}

static void short_lists_stay(void **state)
{
	static const size_t few[] = { 5, 0, 1 };
	struct cs_arena arena = { 0 };
	struct cs_script_long parts;
	struct cs_span script = text(&arena, few, false);

	(void)state;
	assert_int_equal(cs_script_cut(script, &arena, &parts), CS_OK);
	assert_int_equal(parts.n, 0);
	assert_same(parts.rest, script);
	cs_arena_clear(&arena);
}

static void a_listing_without_the_set_is_told(void **state)
{
	static const size_t all[] = { MANY, 0, 0 };
	struct cs_arena arena = { 0 };
	struct cs_script_long parts;
	struct cs_span joined;

	(void)state;
	assert_int_equal(cs_script_cut(text(&arena, all, false), &arena, &parts), CS_OK);
	assert_int_equal(cs_script_join(&parts,
					cs_span_str("table inet coapscope {\n}\n"),
					&arena, &joined),
			 CS_ERR_NOT_FOUND);
	cs_arena_clear(&arena);
}

/* Also in the middle of a list, which then has no end. */
static void what_is_cut_off_anywhere_is_taken_apart_too(void **state)
{
	static const size_t all[] = { 400, 3, 400 };
	struct cs_arena arena = { 0 };
	struct cs_span script = text(&arena, all, false);

	(void)state;
	for (size_t len = 0; len <= script.len; len++) {
		struct cs_arena one = { 0 };
		struct cs_script_long parts;
		uint8_t *copy = heap_copy(script.ptr, len);

		assert_int_equal(cs_script_cut(cs_span_of(copy, len), &one, &parts),
				 CS_OK);
		assert_in_range(parts.n, 0, 2);
		free(copy);
		cs_arena_clear(&one);
	}
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_lists_go_and_come_back_where_they_were),
		cmocka_unit_test(short_lists_stay),
		cmocka_unit_test(a_listing_without_the_set_is_told),
		cmocka_unit_test(what_is_cut_off_anywhere_is_taken_apart_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
