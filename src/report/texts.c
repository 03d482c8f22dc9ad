/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing over keyed 128-bit hashes: equal hashes are taken for equal
 * texts (base/siphash.h), so no text is looked at twice.
 */
#include "report/texts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	PIECE = 256 * 1024, /* bytes taken from the arena at a time */
	SLOTS_FIRST = 1024, /* a power of two */
	FILL_OF_8 = 5,      /* of eight slots at most so many are taken */
};

/* Half of the hash in the slot: of other texts nothing else is looked at. */
static uint64_t slot_of(struct cs_sip128 hash, uint32_t number)
{
	return (hash.hi & 0xffffffff00000000) | number;
}

static enum cs_err grow_table(struct cs_texts *t)
{
	size_t n = t->n_slots ? 2 * t->n_slots : SLOTS_FIRST;
	uint64_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return CS_ERR_NOMEM;
	for (uint32_t id = 1; id < t->n; id++) {
		size_t at = t->hash[id].lo & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = slot_of(t->hash[id], id);
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return CS_OK;
}

static enum cs_err grow_list(struct cs_texts *t)
{
	size_t cap = t->cap ? 2 * (size_t)t->cap : SLOTS_FIRST;
	struct cs_span *text;
	struct cs_sip128 *hash;

	if (cap > UINT32_MAX)
		return CS_ERR_RANGE;
	text = reallocarray(t->text, cap, sizeof(*text));
	if (text)
		t->text = text;
	hash = reallocarray(t->hash, cap, sizeof(*hash));
	if (hash)
		t->hash = hash;
	if (!text || !hash)
		return CS_ERR_NOMEM;
	t->cap = (uint32_t)cap;
	return CS_OK;
}

enum cs_err cs_texts_begin(struct cs_texts *t)
{
	enum cs_err err;

	*t = (struct cs_texts){ 0 };
	if (getrandom(&t->key, sizeof(t->key), 0) != sizeof(t->key))
		return CS_ERR_IO;
	err = grow_list(t);
	if (err)
		return err;
	t->text[0] = (struct cs_span){ 0 };
	t->n = 1;
	return grow_table(t);
}

const uint8_t *cs_texts_keep(struct cs_texts *t, struct cs_span bytes)
{
	static const uint8_t none;
	uint8_t *at;

	if (bytes.len == 0)
		return &none;
	if (bytes.len > t->left) {
		size_t piece = bytes.len > PIECE / 4 ? bytes.len : PIECE;
		uint8_t *room = cs_arena_alloc(&t->arena, piece);

		if (!room)
			return NULL;
		if (piece == bytes.len) /* a piece of its own: the rest stays in use */
			return memcpy(room, bytes.ptr, bytes.len);
		t->room = room;
		t->left = piece;
	}
	at = t->room;
	memcpy(at, bytes.ptr, bytes.len);
	t->room += bytes.len;
	t->left -= bytes.len;
	return at;
}

static enum cs_err add(struct cs_texts *t, struct cs_span text, struct cs_sip128 hash,
		       size_t slot)
{
	const uint8_t *kept = cs_texts_keep(t, text);

	if (!kept)
		return CS_ERR_NOMEM;
	t->text[t->n] = cs_span_of(kept, text.len);
	t->hash[t->n] = hash;
	t->slots[slot] = slot_of(hash, t->n++);
	return CS_OK;
}

static enum cs_err make_room(struct cs_texts *t)
{
	enum cs_err err = t->n == t->cap ? grow_list(t) : CS_OK;

	if (!err && t->n >= t->n_slots / 8 * FILL_OF_8)
		err = grow_table(t);
	return err;
}

static bool is_hash(const struct cs_texts *t, uint32_t number, struct cs_sip128 hash)
{
	return t->hash[number].lo == hash.lo && t->hash[number].hi == hash.hi;
}

enum cs_err cs_texts_put(struct cs_texts *t, struct cs_span text, uint32_t *number)
{
	struct cs_sip128 hash;
	enum cs_err err;
	size_t at;

	*number = 0;
	if (text.len == 0)
		return CS_OK;
	err = make_room(t);
	if (err)
		return err;
	hash = cs_siphash13_128(&t->key, text.ptr, text.len);
	for (at = hash.lo & (t->n_slots - 1); t->slots[at];
	     at = (at + 1) & (t->n_slots - 1)) {
		uint32_t there = (uint32_t)t->slots[at];

		if (t->slots[at] == slot_of(hash, there) && is_hash(t, there, hash)) {
			*number = there;
			return CS_OK;
		}
	}
	*number = t->n;
	return add(t, text, hash, at);
}

void cs_texts_done(struct cs_texts *t)
{
	struct cs_span *less = reallocarray(t->text, t->n, sizeof(*less));

	if (less)
		t->text = less;
	t->cap = t->n;
	free(t->hash);
	free(t->slots);
	t->hash = NULL;
	t->slots = NULL;
	t->n_slots = 0;
	explicit_bzero(&t->key, sizeof(t->key));
}

void cs_texts_clear(struct cs_texts *t)
{
	cs_arena_clear(&t->arena);
	free(t->text);
	free(t->hash);
	free(t->slots);
	*t = (struct cs_texts){ 0 };
}

uint64_t cs_texts_bytes(const struct cs_texts *t)
{
	return t->arena.total + t->cap * sizeof(*t->text) +
	       (t->hash ? t->cap * sizeof(*t->hash) : 0) + t->n_slots * sizeof(*t->slots);
}

int cs_texts_order(struct cs_span a, struct cs_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}
