/* SPDX-License-Identifier: Apache-2.0 */
/* report_settle: bringing summaries up to date where a verb reads them. */
#pragma once

#include "cmd/report_job.h"

/*
 * Opens the store for writing where its folder may be written to, else for
 * reading. Otherwise as cs_report_open_store().
 */
CS_MUST_USE int cs_report_open_to_settle(struct cs_report_job *job);

/*
 * Settles the days that are not; in the jail, for rows are read. Says what it
 * could not do, and nothing of a store that is only read: what needs a
 * summary that is not there makes it anew.
 */
void cs_report_settle(struct cs_report_job *job);
