/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meaning: what a firewall really does with CoAP. Makes the questions from what the
 * host is and who is asked about, has the prober answer them, and keeps a row each
 * (coapscope.meaning/1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "protect/host.h"
#include "protect/listeners.h"
#include "protect/policy.h"
#include "protect/prober.h"
#include "protect/rules.h"

struct cs_json;

enum { CS_MEANING_SHADOWED = 8 };

enum cs_asker { CS_ASKER_INTERNET, CS_ASKER_LOCAL, CS_ASKER_PEER, CS_ASKER_FROM };

struct cs_meaning {
	enum cs_asker asker;
	const char *from; /* "internet", or a prefix or address as text */
	struct cs_probe_ask ask;
	struct cs_probe_told told;
	uint16_t
		source_port; /* one that rules name, and only from there; 0: ordinary ones */
	bool forward; /* it was routed to another host, or sent on to one by DNAT */
	const struct cs_rule *shadowed[CS_MEANING_SHADOWED];
	size_t n_shadowed;
	const struct cs_listener *listener; /* NULL: none, or another host's rules */
	bool exposed;
};

/* Whether the rules let answers through, at any rate. */
static inline bool cs_meaning_is_answered(const struct cs_meaning *row)
{
	return row->told.verdict == CS_MEANING_OPEN ||
	       row->told.verdict == CS_MEANING_LIMIT;
}

struct cs_meaning_request {
	const struct cs_host *host;
	const struct cs_rules *rules;
	const struct cs_prefix *locals; /* what is ours; none: the host's networks */
	size_t n_locals;
	const struct cs_peer *peers; /* who is allowed; of many a few are asked about */
	size_t n_peers;
	const struct cs_addr *froms; /* --from */
	size_t n_froms;
	const struct cs_listener *listeners; /* of this host */
	size_t n_listeners;
	const struct cs_addr *groups; /* that are joined here */
	size_t n_groups;
	bool assume_listener; /* another host's rules: one on each port */
	bool flood;           /* also ask what gets through a spoofed flood */
	/*
	 * Fewer questions, for a proof that somebody waits for: one address of ours and
	 * one network of each family, flows that go on and TCP at the first port alone.
	 */
	bool brief;

	/* Called after each question; may be NULL. */
	void (*progress)(void *arg, size_t done, size_t n);
	void *arg;
};

enum {
	CS_MEANING_FLOOD = 20000, /* sources, one request each */
	CS_MEANING_FLOOD_ANSWER =
		128, /* payload bytes of each answer: a short list of resources */
};

struct cs_meanings {
	struct cs_meaning *rows; /* in the order of the questions */
	size_t n;
	size_t exposed;
	bool assumed_route;  /* it has no default route: asked as if it had one */
	bool left_out;       /* there were more questions than are asked */
	bool hosts_left_out; /* rules name more hosts behind us than are asked about */
	bool ports_left_out; /* rules tell more source ports apart than are asked from */
	/*
	 * By this link IPv6 comes to what is open, but rules keep neighbours from finding
	 * us; NULL: none is so.
	 */
	const struct cs_host_link *not_found;
	size_t n_peers; /* of the request's, so many were asked about */
	struct cs_probe_told flood4, flood6; /* sent 0: not asked */
};

/*
 * Asks everything. This process must be outside any scratch; it makes one and leaves it
 * as scratch.h says. @why is one line on an error.
 * CS_ERR_USAGE  a peer or an asker that has no place in the question (@why says which)
 * and as cs_scratch_open(), cs_prober_open(), cs_prober_ask()
 */
CS_MUST_USE enum cs_err cs_meaning_ask(const struct cs_meaning_request *request,
				       struct cs_arena *arena, struct cs_meanings *out,
				       char why[CS_RULES_WHY]);

/* "open", "limit", "reject", "drop" */
const char *cs_meaning_verdict_text(enum cs_meaning_verdict verdict);

/*
 * One object, coapscope.meaning/1. @flood (NULL: not asked) is what got through of the
 * flood that this row is about.
 */
void cs_meaning_write(struct cs_json *json, const struct cs_meaning *row,
		      const struct cs_probe_told *flood);

/* All rows, a line each. */
void cs_meanings_write(const struct cs_meanings *meanings, FILE *to);

/*
 * For people: what is exposed and why in words, what to do next, then every answer as a
 * table, worst first. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_meanings_write_table(const struct cs_meanings *meanings,
						const struct cs_meaning_request *request,
						FILE *to, size_t width, bool colour);
