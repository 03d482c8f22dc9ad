/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_metrics: a watch's counters for Prometheus (a textfile for node_exporter's
 * collector, or whoever scrapes). Write errors are left in the stream.
 */
#pragma once

#include <stdio.h>

#include "out/live.h"
#include "watch/judge.h"
#include "watch/post.h"

enum { CS_WORRIES = CS_WORRY_ACT_NOW + 1 };

/* One of the outputs that lines can be lost on. */
struct cs_metrics_output {
	const char *name; /* "eve": a word of ours */
	struct cs_live_state state;
};

struct cs_watch_metrics {
	int64_t started_us, now_us;
	const struct cs_post_counts *counts;
	uint32_t verdicts[CS_CLASSES][CS_WORRIES]; /* sources as they stand now */
	const struct cs_metrics_output *outputs;
	size_t n_outputs;
	const struct cs_live_state *guard; /* requests to it; NULL: no --protect */
};

void cs_write_metrics(FILE *to, const struct cs_watch_metrics *metrics);
