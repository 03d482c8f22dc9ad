/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/record_parts.h"

const char *cs_match_name(enum cs_match match)
{
	static const char *const names[] = { [CS_MATCH_FULL] = "full",
					     [CS_MATCH_PORT] = "port",
					     [CS_MATCH_REPORT] = "report" };

	return names[match];
}

void cs_json_put_stack(struct cs_json *j, const struct cs_judgement *judgement)
{
	cs_json_key(j, "stack");
	if (judgement->stack.len == 0) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_text(j, "family", judgement->stack);
	cs_json_key(j, "confidence");
	cs_json_fixed(j, judgement->confidence, 2);
	cs_json_put_text(j, "because", judgement->stack_because);
	cs_json_object_end(j);
}

void cs_json_put_tags(struct cs_json *j, struct cs_span cell)
{
	cs_json_key(j, "tags");
	cs_json_array(j);
	while (cell.len > 0) {
		const uint8_t *end = memchr(cell.ptr, ';', cell.len);
		size_t n = end ? (size_t)(end - cell.ptr) : cell.len;

		if (n > 0)
			cs_json_string(j, cs_span_of(cell.ptr, n));
		n += end ? 1 : 0;
		cell = cs_span_of(cell.ptr + n, cell.len - n);
	}
	cs_json_array_end(j);
}
