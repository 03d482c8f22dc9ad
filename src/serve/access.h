/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access: what is told and counted of requests. One line each: address, route,
 * status, and the name of the key; never a secret, never what was asked for.
 * Requests that went well are said with -v only, and no more than some lines a
 * second whatever strangers do. Safe for several threads.
 */
#pragma once

#include "base/log.h"
#include "serve/request.h"

enum { CS_ACCESS_LINES = 20 /* a second at most */ };

struct cs_access;

/* One count: a route (NULL: none was found) and a status. */
struct cs_access_count {
	const struct cs_route *route;
	unsigned status;
	uint64_t n;
};

/* @log is borrowed. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_access_new(const struct cs_log *log, struct cs_access **out);
void cs_access_free(struct cs_access *access);

/* A request has its answer. */
void cs_access_note(struct cs_access *access, const struct cs_request *r, int64_t now_ns);

/* Another line, within the same bounds. */
void cs_access_say(struct cs_access *access, int64_t now_ns, enum cs_level level,
		   const char *fmt, ...) CS_PRINTF(4, 5);

/* A copy of all counts, by route and status; in @arena. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_access_counts(struct cs_access *access, struct cs_arena *arena,
					 struct cs_access_count **counts, size_t *n);
