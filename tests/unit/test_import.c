/* SPDX-License-Identifier: Apache-2.0 */
#include "report/import.h"

#include "test.h"

/* A text that never ends: a header, then the same row. */
struct endless {
	bool begun;
	uint64_t bytes;
};

static int64_t read_endless(void *arg, void *room, size_t n)
{
	static const char header[] = "timestamp,ip,port\n";
	static const char row[] = "2026-01-05 00:00:00,192.0.2.1,5683\n";
	struct endless *e = arg;
	const char *text = e->begun ? row : header;
	size_t len = strlen(text);

	assert_true(len <= n);
	memcpy(room, text, len);
	e->begun = true;
	e->bytes += len;
	return (int64_t)len;
}

static void nobody(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static void a_text_that_never_ends_is_given_up(void **state)
{
	enum { MEMORY = 4 << 20, LEAST_ROW = 100 };
	struct endless e = { 0 };
	const struct cs_import_want want = { .memory = MEMORY,
					     .note = nobody,
					     .now_us = INT64_MAX / 2 };
	const struct cs_import_bytes bytes = { read_endless, &e };
	struct cs_import_counts counts;
	char why[CS_IMPORT_WHY];

	(void)state;
	assert_int_equal(cs_import(&want, "r.csv", &bytes, &counts, why), CS_ERR_RANGE);
	assert_string_equal(why, "r.csv: too many rows for one file: want it in parts, "
				 "each with a header");
	assert_in_range(counts.rows, 1000, MEMORY / LEAST_ROW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_never_ends_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
