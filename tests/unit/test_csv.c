/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "out/csv.h"
#include "out/csv_decode.h"

static char text[4096]; /* what the last sheet holds */

static struct cs_csv sheet_open(void)
{
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_non_null(to);
	text[0] = '\0'; /* a sheet that nothing is written to */
	return cs_csv_to(to);
}

static const char *sheet_close(struct cs_csv *c)
{
	assert_int_equal(ferror(c->to), 0);
	assert_int_equal(fclose(c->to), 0);
	return text;
}

static void a_row_is_cells_commas_and_a_line_feed(void **state)
{
	struct cs_csv c = sheet_open();

	(void)state;
	cs_csv_name(&c, "timestamp");
	cs_csv_name(&c, "a\"b");
	cs_csv_row_end(&c);
	cs_csv_cell(&c, SPAN(""));
	cs_csv_cell(&c, SPAN("2026-01-05 00:00:00"));
	cs_csv_cell(&c, SPAN("coap;iot"));
	cs_csv_uint(&c, 0);
	cs_csv_uint(&c, UINT64_MAX);
	cs_csv_hundredths(&c, 19);
	cs_csv_hundredths(&c, 5);
	cs_csv_hundredths(&c, 11350);
	cs_csv_hundredths(&c, UINT64_MAX);
	cs_csv_cell(&c, SPAN(""));
	cs_csv_row_end(&c);
	cs_csv_row_end(&c);
	assert_string_equal(sheet_close(&c),
			    "\"timestamp\",\"a\"\"b\"\n"
			    ",\"2026-01-05 00:00:00\",coap;iot,0,18446744073709551615,"
			    "0.19,0.05,113.50,184467440737095516.15,\n\n");
}

enum kind { CELL, FIELD, RESPONSE };

static const struct {
	const char *name;
	enum kind kind;
	const char *bytes;
	size_t n;
	const char *want;
} cells[] = {
	{ "bare", CELL, "a=b|c\\", 6, "a=b|c\\" },
	{ "blank", CELL, "a b", 3, "\"a b\"" },
	{ "comma", CELL, "a,b", 3, "\"a,b\"" },
	{ "quote", CELL, "\"a\"\"", 4, "\"\"\"a\"\"\"\"\"" },
	{ "control byte", CELL, "a\tb", 3, "\"a\tb\"" },
	{ "DEL", CELL, "\x7f", 1, "\"\x7f\"" },
	{ "semicolon stays bare", FIELD, "coap;iot", 8, "coap;iot" },
	{ "nothing", FIELD, "", 0, "" },
	{ "formula", FIELD, "=1+1", 4, "\\x3d1+1" },
	{ "plus", FIELD, "+1", 2, "\\x2b1" },
	{ "minus", FIELD, "-1", 2, "\\x2d1" },
	{ "at", FIELD, "@x", 2, "\\x40x" },
	{ "formula signs inside stay", FIELD, "a=+-@", 5, "a=+-@" },
	{ "a bar is itself outside of response", FIELD, "a|b", 3, "a|b" },
	{ "a line feed is a byte there", FIELD, "a\nb", 3, "a\\x0ab" },
	{ "folded lines", RESPONSE, "a\nb\n", 4, "a|b|" },
	{ "carriage return", RESPONSE, "a\r\nb", 4, "a\\x0d|b" },
	{ "bar", RESPONSE, "a|b", 3, "a\\x7cb" },
	{ "backslash at the end", RESPONSE, "a\\", 2, "a\\x5c" },
	{ "what looks like an escape is none", RESPONSE, "\\x41", 4, "\\x5cx41" },
	{ "NUL, escape, DEL", RESPONSE, "\0\x1b\x7f", 3, "\\x00\\x1b\\x7f" },
	{ "tab needs no quotes once escaped", RESPONSE, "a\tb", 3, "a\\x09b" },
	{ "links", RESPONSE, "</a>,</b>", 9, "\"</a>,</b>\"" },
	{ "title", RESPONSE, "</>;title=\"A B\"", 15, "\"</>;title=\"\"A B\"\"\"" },
	{ "quote and escape", RESPONSE, "\"\xff\"", 3, "\"\"\"\\xff\"\"\"" },
	{ "lone quote", RESPONSE, "\"", 1, "\"\"\"\"" },
	{ "letters stay", RESPONSE, "\xc3\xa9\xf0\x9f\x98\x80", 6,
	  "\xc3\xa9\xf0\x9f\x98\x80" },
	{ "C1 control character", RESPONSE, "\xc2\x9b", 2, "\\xc2\\x9b" },
	{ "first of C1", RESPONSE, "\xc2\x80", 2, "\\xc2\\x80" },
	{ "last of C1", RESPONSE, "\xc2\x9f", 2, "\\xc2\\x9f" },
	{ "after C1", RESPONSE, "\xc2\xa0", 2, "\xc2\xa0" },
	{ "cut character", RESPONSE, "\xe2\x82", 2, "\\xe2\\x82" },
	{ "formula after a folded line stays", RESPONSE, "\n=1", 3, "|=1" },
	{ "formula in front", RESPONSE, "@SUM(A1)", 8, "\\x40SUM(A1)" },
};

