/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow: the second stage, slow and capped: one request at a time to a
 * device, with an 8-byte token of its own, given up at the first silence. It
 * confirms an answer that was matched by port alone, and fetches the rest of a
 * body that the answer offered in blocks. Requests leave from the source port
 * that the probe had and wait for the same pace.
 */
#pragma once

#include "coap/block.h"
#include "net/pace.h"
#include "scan/host.h"

enum {
	CS_FOLLOW_BLOCKS_MAX = 64,
	CS_FOLLOW_BODY_MAX = 64 * 1024,
	CS_FOLLOW_TOKEN = 8,
	CS_ACKS_MAX = 8,         /* Empty ACKs to one device */
	CS_ACKS_WAITING = 1024,  /* for the pace; who finds no room repeats itself */
	CS_FOLLOW_DEVICE_S = 60, /* in all that a body's blocks may be waited for */
};

struct cs_follow {
	struct cs_host *host;
	struct cs_follow *next; /* in the waiting or asked queue */
	struct cs_body body;
	int64_t asked_ns;    /* when, once asked */
	int64_t deadline_ns; /* of the answer */
	int64_t waited_ns;   /* for the answers to earlier questions */
	uint8_t token[CS_FOLLOW_TOKEN];
	uint32_t device; /* hash of the address; never 0 */
	uint16_t mid;
	bool confirm; /* else: the next block */
	bool asked, ended;
	bool extended; /* an Empty ACK gave it more time */
};

enum { CS_FOLLOW_DEVICES = 4096 /* power of two */ };

struct cs_follow_queue {
	struct cs_follow *first, **last;
};

/* An Empty ACK that waits for the pace; the host may be gone by then. */
struct cs_ack_due {
	struct cs_addr to;
	int64_t since_ns;
	uint16_t to_port, mid, port_index, lane;
};

struct cs_following {
	const struct cs_plan *plan;
	struct cs_lanes *lanes;
	struct cs_hosts *hosts;
	struct cs_pace *pace; /* of all packets: pushed on by what leaves here */
	struct cs_pace own;   /* follow-ups and ACKs may take all of the rate, no more */
	struct cs_counters *counters;
	uint32_t scope_id;    /* interface index for link-local IPv6, else 0 */
	struct cs_sipkey key; /* of the tokens: random, not from the seed */
	uint64_t asked_ever;  /* makes each token another */
	struct cs_follow_queue waiting, asked;
	unsigned in_flight;
	/*
	 * By a hash of the address, whatever the port: how many requests are
	 * open to it (a collision only makes one wait), and who fell silent.
	 */
	uint16_t busy[CS_FOLLOW_DEVICES];
	uint32_t silent[CS_FOLLOW_DEVICES];
	struct cs_ack_due acks[CS_ACKS_WAITING]; /* a ring, from acks_first on */
	unsigned acks_first, acks_n;
};

/* Readies it; @key is random. What it points to outlives it. */
void cs_following_init(struct cs_following *f, const struct cs_plan *plan,
		       struct cs_lanes *lanes, struct cs_hosts *hosts,
		       struct cs_pace *pace, struct cs_counters *counters,
		       const struct cs_sipkey *key, int64_t now_ns);

/*
 * Begins to confirm @host. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_follow_confirm(struct cs_following *f, struct cs_host *host);

/*
 * Begins to fetch the rest of the body of @host's answer, when its Block2 option
 * offers one; does nothing otherwise. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_follow_rest(struct cs_following *f, struct cs_host *host);

/*
 * Shows an arrival from @host to its follow-up. True when it was the answer to
 * that (and no copy of the probe's answer); the follow-up has then moved on.
 */
bool cs_follow_take(struct cs_following *f, struct cs_host *host,
		    const struct cs_arrival *arrival, const struct cs_reply *reply,
		    int64_t now_ns);

/*
 * Ends the confirmation of @host, if one has been asked for: the device has
 * reacted to it. The host is a result from now on.
 */
void cs_follow_confirmed(struct cs_following *f, struct cs_host *host);

/* Sends what is due and gives up what has waited too long. */
void cs_following_tick(struct cs_following *f, int64_t now_ns);

/* Gives all of them up. */
void cs_following_clear(struct cs_following *f);

/*
 * Acknowledges a CON of @host, at most CS_ACKS_MAX times: now, or as soon as the
 * pace allows. A storm of CONs must not make us send faster than we may.
 */
void cs_follow_ack(struct cs_following *f, struct cs_host *host, uint16_t from_port,
		   uint16_t mid, int64_t now_ns);
