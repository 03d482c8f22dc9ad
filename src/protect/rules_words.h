/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_words: what the words of a rule say about a packet, as a reader of the rule would
 * take them. This is no oracle (the kernel is): it finds the rules that look as if they
 * decided. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "protect/rules_listing.h"

/* The packet. */
struct cs_words_ask {
	struct cs_addr from, to;
	bool tcp;
	uint16_t port,
		other_port; /* destination; @other_port after DNAT, else the same */
	bool answer;        /* it is the answer: the ports are its source's */
	bool any_to;    /* where it goes is rewritten on the way: daddr is not judged */
	const char *in; /* the interface that it enters by; NULL: not known */
	const struct cs_listing *sets; /* where named sets are; NULL: none */
	struct cs_span table;          /* "inet filter": whose sets */
};

enum cs_words_verdict {
	CS_WORDS_NONE, /* it goes on: a counter, a log, a return */
	CS_WORDS_ACCEPT,
	CS_WORDS_DROP,
	CS_WORDS_REJECT,
	CS_WORDS_JUMP,  /* and goto: to @target */
	CS_WORDS_OTHER, /* queue, dnat, ... */
};

struct cs_words {
	enum cs_words_verdict verdict;
	struct cs_span target; /* of a jump */
	bool names_port;       /* it names the port, alone, in a range or in a set */
	bool matches;          /* nothing that it says keeps it from that packet */
	bool unsure;           /* it asks for something that we cannot judge */
	bool rated;            /* it counts or measures */
};

/* A rule as nft prints it, on one line. */
struct cs_words cs_words_nft(struct cs_span text, const struct cs_words_ask *ask);

/* A line of iptables-save's: "-A CHAIN ..." */
struct cs_words cs_words_xtables(struct cs_span text, const struct cs_words_ask *ask);

/* --- values, as both tools write them; for the two readers --- */

enum cs_words_is { CS_WORDS_NO, CS_WORDS_YES, CS_WORDS_MAYBE };

/* "5683" or "5683-5690" or "5683:5690": does it hold one of the ports? */
enum cs_words_is cs_words_port(struct cs_span value, const struct cs_words_ask *ask);

/* "10.0.0.0/8", "10.0.0.1-10.0.0.9", an address with a mask: of @address' family or not. */
enum cs_words_is cs_words_address(struct cs_span value, const struct cs_addr *address);
/* Likewise of a prefix that has been read. */
enum cs_words_is cs_words_prefix(const struct cs_prefix *prefix,
				 const struct cs_addr *address);

/* "udp", "17", "tcp" ... */
enum cs_words_is cs_words_protocol(struct cs_span value, bool tcp);

/* A name of an interface; "eth*" and "eth+" stand for all that begin so. */
enum cs_words_is cs_words_interface(struct cs_span value, const char *name);

/* Words of states by comma: may a packet of a flow that somebody asks about be in one? */
enum cs_words_is cs_words_states(struct cs_span value);
