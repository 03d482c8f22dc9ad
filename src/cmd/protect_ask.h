/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect_ask: what is asked of rules, from what the operator said: --allow, --local, --from,
 * --ruleset and --ufw, and from this host. What check prints, and plan and apply prove with.
 */
#pragma once

#include "cmd/protect_job.h"
#include "protect/meaning.h"

/* All that a question needs; it lives in the job's arena. */
struct cs_protect_ask {
	struct cs_rules rules;
	struct cs_host host;
	struct cs_meaning_request request; /* points into the others: do not copy */
};

/*
 * Reads the rules (of --ruleset or --ufw, else of this host), the host that they are of, and who is
 * asked about. -1 to go on, else the exit status: the reason has then been said.
 */
CS_MUST_USE int cs_protect_ask_read(struct cs_protect_job *job,
				    struct cs_protect_ask *ask);

/* Likewise for this host as it would be with @change made. */
CS_MUST_USE int cs_protect_ask_changed(struct cs_protect_job *job,
				       const struct cs_rules_change *change,
				       struct cs_protect_ask *ask);

/*
 * Likewise, in brief, where @change puts @policy in force.
 */
CS_MUST_USE int cs_protect_ask_with(struct cs_protect_job *job,
				    const struct cs_policy *policy,
				    const struct cs_rules_change *change,
				    struct cs_protect_ask *ask);

/* Asks, with a line of progress where somebody looks. Likewise. */
CS_MUST_USE int cs_protect_ask_all(struct cs_protect_job *job, struct cs_protect_ask *ask,
				   struct cs_meanings *out);
