/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/prober_rates.h"
#include "protect/rules_span.h"
#include "protect/rules_xtables.h"

static bool counts(struct cs_span match)
{
	static const char *const names[] = {
		"limit",  "hashlimit", "connlimit", "quota",
		"recent", "statistic", "connbytes", "rateest"
	};

	for (size_t i = 0; i < CS_LEN(names); i++)
		if (cs_text_is(match, names[i]))
			return true;
	return false;
}

struct cs_span cs_rates_before_xt(struct cs_span rule)
{
	struct cs_span rest = rule, word, match;

	while (cs_save_word(&rest, &word)) {
		struct cs_span after = rest;

		if ((cs_text_is(word, "-m") || cs_text_is(word, "--match")) &&
		    cs_save_word(&after, &match) && counts(match))
			return cs_text_trim(
				cs_span_of(rule.ptr, (size_t)(word.ptr - rule.ptr)));
	}
	return rule;
}

/* Lists of addresses are kept also by rules that do nothing else. */
bool cs_rates_decide_xt(struct cs_span rule)
{
	static const char *const idle[] = { "LOG", "NFLOG", "ULOG" };
	struct cs_span rest = rule, word;
	bool acts = cs_text_has(rule, "-m recent ");

	if (cs_rates_before_xt(rule).len == rule.len)
		return false;
	while (cs_save_word(&rest, &word)) {
		if (!cs_text_is(word, "-j") && !cs_text_is(word, "-g") &&
		    !cs_text_is(word, "--jump") && !cs_text_is(word, "--goto"))
			continue;
		acts = cs_save_word(&rest, &word);
		for (size_t i = 0; i < CS_LEN(idle); i++)
			if (cs_text_is(word, idle[i]))
				return false;
	}
	return acts;
}

/*
 * "512kb/s", "1mb": hashlimit's bytes. Less than a second's worth of the small ones
 * passes at once; what is in bytes alone is less than that.
 */
static bool is_many_bytes(struct cs_span value)
{
	return cs_text_has(value, "kb") || cs_text_has(value, "mb");
}

/* What @option is to be instead of @value; false: as it is. */
static bool small(struct cs_span option, struct cs_span value, const char **out)
{
	static const struct {
		const char *option;
		uint64_t above; /* only larger ones are changed */
		const char *small;
	} known[] = {
		{ "--limit-burst", 0, "3" },     { "--hashlimit-burst", 0, "3" },
		{ "--connlimit-above", 3, "3" }, { "--connlimit-upto", 3, "3" },
		{ "--hitcount", 6, "6" },        { "--every", 2, "2" },
	};
	static const char *const rates[] = { "--limit", "--hashlimit", "--hashlimit-upto",
					     "--hashlimit-above" };
	uint64_t n;

	for (size_t i = 0; i < CS_LEN(known); i++)
		if (cs_text_is(option, known[i].option)) {
			*out = is_many_bytes(value) ? "1kb" : known[i].small;
			if (is_many_bytes(value))
				return true;
			return cs_num_u64(value, 0, UINT64_MAX, &n) && n > known[i].above;
		}
	for (size_t i = 0; i < CS_LEN(rates); i++)
		if (cs_text_is(option, rates[i])) {
			*out = is_many_bytes(value) ? "1kb/s" : "1/hour";
			return is_many_bytes(value) || !cs_text_has(value, "b/");
		}
	*out = "0.5";
	return cs_text_is(option, "--probability") && !cs_text_starts(value, "1") &&
	       !cs_text_is(value, "0");
}

/* The name of a list of the recent match. */
static bool is_list(struct cs_span rule, struct cs_span option, struct cs_span value)
{
	return cs_text_is(option, "--name") && !cs_text_starts(value, "\"") &&
	       cs_text_has(rule, "-m recent ");
}

void cs_rates_write_xt(FILE *to, struct cs_span rule, bool v6)
{
	struct cs_span rest = rule, word, last = { 0 };
	const char *blank = "";

	while (cs_save_word(&rest, &word)) {
		const char *smaller;

		/* The stream's owner looks for errors. */
		if (last.len && small(last, word, &smaller))
			(void)fprintf(to, "%s%s", blank, smaller);
		else
			(void)fprintf(to, "%s%s%.*s", blank,
				      v6 && last.len && is_list(rule, last, word) ? "6"
										  : "",
				      (int)word.len, (const char *)word.ptr);
		blank = " ";
		last = word;
	}
}
