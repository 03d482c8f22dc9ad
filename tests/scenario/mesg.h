/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mesg: a CoAP message to be said: fields in any order, written by the library's
 * encoder. Of malformed ones only broken.h knows.
 */
#pragma once

#include "coap/code.h"
#include "coap/msg.h"

enum { MESG_OPTS = 96, MESG_BYTES = 4096 };

enum mesg_option {
	OPT_URI_HOST = 3,
	OPT_ETAG = 4,
	OPT_OBSERVE = 6,
	OPT_OSCORE = 9,
	OPT_LOCATION = 8,
	OPT_URI_PATH = 11,
	OPT_FORMAT = 12,
	OPT_MAX_AGE = 14,
	OPT_URI_QUERY = 15,
	OPT_ACCEPT = 17,
	OPT_BLOCK2 = 23,
	OPT_BLOCK1 = 27,
	OPT_SIZE2 = 28,
	OPT_PROXY_URI = 35,
	OPT_PROXY_SCHEME = 39,
	OPT_ECHO = 252,
};

struct mesg {
	enum cs_type type;
	uint8_t code;
	uint16_t mid;
	uint8_t token[32];
	uint8_t tkl;
	uint8_t n;
	struct {
		uint16_t number;
		uint16_t at, len; /* of the value, in .text */
	} opt[MESG_OPTS];
	uint8_t text[2048]; /* room for values */
	uint16_t used;
	struct cs_span payload; /* borrowed */
	const char *path;       /* as given to mesg_path(); NULL without */
};

struct mesg mesg_new(enum cs_type type, uint8_t code, uint16_t mid);
void mesg_token(struct mesg *m, const void *token, size_t len);
void mesg_token_u16(struct mesg *m, uint16_t token);
void mesg_opt(struct mesg *m, uint16_t number, const void *value, size_t len);
void mesg_opt_text(struct mesg *m, uint16_t number, const char *value);
void mesg_opt_uint(struct mesg *m, uint16_t number, uint32_t value);
void mesg_block(struct mesg *m, uint16_t number, uint32_t num, bool more, uint8_t szx);

/* "/a/b?x=1": Uri-Path and Uri-Query options. @path is borrowed. */
void mesg_path(struct mesg *m, const char *path);

bool mesg_has(const struct mesg *m, uint16_t number);

/* The bytes, in a room that the next call uses again. */
struct cs_span mesg_bytes(const struct mesg *m);

/* As one message of a TCP stream (RFC 8323 section 3.2). */
struct cs_span mesg_stream(const struct mesg *m);
