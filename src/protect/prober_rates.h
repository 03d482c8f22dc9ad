/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober_rates: the words of rules that count packets, and the same rules with rates so small
 * that a short burst uses them up. How much a rate lets pass in an hour says nothing of
 * whether it decides; that does show when a burst's first packets fare differently from its last
 * ones. A quota is no rate: what is left of it is what packets meet, and stays. Pure but
 * for the stream.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/rd.h"

/* What the small rates let pass at once. */
enum {
	CS_RATES_PACKETS = 3,
	CS_RATES_BYTES = 1250, /* one packet of any size that is asked with, not forty */
	CS_RATES_HITS = 6,     /* of the recent match */
};

/*
 * True when that rule of nft's (as it lists them) counts packets, connections or bytes
 * and what it does depends on that: one that only logs or counts does not.
 */
bool cs_rates_decide(struct cs_span rule);

/* What of the rule stands before the first word that counts; it is in @rule. */
struct cs_span cs_rates_before(struct cs_span rule);

/*
 * True when such a rule counts in elements of named sets alone: "update @met { ip saddr
 * limit rate ... }".
 */
bool cs_rates_in_sets(struct cs_span rule);

/* Writes the rule with small rates. What has no rate is written as it is. */
void cs_rates_write(FILE *to, struct cs_span rule);

/*
 * The same for a line of iptables-save, "-A CHAIN ...". Lists of recent addresses belong to
 * both families under one name; with @v6 the name gets a 6 in front, so that each
 * family's can be made anew without the other's.
 */
bool cs_rates_decide_xt(struct cs_span rule);
struct cs_span cs_rates_before_xt(struct cs_span rule);
void cs_rates_write_xt(FILE *to, struct cs_span rule, bool v6);
