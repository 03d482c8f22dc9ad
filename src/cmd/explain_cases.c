/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_cases.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 100000, FIRST = 16 };

enum cs_err cs_explain_cases_put(struct cs_explain_cases *cases, char *json, int worry,
				 int64_t last_us, uint8_t bits)
{
	if (cases->n == MOST) {
		cases->left_out++;
		free(json);
		return CS_OK;
	}
	if (cases->n == cases->cap) {
		size_t cap = cases->cap ? 2 * cases->cap : FIRST;
		struct cs_explain_case *more = realloc(cases->cases, cap * sizeof(*more));

		if (!more) {
			free(json);
			return CS_ERR_NOMEM;
		}
		cases->cases = more;
		cases->cap = cap;
	}
	cases->cases[cases->n++] = (struct cs_explain_case){
		.verdict = json, .worry = worry, .last_us = last_us, .bits = bits
	};
	return CS_OK;
}

static void double_step(struct cs_explain_busy *busy)
{
	for (size_t i = 0; i < CS_EXPLAIN_BUCKETS; i++) {
		uint64_t n = busy->n[i];

		busy->n[i] = 0;
		busy->n[i / 2] += n;
	}
	busy->step_us *= 2;
}

void cs_explain_busy_count(struct cs_explain_busy *busy, int64_t wall_us)
{
	if (busy->step_us == 0) {
		busy->from_us = wall_us;
		busy->step_us = CS_US_PER_S;
	}

	/* A clock that goes back is the first bucket's. */
	int64_t since = wall_us > busy->from_us ? wall_us - busy->from_us : 0;

	while (since / busy->step_us >= CS_EXPLAIN_BUCKETS)
		double_step(busy);
	busy->n[since / busy->step_us]++;
}

static int worse_first(const void *a, const void *b)
{
	const struct cs_explain_case *x = a, *y = b;

	/* Whom it was asked about, then the network that he is in. */
	if (x->wider != y->wider)
		return x->wider - y->wider;
	if (x->worry != y->worry)
		return y->worry - x->worry;
	if (x->bits != y->bits)
		return x->bits - y->bits; /* a prefix says more than one of its own */
	return (x->last_us < y->last_us) - (x->last_us > y->last_us);
}

void cs_explain_cases_sort(struct cs_explain_cases *cases, uint8_t bits)
{
	for (size_t i = 0; i < cases->n; i++)
		cases->cases[i].wider = cases->cases[i].bits < bits;
	if (cases->n > 0)
		qsort(cases->cases, cases->n, sizeof(*cases->cases), worse_first);
}

void cs_explain_cases_clear(struct cs_explain_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++)
		free(cases->cases[i].verdict);
	free(cases->cases);
	*cases = (struct cs_explain_cases){ 0 };
}
