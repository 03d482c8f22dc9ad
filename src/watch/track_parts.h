/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the tracker share: its state, and one message while it is taken. */
#pragma once

#include "watch/counts.h"
#include "watch/devices.h"
#include "watch/flow.h"
#include "watch/ours.h"
#include "watch/resources.h"
#include "watch/sights.h"
#include "watch/streams.h"
#include "watch/table.h"
#include "watch/track.h"

enum {
	CS_TRACK_PORTS = 64,      /* of each kind: more are not told apart */
	CS_TRACK_PREFIXES = 1024, /* of ours, and of peers */
	CS_TRACK_PEERS = 1024,    /* peers' latest requests that are remembered */
	CS_TRACK_RECENT = 4096,   /* sources that changed between two ticks */
	CS_US_PER_S = 1000000,
};

/* Addresses of sources that changed; used once a live watch asks. */
struct cs_track_recent {
	bool wanted;
	size_t n;
	struct cs_addr ip[CS_TRACK_RECENT];
	uint64_t seen[CS_TRACK_RECENT * 2]; /* hashes of those in .ip */
};

/* A listed peer's latest request: a forged flood repeats itself. */
struct cs_track_peer {
	uint32_t tag;
	uint32_t token, shape;
	uint16_t mid;
	int64_t wall_us;
};

struct cs_track {
	struct cs_track_want want; /* its arrays are those below */
	uint16_t ports[CS_TRACK_PORTS], secure_ports[CS_TRACK_PORTS];
	struct cs_prefix local[CS_TRACK_PREFIXES], peer[CS_TRACK_PREFIXES];
	struct cs_prefix near[CS_TRACK_PREFIXES];
	int64_t gap_us;

	struct cs_table *table;
	struct cs_flows *flows;
	struct cs_ours *ours; /* that were sent a request: ours, without --local */
	struct cs_devices *devices;
	struct cs_resources *resources;
	struct cs_samples *samples;
	struct cs_streams *streams;
	struct cs_sights sights;
	struct cs_track_peer peers[CS_TRACK_PEERS];
	struct cs_track_counts counts;
	uint32_t reflectors;
	bool forgot; /* rows of sources: there may be samples of what no row tells of */
	struct cs_addr receiver; /* of the packet before, and its hash; 0: of none */
	uint64_t receiver_hash;
	struct cs_track_recent recent;
};

/* One message while it is taken. */
struct cs_turn {
	struct cs_track *track;
	int64_t wall_us;
	const struct cs_packet *packet;
	const struct cs_sight *sight;
	struct cs_span bytes; /* of the message */
	uint32_t len;         /* bytes as sent */
	uint64_t from_hash, to_hash;
	struct cs_flow_key key; /* of its flow; hash 0: not looked for yet */
	uint32_t place;         /* of its source in the table, most likely */
	bool from_ours, to_ours;
	bool from_coap, to_coap; /* whether that port is a CoAP port */
	bool orderly;            /* a client's next request: no part of a flood */
	bool tcp;                /* a message of a segment, which was counted before */
	struct cs_flow flow;
	struct cs_source *source; /* taken out of the table, or NULL: nobody's business */
	uint64_t source_hash;     /* of its address */
	struct cs_track_message message;
};

/* Whether an address is ours, and which number it has. */
uint64_t cs_track_hash(const struct cs_track *track, const struct cs_addr *ip);
/* The /24 or /64 of an address, and its hash. */
struct cs_addr cs_track_base(const struct cs_addr *ip, uint8_t *bits);
uint64_t cs_track_neighbours(const struct cs_track *track, const struct cs_addr *ip);
bool cs_track_is_ours(const struct cs_track *track, const struct cs_addr *ip,
		      uint64_t hash);
/* Whether a port is one of CoAP's: as it is, or (one that is of both) inside DTLS. */
enum cs_track_port { CS_PORT_OTHER, CS_PORT_PLAIN, CS_PORT_SECURE };
enum cs_track_port cs_track_port(const struct cs_track *track, uint16_t port);

/* Who sends to whom: fills in .from_hash to .to_coap and the message's way. */
void cs_turn_ends(struct cs_turn *turn);
/* Where the host that was asked becomes one of ours, unless that is said by --local. */
void cs_turn_adopt(struct cs_turn *turn);

/* The sender is a source: it is met. */
void cs_turn_from(struct cs_turn *turn);
/* The receiver is a source: if it is known, what was sent to it is noted. */
void cs_turn_to(struct cs_turn *turn);
/* Likewise, and if it is not known it is met: what it asked took another way. */
void cs_turn_meet(struct cs_turn *turn);
/* Takes out a source if it is known. */
void cs_turn_take_known(struct cs_turn *turn, const struct cs_addr *ip, uint64_t hash);
/* Puts the source back. */
void cs_turn_put(struct cs_turn *turn);

/* Observes something of the source; keeps a sample of its first. */
void cs_turn_note(struct cs_turn *turn, enum cs_obs kind);
/* Takes back @n observations that turned out to be something else. */
void cs_turn_unnote(struct cs_turn *turn, enum cs_obs kind, uint32_t n);
/* It is proved that the source hears us: rules a forged address out. */
void cs_turn_prove(struct cs_turn *turn, enum cs_obs how);

/* Its flow is somebody's who is there; what was asked on it is not unproved. */
void cs_turn_hears(struct cs_turn *turn);

/* The kinds of messages: track_ask.c, track_answer.c, track_empty.c,
   track_other.c, track_icmp.c, track_tcp.c. */
void cs_turn_request(struct cs_turn *turn);
void cs_turn_response(struct cs_turn *turn);
void cs_turn_empty(struct cs_turn *turn);
void cs_turn_other(struct cs_turn *turn);
void cs_turn_icmp(struct cs_turn *turn);
void cs_turn_segment(struct cs_turn *turn);

/* Faults and what is no CoAP, of a message that the source sent. */
void cs_turn_flaws(struct cs_turn *turn);
/* Whether the message is malformed in the sense of class F. */
bool cs_sight_is_malformed(const struct cs_sight *sight);
/* The key of a message's flow, of UDP or TCP. */
struct cs_flow_key cs_turn_key(const struct cs_turn *turn);
/* A proof by what a request carries: an Echo, the next block. Before it is answered. */
uint16_t cs_turn_echo(const struct cs_sight *sight);
uint16_t cs_turn_block(const struct cs_sight *sight, unsigned plus);
uint16_t cs_turn_body_block(const struct cs_sight *sight, unsigned plus); /* Block1 */
