/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the files that protect writes for itself and for `backup`: a few named words and
 * a few named texts, with a checksum over all of it, so that a file that was cut
 * off, edited or damaged is told from a whole one. Pure but for the arena.
 *
 *   coapscope.protect/1 KIND 0123456789abcdef     the sum of all that follows
 *   key value                                     to the end of the line
 *   (an empty line)
 *   name 123                                      and then 123 bytes and a line feed
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum {
	CS_RECORD_KEYS = 16,
	CS_RECORD_PARTS = 10,
	CS_RECORD_KIND = 16,
	CS_RECORD_WHY = 160,
};

struct cs_record {
	char kind[CS_RECORD_KIND]; /* "kept", "pending", "backup": lower-case letters */
	struct {
		const char *key;   /* lower-case letters and _ */
		const char *value; /* printable, one line */
	} keys[CS_RECORD_KEYS];
	size_t n_keys;
	struct {
		const char *name;
		struct cs_span text;
	} parts[CS_RECORD_PARTS];
	size_t n_parts;
};

/* Appends; key, value and text must live as long. More than there is room for is a bug of ours. */
void cs_record_put(struct cs_record *record, const char *key, const char *value);
void cs_record_part(struct cs_record *record, const char *name, struct cs_span text);

/* NULL: it has none of that name. */
const char *cs_record_key(const struct cs_record *record, const char *key);
struct cs_span cs_record_text(const struct cs_record *record, const char *name);

/* The whole as bytes, in the arena. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_record_write(const struct cs_record *record,
					struct cs_arena *arena, struct cs_span *out);

/*
 * Reads it back; texts of parts are borrowed from @bytes, the rest is in the arena.
 * CS_ERR_FOREIGN  not of this kind at all, or of another version
 * CS_ERR_DAMAGED  it was one, and does not hold together; @why says where
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_record_read(struct cs_span bytes, const char *kind,
				       struct cs_arena *arena, struct cs_record *out,
				       char why[CS_RECORD_WHY]);
