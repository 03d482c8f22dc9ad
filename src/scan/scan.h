/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: one shard of one scan from its first probe to its last durable row.
 * The caller (cmd) has made the plan, opened sockets, store and outputs, and
 * closed the jail; this runs the threads and says what came of it. Each chunk
 * goes plan -> send -> match -> follow up -> record.
 */
#pragma once

#include "base/log.h"
#include "scan/match.h"
#include "scan/send.h"
#include "scan/write.h"

/* Where a running scan stands; what progress and status lines are made of. */
struct cs_progress {
	int64_t wall_us;
	int64_t elapsed_ns;
	uint64_t slots, slots_done; /* of the shard; chunks of earlier runs are done */
	uint64_t sent;              /* packets, all kinds */
	uint64_t rate_pps;          /* over the last second */
	uint64_t results, rejected, dropped;
	int64_t left_s; /* estimate, cooldown included; -1 unknown */
	bool cooling;   /* sending has ended */
};

typedef void cs_progress_fn(void *arg, const struct cs_progress *progress);

/* Why a scan ended. */
enum cs_scan_end {
	CS_END_DONE, /* everything was asked */
	CS_END_MAX_RUNTIME,
	CS_END_MAX_RESULTS,
	CS_END_SIGNAL,      /* stopped, drained, all committed */
	CS_END_CUT,         /* a second signal: not drained */
	CS_END_SEND_FAILED, /* the interface went away */
	CS_END_STORE_FAILED,
	CS_END_OUTPUT_FAILED,
	CS_END_NO_MEMORY,
};

struct cs_scan {
	/* From the caller: */
	struct cs_plan plan;
	struct cs_lanes lanes;
	struct cs_shard *shard; /* NULL: --no-store; stays the caller's */
	const struct cs_clock *clock;
	uint64_t max_results;    /* 0: all */
	int64_t max_runtime_ns;  /* 0: no bound */
	int signal_fd;           /* signalfd, or -1 */
	uint32_t scope_id;       /* for link-local IPv6 */
	struct cs_sipkey secret; /* random, of this run alone */
	bool replay;
	cs_write_row_fn *row;
	void *row_arg;
	cs_progress_fn *progress; /* about once a second; may be NULL */
	void *progress_arg;

	/* What came of it: */
	struct cs_counters counters;
	uint64_t dropped, bad_checksums;
	uint64_t chunks_closed, chunks_open; /* of the shard, all runs */
	uint64_t rows;                       /* handed to the output */
	enum cs_scan_end end;
	int end_errno;
};

/* Datagrams that came and were lost, in the kernel or between our threads. */
uint64_t cs_scan_dropped(const struct cs_scan *scan);

/*
 * Runs it. CS_OK also when it was stopped early: scan->end says why.
 * CS_ERR_NOMEM, CS_ERR_IO  it could not be started
 */
CS_MUST_USE enum cs_err cs_scan_run(struct cs_scan *scan);

/* Bytes of memory that a run of @plan uses at most, but for results. */
uint64_t cs_scan_memory(const struct cs_plan *plan);
