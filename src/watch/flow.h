/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: what two endpoints (address and port, twice) said to each other lately: the
 * requests that wait for their answers, either way, and what is proved of the two. One
 * table of fixed size with keyed hashing; when it is full what is over or was never
 * more than one request makes room. Knows bytes of no message: tokens are hashes.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "watch/hash.h"

enum {
	CS_FLOW_SLOTS = 2,            /* requests of one flow that are remembered */
	CS_EXCHANGE_LIFETIME_S = 247, /* RFC 7252 section 4.8.2 */
	CS_MAX_RETRANSMIT = 4,        /* section 4.8 */
	CS_COPY_US = 100, /* what comes again sooner was doubled: a mirror port */
};

/* What is known of one request, or of a message that nobody asked for. */
enum cs_asked_flag {
	CS_ASKED_UP = 1 << 0,     /* from the flow's lower endpoint to the higher */
	CS_ASKED_TOLD = 1 << 1,   /* no request: a message nobody asked for */
	CS_ASKED_WRITES = 1 << 2, /* a method that writes */
	CS_ASKED_OBSERVES = 1 << 3,
	CS_ASKED_PROXIES = 1 << 4,
	CS_ASKED_ACKED = 1 << 5,      /* an Empty ACK came */
	CS_ASKED_ANSWERED = 1 << 6,   /* a response came: .answer_mid */
	CS_ASKED_ANSWER_CON = 1 << 7, /* ... which wants an ACK */
	CS_ASKED_STRAY = 1 << 8,      /* repeated out of time once */
	CS_ASKED_HAMMERED = 1 << 9,   /* repeated as no client does */
	CS_ASKED_RETRIED = 1 << 10,   /* repeated with back-off, and answered */
	CS_ASKED_AMPLIFIED = 1 << 11, /* the answer is many times as long */
	CS_ASKED_ORDINARY = 1 << 12,  /* a listed peer's, unlike the one before */
	CS_ASKED_LATE = 1 << 13,      /* repeated after it was answered */
	CS_ASKED_PINGS = 1 << 14,     /* an Empty CON */
};

struct cs_asked {
	uint64_t sent : 48; /* of the wall clock's microseconds */
	uint64_t tries : 8; /* times it was sent; 0: the slot is free */
	uint64_t gap : 8;   /* from the first to the second: 1/8 s */
	uint32_t token;     /* hash */
	uint32_t out;       /* bytes of its answers */
	uint16_t in;        /* bytes of it and its repetitions, cut to 65535 */
	uint16_t mid;
	uint16_t answer_mid; /* of the latest answer */
	uint16_t flags;      /* enum cs_asked_flag */
};

enum cs_flow_flag {
	CS_FLOW_PROVED = 1 << 0,  /* the asking side hears the other */
	CS_FLOW_OWN = 1 << 1,     /* ours acknowledged what it was told: it had asked */
	CS_FLOW_ECHO = 1 << 2,    /* .proof: hash of an Echo value that was sent */
	CS_FLOW_BLOCK = 1 << 3,   /* .proof: where the next block begins, 16-byte units */
	CS_FLOW_REFUSED = 1 << 4, /* the asking side refused an answer */
	CS_FLOW_OBSERVED = 1 << 5, /* an observation was granted */
	/* One a direction: shifted by CS_FLOW_DOWN when it goes down. */
	CS_FLOW_ASKED = 1 << 6,
	CS_FLOW_ANSWERED = 1 << 8,
	CS_FLOW_ALIEN = 1 << 10, /* what is not CoAP */
	CS_FLOW_DATA = 1 << 12,  /* DTLS application data */
};

struct cs_flow_head {
	uint32_t tag;      /* 0: free */
	uint32_t last_s;   /* wall clock */
	uint16_t unproved; /* requests counted as such in its source */
	uint16_t told;     /* messages counted as backscatter in its source */
	uint16_t flags;    /* enum cs_flow_flag */
	uint16_t proof;
};

/* Where a flow is kept; valid until the next flow is made. */
struct cs_flow {
	struct cs_flow_head *head; /* NULL: not known */
	struct cs_asked *asked;    /* [CS_FLOW_SLOTS] */
	bool up; /* the message at hand goes from the lower endpoint to the higher */
};

