/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "base/csv_rows.h"

/* What came out, in one text: cells ended by <, rows by line number and /. */
struct read {
	char text[512];
	enum cs_err err;
};

static void append(struct read *got, const char *bytes, size_t n)
{
	size_t at = strlen(got->text);

	if (at + n >= sizeof(got->text))
		abort();
	memcpy(got->text + at, bytes, n);
}

static void append_row(struct read *got, const struct cs_csv_row *row)
{
	char number[16];

	snprintf(number, sizeof(number), "%llu:", (unsigned long long)row->line);
	append(got, number, strlen(number));
	for (size_t i = 0; i < row->n; i++) {
		append(got, (const char *)row->cell[i].ptr, row->cell[i].len);
		append(got, "<", 1);
	}
	append(got, "/", 1);
}

/* Reads all rows; errors are noted as !line and gone over. */
static struct read read_all(struct cs_span text)
{
	uint8_t *copy = heap_copy(text.ptr, text.len);
	struct cs_csv_rows rows = cs_csv_rows_over(copy, text.len, true);
	struct cs_csv_row row;
	struct read got = { 0 };

	for (;;) {
		char number[16];

		if (cs_csv_rows_next(&rows, &row)) {
			append_row(&got, &row);
			continue;
		}
		if (rows.err != CS_ERR_SYNTAX && rows.err != CS_ERR_RANGE)
			break;
		got.err = rows.err;
		snprintf(number, sizeof(number), "!%llu/", (unsigned long long)row.line);
		append(&got, number, strlen(number));
	}
	assert_int_equal(rows.err, CS_OK);
	assert_int_equal(rows.len, 0);
	free(copy);
	return got;
}

static const struct {
	const char *name;
	struct cs_span text;
	const char *want;
} cases[] = {
	{ "nothing", SPAN_ROW(""), "" },
	{ "one cell", SPAN_ROW("a"), "1:a</" },
	{ "an empty cell at each end", SPAN_ROW(",a,\n"), "1:<a<</" },
	{ "two rows", SPAN_ROW("a,b\nc\n"), "1:a<b</2:c</" },
	{ "CR LF", SPAN_ROW("a\r\nb\r\n"), "1:a</2:b</" },
	{ "CR alone", SPAN_ROW("a\rb"), "1:a</2:b</" },
	{ "blank lines keep their numbers", SPAN_ROW("\n\na\n\r\n\nb"), "3:a</6:b</" },
	{ "a byte order mark", SPAN_ROW("\xef\xbb\xbf\"a\",b"), "1:a<b</" },
	{ "a mark alone", SPAN_ROW("\xef\xbb\xbf"), "" },
	{ "quotes taken off", SPAN_ROW("\"a\",\"\",\"b,c\"\n"), "1:a<<b,c</" },
	{ "a doubled quote", SPAN_ROW("\"a\"\"b\"\"\""), "1:a\"b\"</" },
	{ "a line feed within", SPAN_ROW("\"a\nb\",c\nd"), "1:a\nb<c</3:d</" },
	{ "the anonymiser's quotes", SPAN_ROW("\"x=\\\"\\\"y\\\"\\\"\",z"),
	  "1:x=\"y\"<z</" },
	{ "a backslash is itself", SPAN_ROW("\"a\\\",\"\\\"\"b\""), "1:a\\<\\\"b</" },
	{ "a quote inside plain text", SPAN_ROW("a\"b\",c"), "1:a\"b\"<c</" },
	{ "NULs", SPAN_ROW("\0a\0,\0\"b\0c\"\0,\0\n"), "1:a<bc<</" },
	{ "text behind a quote", SPAN_ROW("\"a\"b,c\nd"), "!1/2:d</" },
	{ "never closed", SPAN_ROW("a\n\"b,c\nd\ne"), "1:a</!2/3:d</4:e</" },
	{ "only a quote", SPAN_ROW("\""), "!1/" },
};

static void rows_are_read_as_others_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct read got = read_all(cases[i].text);

		if (strcmp(got.text, cases[i].want) != 0)
			fail_msg("%s: '%s', want '%s'", cases[i].name, got.text,
				 cases[i].want);
	}
}

static void sixty_four_cells_are_the_most(void **state)
{
	char text[2 * CS_CSV_CELLS + 4];
	struct read got;

	(void)state;
	memset(text, ',', sizeof(text));
	got = read_all(cs_span_of(text, CS_CSV_CELLS - 1));
	assert_int_equal(got.err, CS_OK);
	assert_int_equal(strlen(got.text), strlen("1:/") + CS_CSV_CELLS);
	got = read_all(cs_span_of(text, CS_CSV_CELLS));
	assert_int_equal(got.err, CS_ERR_RANGE);
	assert_string_equal(got.text, "!1/");
}

/* However the text is cut in two, the same rows come, and the rest is untouched. */
static struct read read_in_two(struct cs_span text, size_t cut)
{
	uint8_t *first = heap_copy(text.ptr, cut), *rest = malloc(text.len + 1);
	struct cs_csv_rows rows = cs_csv_rows_over(first, cut, false);
	struct cs_csv_row row;
	struct read got = { 0 };
	uint64_t line;
	size_t left;

	while (cs_csv_rows_next(&rows, &row))
		append_row(&got, &row);
	assert_true(rows.err == CS_ERR_SHORT || (rows.err == CS_OK && rows.len == 0));
	left = rows.len;
	line = rows.line;
	assert_memory_equal(rows.at, text.ptr + cut - left, left);
	memcpy(rest, text.ptr + cut - left, text.len - cut + left);
	rows = cs_csv_rows_over(rest, text.len - cut + left, true);
	rows.line = line;
	while (cs_csv_rows_next(&rows, &row))
		append_row(&got, &row);
	assert_int_equal(rows.err, CS_OK);
	free(first);
	free(rest);
	return got;
}

static void a_piece_at_a_time_gives_the_same(void **state)
{
	static const struct cs_span text = SPAN_ROW(
		"\xef\xbb\xbf\"a\"\"b\",c\r\n\r\n\"x\\\"\\\"\n,y\",\"\"\r\rz,\nlast\n");
	struct read want = read_all(text);

	(void)state;
	assert_string_equal(want.text, "1:a\"b<c</3:x\"\n,y<</6:z<</7:last</");
	for (size_t cut = 0; cut <= text.len; cut++)
		assert_string_equal(read_in_two(text, cut).text, want.text);
}

static void every_prefix_is_read_without_a_crash(void **state)
{
	static const char text[] = "\"a\"\"b\",c,\"x\\\"\\\"\n\"\r\nd\"e";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++)
		(void)read_all(cs_span_of(text, n));
}

static void a_line_can_be_passed_over(void **state)
{
	uint8_t text[] = "\"abc\nnext";
	struct cs_csv_rows rows = cs_csv_rows_over(text, sizeof(text) - 1, false);

	(void)state;
	assert_true(cs_csv_rows_skip_line(&rows));
	assert_int_equal(rows.line, 2);
	assert_int_equal(rows.len, 4);
	assert_false(cs_csv_rows_skip_line(&rows));
	assert_int_equal(rows.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_as_others_write_them),
		cmocka_unit_test(sixty_four_cells_are_the_most),
		cmocka_unit_test(a_piece_at_a_time_gives_the_same),
		cmocka_unit_test(every_prefix_is_read_without_a_crash),
		cmocka_unit_test(a_line_can_be_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
