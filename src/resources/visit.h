/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit: the reading of one resource of one device, from the first request to
 * the last block (RFC 7252, RFC 7959, and RFC 9175 where the device wants to
 * know that we are where we say). One request is open at any time (NSTART 1).
 * Time and datagrams are handed in and out; sends nothing itself. What the
 * bytes mean is result.h's business.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "coap/block.h"
#include "coap/exchange.h"

/* What is asked: the options of a GET but for Block2 and Echo, as they go out. */
struct cs_question {
	struct cs_span options;
	uint32_t last;      /* number of the last of them, at most Uri-Query's */
	struct cs_span uri; /* as asked, for the results */
};

/* Whom. */
struct cs_ask {
	struct cs_endpoint peer;
	const struct cs_question *question; /* borrowed */
};

enum {
	CS_VISIT_BLOCKS = 1024,        /* of one body, at most */
	CS_VISIT_BODY = 1 << 20,       /* bytes of one body, at most */
	CS_VISIT_OPTIONS = 1024,       /* bytes of a question's options */
	CS_VISIT_REQUEST = 1024 + 128, /* bytes of any request */
	CS_VISIT_PATIENCE = 10,        /* times one request's, for all of a visit */
	CS_VISIT_ECHOES = 4,           /* times that a device may ask for its Echo */
	CS_VISIT_ECHO = 40, /* bytes of an Echo value, RFC 9175 section 2.2.1 */
	CS_VISIT_ERROR = 128,
	CS_VISIT_REPLIES = 8, /* ACKs and RSTs beyond four a request */
};

struct cs_visit_limits {
	struct cs_exchange_limits exchange;
	bool asks_size; /* the first request names a block size */
	uint8_t szx;
};

/* Read by others: ask, and what stands below "outcome" once ended. */
struct cs_visit {
	const struct cs_ask *ask;
	const struct cs_visit_limits *limits;
	struct cs_sipkey key; /* of this visit: Message IDs, tokens, first waits */
	uint64_t requests;    /* begun */
	struct cs_exchange x;
	struct cs_body body;
	size_t room;    /* bytes that .bytes has */
	int64_t end_ns; /* of the visit, whatever still comes */
	bool later;     /* the request is for body.next */
	bool restarted; /* the representation changed once */
	unsigned echoes;
	uint8_t echo[CS_VISIT_ECHO];
	size_t echo_len;
	bool strange;        /* a datagram of the device that was no answer */
	uint16_t other_port; /* that its address sent from meanwhile; 0: none */
	uint64_t replies;    /* ACKs and RSTs to its messages */

	/* outcome */
	bool ended;
	uint8_t *bytes; /* owned: body.len bytes */
	bool has_code;
	uint8_t code;               /* of the latest response */
	int32_t content_format;     /* of the first block; -1: none */
	bool complete;              /* the whole body came */
	char error[CS_VISIT_ERROR]; /* "" or why there is no whole body */
};

/*
 * Begins the visit; both pointers must outlive it. @key is random and of this
 * visit alone. cs_visit_clear() frees what it holds.
 */
void cs_visit_begin(struct cs_visit *v, const struct cs_ask *ask,
		    const struct cs_visit_limits *limits, const struct cs_sipkey *key);
void cs_visit_clear(struct cs_visit *v);

/*
 * What is to be done at @now_ns: CS_EXCHANGE_SEND what cs_visit_request()
 * writes, wait until *@wake_ns, or nothing any more: the visit has ended.
 */
enum cs_exchange_step cs_visit_step(struct cs_visit *v, int64_t now_ns, int64_t *wake_ns);

/* Writes the open request; @w has room for CS_VISIT_REQUEST bytes. */
void cs_visit_request(const struct cs_visit *v, struct cs_wr *w);
void cs_visit_sent(struct cs_visit *v, int64_t now_ns);

/*
 * Takes a datagram from @peer. Returns the bytes of @reply (room for
 * CS_EXCHANGE_REPLY) that are to be sent to it, 0 when none.
 */
size_t cs_visit_input(struct cs_visit *v, const struct cs_endpoint *peer,
		      struct cs_span datagram, uint8_t *reply);

/* The network says that @error (an errno) keeps our datagrams from the device. */
void cs_visit_unreachable(struct cs_visit *v, int error, bool from_icmp);

/* Ends the visit where it is, with @why. No effect on one that has ended. */
void cs_visit_abandon(struct cs_visit *v, const char *why);
