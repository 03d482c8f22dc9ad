/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: one capture under way: the tape, our network with its devices, the addresses
 * that are taken, and the truth about each source. Stories (story.h) act in it.
 */
#pragma once

#include "mesg.h"
#include "tape.h"

enum {
	SCENE_DEVICES = 320,
	SCENE_NETS = 4096,
	SCENE_LABELS = 4096,
	SCENE_PEERS = 32,
	SECOND = 1000000,
	MINUTE = 60 * SECOND,
};

#define HOUR (INT64_C(60) * MINUTE)

enum serves { SERVES_COAP, SERVES_CLOSED, SERVES_SILENT };

enum writes {
	WRITES_DONE,
	WRITES_REFUSED,
	WRITES_EMPTY_ACK,
	WRITES_RESET,
	WRITES_SILENT
};

enum stack { STACK_LIBCOAP, STACK_NODE, STACK_CALIFORNIUM, STACK_SMALL, STACKS };

/* A host of ours, or a server elsewhere. */
struct device {
	struct end end; /* where it answers from */
	enum serves serves;
	enum stack stack;
	enum writes writes;
	uint16_t list_size;  /* bytes of its /.well-known/core */
	uint16_t value_size; /* of another resource */
	uint16_t big_size;   /* of /big, /store/log and the like */
	uint32_t has;        /* bit i: resource i of the pool */
	uint8_t szx;         /* its own block size */
	bool separate, observes, open_proxy;
	bool limits; /* answers a source only a few times a minute */
	uint8_t budget;
	uint16_t mid;
	uint32_t latency_us;
	int64_t dead_from_us; /* silent from then on; 0: never */
};

/* Somebody outside, and what came of all that was done in its name. */
struct actor {
	struct end end;
	int64_t first_us, last_us;
	uint32_t packets;
	uint64_t bytes_in, bytes_out; /* UDP payload; from it, and to it */
	bool answered;                /* by a message with a response code */
	bool write_done;              /* 2.xx to a write */
	bool observe_granted, proxied;
	bool write_taken; /* Empty ACK */
	uint16_t mid;     /* of a client with a counter */
	uint8_t token[8];
	uint8_t tkl;
};

/* What a request brought. */
struct heard {
	bool anything; /* a datagram of any kind */
	bool response; /* with a response code */
	uint8_t code;
	enum cs_type type;
	uint16_t mid;
	uint32_t bytes;
	int64_t at_us;
	bool more; /* a block follows */
	uint32_t block;
	uint8_t szx;
};

enum worry { WORRY_NONE, WORRY_NOTE, WORRY_ACT, WORRY_ACT_NOW };
enum maybe { NO, YES, EITHER };

struct label {
	char source[CS_PREFIX_TEXT];
	char classes[24]; /* "C1" or "H,B": the first is what it is */
	enum maybe victim, answered;
	enum worry worry;
	const char *story;
	const char *because; /* why more than one class is accepted; or NULL */
};

struct scene {
	struct rng rng;
	struct tape tape;
	int64_t start_us;
	int64_t span_us;
	bool has_v6, says_local;
	bool inbound_only; /* nothing that needs --local */
	struct cs_prefix local4, local6;
	struct cs_prefix peers[SCENE_PEERS];
	size_t n_peers;
	struct device devices[SCENE_DEVICES];
	size_t n_devices;
	uint64_t nets[SCENE_NETS]; /* /24 and /64 that are taken */
	size_t n_nets;
	struct label labels[SCENE_LABELS];
	size_t n_labels;
	const char *story; /* the one that is told now */
};

/* Draws our network, the link, the time. */
void scene_open(struct scene *s, uint64_t seed, bool inbound_only);
void scene_close(struct scene *s);

/* A moment in the first part of the capture, so that stories overlap. */
int64_t scene_moment(struct scene *s);

/* An address that nobody in this scene has, nor anybody in its /24 or /64. */
struct cs_addr scene_stranger(struct scene *s, bool v4);

/* Another address of that /24 or /64: the one with the number @n. */
struct cs_addr scene_neighbour(const struct cs_addr *of, uint32_t n);
struct cs_prefix scene_net_of(const struct cs_addr *of);

/* A stranger with an ephemeral port and a plausible hop limit. */
struct actor scene_actor(struct scene *s, bool v4);
bool scene_family(struct scene *s); /* true: IPv4 */

/* Listed with --peer from now on. */
void scene_peer(struct scene *s, const struct cs_addr *ip, bool whole_net);

/* A host of ours: one that is there already, or a new one. */
struct device *scene_device(struct scene *s, bool v4, enum serves serves);

/* A new one, whose nature no other story depends on. */
struct device *scene_own_device(struct scene *s, bool v4, enum serves serves);

/* An address of ours where nobody is. */
struct cs_addr scene_empty(struct scene *s, bool v4);

/* A server elsewhere; not in .devices. */
struct device scene_server(struct scene *s, bool v4);

/* Says @m in @who's name to @to at @at_us. */
void say(struct scene *s, struct actor *who, const struct end *to, int64_t at_us,
	 struct cs_span bytes);

/* The same, and what the device does about it, if anything. */
struct heard ask(struct scene *s, struct actor *who, struct device *device, int64_t at_us,
		 const struct mesg *m);

/* What @device says in answer to @m from @from: for requests that go unseen, too. */
struct heard device_answer(struct scene *s, struct device *device, const struct end *from,
			   int64_t at_us, const struct mesg *m);

/* A datagram that is no CoAP request, and what a closed port makes of it. */
void knock(struct scene *s, struct actor *who, struct device *device, int64_t at_us,
	   struct cs_span bytes);

/* Payload that looks like one: @len bytes of links, or of a value. */
struct cs_span filler(bool links, size_t len);

/* The truth about @who; "answered" as it came to be. */
struct label *label(struct scene *s, const struct actor *who, const char *classes,
		    bool victim, enum worry worry);
struct label *label_net(struct scene *s, const struct actor *all, const char *classes,
			bool victim, enum worry worry);
