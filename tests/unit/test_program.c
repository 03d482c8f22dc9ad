/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protect/program.h"
#include "protect/program_start.h"

static struct cs_arena arena;

static int forget(void **state)
{
	(void)state;
	cs_arena_clear(&arena);
	return 0;
}

#define SHELL(script) ((const char *const[]){ "sh", "-c", (script), NULL })

static enum cs_err run(const char *const *argv, struct cs_span input, int timeout_ms,
		       struct cs_program_end *end)
{
	struct cs_program p = { argv, input, timeout_ms };

	return cs_program_run(&p, &arena, end);
}

static void what_it_says_and_how_it_ends_is_told(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("echo out; echo err >&2; exit 3"),
			     (struct cs_span){ 0 }, 0, &end),
			 CS_OK);
	assert_int_equal(end.status, 3);
	assert_string_equal((const char *)end.out.ptr, "out\n");
	assert_int_equal(end.out.len, 4);
	assert_string_equal((const char *)end.err.ptr, "err\n");
}

static void silence_is_an_empty_text(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("cat"), (struct cs_span){ 0 }, 0, &end), CS_OK);
	assert_int_equal(end.status, 0);
	assert_int_equal(end.out.len, 0);
	assert_string_equal((const char *)end.out.ptr, "");
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
	static const char *const names[] = { "no-such-program", "/no/such/program",
					     "/dev/null" };
	struct cs_program_end end;
	char why[CS_PROGRAM_WHY];
	struct cs_span out;

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++) {
		const char *const argv[] = { names[i], NULL };
		struct cs_program p = { .argv = argv };

		assert_int_equal(run(argv, (struct cs_span){ 0 }, 0, &end),
				 CS_ERR_NOT_FOUND);
		assert_int_equal(cs_program_must(&p, &arena, &out, why),
				 CS_ERR_NOT_FOUND);
		assert_non_null(strstr(why, "no such program is installed"));
	}
}

static void the_path_is_the_callers_without_relative_folders(void **state)
{
	char *kept = strdup(getenv("PATH"));
	struct cs_program_end end;

	(void)state;
	assert_int_equal(setenv("PATH", "/no/such/folder", 1), 0);
	assert_int_equal(run(SHELL("true"), (struct cs_span){ 0 }, 0, &end),
			 CS_ERR_NOT_FOUND);
	assert_int_equal(setenv("PATH", ":.:bin:/usr/bin::/bin:", 1), 0);
	assert_int_equal(run(SHELL("echo $PATH"), (struct cs_span){ 0 }, 0, &end), CS_OK);
	assert_string_equal((const char *)end.out.ptr, "/usr/bin:/usr/sbin:/bin:/sbin\n");
	assert_int_equal(setenv("PATH", "", 1), 0);
	assert_int_equal(run(SHELL("true"), (struct cs_span){ 0 }, 0, &end),
			 CS_ERR_NOT_FOUND);
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(run(SHELL("true"), (struct cs_span){ 0 }, 0, &end), CS_OK);
	assert_int_equal(setenv("PATH", kept, 1), 0);
	free(kept);
}

static void a_file_that_is_no_program_fails(void **state)
{
	char name[] = "/tmp/test_program_XXXXXX";
	const char *const argv[] = { name, NULL };
	struct cs_program_end end;
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	assert_int_equal(write(fd,
			       "\x7f"
			       "ELF nothing",
			       12),
			 12);
	assert_int_equal(close(fd), 0);
	assert_int_equal(run(argv, (struct cs_span){ 0 }, 0, &end), CS_ERR_IO);
	assert_int_equal(errno, ENOEXEC);
	assert_int_equal(unlink(name), 0);
}

static void a_program_that_goes_on_is_killed(void **state)
{
	const char *const argv[] = { "sleep", "1000", NULL };
	struct cs_program p = { .argv = argv, .timeout_ms = 20 };
	char why[CS_PROGRAM_WHY];
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_program_must(&p, &arena, &out, why), CS_ERR_BUSY);
	assert_string_equal(why, "sleep: did not end in time");
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void one_that_closed_its_streams_is_waited_for(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("exec >&- 2>&-; sleep 0.05; exit 9"),
			     (struct cs_span){ 0 }, 0, &end),
			 CS_OK);
	assert_int_equal(end.status, 9);
}

/* And what it left is killed: it holds the pipe, and would for a long time. */
static void what_it_left_running_holds_nobody_up(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(
		run(SHELL("sleep 1000 & echo $!"), (struct cs_span){ 0 }, 0, &end),
		CS_OK);
	assert_int_equal(end.status, 0);

	pid_t left = atoi((const char *)end.out.ptr);

	assert_true(left > 1);
	for (int i = 0; i < 1000 && kill(left, 0) == 0; i++) {
		char name[64], line[256];
		FILE *f;

		(void)snprintf(name, sizeof(name), "/proc/%d/stat", (int)left);
		f = fopen(name, "r");
		if (!f)
			return;

		bool dead = fgets(line, sizeof(line), f) && strstr(line, ") Z ");

		(void)fclose(f);
		if (dead)
			return;
		(void)usleep(1000);
	}
	assert_int_equal(kill(left, 0), -1);
}

