/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and what is in them, but for messages: post_message.c. */
#include "watch/post.h"

#include "watch/post_own.h"

/* --- frames --- */

size_t cs_post_begin(struct cs_wr *w, enum cs_post_kind kind)
{
	size_t at = w->pos;

	cs_wr_u32(w, 0);
	cs_wr_u8(w, (uint8_t)kind);
	return at;
}

void cs_post_end(struct cs_wr *w, size_t at)
{
	if (w->err)
		return;

	struct cs_wr head = cs_wr_over(w->base + at, CS_POST_LENGTH);

	cs_wr_u32(&head, (uint32_t)(w->pos - at - CS_POST_LENGTH));
}

void cs_post_span_write(struct cs_wr *w, struct cs_span span)
{
	cs_wr_u32(w, (uint32_t)span.len);
	cs_wr_span(w, span);
}

struct cs_span cs_post_span_read(struct cs_rd *rd)
{
	uint32_t len = cs_rd_u32(rd);

	return cs_rd_take(rd, len);
}

uint32_t cs_post_number(struct cs_rd *rd, uint32_t most)
{
	uint32_t n = cs_rd_u32(rd);

	if (n <= most)
		return n;
	cs_rd_fail(rd, CS_ERR_RANGE);
	return 0;
}

enum cs_err cs_post_done(struct cs_rd *rd)
{
	if (!rd->err && cs_rd_left(rd) > 0)
		cs_rd_fail(rd, CS_ERR_TRAILING);
	return rd->err;
}

bool cs_post_next(struct cs_rd *rd, enum cs_post_kind *kind, struct cs_rd *body)
{
	struct cs_rd ahead = *rd;
	uint32_t len = cs_rd_u32(&ahead);

	if (ahead.err)
		return false;
	if (len == 0 || len > CS_POST_MAX) {
		cs_rd_fail(rd, CS_ERR_RANGE);
		return false;
	}

	struct cs_span frame = cs_rd_take(&ahead, len);

	if (ahead.err)
		return false;
	if (frame.ptr[0] < CS_POST_SOURCE || frame.ptr[0] > CS_POST_END) {
		cs_rd_fail(rd, CS_ERR_RANGE);
		return false;
	}
	*kind = (enum cs_post_kind)frame.ptr[0];
	*body = cs_rd_over(frame.ptr + 1, frame.len - 1);
	*rd = ahead;
	return true;
}

/* --- sources --- */

/*
 * A source is a plain value, written and read by one program: its fields go as they
 * stand in memory, the three lists only as far as they are filled.
 */
enum { HEAD = offsetof(struct cs_source, path) };

static void state_write(struct cs_wr *w, const struct cs_source *source)
{
	cs_wr_bytes(w, source, HEAD);
	cs_wr_bytes(w, source->path, source->n_paths * sizeof(source->path[0]));
	cs_wr_bytes(w, source->pair, source->n_pairs * sizeof(source->pair[0]));
	cs_wr_bytes(w, source->obs, source->n_obs * sizeof(source->obs[0]));
}

static void state_read(struct cs_rd *rd, struct cs_source *source)
{
	*source = (struct cs_source){ 0 };
	cs_rd_copy(rd, source, HEAD);
	if (source->bits > 128 || source->n_paths > CS_SOURCE_PATHS ||
	    source->n_pairs > CS_SOURCE_PAIRS || source->n_obs > CS_SOURCE_OBS) {
		cs_rd_fail(rd, CS_ERR_RANGE);
		source->n_paths = source->n_pairs = source->n_obs = 0;
		return;
	}
	cs_rd_copy(rd, source->path, source->n_paths * sizeof(source->path[0]));
	cs_rd_copy(rd, source->pair, source->n_pairs * sizeof(source->pair[0]));
	cs_rd_copy(rd, source->obs, source->n_obs * sizeof(source->obs[0]));
	for (size_t i = 0; i < source->n_obs; i++)
		if (source->obs[i].kind >= CS_OBS_KINDS)
			cs_rd_fail(rd, CS_ERR_RANGE);
}

enum { IS_VICTIM = 1, IS_INHERITED = 2, IS_ANSWERED = 4 };

static void finding_write(struct cs_wr *w, const struct cs_finding *f)
{
	cs_wr_u8(w, (uint8_t)f->primary);
	cs_wr_u16(w, f->classes);
	cs_wr_u8(w, (uint8_t)((f->victim ? IS_VICTIM : 0) |
			      (f->inherited ? IS_INHERITED : 0) |
			      (f->answered ? IS_ANSWERED : 0)));
	cs_wr_u8(w, f->confidence);
	cs_wr_u8(w, f->n_because);
	cs_wr_bytes(w, f->because, f->n_because);
}

