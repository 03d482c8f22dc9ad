/* SPDX-License-Identifier: Apache-2.0 */
/* Link-format text: spans in order and in bounds, each link the same alone. */
#include "fuzz.h"

#include "coap/link.h"

static const uint8_t *end_of(struct cs_span s)
{
	return s.ptr + s.len;
}

static void check_attr(const struct cs_link *link, const struct cs_link_attr *attr)
{
	uint8_t *out = malloc(attr->value.len + 1);

	MUST(attr->name.len <= link->attrs.len && attr->value.len <= link->attrs.len);
	MUST(attr->has_value || (attr->value.len == 0 && !attr->quoted));
	MUST(out && cs_link_unquote(attr, out) <= attr->value.len);
	free(out);

	/* A link always passes the query that any value would satisfy. */
	MUST(cs_link_matches(link, attr->name, cs_span_str("*")));
}

static unsigned check_attrs(const struct cs_link *link)
{
	struct cs_link_attrs w = cs_link_attrs_over(link);
	struct cs_link_attr attr;
	unsigned n = 0;

	while (cs_link_attrs_next(&w, &attr)) {
		if (n++ < 64)
			check_attr(link, &attr);
	}
	MUST(w.rd.pos <= link->attrs.len);
	return n;
}

/* A link that is whole reads the same when it stands alone. */
static void check_alone(const struct cs_link *link)
{
	struct cs_links w = cs_links_over(link->text);
	struct cs_link same;

	MUST(cs_links_next(&w, &same));
	MUST(cs_span_eq(same.target, link->target));
	MUST(same.attrs.len <= link->attrs.len);
	MUST(!cs_links_next(&w, &same) && w.err != CS_ERR_SYNTAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_links w = cs_links_over(cs_span_of(data, size));
	const uint8_t *reached = data;
	struct cs_link link;

	while (cs_links_next(&w, &link)) {
		MUST(link.text.ptr >= reached && end_of(link.text) <= data + size);
		MUST(link.text.ptr[0] == '<' && link.target.ptr == link.text.ptr + 1);
		MUST(link.attrs.ptr == end_of(link.target) + 1);
		MUST(end_of(link.attrs) <= end_of(link.text));
		MUST(cs_link_matches(&link, cs_span_str("href"), link.target));
		(void)check_attrs(&link); /* how many is the device's business */
		if (w.err != CS_ERR_SHORT)
			check_alone(&link);
		reached = end_of(link.text);
	}
	MUST(w.err == CS_OK || w.err == CS_ERR_SHORT || w.err == CS_ERR_SYNTAX);
	MUST(w.err == CS_OK ? w.at == size : w.at < size);
	MUST(!cs_links_next(&w, &link));
	return 0;
}
