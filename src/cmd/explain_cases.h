/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_cases: what was found of what was asked for: verdicts as their JSON, in order,
 * and when it was busy. Bounded.
 */
#pragma once

#include "base/addr.h"
#include "cmd/cmd.h"
#include "cmd/explain_host.h"
#include "cmd/explain_options.h"
#include "watch/pasted.h"

enum { CS_EXPLAIN_BUCKETS = 48, CS_EXPLAIN_DAYS = 62 };

struct cs_explain_case {
	char *verdict; /* coapscope.verdict/1; owned */
	int worry;
	int64_t last_us;
	uint8_t bits; /* 128: an address */
	bool wider;   /* than what was asked for: it is in there */
};

/* Messages in time; the step doubles when there is no room. */
struct cs_explain_busy {
	int64_t from_us, step_us; /* 0: nothing was counted */
	uint64_t n[CS_EXPLAIN_BUCKETS];
};

struct cs_explain_day {
	int32_t day;
	uint64_t hours[24];
};

struct cs_explain_cases {
	struct cs_explain_case *cases;
	size_t n, cap;
	uint64_t left_out;           /* less bad ones than there was room for */
	struct cs_explain_busy busy; /* of a file */
	struct cs_explain_day days[CS_EXPLAIN_DAYS]; /* of a store, the newest first */
	size_t n_days;
	struct cs_explain_host host; /* of a file: what was asked of ours */
};

/* Takes @json over (it is freed by clear). CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_explain_cases_put(struct cs_explain_cases *cases, char *json,
					     int worry, int64_t last_us, uint8_t bits);
void cs_explain_busy_count(struct cs_explain_busy *busy, int64_t wall_us);

/*
 * What was asked for, a prefix of @bits or 128, and what is in it, then the networks that it is
 * in; the worst of these first, then the latest.
 */
void cs_explain_cases_sort(struct cs_explain_cases *cases, uint8_t bits);
void cs_explain_cases_clear(struct cs_explain_cases *cases);

/* Looks in the files, or in the store. -1 or the exit status: the reason has been said. */
CS_MUST_USE int cs_explain_read_files(struct cs_ctx *ctx,
				      struct cs_explain_options *options,
				      const struct cs_pasted *what,
				      struct cs_explain_cases *cases);
CS_MUST_USE int cs_explain_read_store(struct cs_ctx *ctx,
				      const struct cs_explain_options *options,
				      const struct cs_pasted *what,
				      struct cs_explain_cases *cases);
