/* SPDX-License-Identifier: Apache-2.0 */
/*
 * behaviour: what a device may answer, well or badly: one function a kind, and
 * the table of them. Written apart from src/coap on purpose, so that a mistake
 * there is not made here too. Says bytes; the responder sends them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_MAX = 65507 };

/* A request as far as an answer needs to know it. */
struct ask {
	const uint8_t *bytes;
	size_t len;
	uint8_t token_len;
	uint8_t token[8];
	uint8_t mid[2];
	bool has_block; /* a Block2 option, with these */
	uint32_t block;
	unsigned szx;
	uint64_t serial; /* of this request among all */
};

/* Where a behaviour says its datagrams. @from_other_port: from the second socket. */
struct saying {
	void (*say)(struct saying *to, const uint8_t *bytes, size_t len,
		    bool from_other_port);
};

struct behaviour {
	const char *name;
	const char *help; /* N stands for what follows a colon */
	unsigned n;       /* unless told otherwise */
	void (*answer)(const struct ask *ask, unsigned n, struct saying *to);
};

/* The behaviour of that name, or NULL. */
const struct behaviour *behaviour_find(const char *name, size_t len);

/* The one that an address gets by its last three bits under --mix. */
const struct behaviour *behaviour_mixed(uint8_t last_byte);

/* All, ended by one without a name. */
extern const struct behaviour behaviours[];

/* Reads a request; false when it is none (answers to us, other bytes). */
bool ask_read(const uint8_t *bytes, size_t len, struct ask *ask);
