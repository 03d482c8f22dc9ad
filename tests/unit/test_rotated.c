/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/rotated.h"

/* Each test runs in an empty folder of its own. */
static char folder[] = "/tmp/coapscope-test-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = { "f", "f.1", "f.2", "f.3", "gone" };

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static const char *get_file(const char *path)
{
	static char text[256];
	FILE *file = fopen(path, "r");

	if (!file)
		return "none";
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static struct cs_rotated *open_of(uint64_t most, unsigned files)
{
	struct cs_rotated *r = NULL;

	assert_int_equal(cs_rotated_open("f", most, files, &r), CS_OK);
	assert_true(cs_rotated_folder(r) >= 0);
	return r;
}

/* As an owner does it. */
static void put(struct cs_rotated *r, const char *record)
{
	if (!cs_rotated_fits(r, strlen(record)))
		assert_int_equal(cs_rotated_next(r), CS_OK);
	assert_true(cs_rotated_put(r, cs_span_str(record)));
}

static void the_newest_has_the_name_and_the_oldest_goes(void **state)
{
	struct cs_rotated *r = open_of(8, 3);

	(void)state;
	put(r, "aaaa");
	put(r, "bbbb"); /* exactly full */
	assert_string_equal(get_file("f"), "aaaabbbb");
	put(r, "cccc");
	put(r, "ddddd");
	put(r, "a record that is too large");
	assert_string_equal(get_file("f"), "a record that is too large");
	assert_string_equal(get_file("f.1"), "ddddd");
	assert_string_equal(get_file("f.2"), "cccc");
	assert_string_equal(get_file("f.3"), "none");
	assert_int_equal(cs_rotated_state(r).records, 5);
	cs_rotated_close(r);
}

static void one_file_is_overwritten(void **state)
{
	struct cs_rotated *r = open_of(4, 1);

	(void)state;
	put(r, "aaaa");
	put(r, "bbbb");
	assert_string_equal(get_file("f"), "bbbb");
	assert_string_equal(get_file("f.1"), "none");
	cs_rotated_close(r);
}

static void what_was_there_before_is_kept(void **state)
{
	struct cs_rotated *r = open_of(8, 3);

	(void)state;
	put(r, "old");
	cs_rotated_close(r);
	cs_rotated_close(open_of(8, 3)); /* leaves an empty one */
	r = open_of(8, 3);
	put(r, "new");
	assert_string_equal(get_file("f"), "new");
	assert_string_equal(get_file("f.1"), "old");
	assert_string_equal(get_file("f.2"), "none");
	cs_rotated_close(r);
}

static void a_file_that_somebody_renamed_is_left_alone(void **state)
{
	struct cs_rotated *r = open_of(100, 3);

	(void)state;
	put(r, "one");
	assert_int_equal(cs_rotated_next(r), CS_OK);
	assert_int_equal(cs_rotated_next(r), CS_OK); /* an empty one goes on */
	put(r, "two");
	assert_int_equal(rename("f", "gone"), 0);
	assert_int_equal(cs_rotated_next(r), CS_OK);
	put(r, "three");
	assert_string_equal(get_file("gone"), "two");
	assert_string_equal(get_file("f"), "three");
	assert_string_equal(get_file("f.1"), "one");
	assert_string_equal(get_file("f.2"), "none");
	cs_rotated_close(r);
}

static void no_part_of_a_record_stays_on_a_full_disk(void **state)
{
	struct rlimit limit;
	struct cs_rotated *r = open_of(100, 2);

	(void)state;
	put(r, "whole");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 8;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_false(cs_rotated_put(r, SPAN("half of it")));
	assert_string_equal(get_file("f"), "whole");
	assert_int_equal(cs_rotated_state(r).lost, 1);
	assert_int_equal(cs_rotated_state(r).error, EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(r, "again");
	assert_string_equal(get_file("f"), "wholeagain");
	assert_int_equal(cs_rotated_state(r).error, 0);
	cs_rotated_close(r);
}

static void a_folder_or_a_device_is_refused(void **state)
{
	struct cs_rotated *r = NULL;

	(void)state;
	assert_int_equal(cs_rotated_open(".", 1, 1, &r), CS_ERR_IO);
	assert_int_equal(cs_rotated_open("/dev/null", 1, 1, &r), CS_ERR_IO);
	assert_int_equal(cs_rotated_open("none/f", 1, 1, &r), CS_ERR_IO);
	assert_null(r);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_newest_has_the_name_and_the_oldest_goes),
		IN_FOLDER(one_file_is_overwritten),
		IN_FOLDER(what_was_there_before_is_kept),
		IN_FOLDER(a_file_that_somebody_renamed_is_left_alone),
		IN_FOLDER(no_part_of_a_record_stays_on_a_full_disk),
		IN_FOLDER(a_folder_or_a_device_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
