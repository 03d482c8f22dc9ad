/* SPDX-License-Identifier: Apache-2.0 */
/* The helper itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "protect/helper_own.h"

enum {
	STARTER = STDERR_FILENO + 1, /* the socket's place */
	LOCK_TRIES = 100,
	PAUSE_MS = 20,
	TRIES = 20, /* to take the rules back, where nft itself fails */
	TRY_MS = 250,
};

/* Why it woke up. */
enum reason {
	TIME_IS_UP,
	STARTER_SAID,
	STARTER_GONE,
	TOLD_TO_END, /* by a signal */
	RECORD_GONE,
};

struct helper {
	const struct cs_helper_job *job;
	int timer, signals, watch, lock;
	bool left; /* the starter has ended well: its end says no more */
};

/* --- becoming one --- */

static void close_streams(int fd)
{
	int null = open("/dev/null", O_RDWR);

	for (int i = 0; null >= 0 && i <= STDERR_FILENO; i++)
		(void)dup2(null, i);
	if (fd != STARTER)
		(void)dup2(fd, STARTER);
	(void)fcntl(STARTER, F_SETFD, FD_CLOEXEC);
	(void)close_range(STARTER + 1, ~0U, 0);
}

/* A signal for the terminal's programs is none for us; one to end is seen in time. */
static int watch_signals(void)
{
	static const int ignored[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,
				       SIGTSTP, SIGUSR1, SIGUSR2, SIGALRM };
	sigset_t set;

	for (size_t i = 0; i < CS_LEN(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* By this lock others see that a helper is there, and when it has ended. */
static int take_lock(const struct cs_state *state)
{
	struct cs_path path;

	if (!cs_path_under(state->run.text, "helper", &path))
		return -1;
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = cs_lock_take(path.text, false);

		if (fd >= 0 || errno != EWOULDBLOCK)
			return fd;
		(void)poll(NULL, 0, PAUSE_MS); /* only a pause */
	}
	errno = EBUSY;
	return -1;
}

static bool open_all(struct helper *h)
{
	h->signals = watch_signals();
	h->lock = take_lock(h->job->state);
	h->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	h->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return h->signals >= 0 && h->lock >= 0 && h->timer >= 0 && h->watch >= 0 &&
	       inotify_add_watch(h->watch, h->job->state->run.text,
				 IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF) >= 0;
}

static void say(enum cs_err err, const char *why)
{
	struct cs_helper_says says = { .err = err };

	(void)snprintf(says.why, sizeof(says.why), "%s", why);
	/* Whoever is gone needs no answer. */
	(void)send(STARTER, &says, sizeof(says), MSG_NOSIGNAL);
}

/* --- waiting --- */

/* Takes what the starter says; 0: it is gone. */
static char heard(void)
{
	char word;

	return recv(STARTER, &word, 1, MSG_DONTWAIT) == 1 ? word : '\0';
}

static void drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static enum reason wait_for_reason(const struct helper *h)
{
	struct pollfd wait[] = { { h->timer, POLLIN, 0 },
				 { h->signals, POLLIN, 0 },
				 { h->left ? -1 : STARTER, POLLIN, 0 },
				 { h->watch, POLLIN, 0 } };

	while (poll(wait, CS_LEN(wait), -1) < 0 && errno == EINTR)
		;
	if (wait[0].revents)
		return TIME_IS_UP;
	if (wait[1].revents)
		return TOLD_TO_END;
	if (wait[2].revents)
		return wait[2].revents & POLLIN ? STARTER_SAID : STARTER_GONE;
	drain(h->watch);
	return RECORD_GONE;
}

static bool is_pending(const struct helper *h)
{
	return h->job->is_pending(h->job->arg);
}

static bool has_record(const struct helper *h)
{
	struct cs_path path;
	char name[CS_STATE_PENDING];

	cs_state_pending_name(h->job->id, name);
	return cs_path_under(h->job->state->run.text, name, &path) &&
	       cs_file_exists(path.text);
}

static void set_timer(const struct helper *h, uint32_t seconds)
{
	const struct itimerspec at = { .it_value = { .tv_sec = seconds } };

	(void)timerfd_settime(h->timer, 0, &at, NULL); /* its values are sound */
}

/* True: take it back. False: it is no longer ours to take back. */
static bool wait_out(struct helper *h)
{
	for (;;) {
		char word;

		switch (wait_for_reason(h)) {
		case TIME_IS_UP:
		case TOLD_TO_END:
		case STARTER_GONE:
			return true;
		case STARTER_SAID:
			word = heard();
			if (word != CS_HELPER_LEAVE)
				return true; /* its wish, or it is gone */
			h->left = true;
			break;
		case RECORD_GONE:
			if (!has_record(h) && !is_pending(h))
				return false;
			break;
		}
	}
}

/* --- doing --- */

static enum cs_err take_back(const struct helper *h)
{
	enum cs_err err = CS_OK;

	for (int i = 0; i < TRIES; i++) {
		err = h->job->take_back(h->job->arg);
		if (!err || !is_pending(h))
			break;
		(void)poll(NULL, 0, TRY_MS); /* only a pause */
	}
	cs_state_forget_pending(h->job->state, h->job->id);
	return err;
}

static enum cs_err put_in_force(const struct helper *h, char why[CS_STATE_WHY])
{
	enum cs_err err = h->job->put_in(h->job->arg, why);

	if (!err)
		set_timer(h, h->job->seconds);
	return err;
}

static void run(struct helper *h)
{
	char why[CS_STATE_WHY] = "";
	enum cs_err err;
	char word = '\0';

	if (!open_all(h)) {
		(void)snprintf(why, sizeof(why), "the helper cannot start: %s",
			       strerror(errno));
		say(CS_ERR_IO, why);
		return;
	}
	say(CS_OK, "");
	while (recv(STARTER, &word, 1, 0) < 0 && errno == EINTR)
		;
	if (word != CS_HELPER_GO)
		return;
	err = put_in_force(h, why);
	say(err, why);
	/* One that was stopped half-way may have been through with it. */
	if (err ? !is_pending(h) : !wait_out(h))
		return;
	err = take_back(h);
	say(err, "the rules could not be taken back: they lose their effect by "
		 "themselves; see `coapscope protect status`");
}

_Noreturn void cs_helper_detach(const struct cs_helper_job *job, int fd)
{
	struct helper helper = { .job = job };

	/* The child of a child: nobody waits for it, and no terminal can be its own. */
	(void)setsid();
	if (fork() != 0)
		_exit(0);
	if (chdir("/"))
		_exit(1);
	(void)prctl(PR_SET_NAME, "coapscope-undo");
	close_streams(fd);
	run(&helper);
	/* So that it is not taken for one at work until somebody waits for its end. */
	(void)prctl(PR_SET_NAME, "undo-done");
	_exit(0);
}