static void finding_read(struct cs_rd *rd, struct cs_finding *f)
{
	uint8_t primary = cs_rd_u8(rd), bits;

	*f = (struct cs_finding){ .classes = cs_rd_u16(rd) };
	bits = cs_rd_u8(rd);
	f->victim = bits & IS_VICTIM;
	f->inherited = bits & IS_INHERITED;
	f->answered = bits & IS_ANSWERED;
	f->confidence = cs_rd_u8(rd);
	f->n_because = cs_rd_u8(rd);
	if (primary >= CS_CLASSES || f->confidence > 100 ||
	    f->n_because > CS_LEN(f->because)) {
		cs_rd_fail(rd, CS_ERR_RANGE);
		f->n_because = f->confidence = 0;
		return;
	}
	f->primary = (enum cs_class)primary;
	cs_rd_copy(rd, f->because, f->n_because);
	for (size_t i = 0; i < f->n_because; i++)
		if (f->because[i] >= CS_OBS_KINDS)
			cs_rd_fail(rd, CS_ERR_RANGE);
}

void cs_post_source_write(struct cs_wr *w, const struct cs_source *source,
			  const struct cs_finding *finding,
			  const struct cs_sample *samples, size_t n_samples)
{
	size_t at = cs_post_begin(w, CS_POST_SOURCE);

	state_write(w, source);
	finding_write(w, finding);
	cs_wr_u32(w, (uint32_t)n_samples);
	for (size_t i = 0; i < n_samples; i++) {
		cs_wr_u8(w, samples[i].kind);
		cs_wr_u8(w, samples[i].tcp);
		cs_wr_u64(w, (uint64_t)samples[i].wall_us);
		cs_post_span_write(w, samples[i].bytes);
	}
	cs_post_end(w, at);
}

static void sample_read(struct cs_rd *rd, struct cs_sample *sample)
{
	sample->kind = cs_rd_u8(rd);
	sample->tcp = cs_rd_u8(rd) != 0;
	sample->wall_us = (int64_t)cs_rd_u64(rd);
	sample->bytes = cs_post_span_read(rd);
	if (sample->kind >= CS_OBS_KINDS || sample->bytes.len > CS_SAMPLE_MAX)
		cs_rd_fail(rd, CS_ERR_RANGE);
}

enum cs_err cs_post_source_read(struct cs_rd *body, struct cs_post_source *out)
{
	state_read(body, &out->source);
	finding_read(body, &out->finding);
	out->n_samples = cs_post_number(body, CS_LEN(out->samples));
	for (size_t i = 0; i < out->n_samples; i++)
		sample_read(body, &out->samples[i]);
	return cs_post_done(body);
}

/* --- counts, evidence, text --- */

void cs_post_counts_write(struct cs_wr *w, const struct cs_post_counts *counts)
{
	size_t at = cs_post_begin(w, CS_POST_COUNTS);

	cs_wr_bytes(w, counts, sizeof(*counts));
	cs_wr_u8(w, counts->last);
	cs_post_end(w, at);
}

enum cs_err cs_post_counts_read(struct cs_rd *body, struct cs_post_counts *out)
{
	struct cs_span bytes = cs_rd_take(body, sizeof(*out));
	uint8_t last = cs_rd_u8(body);

	*out = (struct cs_post_counts){ 0 };
	if (bytes.len) /* all but the last field are numbers without a wrong value */
		memcpy(out, bytes.ptr, offsetof(struct cs_post_counts, last));
	out->last = last != 0;
	return cs_post_done(body);
}

void cs_post_evidence_write(struct cs_wr *w, const struct cs_post_evidence *evidence)
{
	size_t at = cs_post_begin(w, CS_POST_EVIDENCE);

	cs_wr_u64(w, (uint64_t)evidence->wall_us);
	cs_wr_u32(w, (uint32_t)evidence->dlt);
	cs_wr_u32(w, evidence->wire_len);
	cs_post_span_write(w, evidence->bytes);
	cs_post_end(w, at);
}

enum cs_err cs_post_evidence_read(struct cs_rd *body, struct cs_post_evidence *out)
{
	out->wall_us = (int64_t)cs_rd_u64(body);
	out->dlt = (int)cs_post_number(body, UINT16_MAX);
	out->wire_len = cs_rd_u32(body);
	out->bytes = cs_post_span_read(body);
	return cs_post_done(body);
}

void cs_post_text_write(struct cs_wr *w, enum cs_post_kind kind, const char *text)
{
	size_t at = cs_post_begin(w, kind);

	cs_post_span_write(w, cs_span_str(text));
	cs_post_end(w, at);
}

enum cs_err cs_post_text_read(struct cs_rd *body, struct cs_span *out)
{
	*out = cs_post_span_read(body);
	return cs_post_done(body);
}
