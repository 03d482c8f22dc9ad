/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "protect/policy.h"

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
	char *text = NULL, *copy = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return CS_ERR_NOMEM;
	put(memory, policy);
	if (fclose(memory) == 0)
		copy = cs_arena_text(arena, cs_span_of(text, len));
	free(text);
	if (!copy)
		return CS_ERR_NOMEM;
	*out = cs_span_of(copy, len);
	return CS_OK;
}
