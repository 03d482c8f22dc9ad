/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json_links.h"

#include <string.h>

#include "coap/link.h"

/* As cs_link_unquote(), but without a buffer: in the parts between backslashes. */
static void put_unquoted(struct cs_json *j, struct cs_span value)
{
	cs_json_string_begin(j);
	while (value.len > 0) {
		/* The byte after a backslash is never an escape itself. */
		size_t skip = value.ptr[0] == '\\' && value.len > 1;
		size_t from = skip + 1 < value.len ? skip + 1 : value.len;
		const uint8_t *next = memchr(value.ptr + from, '\\', value.len - from);
		size_t end = next ? (size_t)(next - value.ptr) : value.len;

		cs_json_string_part(j, cs_span_of(value.ptr + skip, end - skip));
		value = cs_span_of(value.ptr + end, value.len - end);
	}
	cs_json_string_end(j);
}

static void put_attr(struct cs_json *j, const struct cs_link_attr *attr)
{
	cs_json_array(j);
	cs_json_string(j, attr->name);
	if (!attr->has_value)
		cs_json_null(j);
	else if (attr->quoted)
		put_unquoted(j, attr->value);
	else
		cs_json_string(j, attr->value);
	cs_json_array_end(j);
}

static void put_link(struct cs_json *j, const struct cs_link *link)
{
	struct cs_link_attrs w = cs_link_attrs_over(link);
	struct cs_link_attr attr;

	cs_json_object(j);
	cs_json_key(j, "target");
	cs_json_string(j, link->target);
	cs_json_key(j, "attrs");
	cs_json_array(j);
	while (cs_link_attrs_next(&w, &attr))
		put_attr(j, &attr);
	cs_json_array_end(j);
	cs_json_object_end(j);
}

void cs_json_links(struct cs_json *j, struct cs_span text)
{
	struct cs_links w = cs_links_over(text);
	struct cs_link link;

	cs_json_array(j);
	while (cs_links_next(&w, &link))
		put_link(j, &link);
	cs_json_array_end(j);
}
