/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "out/file_set.h"

static char folder[64];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_file_set_XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static const char *under(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* How many names the folder has, temporaries too. */
static size_t entries(void)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(dir);
	return n;
}

static void write_old(const char *name, const char *text)
{
	FILE *file = fopen(under(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *want)
{
	char got[256];
	FILE *file = fopen(under(name), "r");

	assert_non_null(file);
	got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(got, want);
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct cs_file_set *open_two(void)
{
	struct cs_file_set *set = NULL;
	size_t a = 9, b = 9;

	assert_int_equal(cs_file_set_open(folder, &set), CS_OK);
	assert_int_equal(cs_file_set_add(set, "a", &a), CS_OK);
	assert_int_equal(cs_file_set_add(set, "b", &b), CS_OK);
	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	return set;
}

static void files_appear_together(void **state)
{
	char name[CS_FILE_SET_NAME];
	struct cs_file_set *set;

	(void)state;
	write_old("a", "old");
	assert_int_equal(chmod(under("a"), 0640), 0);
	set = open_two();
	assert_int_equal(cs_file_set_put(set, 0, SPAN("one ")), CS_OK);
	assert_int_equal(cs_file_set_put(set, 0, SPAN("two")), CS_OK);
	expect_content("a", "old");
	assert_int_not_equal(access(under("b"), F_OK), 0);
	assert_int_equal(cs_file_set_commit(set, name), CS_OK);
	expect_content("a", "one two");
	expect_content("b", "");
	assert_int_equal(entries(), 2);

	struct stat st;

	assert_int_equal(stat(under("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void given_up_they_leave_nothing(void **state)
{
	struct cs_file_set *set;

	(void)state;
	write_old("a", "old");
	set = open_two();
	assert_int_equal(cs_file_set_put(set, 0, SPAN("new")), CS_OK);
	assert_int_equal(entries(), 3);
	cs_file_set_abort(set);
	cs_file_set_abort(NULL);
	assert_int_equal(entries(), 1);
	expect_content("a", "old");
}

static void more_than_a_buffer_goes_through_in_order(void **state)
{
	enum { PIECES = 700, PIECE = 5000 };
	static char piece[PIECE], large[3 << 20];
	char name[CS_FILE_SET_NAME];
	struct cs_file_set *set;
	struct stat st;

	(void)state;
	set = open_two();
	memset(large, 'L', sizeof(large));
	for (int i = 0; i < PIECES; i++) {
		memset(piece, 'a' + i % 26, sizeof(piece));
		assert_int_equal(cs_file_set_put(set, 0, cs_span_of(piece, PIECE)),
				 CS_OK);
		if (i == 300)
			assert_int_equal(
				cs_file_set_put(set, 0, cs_span_of(large, sizeof(large))),
				CS_OK);
	}
	assert_int_equal(cs_file_set_commit(set, name), CS_OK);
	assert_int_equal(stat(under("a"), &st), 0);
	assert_int_equal(st.st_size, PIECES * PIECE + (long)sizeof(large));

	FILE *file = fopen(under("a"), "r");

	assert_non_null(file);
	for (int i = 0; i < PIECES; i++) {
		assert_int_equal(fread(piece, 1, PIECE, file), PIECE);
		assert_int_equal(piece[0], 'a' + i % 26);
		assert_int_equal(piece[PIECE - 1], 'a' + i % 26);
		if (i == 300) {
			assert_int_equal(fread(large, 1, sizeof(large), file),
					 sizeof(large));
			assert_int_equal(large[0], 'L');
		}
	}
	(void)fclose(file);
}

static void two_thousand_files_need_few_descriptors(void **state)
{
	enum { FILES = 2000 };
	struct rlimit few = { 16, 16 }, before;
	char name[CS_FILE_SET_NAME], text[32];
	struct cs_file_set *set = NULL;
	size_t at;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(cs_file_set_open(folder, &set), CS_OK);
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(text, sizeof(text), "f%u", i);
		assert_int_equal(cs_file_set_add(set, text, &at), CS_OK);
	}
	for (unsigned i = 0; i < 3 * FILES; i++) {
		(void)snprintf(text, sizeof(text), "%u\n", i);
		assert_int_equal(cs_file_set_put(set, i % FILES, cs_span_str(text)),
				 CS_OK);
	}
	assert_int_equal(cs_file_set_commit(set, name), CS_OK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(entries(), FILES);
	expect_content("f0", "0\n2000\n4000\n");
	expect_content("f1999", "1999\n3999\n5999\n");
}

static void what_is_there_may_forbid_it(void **state)
{
	struct cs_file_set *set = NULL;
	size_t at;

	(void)state;
	assert_int_equal(mkdir(under("dir"), 0755), 0);
	assert_int_equal(symlink("/etc/passwd", under("link")), 0);
	assert_int_equal(cs_file_set_open(folder, &set), CS_OK);
	assert_int_equal(cs_file_set_add(set, "dir", &at), CS_ERR_IO);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(cs_file_set_add(set, "link", &at), CS_ERR_IO);
	assert_int_equal(errno, EEXIST);
	cs_file_set_abort(set);
	assert_int_equal(entries(), 2);
	set = NULL;
	assert_int_equal(cs_file_set_open("/nowhere/else", &set), CS_ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_null(set);
}

/* The limit on a file's size stands for the disk that is full. */
static void a_full_disk_leaves_the_old_files(void **state)
{
	static char bytes[64 << 10];
	struct rlimit small = { 256 << 10, 0 }, before;
	char name[CS_FILE_SET_NAME] = "";
	struct cs_file_set *set;
	enum cs_err err = CS_OK;

	(void)state;
	write_old("a", "old a");
	write_old("b", "old b");
	set = open_two();
	assert_int_equal(cs_file_set_put(set, 0, SPAN("new a")), CS_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 64 && !err; i++)
		err = cs_file_set_put(set, 1, cs_span_of(bytes, sizeof(bytes)));
	assert_int_equal(err, CS_ERR_IO);
	assert_int_equal(errno, EFBIG);
	assert_string_equal(cs_file_set_failed(set), "b");
	/* What comes after the failure does not hide it. */
	assert_int_equal(cs_file_set_put(set, 0, SPAN("more")), CS_ERR_IO);
	assert_int_equal(cs_file_set_commit(set, name), CS_ERR_IO);
	assert_int_equal(errno, EFBIG);
	assert_string_equal(name, "b");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(entries(), 2);
	expect_content("a", "old a");
	expect_content("b", "old b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_appear_together, setup, teardown),
		cmocka_unit_test_setup_teardown(given_up_they_leave_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(more_than_a_buffer_goes_through_in_order,
						setup, teardown),
		cmocka_unit_test_setup_teardown(two_thousand_files_need_few_descriptors,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_there_may_forbid_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_old_files, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
