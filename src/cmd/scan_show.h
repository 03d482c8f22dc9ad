/* SPDX-License-Identifier: Apache-2.0 */
/* scan_show: what `scan` tells people: the plan before, the summary after. */
#pragma once

#include <stdio.h>

#include "cmd/cmd.h"
#include "scan/scan.h"
#include "scan/setup.h"

/* --dry-run: what would be sent, to how many, how long, with how much memory. */
void cs_scan_show_plan(const struct cs_plan *plan, const struct cs_setup *setup,
		       FILE *to);

/* -v: the ways and senders, a line each. */
void cs_scan_show_ways(const struct cs_setup *setup, const struct cs_log *log);

/* What a run came to, in a few lines; says when something was lost. */
void cs_scan_show_summary(struct cs_scan *scan, int64_t elapsed_ns,
			  const struct cs_log *log);
