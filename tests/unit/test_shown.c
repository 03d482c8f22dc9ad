/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "base/shown.h"
#include "base/slurp.h"

static const struct {
	struct cs_span text;
	const char *want;
} cases[] = {
	{ SPAN_ROW(""), "" },
	{ SPAN_ROW("plain ~"), "plain ~" },
	{ SPAN_ROW("a\\b"), "a\\x5cb" },
	{ SPAN_ROW("\0\x1b\x7f\xff"), "\\x00\\x1b\\x7f\\xff" },
	{ SPAN_ROW("0123456789abcdef"), "0123456789abcdef" },
	{ SPAN_ROW("0123456789abcdefg"), "0123456789abcdef..." },
	{ SPAN_ROW("0123456789abcde\n"), "0123456789abcde..." },
};

static void only_printable_text_of_one_line_comes_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].text.ptr, cases[i].text.len);
		char *out = malloc(20);

		assert_non_null(out);
		assert_string_equal(
			cs_shown(cs_span_of(copy, cases[i].text.len), out, 20),
			cases[i].want);
		free(out);
		free(copy);
	}
}

static void a_file_is_read_to_its_end(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(sizes); i++) {
		FILE *file = tmpfile();
		uint8_t *bytes;
		size_t len;

		assert_non_null(file);
		for (size_t k = 0; k < sizes[i]; k++)
			(void)putc((int)(k % 251), file);
		rewind(file);
		assert_int_equal(cs_slurp(file, &bytes, &len), CS_OK);
		assert_int_equal(len, sizes[i]);
		for (size_t k = 0; k < len; k++)
			assert_int_equal(bytes[k], k % 251);
		free(bytes);
		(void)fclose(file); /* read from */
	}
}

static void what_cannot_be_read_is_an_error(void **state)
{
	FILE *folder = fopen("/", "re");
	uint8_t *bytes;
	size_t len;

	(void)state;
	assert_non_null(folder);
	assert_int_equal(cs_slurp(folder, &bytes, &len), CS_ERR_IO);
	free(bytes);
	(void)fclose(folder); /* read from */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_printable_text_of_one_line_comes_out),
		cmocka_unit_test(a_file_is_read_to_its_end),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