static void each_cell_is_encoded_as_the_header_says(void **state)
{
	void (*const write[])(struct cs_csv *, struct cs_span) = {
		[CELL] = cs_csv_cell,
		[FIELD] = cs_csv_field,
		[RESPONSE] = cs_csv_response,
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cells); i++) {
		uint8_t *copy = heap_copy(cells[i].bytes, cells[i].n);
		struct cs_csv c = sheet_open();

		write[cells[i].kind](&c, cs_span_of(copy, cells[i].n));
		free(copy);
		if (strcmp(sheet_close(&c), cells[i].want) != 0)
			fail_msg("%s: %s", cells[i].name, text);
	}
}

static const struct {
	const char *name;
	const char *cell;
	enum cs_err err;
	size_t len; /* or where the fault stands */
	const char *bytes, *field_bytes;
} decoded[] = {
	{ "nothing", "", CS_OK, 0, "", "" },
	{ "folded line", "a|b", CS_OK, 3, "a\nb", "a|b" },
	{ "escapes", "\\x00\\x7c\\x5cx41", CS_OK, 6, "\0|\\x41", "\0|\\x41" },
	{ "upper-case hex", "\\xFF", CS_OK, 1, "\xff", "\xff" },
	{ "raw bytes are themselves", "\xff\n,", CS_OK, 3, "\xff\n,", "\xff\n," },
	{ "lone backslash", "ab\\", CS_ERR_SYNTAX, 2, NULL, NULL },
	{ "escape cut", "a\\x4", CS_ERR_SYNTAX, 1, NULL, NULL },
	{ "no hex", "\\x4g", CS_ERR_SYNTAX, 0, NULL, NULL },
	{ "another letter", "\\n00", CS_ERR_SYNTAX, 0, NULL, NULL },
};

static void cells_are_decoded_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(decoded); i++) {
		size_t n = strlen(decoded[i].cell), len = 99, field_len = 99;
		uint8_t *cell = heap_copy(decoded[i].cell, n);
		uint8_t *out = heap_copy(cell, n), *field = heap_copy(cell, n);
		enum cs_err err = cs_csv_response_decode(cs_span_of(cell, n), out, &len);

		if (err != decoded[i].err || len != decoded[i].len ||
		    (!err && memcmp(out, decoded[i].bytes, len) != 0))
			fail_msg("%s: %s, %zu", decoded[i].name, cs_strerror(err), len);
		assert_int_equal(
			cs_csv_field_decode(cs_span_of(cell, n), field, &field_len), err);
		assert_int_equal(field_len, len);
		if (!err)
			assert_memory_equal(field, decoded[i].field_bytes, len);
		free(cell);
		free(out);
		free(field);
	}
}

static void every_byte_comes_back(void **state)
{
	uint8_t bytes[2 * 256], back[4 * sizeof(bytes)];
	size_t len = 0;
	struct cs_csv c = sheet_open();

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 2 ? 'x' : i / 2); /* so that no two join */
	bytes[2 * '"'] = 'q'; /* else the quotes would have to be taken off */
	bytes[2 * ','] = 'c';
	bytes[2 * ' '] = 'b';
	cs_csv_response(&c, cs_span_of(bytes, sizeof(bytes)));
	(void)sheet_close(&c);
	assert_int_equal(cs_csv_response_decode(cs_span_str(text), back, &len), CS_OK);
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(back, bytes, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_cells_commas_and_a_line_feed),
		cmocka_unit_test(each_cell_is_encoded_as_the_header_says),
		cmocka_unit_test(cells_are_decoded_or_refused),
		cmocka_unit_test(every_byte_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
