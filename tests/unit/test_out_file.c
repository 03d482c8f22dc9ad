/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "out/file.h"

/* Each test runs in an empty folder of its own. */
static char folder[] = "/tmp/coapscope-test-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static unsigned count_entries(bool remove_them)
{
	DIR *dir = opendir(".");
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (remove_them && unlink(e->d_name) != 0)
			(void)rmdir(e->d_name);
	}
	(void)closedir(dir);
	return n;
}

static int leave_folder(void **state)
{
	(void)state;
	(void)count_entries(true);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void set_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *get_file(const char *path)
{
	static char text[256];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static struct cs_out_file *open_with(const char *path, const char *text)
{
	struct cs_out_file *file = NULL;

	assert_int_equal(cs_out_file_open(path, &file), CS_OK);
	assert_non_null(file);
	assert_true(fputs(text, cs_out_file_stream(file)) >= 0);
	return file;
}

static void a_new_file_appears_at_commit(void **state)
{
	struct cs_out_file *file;

	(void)state;
	(void)umask(007);
	file = open_with("new", "text\n");
	assert_int_equal(cs_out_file_flush(file), CS_OK);
	assert_int_equal(access("new", F_OK), -1);
	assert_true(cs_out_file_folder(file) >= 0);
	assert_int_equal(cs_out_file_commit(file), CS_OK);
	assert_string_equal(get_file("new"), "text\n");
	assert_int_equal(mode_of("new"), 0660);
	assert_int_equal(count_entries(false), 1);
}

static void an_old_file_is_replaced_whole_and_keeps_its_mode(void **state)
{
	struct cs_out_file *file;

	(void)state;
	set_file("old", "before\n", 0604);
	file = open_with("old", "after\n");
	assert_string_equal(get_file("old"), "before\n");
	assert_int_equal(cs_out_file_commit(file), CS_OK);
	assert_string_equal(get_file("old"), "after\n");
	assert_int_equal(mode_of("old"), 0604);
	assert_int_equal(count_entries(false), 1);
}

static void abort_leaves_everything_as_it_was(void **state)
{
	struct cs_out_file *old, *new;

	(void)state;
	set_file("old", "before\n", 0644);
	old = open_with("old", "after\n");
	new = open_with("new", "after\n");
	errno = EXDEV;
	cs_out_file_abort(old);
	cs_out_file_abort(new);
	cs_out_file_abort(NULL);
	assert_int_equal(errno, EXDEV);
	assert_string_equal(get_file("old"), "before\n");
	assert_int_equal(count_entries(false), 1);
}

static void a_link_stays_and_its_file_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	set_file("sub/file", "before\n", 0600);
	assert_int_equal(symlink("sub/middle", "link"), 0);
	assert_int_equal(symlink("file", "sub/middle"), 0);
	assert_int_equal(cs_out_file_commit(open_with("link", "after\n")), CS_OK);
	assert_string_equal(get_file("sub/file"), "after\n");
	assert_int_equal(mode_of("link"), 0777);
	assert_int_equal(unlink("sub/file"), 0);
	assert_int_equal(cs_out_file_commit(open_with("link", "anew\n")), CS_OK);
	assert_string_equal(get_file("sub/file"), "anew\n");
	assert_int_equal(unlink("sub/file"), 0);
	assert_int_equal(unlink("sub/middle"), 0);
}

static void an_open_output_survives_a_change_of_folder(void **state)
{
	struct cs_out_file *file = open_with("new", "text\n");

	(void)state;
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(cs_out_file_commit(file), CS_OK);
	assert_int_equal(chdir(folder), 0);
	assert_string_equal(get_file("new"), "text\n");
}

static void absolute_names_and_the_longest_name_work(void **state)
{
	char path[PATH_MAX], longest[NAME_MAX + 2];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/new", folder);
	assert_int_equal(cs_out_file_commit(open_with(path, "text\n")), CS_OK);
	assert_string_equal(get_file("new"), "text\n");
	memset(longest, 'a', sizeof(longest));
	longest[NAME_MAX] = '\0';
	assert_int_equal(cs_out_file_commit(open_with(longest, "text\n")), CS_OK);
	assert_string_equal(get_file(longest), "text\n");
}

static void names_that_cannot_be_written_are_refused(void **state)
{
	char deep[PATH_MAX + 2], longest[NAME_MAX + 2];
	const struct {
		const char *path;
		enum cs_err err;
		int number;
	} cases[] = {
		{ "", CS_ERR_IO, EISDIR },
		{ ".", CS_ERR_IO, EISDIR },
		{ "..", CS_ERR_IO, EISDIR },
		{ "sub", CS_ERR_IO, EISDIR },
		{ "new/", CS_ERR_IO, EISDIR },
		{ "none/new", CS_ERR_IO, ENOENT },
		{ "file/new", CS_ERR_IO, ENOTDIR },
		{ "loop", CS_ERR_IO, ELOOP },
		{ longest, CS_ERR_IO, ENAMETOOLONG },
		{ deep, CS_ERR_IO, ENAMETOOLONG },
		{ "dead", CS_ERR_IO, ECONNREFUSED },
	};
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "dead" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(deep, '/', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(mkdir("sub", 0755), 0);
	set_file("file", "", 0644);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(fd); /* its name stays, with nobody behind it */
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_out_file *file = NULL;
		enum cs_err err = cs_out_file_open(cases[i].path, &file);

		if (err != cases[i].err || errno != cases[i].number || file)
			fail_msg("'%.20s': %s, %s", cases[i].path, cs_strerror(err),
				 strerror(errno));
	}
	assert_int_equal(count_entries(false), 4);
}

static void a_write_protected_file_is_left_alone(void **state)
{
	struct cs_out_file *file = NULL;

	(void)state;
	set_file("old", "before\n", 0444);
	if (access("old", W_OK) == 0) {
		/* Root may always write: its own word counts. */
		assert_int_equal(cs_out_file_commit(open_with("old", "after\n")), CS_OK);
		assert_int_equal(mode_of("old"), 0444);
		return;
	}
	assert_int_equal(cs_out_file_open("old", &file), CS_ERR_DENIED);
	assert_int_equal(errno, EACCES);
	assert_int_equal(count_entries(false), 1);
}

static void a_full_disk_fails_commit_with_enospc(void **state)
{
	struct cs_out_file *file = open_with("/dev/full", "text\n");

	(void)state;
	assert_int_equal(cs_out_file_folder(file), -1);
	assert_int_equal(cs_out_file_commit(file), CS_ERR_IO);
	assert_int_equal(errno, ENOSPC);

	file = open_with("/dev/full", "text\n");
	assert_int_equal(cs_out_file_flush(file), CS_ERR_IO);
	assert_int_equal(errno, ENOSPC);
	errno = 0;
	assert_int_equal(cs_out_file_flush(file), CS_ERR_IO); /* it stays so */
	assert_int_equal(errno, ENOSPC);
	cs_out_file_abort(file);
}

/* Runs @write with a file that may not grow past 64 KiB. */
static void with_small_files(void (*write)(void))
{
	struct rlimit old, small;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ .rlim_cur = 65536, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	write();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

static void write_too_much(void)
{
	struct cs_out_file *file = open_with("old", "after\n");

	/* More than the stream's buffer: the failure is long past at commit. */
	for (size_t i = 0; i < 3u << 20; i++)
		(void)fputc('a', cs_out_file_stream(file));
	errno = 0;
	assert_int_equal(cs_out_file_flush(file), CS_ERR_IO);
	assert_int_equal(errno, EFBIG);
	errno = 0;
	assert_int_equal(cs_out_file_commit(file), CS_ERR_IO);
	assert_int_equal(errno, EFBIG);
}

static void an_error_in_the_middle_keeps_the_old_file(void **state)
{
	(void)state;
	set_file("old", "before\n", 0644);
	with_small_files(write_too_much);
	assert_string_equal(get_file("old"), "before\n");
	assert_int_equal(count_entries(false), 1);
}

static void a_folder_that_is_gone_fails_commit(void **state)
{
	struct cs_out_file *file;

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	file = open_with("sub/new", "text\n");
	assert_int_equal(chdir("sub"), 0);
	(void)count_entries(true); /* the temporary, taken away behind our back */
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(cs_out_file_commit(file), CS_ERR_IO);
	assert_int_equal(errno, ENOENT);
}

static void a_closed_pipe_is_an_error(void **state)
{
	struct cs_out_file *file;
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
	file = open_with(path, "text\n");
	(void)close(ends[0]);
	assert_int_equal(cs_out_file_commit(file), CS_ERR_IO);
	assert_int_equal(errno, EPIPE);
	(void)close(ends[1]);
}

static void a_pipe_is_written_as_flush_says(void **state)
{
	struct cs_out_file *file;
	char got[16] = "", name[] = "pipe";
	int reader;

	(void)state;
	assert_int_equal(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	file = open_with(name, "one\n");
	assert_int_equal(read(reader, got, sizeof(got)), -1);
	assert_int_equal(cs_out_file_flush(file), CS_OK);
	assert_int_equal(read(reader, got, sizeof(got)), 4);
	assert_memory_equal(got, "one\n", 4);
	assert_true(fputs("two\n", cs_out_file_stream(file)) >= 0);
	assert_int_equal(cs_out_file_commit(file), CS_OK);
	assert_int_equal(read(reader, got, sizeof(got)), 4);
	assert_memory_equal(got, "two\n", 4);
	(void)close(reader);
	assert_int_equal(count_entries(false), 1);
}

static void our_own_descriptors_keep_their_place(void **state)
{
	char path[32];
	int fd = open("log", O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, "a\n", 2), 2);
	assert_int_equal(cs_out_file_commit(open_with(path, "b\n")), CS_OK);
	assert_int_equal(write(fd, "c\n", 2), 2);
	(void)close(fd);
	assert_string_equal(get_file("log"), "a\nb\nc\n");
}

static void standard_output_goes_by_two_names(void **state)
{
	int saved = dup(STDOUT_FILENO), fd = open("log", O_WRONLY | O_CREAT, 0600);

	(void)state;
	(void)fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	enum cs_err one = cs_out_file_commit(open_with("-", "a\n"));
	enum cs_err two = cs_out_file_commit(open_with("/dev/stdout", "b\n"));
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(saved);
	(void)close(fd);
	assert_int_equal(one, CS_OK);
	assert_int_equal(two, CS_OK);
	assert_string_equal(get_file("log"), "a\nb\n");
}

static void a_socket_is_connected_to(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	struct cs_out_file *file;
	char got[16];

	(void)state;
	assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	file = open_with("socket", "text\n");
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(cs_out_file_commit(file), CS_OK);
	assert_int_equal(read(peer, got, sizeof(got)), 5);
	assert_memory_equal(got, "text\n", 5);
	assert_int_equal(read(peer, got, sizeof(got)), 0);
	(void)close(peer);
	(void)close(listener);
}

/* Gives up all files but the making and removing of some under @dir; -1 without Landlock. */
static int jail_to(int dir)
{
	struct landlock_ruleset_attr all = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1
	};
	struct landlock_path_beneath_attr rule = {
		.allowed_access =
			LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = dir,
	};
	int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

	if (set < 0 ||
	    syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
		    0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, set, 0);
}

/* As a child of its own, since there is no way out of the jail. */
static int finish_in_jail(bool commit)
{
	struct cs_out_file *file = open_with("old", "after\n");
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (jail_to(cs_out_file_folder(file)) != 0)
			_exit(77);
		if (open("old", O_RDONLY) >= 0)
			_exit(1); /* no jail at all */
		if (!commit)
			cs_out_file_abort(file);
		else if (cs_out_file_commit(file) != CS_OK)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	/* The parent's copy of an output that is ended is only to be freed. */
	cs_out_file_abort(file);
	return WEXITSTATUS(status);
}

static void an_output_can_be_ended_in_a_jail(void **state)
{
	int status;

	(void)state;
	set_file("old", "before\n", 0644);
	status = finish_in_jail(false);
	if (status == 77)
		NOT_HERE("a kernel without Landlock");
	assert_int_equal(status, 0);
	assert_string_equal(get_file("old"), "before\n");
	assert_int_equal(finish_in_jail(true), 0);
	assert_string_equal(get_file("old"), "after\n");
	assert_int_equal(count_entries(false), 1);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_new_file_appears_at_commit),
		IN_FOLDER(an_old_file_is_replaced_whole_and_keeps_its_mode),
		IN_FOLDER(abort_leaves_everything_as_it_was),
		IN_FOLDER(a_link_stays_and_its_file_is_replaced),
		IN_FOLDER(an_open_output_survives_a_change_of_folder),
		IN_FOLDER(absolute_names_and_the_longest_name_work),
		IN_FOLDER(names_that_cannot_be_written_are_refused),
		IN_FOLDER(a_write_protected_file_is_left_alone),
		IN_FOLDER(a_full_disk_fails_commit_with_enospc),
		IN_FOLDER(an_error_in_the_middle_keeps_the_old_file),
		IN_FOLDER(a_folder_that_is_gone_fails_commit),
		IN_FOLDER(a_closed_pipe_is_an_error),
		IN_FOLDER(a_pipe_is_written_as_flush_says),
		IN_FOLDER(our_own_descriptors_keep_their_place),
		IN_FOLDER(standard_output_goes_by_two_names),
		IN_FOLDER(a_socket_is_connected_to),
		IN_FOLDER(an_output_can_be_ended_in_a_jail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
