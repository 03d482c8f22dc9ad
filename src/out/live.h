/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live: an output of lines that is read while it is written: a log that is appended
 * to, a Unix socket (stream or datagram, a line a datagram), a pipe, a device. Lines
 * reach it whole or not at all: one that had no room on the disk is taken back to its
 * begin, and what a slow or gone reader of a socket or pipe did not take is lost. What
 * is lost is counted; nothing here ends the program, or blocks it for longer than a reader
 * needs that takes a line at least every 50 ms. A file that appears whole or not at all is
 * out/file.h's.
 *
 * All names are resolved and all descriptors opened by cs_live_open(), so that a
 * process may be jailed afterwards (to the folder, if it is to reopen a log).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct cs_live;

/*
 * Opens @path, relative to the working directory, "-" is standard output: a regular or
 * new file to append to (a half line that a crash left there is ended), a socket to
 * connect to, anything else to write to. On error @out is untouched, and errno says more.
 *
 * CS_ERR_DENIED, CS_ERR_NOMEM
 * CS_ERR_IO  no such folder, a folder itself, nobody listens, or another refusal
 */
CS_MUST_USE enum cs_err cs_live_open(const char *path, struct cs_live **out);

/* Passes on what is there and ends it. Accepts NULL. */
void cs_live_close(struct cs_live *live);

/* Where to write lines; borrowed. Has a buffer and no descriptor (fileno()). */
FILE *cs_live_stream(struct cs_live *live);

/* The descriptor behind it, for isatty() and the like; borrowed. */
int cs_live_fd(const struct cs_live *live);

/* The folder in which the log is reopened, for a jail's rules; -1: nothing to reopen. */
int cs_live_folder(const struct cs_live *live);

/*
 * For how long a reader of a socket or pipe is waited for when it is slow, milliseconds
 * a line; 0, as it begins, for live traffic: then it gets moments for bursts, and after the
 * first that it let pass none. Standard output and devices block anyway.
 */
void cs_live_wait(struct cs_live *live, int wait_ms);

/* Passes on all lines that are whole. What goes wrong is counted, see below. */
void cs_live_flush(struct cs_live *live);

/*
 * Opens a log by its name again, after it was renamed by who rotates logs; nothing for
 * other outputs. CS_ERR_IO, CS_ERR_DENIED, with errno: the old file goes on.
 */
CS_MUST_USE enum cs_err cs_live_reopen(struct cs_live *live);

/*
 * A socket's reader may end and come back; a jailed process must not connect to anything,
 * so somebody else may do it for it (cmd/connector.h). The folder of the socket's name, that
 * cs_live_connect() needs; -1: it is no socket that has one.
 */
int cs_live_reader(const struct cs_live *live);

/* Whether such a reader has ended, as far as that can be seen from here. */
bool cs_live_is_gone(const struct cs_live *live);

/*
 * Connects to it again, without waiting. Returns a descriptor, the caller's, that nothing is
 * done with yet; -1 with errno: EAGAIN, it is there and busy, else it is not.
 */
CS_MUST_USE int cs_live_connect(const struct cs_live *live);

/* @fd of cs_live_connect(), perhaps another process's, is the output from now on: owned. */
void cs_live_reconnect(struct cs_live *live, int fd);

struct cs_live_state {
	uint64_t lines; /* passed on */
	uint64_t lost;
	int error; /* errno of the trouble it is in, 0: none */
};
struct cs_live_state cs_live_state(const struct cs_live *live);

/*
 * Whether there is something to say: trouble that was not told before, or that it is
 * over. @text is then one line: "/var/log/eve.json: No space left on device; lines are
 * lost", "...: goes on, 12 lines were lost".
 */
enum { CS_LIVE_TEXT = 320 };
CS_MUST_USE bool cs_live_news(struct cs_live *live, char text[CS_LIVE_TEXT]);
