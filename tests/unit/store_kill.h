/* SPDX-License-Identifier: Apache-2.0 */
/* Writers that are killed, and disks that are full. */
#pragma once

#include "store_fixture.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Writes the store in @dir and tells by a number what is done; does not return. */
typedef void writer_fn(const char *dir, int tell);

static inline void tell_number(int tell, uint32_t number)
{
	if (write(tell, &number, sizeof(number)) != sizeof(number))
		_exit(4);
}

/* Runs the writer; kills it @after_us after its first word. What it told. */
static inline uint32_t run_and_kill(const char *dir, writer_fn *writer,
				    useconds_t after_us, int *status)
{
	struct pollfd fd;
	uint32_t told = 0, word;
	int pipe_fd[2];
	pid_t child;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	if (child == 0)
		writer(dir, pipe_fd[1]);
	assert_true(child > 0);
	assert_int_equal(close(pipe_fd[1]), 0);
	fd = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	assert_int_equal(poll(&fd, 1, 10000), 1);
	(void)usleep(after_us);
	(void)kill(child, SIGKILL);
	while (read(pipe_fd[0], &word, sizeof(word)) == sizeof(word))
		told = word;
	assert_int_equal(close(pipe_fd[0]), 0);
	assert_int_equal(waitpid(child, status, 0), child);
	return told;
}

static inline void limit_file_size(const char *dir)
{
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };

	(void)dir;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void mount_small(const char *dir)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("small", dir, "tmpfs", 0, "size=2m") != 0)
		_exit(77);
}
