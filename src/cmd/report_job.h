/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_job: what a verb of `coapscope report` is handed, and what all of them
 * do alike. A verb is a row of the table in cmd_report.c, a row of the one in
 * report_options.c, and a file report_<verb>.c with
 *
 *   int cs_report_<verb>(struct cs_report_job *job);
 *
 * which returns an enum cs_exit. By then the store is open as the verb's row
 * says. The verb resolves its day, reads its own input files, opens its outputs,
 * then calls cs_report_enter_jail(), and only then reads rows of the store (they
 * are strangers' bytes) and writes them. Results go to the output, everything
 * said to people through cs_log().
 *
 * What returns int here gives -1 to go on, else the exit status: the reason has
 * then been said.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/paths.h"
#include "cmd/report_options.h"
#include "out/file.h"
#include "store/store.h"

/* How a verb needs the store. */
enum cs_report_store {
	CS_REPORT_STORE_NONE,  /* it opens it by itself, if at all */
	CS_REPORT_STORE_READ,  /* it is there and is read: nothing in it changes */
	CS_REPORT_STORE_WRITE, /* it is there and is written to */
	CS_REPORT_STORE_MAKE,  /* likewise, and is made where it is missing */
};

struct cs_report_job {
	struct cs_ctx *ctx;
	struct cs_report_options options;
	char store_dir[CS_PATH_MAX];
	struct cs_store *store; /* open as its verb needs it, else NULL */
	bool store_is_read;     /* and not written to */
};

/* The rows of the table; a verb that is not built yet has none. */
int cs_report_csv(struct cs_report_job *job);
int cs_report_enrich(struct cs_report_job *job);
int cs_report_jsonl(struct cs_report_job *job);
int cs_report_html(struct cs_report_job *job);
int cs_report_diff(struct cs_report_job *job);
int cs_report_stats(struct cs_report_job *job);
int cs_report_import(struct cs_report_job *job);
int cs_report_prune(struct cs_report_job *job);
int cs_report_verify(struct cs_report_job *job);

/*
 * Opens the store of --store, or the default one. The frame has done so for a
 * verb whose row does not say CS_REPORT_STORE_NONE. A store that must be there
 * and is not: exit 2, with what would make one.
 */
CS_MUST_USE int cs_report_open_store(struct cs_report_job *job, enum cs_report_store how);

/* Says that there is none, with what would make one, and gives the exit status. */
CS_MUST_USE int cs_report_no_store(const struct cs_report_job *job);

/* Says why the store failed (cs_store_why()) and gives the exit status. */
CS_MUST_USE int cs_report_store_failed(const struct cs_report_job *job, enum cs_err err);

/*
 * Which day @text means: YYYY-MM-DD, "today", "yesterday", or "last": the last
 * one that has data; today where the store has none at all. A day without data
 * is a day like others.
 */
CS_MUST_USE int cs_report_day(struct cs_report_job *job, const char *text, int32_t *day);

/* Says as a note that @day has no data. */
void cs_report_no_data(const struct cs_report_job *job, int32_t day);

/* A day as text: "2026-11-21". */
void cs_report_day_text(int32_t day, char out[CS_DAY_TEXT]);

/* Opens @path as `-o` does; what went wrong is said with @option's name. */
CS_MUST_USE int cs_report_open_output(struct cs_report_job *job, const char *option,
				      const char *path, struct cs_out_file **out);

/* Ends the output whole, or says why that failed. NULL is allowed: nothing. */
CS_MUST_USE int cs_report_commit(struct cs_report_job *job, struct cs_out_file **out);

/*
 * No network, no other program, no capabilities; files only below the store's
 * folder, in that of the output @file, and in @folder (either may be NULL).
 */
CS_MUST_USE int cs_report_enter_jail(const struct cs_report_job *job,
				     const struct cs_out_file *file, const char *folder);
