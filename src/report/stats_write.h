/* SPDX-License-Identifier: Apache-2.0 */
/* stats_write: statistics as they come out. CSV is written as the sums come. */
#pragma once

#include <stdio.h>

#include "report/stats.h"

/* coapscope.stats/1: one object, on one line. @owner: its name, or NULL */
void cs_stats_write_json(const struct cs_stats *stats, const char *owner, FILE *to);

/* The header of day,group,key,n; and a row: a cs_store_sum_fn, @arg is the FILE. */
void cs_stats_csv_begin(FILE *to);
CS_MUST_USE enum cs_err cs_stats_csv_row(void *arg, int32_t day,
					 const struct cs_store_sum *sum);

/* For people; @width 0: no limit. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_stats_write_table(const struct cs_stats *stats,
					     const char *owner, FILE *to, size_t width,
					     bool colour);

/*
 * The sums of one group of the last day: most first; severity the worst first,
 * amp the lowest first.
 */
const struct cs_store_sum *cs_stats_group(const struct cs_stats *stats, const char *group,
					  size_t *n);
