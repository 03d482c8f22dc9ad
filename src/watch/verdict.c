/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/verdict.h"

enum { HUNDREDTHS = 100 };

uint64_t cs_verdict_ratio(const struct cs_verdict *verdict)
{
	const struct cs_source *s = verdict->source;

	if (s->most_out == 0 || s->most_in == 0)
		return 0;
	return (uint64_t)s->most_out * HUNDREDTHS / s->most_in;
}

/* The larger number first. */
static int larger(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

int cs_verdict_cmp(const struct cs_verdict *a, const struct cs_verdict *b)
{
	int by = larger(a->answer->worry, b->answer->worry);

	if (by == 0)
		by = -larger(a->finding->primary, b->finding->primary);
	if (by == 0)
		by = larger(a->source->bytes_out, b->source->bytes_out);
	if (by == 0)
		by = larger(a->source->packets, b->source->packets);
	if (by == 0)
		by = cs_addr_cmp(&a->source->ip, &b->source->ip);
	return by;
}
