/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: the only file that knows libmicrohttpd. Takes a listening socket, reads
 * requests within their bounds, has them answered by the routes, and sends
 * what they say with the headers that every answer has.
 */
#pragma once

#include "base/rd.h"
#include "serve/conns.h"

struct cs_serve;
struct cs_http;

/* More threads than may wait for days.c, so that some are left for who need not. */
enum { CS_HTTP_WHY = 256, CS_HTTP_THREADS = 16 };

struct cs_http_want {
	int fd; /* a listening, non-blocking socket; owned once started */
	struct cs_span cert, key; /* PEM with a NUL at the end; or empty: plain HTTP */
	unsigned connections;     /* of the library; somewhat more than of conns */
	struct cs_conns *conns;   /* borrowed */
	struct cs_serve *serve;   /* borrowed: what the handlers get */
};

/* Whether the library can speak TLS. */
bool cs_http_has_tls(void);

/*
 * Starts its threads and takes connections from now on.
 * CS_ERR_IO with @why, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_http_start(const struct cs_http_want *want,
				      struct cs_http **out, char why[CS_HTTP_WHY]);

/* Takes no new connections; those that are there go on. */
void cs_http_quiesce(struct cs_http *http);

/* Ends all connections and threads, and frees it. NULL is allowed. */
void cs_http_stop(struct cs_http *http);
