/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober_own: the prober from inside, for prober*.c alone: rules that are loaded, a
 * burst of packets, and the journeys of the marked ones.
 */
#pragma once

#include "protect/prober.h"
#include "protect/prober_frames.h"
#include "protect/program_start.h"
#include "protect/rules_listing.h"
#include "protect/trace.h"

enum {
	CS_PROBER_SHOTS = 16, /* packets of a burst */
	CS_PROBER_SHOTS_RATED =
		40,           /* where rates are: more than any scaled one lets pass */
	CS_PROBER_TRIES = 64, /* more of them, to see one of each end */
	CS_PROBER_HITS = 192, /* rules and policies that one packet meets */
	CS_PROBER_JOURNEYS = 256, /* of one question */
	CS_PROBER_COUNTING = 64,  /* sets that are emptied without a load */
	CS_PROBER_NAME = 160,     /* bytes of a table's or set's name */
};

/*
 * The rules as they stand in the scratch now. To list them takes as long as to load
 * them; but each load of the same script moves the handles by the same steps.
 */
struct cs_prober_load {
	struct cs_arena arena; /* the listing's */
	struct cs_listing listing;
	uint64_t *
		steps; /* for each of its rules, from a load to the next; NULL: not known yet */
	uint64_t loads; /* since it was made */
	bool scaled;    /* it is of the rules with small rates */
	bool has_xt[2]; /* iptables' of that family are in it, as they are loaded again */
};

/* A set that is empty when the rules are loaded, and which rules fill. */
struct cs_prober_counting {
	struct cs_span table, name; /* "inet filter" */
};

/* The same rules with small rates. A rule before each that has one shows who comes by. */
struct cs_prober_scaled {
	bool any;      /* a rate decides something; else the rest is empty */
	bool refused;  /* nft would not take them: bursts show what they can */
	bool *rated;   /* for each rule of the first listing */
	bool *in_sets; /* likewise: all that it counts in is elements of @counting */
	struct cs_prober_counting counting[CS_PROBER_COUNTING];
	size_t n_counting;
	struct cs_span nft;                /* in place of what the tables hold */
	struct cs_span xtables4, xtables6; /* whole, for iptables-nft-restore */
};

/* A packet's rule or policy. */
struct cs_prober_hit {
	uint32_t chain; /* of the first listing */
	uint32_t base;  /* the one with the hook that the packet was in */
	size_t rule;    /* of the first listing; SIZE_MAX: the policy */
	enum cs_trace_verdict verdict;
	uint32_t target; /* of a jump; UINT32_MAX: none */
};

/* One packet's way through the rules, from where it entered or was made. */
struct cs_prober_journey {
	uint32_t id;
	bool request; /* else an answer, or a RST */
	uint16_t from_port, to_port;
	bool met;      /* a rule with a rate looked at it */
	bool met_rule; /* and one that counts by itself, not in a set */
	bool arrived;  /* it passed all of input, or came to forward */
	bool onward;   /* the latter */
	uint16_t arrived_port;
	struct cs_addr arrived_at;
	uint32_t base; /* the chain with a hook that it is in */
	size_t n;
	struct cs_prober_hit hits[CS_PROBER_HITS];
};

/* One packet that was sent. */
struct cs_prober_shot {
	uint16_t port; /* its source port */
	uint16_t mid;
	uint16_t order; /* of a marked one: how many of those were before */
	bool marked, answered;
	bool failed; /* by an ICMP error or RST, or nothing will come any more */
};

struct cs_prober {
	struct cs_scratch *scratch;
	const struct cs_host *host;
	const struct cs_rules *rules;
	struct cs_arena arena; /* of the prober's life */

	struct cs_listing first; /* the rules as they were loaded first */
	struct cs_prober_load now;
	struct cs_span
		sets; /* makes ipset's sets what they were before packets came; empty: no need */
	struct cs_arena work;           /* of one load */
	struct cs_prober_scaled scaled; /* where rates decide anything */
	bool dirty;       /* a rate of nft's may have been met since they were loaded */
	bool dirty_rules; /* and one that is in no set */
	bool dirty_xt[2]; /* likewise of iptables, IPv4's and IPv6's */
	bool edges;       /* there are rules in front of prerouting */

	struct cs_program_child monitor;
	char *said; /* of the monitor; owned */
	size_t said_len, said_cap;
	int filter; /* a netlink socket to nftables, of the scratch; -1: none yet */
	int bell;   /* a UDP socket for what is told when all before it was told */
	uint32_t rings;

	uint16_t next_port;
	uint16_t next_mid;

	struct cs_prober_journey *journeys; /* CS_PROBER_JOURNEYS of them */
	size_t n_journeys;
};

struct cs_prober_burst {
	struct cs_prober *prober;
	const struct cs_probe_ask *ask;
	const struct cs_scratch_port *port;
	struct cs_prober_packet packet; /* what is the same in all */
	size_t wanted;                  /* how many shall be sent */
	struct cs_prober_shot shots[CS_PROBER_SHOTS_RATED + CS_PROBER_TRIES];
	size_t n;
	uint16_t marks; /* packets that were sent to be traced */
	bool flood;     /* answers are counted, whoever they go to */

