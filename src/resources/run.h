/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: many visits at a time over one socket a family. At most one request is
 * open to an address (NSTART 1); every packet counts for the rate. The caller
 * has opened the socket and closed the jail.
 */
#pragma once

#include "base/clock.h"
#include "net/talk.h"
#include "resources/visit.h"

/* Takes a visit that has ended. False ends the run (the output failed). */
typedef bool cs_run_done_fn(void *arg, const struct cs_visit *visit);

struct cs_run {
	/* From the caller: */
	const struct cs_ask *asks; /* all of one address together */
	size_t n_asks;
	const struct cs_talk *talk;
	const struct cs_clock *clock;
	struct cs_visit_limits limits;
	uint64_t rate_pps;       /* 0: unpaced */
	size_t concurrency;      /* addresses at a time, >= 1 */
	struct cs_sipkey secret; /* random, of this run alone */
	int signal_fd;           /* readable: stop; or -1 */
	cs_run_done_fn *done;
	void *arg;

	/* What came of it: */
	size_t visited;     /* asks whose visit has ended, by itself or not */
	uint64_t sent;      /* packets */
	uint64_t received;  /* datagrams */
	uint64_t unmatched; /* of them, from addresses that were not asked just then */
	bool stopped;       /* by a signal: the asks that were open say so */
};

/*
 * Makes all visits.
 * CS_ERR_NOMEM
 * CS_ERR_IO  waiting for the sockets failed; errno is kept
 */
CS_MUST_USE enum cs_err cs_run(struct cs_run *run);
