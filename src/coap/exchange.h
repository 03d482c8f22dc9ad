/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message layer of one request, client side (RFC 7252 sections 4.2, 4.4
 * and 5.2): when the confirmable request is to be sent, sent again and given
 * up, and what each datagram from its endpoint means for it. The request's
 * bytes are the caller's: they carry the exchange's Message ID and token. Pure:
 * the time is handed in, nothing is sent or kept here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "coap/msg.h"

struct cs_endpoint {
	struct cs_addr ip;
	uint16_t port;
};

static inline bool cs_endpoint_eq(const struct cs_endpoint *a,
				  const struct cs_endpoint *b)
{
	return a->port == b->port && cs_addr_cmp(&a->ip, &b->ip) == 0;
}

/* RFC 7252 section 4.8; CS_EXCHANGE_DEFAULTS. */
struct cs_exchange_limits {
	int64_t ack_timeout_ns;  /* wait before the first repetition, at least */
	int64_t ack_spread_ns;   /* ACK_TIMEOUT * (ACK_RANDOM_FACTOR - 1) */
	unsigned max_retransmit; /* repetitions of the request, 0..30 */
	int64_t give_up_ns;      /* from the first copy on */
};

/* 2 s times 1 to 1.5, 4 repetitions, MAX_TRANSMIT_WAIT 93 s. */
extern const struct cs_exchange_limits cs_exchange_defaults;

/*
 * Zeroed, then cs_exchange_start() for each request. What it knows of a
 * response that was acknowledged stays from one request to the next, so that
 * its repetitions are acknowledged again (section 4.5).
 */
struct cs_exchange {
	struct cs_exchange_limits limits;
	struct cs_endpoint peer;
	uint16_t mid;
	uint8_t token[CS_TOKEN_MAX];
	unsigned copies;  /* sent so far */
	bool acked;       /* Empty ACK: the response comes separately */
	int64_t wait_ns;  /* after the latest copy */
	int64_t again_ns; /* when the next copy is due */
	int64_t end_ns;   /* when to give up; no end before the first copy */
	bool has_confirmed;
	uint16_t confirmed; /* Message ID of the latest CON that was acknowledged */
};

/*
 * Begins a request to @peer. @random decides how long the first wait is, by
 * its 32 bits evenly between ack_timeout and ack_timeout + ack_spread.
 */
void cs_exchange_start(struct cs_exchange *x, const struct cs_exchange_limits *limits,
		       const struct cs_endpoint *peer, uint16_t mid,
		       const uint8_t token[CS_TOKEN_MAX], uint32_t random);

enum cs_exchange_step {
	CS_EXCHANGE_SEND, /* the request is to leave now: then cs_exchange_sent() */
	CS_EXCHANGE_WAIT, /* nothing to do until *wake_ns */
	CS_EXCHANGE_OVER, /* no answer came in time */
};

/* What is to be done at @now_ns. */
enum cs_exchange_step cs_exchange_step(const struct cs_exchange *x, int64_t now_ns,
				       int64_t *wake_ns);

/* The request has left. */
void cs_exchange_sent(struct cs_exchange *x, int64_t now_ns);

/* What a datagram means for the request. */
enum cs_exchange_input {
	CS_EXCHANGE_FOREIGN,   /* nothing: from elsewhere, old, or of no meaning */
	CS_EXCHANGE_ACKED,     /* no more copies; the response comes separately */
	CS_EXCHANGE_RESPONSE,  /* @msg is the response */
	CS_EXCHANGE_RESET,     /* the endpoint rejects the request */
	CS_EXCHANGE_MALFORMED, /* an ACK for the request that does not decode: @flaw */
};

enum { CS_EXCHANGE_REPLY = 4 /* bytes: an Empty ACK or RST */ };

struct cs_exchange_in {
	enum cs_exchange_input kind;
	struct cs_msg msg;   /* CS_EXCHANGE_RESPONSE: borrowed from the datagram */
	struct cs_flaw flaw; /* CS_EXCHANGE_MALFORMED */
	bool replies;        /* @reply is to be sent to the peer */
	uint8_t reply[CS_EXCHANGE_REPLY];
};

/*
 * Takes a datagram that came from @peer. After RESPONSE, RESET and MALFORMED
 * the request is over; the exchange then only confirms repetitions.
 *
 * A response matches by endpoint and token (section 5.3.2), a piggybacked one
 * by its Message ID too; an Empty ACK and a Reset by endpoint and Message ID. A
 * CON response is acknowledged, another CON of the peer is rejected with a
 * Reset (section 4.2), which also ends an observation that is not ours.
 */
void cs_exchange_input(struct cs_exchange *x, const struct cs_endpoint *peer,
		       struct cs_span datagram, struct cs_exchange_in *in);