	/* Of the TCP connection that is under way. */
	uint32_t seq, ack;

	struct cs_probe_told *told;
};

/* prober_trace.c */
CS_MUST_USE enum cs_err cs_prober_listen_in(struct cs_prober *prober,
					    char why[CS_RULES_WHY]);
/* Reads all that has been told until now into prober->journeys of @burst's packets. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_prober_hear(struct cs_prober *prober,
				       const struct cs_prober_burst *burst);
void cs_prober_listen_no_more(struct cs_prober *prober);

/* prober_load.c */
/* The rules that trace, alone. */
CS_MUST_USE enum cs_err cs_prober_load_trace(struct cs_prober *prober,
					     char why[CS_RULES_WHY]);
CS_MUST_USE enum cs_err cs_prober_load(struct cs_prober *prober, char why[CS_RULES_WHY]);
/* As if the rules were loaded freshly, where that makes a difference to packets of that family. */
CS_MUST_USE enum cs_err cs_prober_freshen(struct cs_prober *prober, bool v4);
/* Says that a packet of that family may have met a rate; @in_sets: none but in sets of nft's. */
void cs_prober_soil(struct cs_prober *prober, bool v4, bool in_sets);
/* As freshly loaded, with the rates that they really have. */
CS_MUST_USE enum cs_err cs_prober_unscale(struct cs_prober *prober);
/*
 * Which of the first listing's rules has that handle now, in one of its chains. SIZE_MAX:
 * none; @met is then the rule with a rate before which it was put, to show who comes by
 * (SIZE_MAX: it was not).
 */
size_t cs_prober_rule(const struct cs_prober *prober, size_t chain, uint64_t handle,
		      size_t *met);
/* Which of the first listing's chains it is; SIZE_MAX: none. */
size_t cs_prober_chain(const struct cs_prober *prober, struct cs_span table,
		       struct cs_span chain);

/* prober_empty.c: empties prober->scaled.counting; false: they are to be loaded again. */
bool cs_prober_empty(struct cs_prober *prober);

/* prober_scale.c: makes prober->scaled of the first listing. CS_ERR_NOMEM, CS_ERR_IO */
CS_MUST_USE enum cs_err cs_prober_scale(struct cs_prober *prober);

/* prober.c: makes @burst ready to ask; *@told is zeroed. CS_ERR_IO: there is no such link */
CS_MUST_USE enum cs_err cs_prober_aim(struct cs_prober_burst *burst,
				      struct cs_prober *prober,
				      const struct cs_probe_ask *ask,
				      struct cs_probe_told *told);

/* prober_burst.c: UDP, and what TCP shares with it */
CS_MUST_USE enum cs_err cs_prober_burst_udp(struct cs_prober_burst *burst);
/* Sends one more, marked: at most CS_PROBER_TRIES times. */
CS_MUST_USE enum cs_err cs_prober_one_more_udp(struct cs_prober_burst *burst);
/* Sends one request. */
CS_MUST_USE enum cs_err cs_prober_shoot(struct cs_prober_burst *burst, uint16_t port,
					bool marked);
/* Notes that a packet is about to be sent. */
struct cs_prober_shot *cs_prober_take_shot(struct cs_prober_burst *burst, uint16_t port,
					   bool marked);
/* What was sent and came back until now counts for nothing. */
void cs_prober_forget_shots(struct cs_prober_burst *burst);
/* Sends burst->packet into the port. */
CS_MUST_USE enum cs_err cs_prober_send(struct cs_prober_burst *burst);
/*
 * A source port that no flow has: one that no question had yet. Where the question is of one port
 * alone it is that, and what came of it until now is over and forgotten.
 */
CS_MUST_USE enum cs_err cs_prober_port(struct cs_prober_burst *burst, uint16_t *port);

/* prober_tcp.c */
CS_MUST_USE enum cs_err cs_prober_burst_tcp(struct cs_prober_burst *burst);
CS_MUST_USE enum cs_err cs_prober_one_more_tcp(struct cs_prober_burst *burst);
/* Ends the connection that was begun last, if it was answered. */
CS_MUST_USE enum cs_err cs_prober_end_tcp(struct cs_prober_burst *burst);

/*
 * prober_beyond.c: serves, answers for all who are beyond the ports, and counts, until
 * nothing moves.
 */
CS_MUST_USE enum cs_err cs_prober_settle(struct cs_prober_burst *burst);

/* prober_verdict.c: from what came back and the journeys: verdict and rule. */
void cs_prober_judge(const struct cs_prober_burst *burst);
/* True when no packet met a rate but in sets that cs_prober_empty() empties. */
bool cs_prober_met_sets_only(const struct cs_prober *prober);
/* True when the marked packets show both ends, or there is only one. */
bool cs_prober_seen_enough(const struct cs_prober_burst *burst);