struct cs_flow_key {
	uint64_t hash;
	bool up;
};

struct cs_flows;

/* At most @bytes, rounded down to a power of two. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_flows_open(size_t bytes, struct cs_flows **out);
void cs_flows_close(struct cs_flows *flows);

/*
 * The same for both directions of two endpoints: cs_addr_hash() of their addresses, by a
 * key that nobody knows, and their ports. Which is the lower one follows from the mixture.
 * As they are secret, who chooses ports does not know what they are mixed with: a few
 * multiplications do what would take another SipHash.
 */
enum { CS_FLOW_ANY = 0 /* in place of a hash: no address has it */ };
static inline struct cs_flow_key cs_flow_key(uint64_t from, uint16_t from_port,
					     uint64_t to, uint16_t to_port)
{
	uint64_t a = cs_hash_word(from, from_port), b = cs_hash_word(to, to_port);

	return (struct cs_flow_key){ .hash = cs_hash_word(a + b, 0), .up = a < b };
}

/* Hints that the flow will be found or made soon: one early, one a little later. */
void cs_flows_expect(const struct cs_flows *flows, struct cs_flow_key key);
void cs_flows_approach(const struct cs_flows *flows, struct cs_flow_key key);

struct cs_flow cs_flows_find(struct cs_flows *flows, struct cs_flow_key key);

/* As above; makes it where it is not known. Never a NULL head. */
struct cs_flow cs_flows_make(struct cs_flows *flows, struct cs_flow_key key,
			     int64_t wall_us);

/* @flag for a message that goes @up, or down. */
static inline uint16_t cs_flow_side(enum cs_flow_flag flag, bool up)
{
	return (uint16_t)(up ? flag : (unsigned)flag << 1);
}

/* Microseconds since it was first sent; negative where time went back. */
static inline int64_t cs_asked_age_us(const struct cs_asked *asked, int64_t wall_us)
{
	return (int64_t)(((uint64_t)wall_us - asked->sent) << 16) >> 16;
}

/* Whether it may still be answered. */
static inline bool cs_asked_waits(const struct cs_asked *asked, int64_t wall_us)
{
	int64_t lifetime_us = (int64_t)CS_EXCHANGE_LIFETIME_S * 1000000;

	return asked->tries > 0 && cs_asked_age_us(asked, wall_us) <= lifetime_us;
}

/* Request @mid that goes as @flow says and is not over; or NULL. */
struct cs_asked *cs_flow_by_mid(const struct cs_flow *flow, bool up, uint16_t mid,
				int64_t wall_us);

/* The request on its way whose Message ID @mid comes next after, or soon; or NULL. */
const struct cs_asked *cs_flow_before(const struct cs_flow *flow, bool up, uint16_t mid);

/* Likewise by token: one that waits rather than one that was answered. */
struct cs_asked *cs_flow_by_token(const struct cs_flow *flow, bool up, uint32_t token,
				  int64_t wall_us);

/* What was told or answered with @mid by a message that went @up; or NULL. */
struct cs_asked *cs_flow_by_answer(const struct cs_flow *flow, bool up, uint16_t mid,
				   int64_t wall_us);

/* Room for a new request, zeroed but for its time and .tries 1. */
struct cs_asked *cs_flow_slot(const struct cs_flow *flow, bool up, uint32_t token,
			      int64_t wall_us);

/* How one more sending of @asked fits RFC 7252 section 4.2. */
enum cs_repeat {
	CS_REPEAT_LATER,  /* a retransmission in its time */
	CS_REPEAT_STRAY,  /* once out of time: the network's copy, or a nervous client */
	CS_REPEAT_HAMMER, /* as no client does: to be taken as a new request */
};
/*
 * Whether its repetitions so far show that who sends it hears the answers: with the waits
 * of section 4.2, after no answer or twice at least, and not to the end.
 */
bool cs_asked_is_retried(const struct cs_asked *asked);

enum cs_repeat cs_asked_again(struct cs_asked *asked, int64_t wall_us);
