/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/siphash.h"

#define MAGIC "coapscope.protect/1 "

enum { SUM_TEXT = 16, HEAD_MAX = sizeof(MAGIC) + CS_RECORD_KIND + 1 + SUM_TEXT + 1 };

void cs_record_put(struct cs_record *record, const char *key, const char *value)
{
	assert(record->n_keys < CS_RECORD_KEYS);
	record->keys[record->n_keys].key = key;
	record->keys[record->n_keys++].value = value;
}

void cs_record_part(struct cs_record *record, const char *name, struct cs_span text)
{
	assert(record->n_parts < CS_RECORD_PARTS);
	record->parts[record->n_parts].name = name;
	record->parts[record->n_parts++].text = text;
}

const char *cs_record_key(const struct cs_record *record, const char *key)
{
	for (size_t i = 0; i < record->n_keys; i++)
		if (strcmp(record->keys[i].key, key) == 0)
			return record->keys[i].value;
	return NULL;
}

struct cs_span cs_record_text(const struct cs_record *record, const char *name)
{
	for (size_t i = 0; i < record->n_parts; i++)
		if (strcmp(record->parts[i].name, name) == 0)
			return record->parts[i].text;
	return cs_span_of(NULL, 0);
}

/* The key is no secret: the sum tells damage, not forgery. Who can write here is root. */
static void sum_text(struct cs_span body, char out[SUM_TEXT + 1])
{
	static const struct cs_sipkey key = { 0x636f617073636f70, 0x652e70726f746563 };

	(void)snprintf(out, SUM_TEXT + 1, "%016" PRIx64,
		       cs_siphash(&key, body.ptr, body.len));
}

static size_t room_for(const struct cs_record *record)
{
	size_t room = HEAD_MAX + 2;

	for (size_t i = 0; i < record->n_keys; i++)
		room += strlen(record->keys[i].key) + strlen(record->keys[i].value) + 2;
	for (size_t i = 0; i < record->n_parts; i++)
		room += strlen(record->parts[i].name) + record->parts[i].text.len + 24;
	return room;
}

static char *write_body(const struct cs_record *record, char *at, char *end)
{
	for (size_t i = 0; i < record->n_keys; i++)
		at += snprintf(at, (size_t)(end - at), "%s %s\n", record->keys[i].key,
			       record->keys[i].value);
	*at++ = '\n';
	for (size_t i = 0; i < record->n_parts; i++) {
		struct cs_span text = record->parts[i].text;

		at += snprintf(at, (size_t)(end - at), "%s %zu\n", record->parts[i].name,
			       text.len);
		if (text.len > 0)
			memcpy(at, text.ptr, text.len);
		at += text.len;
		*at++ = '\n';
	}
	return at;
}

enum cs_err cs_record_write(const struct cs_record *record, struct cs_arena *arena,
			    struct cs_span *out)
{
	const size_t room = room_for(record);
	const size_t head = strlen(MAGIC) + strlen(record->kind) + 1 + SUM_TEXT + 1;
	char *text = cs_arena_alloc(arena, room);
	char sum[SUM_TEXT + 1];
	char *end;

	if (!text)
		return CS_ERR_NOMEM;
	end = write_body(record, text + head, text + room);
	sum_text(cs_span_of(text + head, (size_t)(end - text) - head), sum);
	(void)snprintf(text, head, MAGIC "%s %s", record->kind, sum);
	text[head - 1] = '\n';
	*out = cs_span_of(text, (size_t)(end - text));
	return CS_OK;
}

/* --- and back --- */

/* Takes a line off @left, without its end. False: none is whole. */
static bool take_line(struct cs_span *left, struct cs_span *line)
{
	const uint8_t *end = left->len ? memchr(left->ptr, '\n', left->len) : NULL;

	if (!end)
		return false;
	*line = cs_span_of(left->ptr, (size_t)(end - left->ptr));
	*left = cs_span_of(end + 1, left->len - line->len - 1);
	return true;
}

