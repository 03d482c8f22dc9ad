/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_listing.h"

#include "protect/rules_span.h"

/* nft(8), "standard priority names": what they are in bridge tables, and elsewhere. */
static const struct {
	const char *name;
	int32_t bridge, other;
} names[] = {
	{ "raw", -300, -300 }, { "mangle", -150, -150 }, { "dstnat", -300, -100 },
	{ "filter", -200, 0 }, { "security", 50, 50 },   { "srcnat", 300, 100 },
	{ "out", 100, 100 },
};

static bool number(struct cs_span text, int64_t *out)
{
	bool below = cs_text_starts(text, "-");
	uint64_t n;

	if (!cs_num_u64(cs_text_after(text, below), 0, (uint64_t)INT32_MAX + 1, &n))
		return false;
	*out = below ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool base_of(struct cs_span word, bool bridge, int64_t *out)
{
	for (size_t i = 0; i < CS_LEN(names); i++)
		if (cs_text_is(word, names[i].name)) {
			*out = bridge ? names[i].bridge : names[i].other;
			return true;
		}
	return number(word, out);
}

bool cs_listing_priority(struct cs_span text, bool bridge, int32_t *out)
{
	struct cs_span word, sign, by;
	int64_t base, add = 0;

	if (!cs_text_word(&text, &word) || !base_of(word, bridge, &base))
		return false;
	if (cs_text_word(&text, &sign)) {
		if (!cs_text_word(&text, &by) || !number(by, &add) ||
		    (!cs_text_is(sign, "+") && !cs_text_is(sign, "-")))
			return false;
		base += cs_text_is(sign, "+") ? add : -add;
	}
	if (base < INT32_MIN || base > INT32_MAX)
		return false;
	*out = (int32_t)base;
	return true;
}