static void one_that_a_signal_ends_says_so(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("kill -TERM $$"), (struct cs_span){ 0 }, 0, &end),
			 CS_OK);
	assert_int_equal(end.status, 128 + SIGTERM);
}

static void too_much_is_too_much(void **state)
{
	const char *const argv[] = { "cat", "/dev/zero", NULL };
	struct cs_program p = { .argv = argv };
	char why[CS_PROGRAM_WHY];
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_program_must(&p, &arena, &out, why), CS_ERR_FULL);
	assert_string_equal(why, "cat: said more than 64 MiB");
}

static void all_that_is_allowed_comes_whole(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(
		run(SHELL("head -c 67108864 /dev/zero"), (struct cs_span){ 0 }, 0, &end),
		CS_OK);
	assert_int_equal(end.out.len, CS_PROGRAM_OUT_MAX);
	assert_int_equal(
		run(SHELL("head -c 67108865 /dev/zero"), (struct cs_span){ 0 }, 0, &end),
		CS_ERR_FULL);
}

static void much_goes_both_ways_at_once(void **state)
{
	enum { MUCH = 3000001 };
	uint8_t *bytes = malloc(MUCH);
	struct cs_program_end end;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < MUCH; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 11));
	assert_int_equal(run(SHELL("tee /dev/stderr"), cs_span_of(bytes, MUCH), 0, &end),
			 CS_OK);
	assert_int_equal(end.out.len, MUCH);
	assert_memory_equal(end.out.ptr, bytes, MUCH);
	assert_int_equal(end.err.len, MUCH);
	assert_memory_equal(end.err.ptr, bytes, MUCH);
	free(bytes);
}

static void input_that_nobody_reads_is_no_error(void **state)
{
	static const uint8_t much[300000] = { 1 };
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("exec <&-"), cs_span_of(much, sizeof(much)), 0, &end),
			 CS_OK);
	assert_int_equal(end.status, 0);
}

static void its_input_can_be_opened_by_name(void **state)
{
	struct cs_program_end end;

	(void)state;
	assert_int_equal(run(SHELL("cat /dev/stdin"), SPAN("words"), 0, &end), CS_OK);
	assert_string_equal((const char *)end.out.ptr, "words");
}

static void it_has_three_descriptors_and_our_environment(void **state)
{
	int open_one = dup(STDOUT_FILENO), far = fcntl(STDOUT_FILENO, F_DUPFD, 200);
	struct cs_program_end end;

	(void)state;
	assert_true(open_one >= 0 && far >= 200);
	assert_int_equal(setenv("LANGUAGE", "de", 1), 0);
	assert_int_equal(
		run(SHELL("cd /proc/self/fd; for i in *; do [ -e $i ] && "
			  "echo $i; done; env | grep -v -e ^PWD -e ^_= -e ^PATH= "
			  "-e ^SHLVL= -e ^OLDPWD="),
		    (struct cs_span){ 0 }, 0, &end),
		CS_OK);
	assert_string_equal((const char *)end.out.ptr, "0\n1\n2\nLC_ALL=C\n");
	assert_int_equal(close(open_one), 0);
	assert_int_equal(close(far), 0);
}

static void blocked_and_ignored_signals_are_not_handed_down(void **state)
{
	struct cs_program_end end;
	sigset_t one, before;
	uint64_t blocked, ignored;

	(void)state;
	(void)sigemptyset(&one);
	(void)sigaddset(&one, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &one, &before), 0);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_int_equal(run(SHELL("grep -e SigBlk -e SigIgn /proc/self/status"),
			     (struct cs_span){ 0 }, 0, &end),
			 CS_OK);
	assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_int_equal(sscanf((const char *)end.out.ptr,
				"SigBlk: %" SCNx64 " SigIgn: %" SCNx64, &blocked,
				&ignored),
			 2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are the C library's own: no program can set them. */
	assert_int_equal(ignored & ~(UINT64_C(3) << 31), 0);
}