/* Splits "word rest" at its first blank. */
static bool split(struct cs_span line, struct cs_span *word, struct cs_span *rest)
{
	const uint8_t *blank = line.len ? memchr(line.ptr, ' ', line.len) : NULL;

	if (!blank || blank == line.ptr)
		return false;
	*word = cs_span_of(line.ptr, (size_t)(blank - line.ptr));
	*rest = cs_span_of(blank + 1, line.len - word->len - 1);
	return true;
}

static bool is_name(struct cs_span word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] != '_' && (word.ptr[i] < 'a' || word.ptr[i] > 'z'))
			return false;
	return word.len > 0;
}

static bool is_printable(struct cs_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
	return true;
}

static enum cs_err take_head(struct cs_span *left, const char *kind,
			     char why[CS_RECORD_WHY])
{
	struct cs_span line, word, sum;
	char want[SUM_TEXT + 1];

	if (left->len < strlen(MAGIC) || memcmp(left->ptr, MAGIC, strlen(MAGIC)) != 0 ||
	    !take_line(left, &line) ||
	    !split(cs_span_of(line.ptr + strlen(MAGIC), line.len - strlen(MAGIC)), &word,
		   &sum) ||
	    !cs_span_eq(word, cs_span_str(kind))) {
		(void)snprintf(
			why, CS_RECORD_WHY,
			"line 1: no %s of coapscope protect: want it to begin with "
			"'" MAGIC "%s'",
			kind, kind);
		return CS_ERR_FOREIGN;
	}
	sum_text(*left, want);
	if (!cs_span_eq(sum, cs_span_str(want))) {
		(void)snprintf(why, CS_RECORD_WHY,
			       "its checksum is not that of its content: it was cut off "
			       "or changed");
		return CS_ERR_DAMAGED;
	}
	return CS_OK;
}

/* False: this line is none, or there is no room. */
static bool take_key(struct cs_span line, struct cs_arena *arena,
		     struct cs_record *record)
{
	struct cs_span key, value;
	const char *k, *v;

	if (record->n_keys == CS_RECORD_KEYS || !split(line, &key, &value) ||
	    !is_name(key) || !is_printable(value))
		return false;
	k = cs_arena_text(arena, key);
	v = cs_arena_text(arena, value);
	if (!k || !v)
		return false;
	cs_record_put(record, k, v);
	return true;
}

static bool take_part(struct cs_span line, struct cs_span *left, struct cs_arena *arena,
		      struct cs_record *record)
{
	struct cs_span name, size;
	uint64_t len;
	const char *n;

	if (record->n_parts == CS_RECORD_PARTS || !split(line, &name, &size) ||
	    !is_name(name) || left->len == 0 ||
	    !cs_num_u64(size, 0, left->len - 1, &len) || left->ptr[len] != '\n')
		return false;
	n = cs_arena_text(arena, name);
	if (!n)
		return false;
	cs_record_part(record, n, cs_span_of(left->ptr, (size_t)len));
	*left = cs_span_of(left->ptr + len + 1, left->len - (size_t)len - 1);
	return true;
}

enum cs_err cs_record_read(struct cs_span bytes, const char *kind, struct cs_arena *arena,
			   struct cs_record *out, char why[CS_RECORD_WHY])
{
	struct cs_record record = { .n_keys = 0 };
	struct cs_span line;
	unsigned number = 2;
	bool good = true, parts = false;
	enum cs_err err = take_head(&bytes, kind, why);

	if (err)
		return err;
	(void)snprintf(record.kind, sizeof(record.kind), "%s", kind);
	for (; good && bytes.len > 0; number++) {
		good = take_line(&bytes, &line);
		if (good && line.len == 0 && !parts)
			parts = true;
		else if (good)
			good = parts ? take_part(line, &bytes, arena, &record)
				     : take_key(line, arena, &record);
	}
	if (!good || !parts) {
		(void)snprintf(why, CS_RECORD_WHY, "line or text %u: not understood",
			       number);
		return CS_ERR_DAMAGED;
	}
	*out = record;
	return CS_OK;
}
