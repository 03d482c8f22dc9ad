/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send: the sending thread. Walks the shard's chunks that are not closed yet,
 * asks the pace for leave, and hands batches to the lanes' senders.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "net/pace.h"
#include "scan/lane.h"
#include "scan/window.h"

struct cs_sending {
	const struct cs_plan *plan;
	struct cs_lanes *lanes;
	struct cs_window *window;
	struct cs_pace *pace;
	struct cs_counters *counters;
	const struct cs_clock *clock;
	const uint8_t *closed;    /* bitmap: chunks stored by an earlier run */
	const _Atomic bool *hold; /* wait: the matcher or a buffer is behind */
	_Atomic bool stop;        /* begin no further batch */
	_Atomic bool ended;       /* nothing more will be sent */
	_Atomic int failed;       /* errno of what ended it early, or 0 */
	unsigned failing;         /* packets in a row that could not be sent */
	int last_errno;           /* why the last one could not; to be read when ended */
	pthread_t thread;
	bool running;
};

/* Starts the thread. CS_ERR_IO. */
CS_MUST_USE enum cs_err cs_sending_start(struct cs_sending *sending);

/* Ends it and waits for it. */
void cs_sending_stop(struct cs_sending *sending);
