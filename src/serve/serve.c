/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "serve/kept.h"

/* The library's bound is never reached: before it, the oldest have to go. */
enum { SPARE = 128, ONE_ADDRESS = 4 /* part of all */, ROUND_MS = 500 };

enum cs_err cs_serve_open(struct cs_serve *serve, char why[CS_SERVE_WHY])
{
	const struct cs_conns_limits limits = {
		.most = serve->connections,
		.most_of = serve->connections / ONE_ADDRESS,
		.ask_ns = 15 * CS_NS_PER_S,
		.idle_ns = 30 * CS_NS_PER_S,
		.answer_ns = 600 * CS_NS_PER_S,
	};
	const struct cs_days_want days = {
		.dir = serve->store_dir,
		.memory = serve->memory,
		.clock = serve->clock,
		.log = serve->log,
		.owners = serve->owners,
	};
	enum cs_err err = cs_conns_new(&limits, &serve->conns);

	serve->started_us = cs_clock_wall(serve->clock);
	(void)snprintf(why, CS_SERVE_WHY, "out of memory");
	if (getrandom(serve->link_secret, CS_HMAC, 0) != CS_HMAC)
		return CS_ERR_IO;
	if (!err)
		err = cs_access_new(serve->log, &serve->access);
	if (!err)
		err = cs_kept_new(&serve->kept);
	return err ? err : cs_days_open(&days, &serve->days, why);
}

/* True when a signal came within that time. */
static bool signalled(const struct cs_serve *serve, int wait_ms)
{
	struct pollfd fd = { .fd = serve->signal_fd, .events = POLLIN };

	return poll(&fd, 1, wait_ms) > 0;
}

static void drain(struct cs_serve *serve)
{
	int64_t end = cs_clock_mono(serve->clock) + CS_SERVE_DRAIN_S * CS_NS_PER_S;

	cs_conns_end(serve->conns);
	while (cs_conns_answering(serve->conns) > 0 &&
	       cs_clock_mono(serve->clock) < end) {
		(void)poll(NULL, 0, 20);
		cs_conns_end(serve->conns);
	}
}

enum cs_err cs_serve_run(struct cs_serve *serve, int fd, struct cs_span cert,
			 struct cs_span key, cs_serve_event_fn *event, void *arg,
			 char why[CS_SERVE_WHY])
{
	const struct cs_http_want want = {
		.fd = fd,
		.cert = cert,
		.key = key,
		.connections = serve->connections + SPARE,
		.conns = serve->conns,
		.serve = serve,
	};
	struct cs_http *http;
	enum cs_err err;

	bool busy = cs_days_tend(serve->days);

	err = cs_http_start(&want, &http, why);
	if (err)
		return err;
	event(arg, true);
	while (!signalled(serve, busy ? 0 : ROUND_MS)) {
		cs_conns_sweep(serve->conns, cs_clock_mono(serve->clock));
		busy = cs_days_tend(serve->days);
	}
	event(arg, false);
	cs_http_quiesce(http);
	drain(serve);
	cs_http_stop(http);
	return CS_OK;
}

void cs_serve_close(struct cs_serve *serve)
{
	cs_conns_free(serve->conns);
	cs_access_free(serve->access);
	cs_days_close(serve->days);
	cs_kept_free(serve->kept);
	explicit_bzero(serve->link_secret, sizeof(serve->link_secret));
}
