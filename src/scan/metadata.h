/* SPDX-License-Identifier: Apache-2.0 */
/* metadata: a scan's parameters and counters as one JSON object (formats.md). */
#pragma once

#include <stdio.h>

#include "scan/scan.h"

struct cs_metadata {
	const char *scan;             /* id as text */
	const char *sender;           /* "udp", "packet", "packet and udp" */
	int64_t started_us, ended_us; /* ended 0: still running, null */
};

/* One line. Write errors are left in the stream. */
void cs_metadata_write(const struct cs_scan *scan, const struct cs_metadata *about,
		       FILE *to);
