/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track: packets in, what is known of each source out. Requests are matched to
 * responses (token and endpoint; Message ID for ACK and RST), repetitions and later
 * blocks are told from new requests, our own traffic from strangers'. Owns all state
 * of a watch, within one budget. No I/O and no clock: time is the packets'.
 */
#pragma once

#include "base/siphash.h"
#include "watch/flow.h"
#include "watch/samples.h"
#include "watch/sight.h"
#include "watch/source.h"
#include "watch/threshold.h"

struct cs_track;

/* Where a message goes. */
enum cs_track_way { CS_WAY_IN, CS_WAY_OUT, CS_WAY_INSIDE, CS_WAY_UNKNOWN };

/* One message as --messages, EVE and the evidence file have it. All borrowed. */
struct cs_track_message {
	int64_t wall_us;
	const struct cs_packet *packet;
	const struct cs_sight *sight; /* also where it is not CoAP */
	struct cs_span bytes; /* of the datagram or the TCP message, as captured */
	uint32_t len;         /* as sent */
	enum cs_track_way way;
	bool tcp, secure;
	bool again;         /* a repetition of a message seen before */
	bool matched;       /* a response to a request seen: */
	int64_t request_us; /* when that was sent */
	uint32_t request_len;
	bool evidence; /* it was kept as a sample of something */
};

struct cs_track_want {
	size_t memory; /* bytes in all */
	struct cs_sipkey key;
	const uint16_t *ports; /* CoAP's, plain: 5683; and DTLS: 5684 */
	size_t n_ports;
	const uint16_t *secure_ports;
	size_t n_secure_ports;
	const struct cs_prefix *local; /* n 0: ours are those that were sent a request */
	size_t n_local;
	/* With .local: those in here that were sent a request are ours as well. */
	const struct cs_prefix *near;
	size_t n_near;
	const struct cs_prefix *peer;
	size_t n_peer;
	struct cs_threshold threshold;

	/* Called for each datagram or TCP message on a CoAP port; NULL: nobody asks. */
	void (*message)(void *arg, const struct cs_track_message *message);
	void *arg;
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_track_open(const struct cs_track_want *want,
				      struct cs_track **out);
void cs_track_close(struct cs_track *track);

/* Takes one packet. Times may go back. */
void cs_track_packet(struct cs_track *track, int64_t wall_us,
		     const struct cs_packet *packet);

/*
 * The same in three steps, for who has several packets at hand: what is needed of memory
 * is fetched while others are taken. Between the steps any number of packets may be
 * taken: the first two are hints, and work out what does not change.
 */
struct cs_track_ahead {
	uint64_t from_hash, to_hash; /* of the addresses; 0: not worked out */
	uint64_t source_hash;        /* the one of them that is a source, as it seems */
	uint32_t place;              /* where that one stands in the table, most likely */
	struct cs_flow_key key;
	bool from_coap, to_coap; /* whether that port is a CoAP port */
	bool secure;             /* one of them is for DTLS */
};
void cs_track_expect(struct cs_track *track, const struct cs_packet *packet,
		     struct cs_track_ahead *out);
void cs_track_approach(const struct cs_track *track, struct cs_track_ahead *ahead);
void cs_track_expected(struct cs_track *track, int64_t wall_us,
		       const struct cs_packet *packet,
		       const struct cs_track_ahead *ahead);

/* The counters of coapscope.capture/1; `frames` and `kernel_dropped` are the caller's. */
struct cs_track_counts {
	uint64_t coap, coap_tcp, requests, responses, empty, format_errors;
	uint64_t faults[CS_FAULT_COUNT]; /* one a message and kind */
	uint64_t version_other, reserved_class, extended_token;
	uint64_t unknown_critical, unknown_elective;
	uint64_t alien[CS_ALIENS];
	uint64_t icmp_quotes, evicted, sources;
};
void cs_track_counted(const struct cs_track *track, struct cs_track_counts *out);

/*
 * What is handed out of each source: its own state, those of the samples that are still
 * there, and for sources inside a prefix of 10 or more requesting addresses that
 * prefix's state (else NULL). All borrowed for the call.
 */
typedef bool cs_track_each_fn(void *arg, const struct cs_source *source,
			      const struct cs_source *prefix,
			      const struct cs_sample *samples, size_t n_samples);

/*
 * Hands out every source that is no host of ours; before the first source of such a
 * prefix the prefix itself (source->bits < 128, prefix NULL). By address. False ends it.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_track_each(struct cs_track *track, cs_track_each_fn *each,
				      void *arg);

/* Likewise only what changed since the call before (a live watch's tick). */
CS_MUST_USE enum cs_err cs_track_changed(struct cs_track *track, cs_track_each_fn *each,
					 void *arg);

/* Things of the whole capture that verdicts need: watch/judge.h. */
struct cs_surroundings {
	uint32_t reflectors; /* different sources of backscatter */
};
void cs_track_surroundings(const struct cs_track *track, struct cs_surroundings *out);

/*
 * Whether nobody else asked for one of the resources that @source asked for, but floods
 * in victims' names; or it asked a few times before such a flood on it began. As of the
 * latest time that all was handed out, or live.
 */
bool cs_track_is_alone(const struct cs_track *track, const struct cs_source *source);
