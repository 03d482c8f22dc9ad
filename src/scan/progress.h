/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: what is said of a scan while it runs: one line for people that is
 * written over itself, and one CSV line a second for programs.
 */
#pragma once

#include <stdio.h>

#include "scan/scan.h"

/* "12 % 40960 sent 1000/s 3 found 0 lost, 5 min left", without a line's end. */
void cs_progress_line(const struct cs_progress *p, FILE *to);

/* The header of the status lines, and one of them (formats.md). */
void cs_status_header(FILE *to);
void cs_status_line(const struct cs_progress *p, FILE *to);
