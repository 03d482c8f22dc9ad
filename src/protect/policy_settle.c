/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of a policy in order, and peers as text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protect/policy.h"

const struct cs_policy cs_policy_preset = {
	.strangers = CS_STRANGERS_DROP,
	.answer_bytes =
		136, /* RFC 9175 section 2.4: to one whose address is not proved */
	.answer_rate = 50,
	.peer_rate = 1000,
};

const char *const cs_strangers_names[] = {
	[CS_STRANGERS_DROP] = "drop",
	[CS_STRANGERS_LIMIT] = "limit",
	[CS_STRANGERS_DTLS_ONLY] = "dtls-only",
	NULL,
};

/* What nft, ip and a shell take for a name and for nothing else. */
static bool is_interface(struct cs_span name)
{
	static const char others[] = { '.', '_', '-', ':', '+', '@' };

	if (name.len == 0 || name.len > 15)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!(isascii(name.ptr[i]) && isalnum(name.ptr[i])) &&
		    !memchr(others, name.ptr[i], sizeof(others)))
			return false;
	}
	return true;
}

bool cs_peer_read(struct cs_span text, struct cs_peer *out)
{
	const uint8_t *at = text.len ? memchr(text.ptr, '@', text.len) : NULL;
	struct cs_peer peer = { 0 };

	if (at) {
		size_t len = (size_t)(at - text.ptr);
		struct cs_span name = cs_span_of(at + 1, text.len - len - 1);

		if (!is_interface(name))
			return false;
		memcpy(peer.interface, name.ptr, name.len);
		text.len = len;
	}
	if (cs_prefix_read(text, &peer.prefix))
		return false;
	*out = peer;
	return true;
}

void cs_peer_text(const struct cs_peer *peer, char out[CS_PEER_TEXT])
{
	char prefix[CS_PREFIX_TEXT];

	cs_prefix_text(&peer->prefix, prefix);
	snprintf(out, CS_PEER_TEXT, "%s%s%s", prefix, peer->interface[0] ? "@" : "",
		 peer->interface);
}

static int by_prefix(const void *a, const void *b)
{
	return cs_prefix_cmp(a, b);
}

static int by_peer(const void *a, const void *b)
{
	const struct cs_peer *x = a, *y = b;
	int order = strcmp(x->interface, y->interface);

	return order ? order : cs_prefix_cmp(&x->prefix, &y->prefix);
}

/* The last of the sorted @peers, none within another, that begins at @p or before; NULL: none. */
static const struct cs_peer *before(const struct cs_peer *peers, size_t n,
				    const struct cs_prefix *p)
{
	size_t low = 0;

	while (n > low) {
		size_t mid = low + (n - low) / 2;

		if (cs_prefix_cmp(&peers[mid].prefix, p) <= 0)
			low = mid + 1;
		else
			n = mid;
	}
	return low ? &peers[low - 1] : NULL;
}

/*
 * In order, so what holds a prefix stands before it: among its interface's, or among
 * those of none.
 */
static size_t settle_peers(struct cs_peer *peers, size_t n)
{
	size_t kept = 0, anywhere = 0;

	qsort(peers, n, sizeof(*peers), by_peer);
	for (size_t i = 0; i < n; i++) {
		const struct cs_peer *last = kept ? &peers[kept - 1] : NULL;
		const struct cs_peer *any = before(peers, anywhere, &peers[i].prefix);
		bool same = last && strcmp(last->interface, peers[i].interface) == 0;

		if (same && cs_prefix_within(&peers[i].prefix, &last->prefix))
			continue;
		if (any && cs_prefix_within(&peers[i].prefix, &any->prefix))
			continue;
		peers[kept++] = peers[i];
		if (!peers[i].interface[0])
			anywhere = kept;
	}
	return kept;
}

static size_t settle_prefixes(struct cs_prefix *prefixes, size_t n)
{
	size_t kept = 0;

	qsort(prefixes, n, sizeof(*prefixes), by_prefix);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || !cs_prefix_within(&prefixes[i], &prefixes[kept - 1]))
			prefixes[kept++] = prefixes[i];
	}
	return kept;
}

enum cs_err cs_policy_settle(struct cs_policy *policy, struct cs_arena *arena)
{
	struct cs_peer *allow =
		cs_arena_array(arena, policy->n_allow + 1, sizeof(*allow));
	struct cs_prefix *local =
		cs_arena_array(arena, policy->n_local + 1, sizeof(*local));

	if (!allow || !local)
		return CS_ERR_NOMEM;
	if (policy->n_allow)
		memcpy(allow, policy->allow, policy->n_allow * sizeof(*allow));
	if (policy->n_local)
		memcpy(local, policy->local, policy->n_local * sizeof(*local));
	policy->allow = allow;
	policy->n_allow = settle_peers(allow, policy->n_allow);
	policy->local = local;
	policy->n_local = settle_prefixes(local, policy->n_local);
	return CS_OK;
}
