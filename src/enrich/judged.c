/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/judged.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"

enum {
	SLOTS = 2 * CS_JUDGED_MOST, /* never more than half full */
	LINE = 64,                  /* bytes of a cache line */
};

struct slot {
	struct cs_sip128 hash;
	const struct cs_judgement *judgement; /* NULL: free */
};

struct cs_judged {
	enum cs_judge_by by;
	struct cs_sipkey key; /* random, secret: answers are a stranger's */
	struct slot *slots;
	size_t n;
	struct cs_arena arena; /* judgements, each with its texts */
};

enum cs_err cs_judged_open(enum cs_judge_by by, struct cs_judged **out)
{
	struct cs_judged *judged = calloc(1, sizeof(*judged));
	enum cs_err err = CS_OK;

	*out = NULL;
	if (!judged)
		return CS_ERR_NOMEM;
	judged->by = by;
	judged->slots = calloc(SLOTS, sizeof(*judged->slots));
	if (!judged->slots)
		err = CS_ERR_NOMEM;
	else if (getrandom(&judged->key, sizeof(judged->key), 0) != sizeof(judged->key))
		err = CS_ERR_IO;
	if (err) {
		cs_judged_close(judged);
		return err;
	}
	*out = judged;
	return CS_OK;
}

void cs_judged_close(struct cs_judged *judged)
{
	if (!judged)
		return;
	cs_arena_clear(&judged->arena);
	free(judged->slots);
	free(judged);
}

void cs_judged_begin(struct cs_judged *judged, size_t n)
{
	if (n <= CS_JUDGED_MOST - judged->n)
		return;
	memset(judged->slots, 0, SLOTS * sizeof(*judged->slots));
	cs_arena_clear(&judged->arena);
	judged->n = 0;
}

size_t cs_judged_count(const struct cs_judged *judged)
{
	return judged->n;
}

/* --- known again by --- */

/* Up to 16 bytes are themselves, which is quicker. Their length tells which it is. */
static struct cs_sip128 is_or_hash(const struct cs_sipkey *key, struct cs_span bytes)
{
	struct cs_sip128 is = { 0 };

	if (bytes.len > sizeof(is))
		return cs_siphash13_128(key, bytes.ptr, bytes.len);
	if (bytes.len > 0)
		memcpy(&is, bytes.ptr, bytes.len);
	return is;
}

struct cs_sip128 cs_judged_hash(const struct cs_sipkey *key,
				const struct cs_result *result)
{
	enum { FIXED = 4, BEFORE_ID = 2 }; /* bytes: RFC 7252 section 3 */
	struct cs_span tail = result->header;
	uint64_t first = 0;

	if (tail.len >= FIXED) {
		first = (uint64_t)tail.ptr[0] << 8 | tail.ptr[1];
		tail = cs_span_of(tail.ptr + FIXED, tail.len - FIXED);
	}

	struct cs_sip128 options = is_or_hash(key, tail);
	struct cs_sip128 body = cs_siphash13_128(key, result->body.ptr, result->body.len);
	const uint64_t all[] = {
		options.lo,
		options.hi,
		body.lo,
		body.hi,
		(uint64_t)result->header.len << 16 | first,
		(uint64_t)result->request_size << 32 | result->response_size,
		(uint64_t)result->datagrams << 32 | result->blocks,
		result->bytes,
		(uint64_t)result->malformed.fault << 32 | (uint64_t)result->match << 1 |
			result->complete,
		result->malformed.at,
	};

	return cs_siphash13_128(key, all, sizeof(all));
}

/* The slot that has @hash, or the free one where it belongs. */
static struct slot *slot_of(const struct cs_judged *judged, struct cs_sip128 hash)
{
	size_t i = hash.lo % SLOTS;

	while (judged->slots[i].judgement && (judged->slots[i].hash.lo != hash.lo ||
					      judged->slots[i].hash.hi != hash.hi))
		i = (i + 1) % SLOTS;
	return &judged->slots[i];
}

/* --- keeping --- */

/* Moves @text to @room; returns the first byte behind it. */
static char *keep_text(char *room, struct cs_span *text)
{
	if (text->len > 0)
		memcpy(room, text->ptr, text->len);
	text->ptr = (const uint8_t *)room;
	return room + text->len;
}

/* The name of a stack is static; the other texts are moved. */
static const struct cs_judgement *keep(struct cs_arena *arena, struct cs_judgement made)
{
	size_t texts = made.stack_because.len + made.severity_because.len + made.tags.len;
	struct cs_judgement *kept = cs_arena_alloc(arena, sizeof(*kept) + texts);
	char *room;

	if (!kept)
		return NULL;
	room = (char *)(kept + 1);
	room = keep_text(room, &made.stack_because);
	room = keep_text(room, &made.severity_because);
	(void)keep_text(room, &made.tags);
	*kept = made;
	return kept;
}

static enum cs_err judge(struct cs_judged *judged, const struct cs_result *result,
			 struct cs_sip128 hash, struct slot *slot)
{
	struct cs_judge_room room;
	struct cs_judgement made;
	struct cs_reading reading;

	cs_result_read(result, &reading);
	cs_judge(result, &reading, judged->by, &room, &made);
	*slot = (struct slot){ hash, keep(&judged->arena, made) };
	if (!slot->judgement)
		return CS_ERR_NOMEM;
	judged->n++;
	return CS_OK;
}

/* Most of the time goes by in waiting for memory: all waits are begun at once. */
enum cs_err cs_judged_find(struct cs_judged *judged, const struct cs_result *rows,
			   const struct cs_judgement **out, size_t n)
{
	struct cs_sip128 hash[CS_JUDGED_AT_ONCE];
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < n; i++) {
		hash[i] = cs_judged_hash(&judged->key, &rows[i]);
		__builtin_prefetch(&judged->slots[hash[i].lo % SLOTS]);
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct slot *slot = slot_of(judged, hash[i]);

		if (!slot->judgement)
			err = judge(judged, &rows[i], hash[i], slot);
		out[i] = slot->judgement;
		__builtin_prefetch(out[i]);
		__builtin_prefetch((const char *)out[i] + LINE);
	}
	return err;
}
