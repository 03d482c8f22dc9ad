/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge HEADER_HEX PAYLOAD_HEX: the judgement of an answer to the shipped probe,
 * a line each for stack, confidence, severity, its reason, and tags.
 */
#include <stdio.h>

#include "base/num.h"
#include "enrich/judge.h"

enum { HEADER_MAX = 1500, BODY_MAX = 65536, PROBE = 21 };

static bool read_hex(const char *text, uint8_t *out, size_t max, struct cs_span *bytes)
{
	size_t n = strlen(text) / 2;

	*bytes = cs_span_of(out, n);
	return n <= max && cs_hex_read(cs_span_str(text), out, n);
}

static void print(struct cs_span text)
{
	(void)printf("%.*s\n", (int)text.len, (const char *)text.ptr);
}

int main(int argc, char **argv)
{
	static uint8_t header[HEADER_MAX], body[BODY_MAX];
	struct cs_result result = { .request_size = PROBE,
				    .datagrams = 1,
				    .complete = true };
	struct cs_judge_room room;
	struct cs_judgement out;
	struct cs_reading reading;

	if (argc != 3 || !read_hex(argv[1], header, sizeof(header), &result.header) ||
	    !read_hex(argv[2], body, sizeof(body), &result.body)) {
		(void)fputs("usage: judge HEADER_HEX PAYLOAD_HEX\n", stderr);
		return 2;
	}
	result.response_size = (uint32_t)(result.header.len + result.body.len);
	cs_result_read(&result, &reading);
	cs_judge(&result, &reading, CS_JUDGE_OWN, &room, &out);
	print(out.stack.len > 0 ? out.stack : cs_span_str("-"));
	(void)printf("%u\n%s\n", (unsigned)out.confidence,
		     cs_severity_name(out.severity));
	print(out.severity_because);
	print(out.tags);
	return 0;
}
