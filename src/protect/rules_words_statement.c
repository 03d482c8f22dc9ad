/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_words_nft.h"

bool cs_words_next(struct cs_span *rest, struct cs_words_token *out)
{
	struct cs_span s = cs_text_trim(*rest);
	size_t n = 0;
	bool quoted = false;

	while (n < s.len && (quoted || !cs_text_blank(s.ptr[n]))) {
		quoted ^= s.ptr[n] == '"';
		n++;
	}
	*rest = cs_text_after(s, n);
	out->comma = n && s.ptr[n - 1] == ',';
	out->text = cs_span_of(s.ptr, n - out->comma);
	out->quoted = out->text.len >= 2 && out->text.ptr[0] == '"';
	if (out->quoted)
		out->text = cs_span_of(out->text.ptr + 1, out->text.len - 2);
	return n > 0;
}

static bool peek(struct cs_span rest, struct cs_words_token *out)
{
	return cs_words_next(&rest, out);
}

/* Statements that ask for nothing; how many words follow the first. */
static bool skip_statement(struct cs_span *rest, const struct cs_words_token *first)
{
	static const struct {
		const char *word;
		size_t more;
	} plain[] = { { "counter", 0 }, { "comment", 1 }, { "log", 0 },
		      { "prefix", 1 },  { "level", 1 },   { "flags", 1 },
		      { "group", 1 },   { "notrack", 0 }, { "with", 3 } };
	struct cs_words_token token;

	for (size_t i = 0; i < CS_LEN(plain); i++) {
		if (!cs_text_is(first->text, plain[i].word))
			continue;
		for (size_t n = 0; n < plain[i].more; n++)
			(void)cs_words_next(rest, &token); /* or it ends */
		return true;
	}
	return false;
}

/* "{ ip saddr limit rate over 10/second }" of a dynamic set or a meter. */
static void skip_braces(struct cs_span *rest, bool *rated)
{
	struct cs_words_token token;
	size_t depth = 0;

	while (cs_words_next(rest, &token)) {
		depth += cs_text_is(token.text, "{");
		if (cs_text_is(token.text, "limit") || cs_text_is(token.text, "quota") ||
		    cs_text_is(token.text, "count"))
			*rated = true;
		if (cs_text_is(token.text, "}") && (depth < 2 || --depth == 0))
			return;
	}
}

/* "rate over 5/second burst 5 packets", "over 20 mbytes": numbers and the words about them. */
static void skip_rate(struct cs_span *rest, bool *rated)
{
	static const char *const words[] = { "rate",    "over",  "until",  "burst",
					     "packets", "bytes", "kbytes", "mbytes",
					     "count",   "name",  "used" };
	struct cs_words_token token;

	*rated = true;
	while (peek(*rest, &token)) {
		bool known =
			token.quoted || (token.text.len && token.text.ptr[0] >= '0' &&
					 token.text.ptr[0] <= '9');

		for (size_t i = 0; i < CS_LEN(words); i++)
			known |= cs_text_is(token.text, words[i]);
		if (!known)
			return;
		(void)cs_words_next(rest, &token); /* it was there */
	}
}

/* What counts packets: true when @first begins such a statement. */
static bool take_rate(struct cs_span *rest, const struct cs_words_token *first,
		      bool *rated)
{
	struct cs_words_token second = { 0 };

	(void)peek(*rest, &second); /* or it is the last */
	if (cs_text_is(first->text, "meter") || cs_text_is(first->text, "update") ||
	    cs_text_is(first->text, "add")) {
		skip_braces(rest, rated);
		return true;
	}
	if (!cs_text_is(first->text, "limit") && !cs_text_is(first->text, "quota") &&
	    !(cs_text_is(first->text, "ct") && cs_text_is(second.text, "count")))
		return false;
	skip_rate(rest, rated);
	return true;
}

static bool take_meta(struct cs_span *rest, const struct cs_words_token *first)
{
	struct cs_words_token second = { 0 };

	if (!cs_text_is(first->text, "meta") && !cs_text_is(first->text, "ct"))
		return false;
	(void)peek(*rest, &second); /* or it is the last */
	if (cs_text_is(second.text, "iifname") || cs_text_is(second.text, "oifname") ||
	    cs_text_is(second.text, "iif") || cs_text_is(second.text, "oif"))
		return true; /* the field itself follows */
	if (cs_text_is(second.text, "nftrace")) {
		(void)cs_words_next(rest, &second); /* set 1 */
		(void)cs_words_next(rest, &second);
		(void)cs_words_next(rest, &second);
		return true;
	}
	return false;
}

bool cs_words_statement(struct cs_span *rest, const struct cs_words_token *first,
			bool *rated)
{
	return take_rate(rest, first, rated) || skip_statement(rest, first) ||
	       take_meta(rest, first);
}
