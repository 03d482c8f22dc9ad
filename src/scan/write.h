/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write: the writing thread. Takes closed chunks from the matcher, puts them
 * into the store, makes them durable a group at a time, and only then hands
 * their rows to the output. Slow disks and slow readers hold up nobody else:
 * what waits here is bounded by the sender being held.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "scan/host.h"
#include "store/store.h"

/* One chunk to be written; owned by the writer once given. */
struct cs_write_job {
	struct cs_write_job *next;
	struct cs_chunk_row chunk;
	struct cs_host *hosts; /* those that are results; owned */
	uint32_t n;
	uint64_t memory; /* bytes, of the hosts */
};

/*
 * Takes one result for output, or NULL where a group of them ends and a reader
 * may be waiting; an error ends the scan.
 */
typedef enum cs_err cs_write_row_fn(void *arg, const struct cs_result *row);

struct cs_writing {
	const struct cs_plan *plan;
	struct cs_shard *shard; /* NULL: --no-store */
	cs_write_row_fn *row;
	void *row_arg;
	uint64_t max_results;         /* rows handed to @row at most; 0: all */
	uint64_t rows;                /* handed out; the writer's alone while it runs */
	bool replay;                  /* first hand out what earlier runs have stored */
	struct cs_counters *counters; /* where what is replayed counts as found */

	pthread_mutex_t lock;
	pthread_cond_t some;
	struct cs_write_job *first, **last;
	bool finish;
	pthread_t thread;
	bool running;
	_Atomic uint64_t backlog; /* bytes that wait */
	_Atomic uint64_t closed;  /* chunks durable as closed, by this run */
	_Atomic int failed;       /* enum cs_err, negative, or 0 */
	int failed_errno;
	bool failed_in_output; /* else in the store; set with failed */
};

/* Starts the thread. CS_ERR_IO. */
CS_MUST_USE enum cs_err cs_writing_start(struct cs_writing *writing);

/* Gives it a job; never blocks for the disk. */
void cs_writing_put(struct cs_writing *writing, struct cs_write_job *job);

/* Lets it write what it has, ends it and waits for it. Returns what failed. */
CS_MUST_USE enum cs_err cs_writing_finish(struct cs_writing *writing);
