/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "protect/policy.h"

#include "protect/draft.h"

static void put(FILE *to, const struct cs_policy *policy)
{
	static const char *const yes_no[] = { "no", "yes" };

	fprintf(to,
		"[protect]\nstrangers = %s\nanswer-bytes = %u\nanswer-rate = %u\n"
		"peer-rate = %u\nmulticast = %s\nlog = %s\nrouter = %s\n",
		cs_strangers_names[policy->strangers], policy->answer_bytes,
		policy->answer_rate, policy->peer_rate, yes_no[policy->multicast],
		yes_no[policy->log], yes_no[policy->router]);
	for (size_t i = 0; i < policy->n_allow; i++) {
		char text[CS_PEER_TEXT];

		cs_peer_text(&policy->allow[i], text);
		fprintf(to, "allow = %s\n", text);
	}
	for (size_t i = 0; i < policy->n_local; i++) {
		char text[CS_PREFIX_TEXT];

		cs_prefix_text(&policy->local[i], text);
		fprintf(to, "local = %s\n", text);
	}
}

enum cs_err cs_policy_write(const struct cs_policy *policy, struct cs_arena *arena,
			    struct cs_span *out)
{
	struct cs_draft text;

	if (!cs_draft_open(&text))
		return CS_ERR_NOMEM;
	put(text.to, policy);
	return cs_draft_close(&text, arena, out);
}
