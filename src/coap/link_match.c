/* SPDX-License-Identifier: Apache-2.0 */
/* Values of link attributes: their escapes, and the filter of RFC 6690 section 4.1. */
#include "coap/link.h"

/* A value read byte by byte, without the escapes of a quoted string. */
struct plain {
	struct cs_span text;
	size_t pos;
	bool escaped; /* quoted-pairs may stand in it */
};

static bool plain_next(struct plain *p, uint8_t *c)
{
	if (p->pos == p->text.len)
		return false;
	*c = p->text.ptr[p->pos++];
	if (p->escaped && *c == '\\' && p->pos < p->text.len)
		*c = p->text.ptr[p->pos++];
	return true;
}

size_t cs_link_unquote(const struct cs_link_attr *attr, uint8_t *out)
{
	struct plain p = { .text = attr->value, .escaped = attr->quoted };
	size_t len = 0;

	while (plain_next(&p, &out[len]))
		len++;
	return len;
}

struct pattern {
	struct cs_span text; /* without the star */
	bool any_rest;
};

static struct pattern pattern_of(struct cs_span value)
{
	struct pattern want = { .text = value };

	if (value.len > 0 && value.ptr[value.len - 1] == '*') {
		want.text.len--;
		want.any_rest = true;
	}
	return want;
}

/*
 * Reads one word (@words) or all of @p and says whether it matches; *@more is
 * whether another word follows.
 */
static bool match_one(struct plain *p, const struct pattern *want, bool words, bool *more)
{
	size_t len = 0;
	bool same = true;
	uint8_t c;

	*more = false;
	while (plain_next(p, &c)) {
		if (words && c == ' ') {
			*more = true;
			break;
		}
		if (len < want->text.len)
			same = same && c == want->text.ptr[len];
		len++;
	}
	if (!same || len < want->text.len)
		return false;
	return want->any_rest || len == want->text.len;
}

static bool matches(struct plain p, const struct pattern *want, bool words)
{
	bool more;

	do {
		if (match_one(&p, want, words, &more))
			return true;
	} while (more);
	return false;
}

static bool is(struct cs_span name, const char *text)
{
	return cs_span_eq(name, cs_span_str(text));
}

bool cs_link_matches(const struct cs_link *link, struct cs_span name,
		     struct cs_span value)
{
	struct pattern want = pattern_of(value);
	bool words = is(name, "rt") || is(name, "if") || is(name, "rel");
	struct cs_link_attrs w = cs_link_attrs_over(link);
	struct cs_link_attr attr;

	if (is(name, "href"))
		return matches((struct plain){ .text = link->target }, &want, false);

	while (cs_link_attrs_next(&w, &attr)) {
		struct plain p = { .text = attr.value, .escaped = attr.quoted };

		if (cs_span_eq(attr.name, name) && matches(p, &want, words))
			return true;
	}
	return false;
}
