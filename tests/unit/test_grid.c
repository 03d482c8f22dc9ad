/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "out/grid.h"

static const char *const heads[] = { "PATH", "TITLE", "RT" };

static struct cs_grid begun(void)
{
	struct cs_grid grid;

	cs_grid_begin(&grid, heads, CS_LEN(heads));
	return grid;
}

static void add(struct cs_grid *grid, size_t indent, const char *path, const char *title,
		const char *rt)
{
	const char *cells[] = { path, title, rt };

	cs_grid_row(grid, indent, CS_TERM_PLAIN);
	for (size_t i = 0; i < CS_LEN(cells); i++)
		if (cells[i])
			cs_grid_put(grid, i, cs_span_str(cells[i]));
}

static void assert_prints(struct cs_grid *grid, size_t width, bool colour,
			  const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	assert_int_equal(cs_grid_print(grid, to, width, colour), CS_OK);
	fclose(to);
	assert_string_equal(text, want);
	free(text);
	cs_grid_clear(grid);
}

static void columns_are_as_wide_as_what_stands_in_them(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	add(&grid, 0, "/a", "long title", "x");
	add(&grid, 2, "/bcdef", NULL, "y");
	add(&grid, 0, "/c", "t", NULL);
	assert_prints(&grid, 0, false,
		      "PATH      TITLE       RT\n"
		      "/a        long title  x\n"
		      "  /bcdef              y\n"
		      "/c        t\n");
}

static void empty_columns_are_left_out(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	add(&grid, 0, "/a", NULL, "x");
	assert_prints(&grid, 0, false, "PATH  RT\n/a    x\n");
}

static void what_does_not_fit_goes_on_in_the_next_line(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	add(&grid, 2, "/0123456789", "one two three four", "x");
	assert_prints(&grid, 26, false,
		      "PATH        TITLE       RT\n"
		      "  /0123456  one two     x\n"
		      "    789     three four\n");
}

static void what_a_row_begins_with_stays_whole_where_it_is_short(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	add(&grid, 0, "192.0.2.252", "abcdefghijklmnop", "x");
	assert_prints(&grid, 33, false,
		      "PATH         TITLE             RT\n"
		      "192.0.2.252  abcdefghijklmnop  x\n");
	grid = begun();
	add(&grid, 0, "192.0.2.252", "abcdefghijklmnop", "ijklmnopqrst");
	assert_prints(&grid, 33, false,
		      "PATH         TITLE      RT\n"
		      "192.0.2.252  abcdefghi  ijklmnopq\n"
		      "             jklmnop    rst\n");
}

static void an_escape_is_never_cut(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	cs_grid_row(&grid, 0, CS_TERM_PLAIN);
	cs_grid_put(&grid, 0,
		    SPAN("\x1b[2J\\\n"
			 "ab\xc3\xa9"));
	assert_prints(&grid, 8, false,
		      "PATH\n"
		      "\\x1b[2J\n"
		      "  \\\\\\x0a\n"
		      "  ab\\xc3\n"
		      "  \\xa9\n");
}

static void no_byte_of_a_stranger_reaches_the_terminal(void **state)
{
	struct cs_grid grid = begun();
	uint8_t bytes[256];
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	cs_grid_row(&grid, 0, CS_TERM_DIM);
	cs_grid_put(&grid, 0, cs_span_of(bytes, sizeof(bytes)));
	cs_grid_put_pair(&grid, 2, cs_span_of(bytes, sizeof(bytes)),
			 cs_span_of(bytes, sizeof(bytes)));
	assert_int_equal(cs_grid_print(&grid, to, 60, false), CS_OK);
	fclose(to);
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	free(text);
	cs_grid_clear(&grid);
}

static void a_cell_may_have_many_parts(void **state)
{
	enum { PARTS = 200000 };
	struct cs_grid grid = begun();

	(void)state;
	cs_grid_row(&grid, 0, CS_TERM_PLAIN);
	for (unsigned i = 0; i < PARTS; i++)
		cs_grid_put(&grid, 1, SPAN("a"));
	/* Two bytes a part, and not the square of them. */
	assert_true(grid.arena.total < 64 * PARTS);
	cs_grid_clear(&grid);

	grid = begun();
	add(&grid, 0, "/", "a", NULL);
	cs_grid_put(&grid, 1, SPAN("b"));
	cs_grid_put_pair(&grid, 1, SPAN("n"), SPAN("v"));
	assert_prints(&grid, 0, false, "PATH  TITLE\n/     a b n=v\n");
}

static void styles_are_for_terminals(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	cs_grid_row(&grid, 0, CS_TERM_DIM);
	cs_grid_put(&grid, 0, SPAN("/a"));
	assert_prints(&grid, 0, true,
		      "\x1b[1mPATH\x1b[0m\n"
		      "\x1b[2m/a\x1b[0m\n");
}

static void a_terminal_that_is_too_narrow_still_gets_all(void **state)
{
	struct cs_grid grid = begun();

	(void)state;
	add(&grid, 0, "/0123456789", "abcdefghijkl", "x");
	assert_prints(&grid, 1, false,
		      "PATH      TITLE     RT\n"
		      "/0123456  abcdefgh  x\n"
		      "  789     ijkl\n");
}

static void columns_are_left_out_in_the_given_order_until_the_rest_fits(void **state)
{
	static const size_t order[] = { 1, 2 };
	static const struct {
		size_t width;
		const char *want;
	} cases[] = {
		{ 0, "PATH    TITLE     RT\n/light  The lamp  a b\n" },
		{ 22, "PATH    TITLE     RT\n/light  The lamp  a b\n" },
		{ 20, "PATH    RT\n/light  a b\n" },
		{ 10, "PATH\n/light\n" },
		{ 1, "PATH\n/light\n" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_grid grid = begun();

		add(&grid, 0, "/light", "The lamp", "a b");
		cs_grid_leave_out(&grid, order, CS_LEN(order), cases[i].width);
		assert_prints(&grid, 0, false, cases[i].want);
	}
}

static void numbers_are_as_wide_as_the_largest(void **state)
{
	static const uint64_t numbers[] = { 7, 1234, 0 };
	struct cs_grid grid = begun();

	(void)state;
	for (size_t i = 0; i < CS_LEN(numbers); i++) {
		cs_grid_row(&grid, 0, CS_TERM_PLAIN);
		cs_grid_put_str(&grid, 0, i == 2 ? "" : "row");
		cs_grid_put_number(&grid, 1, numbers[i], 1234);
	}
	assert_prints(&grid, 0, false,
		      "PATH  TITLE\n"
		      "row      7\n"
		      "row   1234\n"
		      "         0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_wide_as_the_largest),
		cmocka_unit_test(
			columns_are_left_out_in_the_given_order_until_the_rest_fits),
		cmocka_unit_test(columns_are_as_wide_as_what_stands_in_them),
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(what_does_not_fit_goes_on_in_the_next_line),
		cmocka_unit_test(what_a_row_begins_with_stays_whole_where_it_is_short),
		cmocka_unit_test(an_escape_is_never_cut),
		cmocka_unit_test(no_byte_of_a_stranger_reaches_the_terminal),
		cmocka_unit_test(a_cell_may_have_many_parts),
		cmocka_unit_test(styles_are_for_terminals),
		cmocka_unit_test(a_terminal_that_is_too_narrow_still_gets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
