/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: who may ask, from an INI file: one section a key, `secret` and `owner`
 * (a section of the owners file, or * for everything). The file is read by our
 * own reader, as no copy of a secret may stay behind in a library's buffer:
 * a # or ; begins a comment only at the beginning of a line, and a value is all
 * that stands behind its =, without blanks around it.
 *
 * Secrets are wiped when the keys are freed, and never leave here.
 */
#pragma once

#include <stdbool.h>

#include "base/rd.h"

enum {
	CS_KEYS_WHY = 512,
	CS_KEYS_FILE = 1 << 20, /* bytes of a file at most */
	CS_KEYS_MOST = 10000,
	CS_KEY_NAME = 64,    /* bytes at most: letters, digits, . _ - */
	CS_KEY_SECRET = 256, /* bytes at most: no blanks or control bytes */
	CS_KEY_SHORT = 16,   /* a secret of fewer is worth a warning */
};

struct cs_key {
	const char *name;  /* owned by the keys, NUL-terminated */
	const char *owner; /* likewise; "*": sees everything */
	unsigned line;     /* of its section */
	unsigned owner_line;
	bool is_short; /* its secret is */
	/* Index of the owner, once somebody has looked it up. */
	uint32_t owner_index;
	bool sees_all;
};

struct cs_keys;

/*
 * Reads @path, which must be a regular file of ours or root's that nobody else
 * may read. @why is then one line with the file, and the line where it is one's.
 *
 * CS_ERR_DENIED  others may read it, or it is somebody else's
 * CS_ERR_IO, CS_ERR_SYNTAX, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_keys_read(const char *path, struct cs_keys **out,
				     char why[CS_KEYS_WHY]);

/* The same for text at hand; @name stands for the file in messages. */
CS_MUST_USE enum cs_err cs_keys_read_text(struct cs_span text, const char *name,
					  struct cs_keys **out, char why[CS_KEYS_WHY]);

/* Wipes and frees; NULL is allowed. */
void cs_keys_free(struct cs_keys *keys);

size_t cs_keys_count(const struct cs_keys *keys);
struct cs_key *cs_keys_at(struct cs_keys *keys, size_t i);

/*
 * The key of that name if @mac (hex) is the HMAC-SHA256 of @body by its secret,
 * else NULL. An unknown name costs the same work as a wrong signature.
 */
const struct cs_key *cs_keys_signed(const struct cs_keys *keys, struct cs_span name,
				    struct cs_span body, struct cs_span mac);

/* The key of that name if @secret is its secret, else NULL; likewise. */
const struct cs_key *cs_keys_basic(const struct cs_keys *keys, struct cs_span name,
				   struct cs_span secret);
