/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a decoding process sends: bounds hold, whoever sends them. */
#include "fuzz.h"

#include "watch/post.h"

static bool inside(struct cs_span inner, struct cs_rd outer)
{
	return inner.len == 0 || (inner.ptr >= outer.base && inner.len <= outer.len &&
				  inner.ptr + inner.len <= outer.base + outer.len);
}

static void check_source(struct cs_rd body)
{
	static struct cs_post_source post;
	struct cs_rd rd = body;

	if (cs_post_source_read(&rd, &post))
		return;
	MUST(post.source.n_obs <= CS_SOURCE_OBS &&
	     post.source.n_pairs <= CS_SOURCE_PAIRS);
	MUST(post.source.n_paths <= CS_SOURCE_PATHS && post.source.bits <= 128);
	MUST(post.finding.primary < CS_CLASSES && post.finding.confidence <= 100);
	MUST(post.n_samples <= CS_LEN(post.samples));
	for (size_t i = 0; i < post.n_samples; i++)
		MUST(inside(post.samples[i].bytes, body) &&
		     post.samples[i].bytes.len <= CS_SAMPLE_MAX);
}

static void check_message(struct cs_rd body)
{
	struct cs_post_message m;
	struct cs_rd rd = body;

	if (cs_post_message_read(&rd, &m))
		return;
	MUST(inside(m.token, body) && inside(m.options, body));
	MUST(inside(m.payload, body) && inside(m.bytes, body));
	MUST(m.n_flaws <= CS_SIGHT_FLAWS && m.type <= CS_RST && m.alien < CS_ALIENS);
}

static void check_others(enum cs_post_kind kind, struct cs_rd body)
{
	struct cs_post_counts counts;
	struct cs_post_evidence evidence;
	struct cs_span text;
	struct cs_rd rd = body;

	if (kind == CS_POST_COUNTS)
		MUST(cs_post_counts_read(&rd, &counts) == rd.err);
	else if (kind == CS_POST_EVIDENCE && !cs_post_evidence_read(&rd, &evidence))
		MUST(inside(evidence.bytes, body));
	else if (kind >= CS_POST_NOTE && !cs_post_text_read(&rd, &text))
		MUST(inside(text, body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size), body;
	enum cs_post_kind kind;

	while (cs_post_next(&rd, &kind, &body)) {
		MUST(rd.pos <= size);
		if (kind == CS_POST_SOURCE)
			check_source(body);
		else if (kind == CS_POST_MESSAGE)
			check_message(body);
		else
			check_others(kind, body);
	}
	return 0;
}
