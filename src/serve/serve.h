/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve: the server as a whole: what it was given, what its parts share, and
 * its life from the first connection to the last.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "serve/access.h"
#include "serve/conns.h"
#include "serve/days.h"
#include "serve/http.h"
#include "serve/keys.h"
#include "serve/link.h"

enum {
	CS_SERVE_WHY = 512,
	CS_SERVE_DRAIN_S = 5, /* for answers under way when it is told to end */
};

struct cs_kept;

struct cs_serve {
	/* Given; all borrowed. */
	const struct cs_clock *clock;
	const struct cs_log *log;
	struct cs_keys *keys;           /* NULL: anybody may ask, see cs_host_is_near() */
	unsigned connections;           /* at most */
	const struct cs_owners *owners; /* or NULL */
	const char *store_dir;
	uint64_t memory; /* bytes of models at most */
	const char *url; /* how clients reach us; with a / at the end */
	int signal_fd;   /* SIGINT and SIGTERM end it */

	/* Made by cs_serve_open(). */
	struct cs_conns *conns;
	struct cs_access *access;
	struct cs_days *days;
	struct cs_kept *kept;
	uint8_t link_secret[CS_HMAC];
	int64_t started_us;
};

/* Makes the parts. CS_ERR_NOMEM, what the store gives, with @why */
CS_MUST_USE enum cs_err cs_serve_open(struct cs_serve *serve, char why[CS_SERVE_WHY]);

/* Called once when connections are taken, and once when they no longer are. */
typedef void cs_serve_event_fn(void *arg, bool ready);

/*
 * Serves on @fd (owned from here on) until a signal comes; then lets answers
 * that are under way end, for some seconds. @cert and @key are PEM with a NUL at
 * the end, or empty. In the jail, as the process's only thread so far.
 */
CS_MUST_USE enum cs_err cs_serve_run(struct cs_serve *serve, int fd, struct cs_span cert,
				     struct cs_span key, cs_serve_event_fn *event,
				     void *arg, char why[CS_SERVE_WHY]);

void cs_serve_close(struct cs_serve *serve);
