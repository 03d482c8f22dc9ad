/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_socket: where the guard is asked: a Unix socket of records, at which root and one
 * user more may ask, as the kernel says who they are. Bounded: so many connections, one
 * record of each at a time, and who sends what is no record is hung up on.
 */
#pragma once

#include <sys/types.h>

#include "cmd/cmd.h"
#include "protect/guard.h"

enum { CS_GUARD_CLIENTS = 8 };

struct cs_guard_socket {
	const struct cs_ctx *ctx;
	int fd;                       /* listens; -1: not open */
	uid_t user;                   /* who may ask, besides root and who we are */
	int client[CS_GUARD_CLIENTS]; /* -1: free */
	size_t next;                  /* whose turn it is */
	int64_t said_ns;              /* when a stranger was last complained of */
	unsigned said, unsaid;        /* since then */
};

/*
 * Listens at @path; a socket that nobody listens at any more is replaced. @user (NULL: nobody
 * else) owns it. Returns -1 or the exit status: the reason has been said. To be closed
 * in every case.
 */
CS_MUST_USE int cs_guard_socket_open(const struct cs_ctx *ctx, const char *path,
				     const char *user, struct cs_guard_socket *out);
void cs_guard_socket_close(struct cs_guard_socket *s);

/*
 * Waits until a request has come (true), or @stop_fd is readable (false).
 */
CS_MUST_USE bool cs_guard_socket_next(struct cs_guard_socket *s, int stop_fd,
				      struct cs_guard_request *out);
