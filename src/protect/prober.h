/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober: asks the scratch one question by packets and tells what became of them, and by
 * which rule. It knows nothing of who asks or why: see meaning.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "protect/rules.h"
#include "protect/scratch.h"

enum {
	CS_PROBER_FIRST_PORT =
		33000, /* source ports; all but a few machines' ephemeral ones */
	CS_PROBER_LAST_PORT = 60000,
};

enum cs_flow_kind {
	/* Each packet from a source port of its own; of one port: each the first of its flow. */
	CS_FLOW_NEW,
	CS_FLOW_ESTABLISHED, /* the second and later packets of one port (TCP: of one connection) */
};

struct cs_probe_ask {
	struct cs_addr from;
	struct cs_addr to; /* own address, a host behind, or a multicast group */
	uint32_t link;     /* where it enters */
	bool tcp;
	uint16_t port;
	/* Source ports, both ends; 0: CS_PROBER_FIRST_PORT to _LAST_PORT. */
	uint16_t from_first, from_last;
	enum cs_flow_kind flow;
	size_t answer; /* UDP payload bytes of the answer, 4 to 1,200 */
};

/*
 * What happened to the burst. Where a rule with a rate may be met, the burst meets the
 * same rules with rates that it uses up: then the numbers say that a rate decides, not
 * how many it lets pass.
 */
struct cs_probe_told {
	enum cs_meaning_verdict verdict;
	uint32_t sent, answered, errors; /* errors: ICMP errors and RST that came back */
	uint64_t bytes_in,
		bytes_out; /* UDP payload, of the requests and of the answers */
	bool forwarded; /* it was for another host: it left (and was answered there), or was to */
	struct cs_addr forward_to; /* where to; zero bytes: no */
	uint16_t forward_port;
	/*
	 * The rule that decided, of the request or (when that passed) of the answer;
	 * NULL: none did.
	 */
	const struct cs_rule *rule;
	bool answer_ended; /* it is the answer that @rule let no further */
	bool rated;        /* a rule with a limit or meter was met on the way */
};

struct cs_prober;

/*
 * Loads @rules into the scratch with the trace in front, listens on the CoAP ports and on
 * those that rules send on to, and starts `nft monitor trace`.
 * Errors as cs_rules_load() and cs_scratch_listen(); @why is one line
 */
CS_MUST_USE enum cs_err cs_prober_open(struct cs_scratch *scratch,
				       const struct cs_host *host,
				       const struct cs_rules *rules,
				       struct cs_arena *arena, struct cs_prober **out,
				       char why[CS_RULES_WHY]);
void cs_prober_close(struct cs_prober *prober);

/*
 * Asks. The state of meters and tracked connections is that of freshly loaded rules at
 * each question. What came from the kernel's own rationing is not taken for an answer.
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_prober_ask(struct cs_prober *prober,
				      const struct cs_probe_ask *ask,
				      struct cs_probe_told *out);

/*
 * Whether a neighbour on @link is told whose our address @own (IPv6) is: without it
 * nobody's packet comes. CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_prober_is_found(struct cs_prober *prober, uint32_t link,
					   const struct cs_addr *own, bool *out);

/*
 * What gets through a spoofed flood: @n requests from @n different sources of the
 * internet, as fast as they go, by the link of @ask and under the rates that the rules really have.
 * Only sent, answered and the bytes of @out are told.
 */
CS_MUST_USE enum cs_err cs_prober_flood(struct cs_prober *prober,
					const struct cs_probe_ask *ask, uint32_t n,
					struct cs_probe_told *out);