/* A daemon's standard streams may be closed: the pipes then get their numbers. */
static void it_works_with_our_own_streams_closed(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct cs_program_end end;

		for (int fd = 0; fd < 3; fd++)
			(void)close(fd);
		if (run(SHELL("cat; echo err >&2; exit 5"), SPAN("in"), 0, &end))
			_exit(1);
		if (end.status != 5 || strcmp((const char *)end.out.ptr, "in") != 0 ||
		    strcmp((const char *)end.err.ptr, "err\n") != 0)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void it_ends_when_we_are_killed(void **state)
{
	int ends[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct cs_program_child started;
		struct cs_program p = { .argv = SHELL("exec sleep 1000") };

		if (cs_program_start(&p, &started))
			_exit(1);
		(void)!write(ends[1], &started.pid, sizeof(started.pid));
		for (;;)
			(void)pause();
	}

	pid_t grandchild;

	assert_int_equal(read(ends[0], &grandchild, sizeof(grandchild)),
			 sizeof(grandchild));
	/* Orphans come to us, so that its end can be waited for. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);

	int status;

	assert_int_equal(waitpid(grandchild, &status, 0), grandchild);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	assert_int_equal(close(ends[0]), 0);
}

static void what_must_succeed_says_why_it_did_not(void **state)
{
	static const struct {
		const char *script, *why;
		enum cs_err err;
	} cases[] = {
		{ "echo fine", "", CS_OK },
		{ "echo no >&2; echo more >&2; exit 1", "sh: no", CS_ERR_REFUSED },
		{ "printf '\\n  \\n no\\033[m' >&2; exit 1", "sh: no?[m",
		  CS_ERR_REFUSED },
		{ "exit 7", "sh: ended with status 7", CS_ERR_REFUSED },
		{ "kill -9 $$", "sh: ended with status 137", CS_ERR_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_program p = { .argv = SHELL(cases[i].script) };
		char why[CS_PROGRAM_WHY] = "";
		struct cs_span out;

		assert_int_equal(cs_program_must(&p, &arena, &out, why), cases[i].err);
		assert_string_equal(why, cases[i].why);
		if (!cases[i].err)
			assert_string_equal((const char *)out.ptr, "fine\n");
	}
}

static void a_long_complaint_is_cut(void **state)
{
	struct cs_program p = { .argv = SHELL("head -c 5000 /dev/zero | tr '\\0' x >&2; "
					      "exit 1") };
	char why[CS_PROGRAM_WHY];
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_program_must(&p, &arena, &out, why), CS_ERR_REFUSED);
	assert_int_equal(strlen(why), CS_PROGRAM_WHY - 1);
}

static void no_descriptor_is_left_over(void **state)
{
	struct cs_program_end end;
	int before = dup(STDOUT_FILENO), after;

	(void)state;
	assert_int_equal(close(before), 0);
	assert_int_equal(run(SHELL("cat"), SPAN("x"), 0, &end), CS_OK);
	assert_int_equal(run(SHELL("sleep 9"), SPAN("x"), 1, &end), CS_ERR_BUSY);
	after = dup(STDOUT_FILENO);
	assert_int_equal(after, before);
	assert_int_equal(close(after), 0);
}

static void a_started_one_is_stopped_once(void **state)
{
	struct cs_program p = { .argv = SHELL("sleep 1000") };
	struct cs_program_child child;

	(void)state;
	assert_int_equal(cs_program_start(&p, &child), CS_OK);
	assert_int_equal(cs_program_stop(&child), 128 + SIGKILL);
	assert_int_equal(cs_program_stop(&child), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_it_says_and_how_it_ends_is_told, forget),
		cmocka_unit_test_teardown(silence_is_an_empty_text, forget),
		cmocka_unit_test_teardown(a_program_that_is_not_there_is_not_found,
					  forget),
		cmocka_unit_test_teardown(
			the_path_is_the_callers_without_relative_folders, forget),
		cmocka_unit_test_teardown(a_file_that_is_no_program_fails, forget),
		cmocka_unit_test_teardown(a_program_that_goes_on_is_killed, forget),
		cmocka_unit_test_teardown(one_that_closed_its_streams_is_waited_for,
					  forget),
		cmocka_unit_test_teardown(what_it_left_running_holds_nobody_up, forget),
		cmocka_unit_test_teardown(one_that_a_signal_ends_says_so, forget),
		cmocka_unit_test_teardown(too_much_is_too_much, forget),
		cmocka_unit_test_teardown(all_that_is_allowed_comes_whole, forget),
		cmocka_unit_test_teardown(much_goes_both_ways_at_once, forget),
		cmocka_unit_test_teardown(input_that_nobody_reads_is_no_error, forget),
		cmocka_unit_test_teardown(its_input_can_be_opened_by_name, forget),
		cmocka_unit_test_teardown(it_has_three_descriptors_and_our_environment,
					  forget),
		cmocka_unit_test_teardown(blocked_and_ignored_signals_are_not_handed_down,
					  forget),
		cmocka_unit_test_teardown(it_works_with_our_own_streams_closed, forget),
		cmocka_unit_test_teardown(it_ends_when_we_are_killed, forget),
		cmocka_unit_test_teardown(what_must_succeed_says_why_it_did_not, forget),
		cmocka_unit_test_teardown(a_long_complaint_is_cut, forget),
		cmocka_unit_test_teardown(no_descriptor_is_left_over, forget),
		cmocka_unit_test_teardown(a_started_one_is_stopped_once, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
