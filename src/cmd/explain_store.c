/* SPDX-License-Identifier: Apache-2.0 */
/* What a watch has kept of somebody. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/explain_cases.h"
#include "cmd/networked.h"
#include "store/watch_store.h"

enum { RUNS = 4096 /* of which the newest row has been taken */ };

struct taking {
	struct cs_explain_cases *cases;
	struct seen {
		struct cs_addr ip;
		uint8_t bits;
		uint64_t run, tag;
	} * seen;
	size_t n;
};

/* Of one run the newest day has all that the elder ones have. */
static bool is_known(struct taking *t, const struct cs_watch_found *found)
{
	const struct cs_watch_row *row = &found->row;

	for (size_t i = 0; i < t->n; i++)
		if (t->seen[i].run == found->run && t->seen[i].tag == row->tag &&
		    t->seen[i].bits == row->bits &&
		    cs_addr_cmp(&t->seen[i].ip, &row->ip) == 0)
			return true;
	if (t->n < RUNS)
		t->seen[t->n++] =
			(struct seen){ row->ip, row->bits, found->run, row->tag };
	return false;
}

static enum cs_err take(void *arg, const struct cs_watch_found *found)
{
	struct taking *t = arg;
	char *json;

	if (is_known(t, found))
		return CS_OK;
	json = strndup((const char *)found->row.verdict.ptr, found->row.verdict.len);
	if (!json)
		return CS_ERR_NOMEM;
	return cs_explain_cases_put(t->cases, json, found->row.worry, found->row.last_us,
				    found->row.bits);
}

static enum cs_err take_hours(void *arg, int32_t day, const uint64_t hours[24])
{
	struct taking *t = arg;
	struct cs_explain_day *to = &t->cases->days[t->cases->n_days];

	if (t->cases->n_days == CS_EXPLAIN_DAYS)
		return CS_OK;
	t->cases->n_days++;
	to->day = day;
	memcpy(to->hours, hours, sizeof(to->hours));
	return CS_OK;
}

int cs_explain_read_store(struct cs_ctx *ctx, const struct cs_explain_options *options,
			  const struct cs_pasted *what, struct cs_explain_cases *cases)
{
	struct taking taking = { .cases = cases,
				 .seen = calloc(RUNS, sizeof(struct seen)) };
	const struct cs_watch_find find = { .what = what->what,
					    .first = 0,
					    .last = INT32_MAX,
					    .each = take,
					    .hours = take_hours,
					    .arg = &taking };
	char why[CS_WATCH_STORE_WHY] = "";
	uint64_t unreadable = 0;
	enum cs_err err = CS_ERR_NOMEM;

	if (taking.seen)
		err = cs_watch_store_find(options->store, &find, &unreadable, why);
	free(taking.seen);
	if (unreadable)
		cs_log(&ctx->log, CS_WARN,
		       "%s; %" PRIu64 " day(s) are left out: this is not all", why,
		       unreadable);
	if (!err)
		return -1;
	if (err == CS_ERR_NOT_FOUND) {
		cs_log(&ctx->log, CS_NOTE, "--store %s: no watch has kept anything there",
		       options->store);
		return -1;
	}
	cs_log(&ctx->log, CS_ERROR, "--store %s", *why ? why : cs_strerror(err));
	return cs_exit_of(err);
}
