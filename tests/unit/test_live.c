/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "out/live.h"

/* Each test runs in an empty folder of its own. */
static char folder[] = "/tmp/coapscope-test-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = { "log", "log.1", "socket" };

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void set_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *get_file(const char *path)
{
	static char text[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static struct cs_live *open_live(const char *path)
{
	struct cs_live *live = NULL;

	assert_int_equal(cs_live_open(path, &live), CS_OK);
	return live;
}

static void put(struct cs_live *live, const char *text)
{
	assert_true(fputs(text, cs_live_stream(live)) >= 0);
	cs_live_flush(live);
}

static void assert_state(const struct cs_live *live, uint64_t lines, uint64_t lost,
			 int error)
{
	struct cs_live_state state = cs_live_state(live);

	assert_int_equal(state.lines, lines);
	assert_int_equal(state.lost, lost);
	assert_int_equal(state.error, error);
}

/* --- logs --- */

static void lines_are_appended_to_what_is_there(void **state)
{
	struct cs_live *live;

	(void)state;
	set_file("log", "old\n");
	live = open_live("log");
	assert_true(cs_live_folder(live) >= 0);
	put(live, "one\ntw");
	assert_string_equal(get_file("log"), "old\none\n");
	put(live, "o\nthree");
	assert_string_equal(get_file("log"), "old\none\ntwo\n");
	assert_state(live, 2, 0, 0);
	cs_live_close(live);
	assert_string_equal(get_file("log"), "old\none\ntwo\n");
}

static void half_a_line_of_a_crash_is_ended_first(void **state)
{
	struct cs_live *live;

	(void)state;
	set_file("log", "whole\nha");
	live = open_live("log");
	put(live, "new\n");
	assert_string_equal(get_file("log"), "whole\nha\nnew\n");
	cs_live_close(live);
}

static void a_log_that_was_renamed_is_opened_by_name_again(void **state)
{
	struct cs_live *live = open_live("log");

	(void)state;
	put(live, "one\n");
	assert_int_equal(rename("log", "log.1"), 0);
	put(live, "two\n");
	assert_int_equal(fputs("three\n", cs_live_stream(live)) >= 0, true);
	assert_int_equal(cs_live_reopen(live), CS_OK);
	put(live, "four\n");
	assert_string_equal(get_file("log.1"), "one\ntwo\nthree\n");
	assert_string_equal(get_file("log"), "four\n");
	assert_state(live, 4, 0, 0);
	cs_live_close(live);
}

static void what_is_no_file_any_more_is_not_followed(void **state)
{
	struct cs_live *live = open_live("log");

	(void)state;
	assert_int_equal(rename("log", "log.1"), 0);
	assert_int_equal(symlink("/etc/passwd", "log"), 0);
	assert_int_equal(cs_live_reopen(live), CS_ERR_IO);
	assert_int_equal(errno, ELOOP);
	put(live, "goes on\n");
	assert_string_equal(get_file("log.1"), "goes on\n");
	cs_live_close(live);
}

static void limit_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void no_half_line_stays_where_there_is_no_room(void **state)
{
	struct cs_live *live = open_live("log");
	char text[CS_LIVE_TEXT];

	(void)state;
	assert_false(cs_live_news(live, text));
	limit_size(10);
	put(live, "first\nsecond\nthird\n"); /* ten bytes: the first and a half */
	assert_state(live, 1, 2, EFBIG);
	assert_string_equal(get_file("log"), "first\n");
	assert_true(cs_live_news(live, text));
	assert_string_equal(text, "log: File too large; lines are lost");
	put(live, "fourth\n");
	assert_false(cs_live_news(live, text));
	limit_size(RLIM_INFINITY);
	put(live, "fifth\n");
	assert_string_equal(get_file("log"), "first\nfifth\n");
	assert_state(live, 2, 3, 0);
	assert_true(cs_live_news(live, text));
	assert_string_equal(text, "log: goes on, 3 lines were lost");
	assert_false(cs_live_news(live, text));
	cs_live_close(live);
}

static void a_device_that_is_full_loses_lines_and_nothing_else(void **state)
{
	struct cs_live *live = open_live("/dev/full");

	(void)state;
	assert_int_equal(cs_live_folder(live), -1);
	put(live, "one\ntwo\n");
	assert_state(live, 0, 2, ENOSPC);
	assert_int_equal(cs_live_reopen(live), CS_OK);
	cs_live_close(live);
}

static void a_line_without_end_is_lost_whole(void **state)
{
	struct cs_live *live = open_live("log");

	(void)state;
	for (unsigned i = 0; i < (1u << 20) + 4096; i++)
		assert_int_equal(fputc('x', cs_live_stream(live)), 'x');
	put(live, "\nshort\n");
	assert_string_equal(get_file("log"), "short\n");
	assert_state(live, 1, 1, 0);
	cs_live_close(live);
}

static void a_folder_or_no_folder_is_refused(void **state)
{
	struct cs_live *live = NULL;

	(void)state;
	assert_int_equal(cs_live_open(".", &live), CS_ERR_IO);
	assert_int_equal(cs_live_open("none/log", &live), CS_ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_null(live);
}

/* --- sockets --- */

static int listen_at(int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void a_datagram_socket_gets_a_line_each(void **state)
{
	int fd = listen_at(SOCK_DGRAM);
	struct cs_live *live = open_live("socket");
	char got[64];

	(void)state;
	put(live, "one\ntwo\n");
	assert_int_equal(recv(fd, got, sizeof(got), 0), 4);
	assert_memory_equal(got, "one\n", 4);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 4);
	assert_memory_equal(got, "two\n", 4);
	(void)close(fd);
	put(live, "three\n");
	assert_state(live, 2, 1, ECONNREFUSED);
	cs_live_close(live);
}

static void a_stream_reader_that_is_gone_is_counted(void **state)
{
	int fd = listen_at(SOCK_STREAM);
	struct cs_live *live = open_live("socket");
	int reader = accept(fd, NULL, NULL);
	char got[64];

	(void)state;
	put(live, "one\n");
	assert_int_equal(recv(reader, got, sizeof(got), 0), 4);
	(void)close(reader);
	(void)close(fd);
	put(live, "two\n");
	put(live, "three\n");
	assert_state(live, 1, 2, EPIPE);
	cs_live_close(live);
}

/* All that a reader gets are whole lines, and as many as are said to have gone. */
static void a_slow_reader_loses_whole_lines(void **state)
{
	int fd = listen_at(SOCK_STREAM);
	struct cs_live *live = open_live("socket");
	int reader = accept(fd, NULL, NULL);
	static char line[5000], got[1 << 16];
	uint64_t lines = 0;
	ssize_t n;
	size_t at = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 5000; i++)
		put(live, line);
	assert_true(cs_live_state(live).lost > 0);
	assert_int_equal(cs_live_state(live).error, EAGAIN);
	for (bool more = true; more;) {
		n = recv(reader, got, sizeof(got), MSG_DONTWAIT);
		for (ssize_t i = 0; i < n; i++) {
			assert_int_equal(got[i], line[at]);
			at = got[i] == '\n' ? 0 : at + 1;
			lines += got[i] == '\n';
		}
		if (n < 0 && at > 0)
			put(live, line); /* brings the rest of the one before, too */
		else
			more = n > 0;
	}
	assert_int_equal(lines, cs_live_state(live).lines);
	assert_int_equal(at, 0);
	cs_live_close(live);
	(void)close(reader);
	(void)close(fd);
}

static void a_reader_that_is_back_begins_with_a_whole_line(void **state)
{
	int fd = listen_at(SOCK_STREAM), reader;
	struct cs_live *live = open_live("socket");
	static char line[1000000];
	uint64_t lines;
	char got[64];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	reader = accept(fd, NULL, NULL);
	while (cs_live_state(live).lost == 0) /* the last that went, went in part */
		put(live, line);
	lines = cs_live_state(live).lines;
	assert_false(cs_live_is_gone(live));
	(void)close(reader);
	assert_true(cs_live_is_gone(live));

	cs_live_reconnect(live, cs_live_connect(live));
	assert_false(cs_live_is_gone(live));
	assert_state(live, lines, 2, 0);
	reader = accept(fd, NULL, NULL);
	put(live, "whole\n");
	assert_int_equal(recv(reader, got, sizeof(got), 0), 6);
	assert_memory_equal(got, "whole\n", 6);
	assert_state(live, lines + 1, 2, 0);
	cs_live_close(live);
	(void)close(reader);
	(void)close(fd);
}

static void a_reader_may_come_back_as_another_kind_of_socket(void **state)
{
	int fd = listen_at(SOCK_STREAM), again;
	struct cs_live *live = open_live("socket");
	char got[64];

	(void)state;
	assert_true(cs_live_reader(live) >= 0);
	assert_int_equal(cs_live_folder(live), -1);
	(void)close(fd);
	assert_true(cs_live_is_gone(live));
	assert_int_equal(cs_live_connect(live), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(unlink("socket"), 0);
	assert_int_equal(cs_live_connect(live), -1);
	assert_int_equal(errno, ENOENT);

	fd = listen_at(SOCK_DGRAM);
	again = cs_live_connect(live);
	assert_true(again >= 0);
	cs_live_reconnect(live, again);
	put(live, "one\ntwo\n");
	assert_int_equal(recv(fd, got, sizeof(got), 0), 4);
	assert_state(live, 2, 0, 0);
	(void)close(fd);
	cs_live_close(live);
}

static void what_is_no_socket_has_no_reader_that_comes_back(void **state)
{
	struct cs_live *live = open_live("log");

	(void)state;
	assert_int_equal(cs_live_reader(live), -1);
	assert_false(cs_live_is_gone(live));
	cs_live_close(live);
	live = open_live("/dev/full");
	put(live, "one\n");
	assert_int_equal(cs_live_reader(live), -1);
	assert_false(cs_live_is_gone(live));
	cs_live_close(live);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(lines_are_appended_to_what_is_there),
		IN_FOLDER(half_a_line_of_a_crash_is_ended_first),
		IN_FOLDER(a_log_that_was_renamed_is_opened_by_name_again),
		IN_FOLDER(what_is_no_file_any_more_is_not_followed),
		IN_FOLDER(no_half_line_stays_where_there_is_no_room),
		IN_FOLDER(a_device_that_is_full_loses_lines_and_nothing_else),
		IN_FOLDER(a_line_without_end_is_lost_whole),
		IN_FOLDER(a_folder_or_no_folder_is_refused),
		IN_FOLDER(a_datagram_socket_gets_a_line_each),
		IN_FOLDER(a_stream_reader_that_is_gone_is_counted),
		IN_FOLDER(a_slow_reader_loses_whole_lines),
		IN_FOLDER(a_reader_that_is_back_begins_with_a_whole_line),
		IN_FOLDER(a_reader_may_come_back_as_another_kind_of_socket),
		IN_FOLDER(what_is_no_socket_has_no_reader_that_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
