/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any answer judged: the same twice, tags that begin as they must and are words
 * of [a-z0-9-], reasons that are there and printable, and the flat severity flat.
 * Input: the header's length in one byte, flags in one, header, body.
 */
#include <string.h>

#include "enrich/judge.h"
#include "fuzz.h"

static bool is_printable(struct cs_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e)
			return false;
	return text.len <= CS_JUDGE_BECAUSE;
}

static void must_be_tags(struct cs_span tags)
{
	static const char plain[] = CS_TAGS_PLAIN;
	const size_t len = sizeof(plain) - 1;

	MUST(tags.len >= len && tags.len <= CS_JUDGE_TAGS);
	MUST(memcmp(tags.ptr, plain, len) == 0);
	MUST(tags.len == len || tags.ptr[len] == ';');
	MUST(tags.ptr[tags.len - 1] != ';');
	for (size_t i = 0; i < tags.len; i++) {
		uint8_t c = tags.ptr[i];

		MUST((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		     (c == ';' && tags.ptr[i - 1] != ';'));
	}
}

static void must_be_judgement(const struct cs_judgement *out)
{
	must_be_tags(out->tags);
	MUST(out->severity < CS_SEVERITIES);
	MUST(out->confidence <= 100);
	MUST((out->confidence > 0) == (out->stack.len > 0));
	MUST((out->confidence > 0) == (out->stack_because.len > 0));
	MUST(out->severity_because.len > 0);
	MUST(is_printable(out->stack) && is_printable(out->stack_because));
	MUST(is_printable(out->severity_because));
}

static void must_be_same(const struct cs_judgement *a, const struct cs_judgement *b)
{
	MUST(a->severity == b->severity && a->confidence == b->confidence);
	MUST(cs_span_eq(a->stack, b->stack));
	MUST(cs_span_eq(a->stack_because, b->stack_because));
	MUST(cs_span_eq(a->severity_because, b->severity_because));
	MUST(cs_span_eq(a->tags, b->tags));
}

static void judge(const struct cs_result *result)
{
	struct cs_judge_room rooms[2];
	struct cs_judgement first, again;
	struct cs_reading reading;

	cs_result_read(result, &reading);
	/* What was in the room before is nowhere to be seen. */
	memset(&rooms[0], 0x00, sizeof(rooms[0]));
	memset(&rooms[1], 0xff, sizeof(rooms[1]));
	cs_judge(result, &reading, CS_JUDGE_OWN, &rooms[0], &first);
	cs_judge(result, &reading, CS_JUDGE_OWN, &rooms[1], &again);
	must_be_judgement(&first);
	must_be_same(&first, &again);
	cs_judge(result, &reading, CS_JUDGE_SHADOWSERVER, &rooms[1], &again);
	must_be_judgement(&again);
	MUST(again.severity == CS_SEVERITY_MEDIUM);
	MUST(cs_span_eq(first.tags, again.tags));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	size_t header_len = cs_rd_u8(&rd);
	uint8_t flags = cs_rd_u8(&rd);
	struct cs_result result = { .rtt_us = -1 };

	if (rd.err)
		return 0;
	if (header_len > cs_rd_left(&rd))
		header_len = cs_rd_left(&rd);
	result.header = cs_rd_take(&rd, header_len);
	result.body = cs_rd_take(&rd, cs_rd_left(&rd));
	result.complete = flags & 1;
	result.match = flags & 2 ? CS_MATCH_REPORT : CS_MATCH_FULL;
	result.request_size = flags & 4 ? 4 : 21;
	result.response_size = (uint32_t)size;
	result.datagrams = flags >> 3;
	judge(&result);
	return 0;
}
