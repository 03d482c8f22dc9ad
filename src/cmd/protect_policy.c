/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_policy.h"

#include <net/if.h>

/* The rows' readers have looked at each text already. */
static enum cs_err take_allow(struct cs_protect_job *job, struct cs_policy *policy)
{
	const struct cs_arg_list *texts = &job->options.allow;
	struct cs_peer *peers = cs_arena_array(&job->arena, texts->n + 1, sizeof(*peers));

	if (!peers)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < texts->n; i++) {
		if (!cs_peer_read(cs_span_str(texts->item[i]), &peers[i]))
			return CS_ERR_USAGE;
	}
	policy->allow = peers;
	policy->n_allow = texts->n;
	return CS_OK;
}

static void no_interface(const struct cs_protect_job *job, const struct cs_peer *peer,
			 struct cs_origin from)
{
	char text[CS_PEER_TEXT];

	cs_peer_text(peer, text);
	if (from.line > 0)
		cs_log(&job->ctx->log, CS_ERROR,
		       "%s:%u: allow %s: there is no interface %s here", from.name,
		       from.line, text, peer->interface);
	else
		cs_log(&job->ctx->log, CS_ERROR, "%s %s: there is no interface %s here",
		       from.name ? from.name : "--allow", text, peer->interface);
}

/* A peer that is bound to an interface that is not here would be shut out: a slip, most likely. */
static bool has_interfaces(const struct cs_protect_job *job)
{
	const struct cs_protect_options *o = &job->options;

	for (size_t i = 0; i < o->allow.n; i++) {
		struct cs_peer peer;

		if (!cs_peer_read(cs_span_str(o->allow.item[i]), &peer) ||
		    !peer.interface[0] || if_nametoindex(peer.interface) != 0)
			continue;
		no_interface(job, &peer,
			     cs_args_item_origin(
				     &o->common,
				     offsetof(struct cs_protect_options, allow), i));
		return false;
	}
	return true;
}

static enum cs_err take_local(struct cs_protect_job *job, struct cs_policy *policy)
{
	const struct cs_arg_list *texts = &job->options.local;
	struct cs_prefix *local;

	if (texts->n == 0)
		return cs_protect_local(&job->arena, policy->router, &policy->local,
					&policy->n_local);
	local = cs_arena_array(&job->arena, texts->n, sizeof(*local));
	if (!local)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < texts->n; i++) {
		if (cs_prefix_read(cs_span_str(texts->item[i]), &local[i]))
			return CS_ERR_USAGE;
	}
	policy->local = local;
	policy->n_local = texts->n;
	return CS_OK;
}

int cs_protect_policy(struct cs_protect_job *job, struct cs_policy *out)
{
	const struct cs_protect_options *o = &job->options;
	struct cs_policy policy = {
		.strangers = (enum cs_strangers)o->strangers,
		.answer_bytes = (uint32_t)o->answer_bytes,
		.answer_rate = (uint32_t)o->answer_rate,
		.peer_rate = (uint32_t)o->peer_rate,
		.multicast = o->multicast,
		.log = o->log,
		.router = o->router,
	};
	enum cs_err err = take_allow(job, &policy);

	if (!err)
		err = take_local(job, &policy);
	if (!err)
		err = cs_policy_settle(&policy, &job->arena);
	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "the policy: %s", cs_strerror(err));
		return err == CS_ERR_USAGE ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	}
	if (!has_interfaces(job))
		return CS_EXIT_USAGE;
	*out = policy;
	return -1;
}
