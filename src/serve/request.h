/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what was asked and what is answered, as values. Knows nothing of
 * sockets or of the HTTP library, so a handler can be tried without either.
 */
#pragma once

#include <stdio.h>

#include "base/addr.h"
#include "base/arena.h"
#include "serve/keys.h"

enum {
	CS_REQUEST_TARGET = 4096,   /* bytes of a request's target at most */
	CS_REQUEST_BODY = 64 << 10, /* bytes of a body at most */
};

enum cs_method { CS_METHOD_GET, CS_METHOD_HEAD, CS_METHOD_POST, CS_METHOD_OTHER };

/*
 * A body that is made while it is sent: fills up to @room bytes at @to and
 * gives how many, 0 at the end, -1 when it cannot go on. Bounded memory.
 */
struct cs_stream {
	ssize_t (*fill)(struct cs_stream *stream, char *to, size_t room);
	void (*close)(struct cs_stream *stream); /* frees it */
};

/* What is answered: text in memory, or a stream. */
struct cs_answer {
	unsigned status;  /* 200 and on */
	const char *type; /* static */
	const char
		*policy; /* Content-Security-Policy; NULL: the one that allows nothing */
	const char *ask; /* WWW-Authenticate; or NULL */
	const char *allow;    /* Allow; or NULL */
	bool last;            /* the connection ends with it */
	char file[128];       /* Content-Disposition's file name; or "" */
	struct cs_span fixed; /* static text, instead of the stream below */
	FILE *to;             /* what is written here is the body */
	char *text;
	size_t len;
	struct cs_stream *stream; /* owned; or NULL */
};

struct cs_route;
struct cs_serve;

struct cs_request {
	struct cs_serve *serve;
	enum cs_method method;
	struct cs_addr peer;
	struct cs_span target; /* as it came: path and query */
	struct cs_span path;   /* of target, without scheme and host */
	struct cs_span query;  /* of target, behind the ?; undecoded */
	struct cs_span rest;   /* of path, behind the route's */
	struct cs_span body;
	/* Headers; empty when they are not there. */
	struct cs_span host, authorization, hmac2;
	const struct cs_route *route; /* NULL: none was found */
	const struct cs_key *key;     /* who asks; NULL: nobody was to say, or did */
	struct cs_arena arena;        /* until the answer is sent */
	struct cs_answer answer;
};

/* --- answers --- */

/* A JSON body follows in answer.to. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_answer_begin(struct cs_request *r, const char *type);

/*
 * {"error": "..."} with that status; what was written before is dropped. Text of
 * strangers in it is encoded.
 */
void cs_answer_error(struct cs_request *r, unsigned status, const char *fmt, ...)
	CS_PRINTF(3, 4);

/* The same for what went wrong on our side: 503 where asking again may help. */
void cs_answer_failed(struct cs_request *r, enum cs_err err);

/* Ends what cs_answer_begin() began; an error answer when memory was out. */
void cs_answer_end(struct cs_request *r);

/* Frees what the answer and the arena hold. */
void cs_request_clear(struct cs_request *r);

extern const char CS_TYPE_JSON[], CS_TYPE_TEXT[], CS_TYPE_HTML[], CS_TYPE_CSV[],
	CS_TYPE_METRICS[];
