/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promise: what a policy says of a question, compared with what packets showed. Pure.
 */
#pragma once

#include "protect/entries.h"
#include "protect/meaning.h"
#include "protect/policy.h"

enum cs_promise {
	CS_PROMISE_NONE, /* the policy says nothing of it */
	CS_PROMISE_KEPT,
	CS_PROMISE_LET_IN, /* a stranger gets more than the policy says */
	CS_PROMISE_SHUT,   /* our own rules stop who is allowed */
	CS_PROMISE_OTHERS, /* another table stops who is allowed: not ours to change */
};

/* @host: what the question was asked of, for its interfaces and addresses. */
enum cs_promise cs_promise_of(const struct cs_policy *policy,
			      const struct cs_entries *entries,
			      const struct cs_host *host, const struct cs_meaning *row);

/*
 * Whether the internet is answered by a host behind this one, and the policy does not touch it
 * because it is none of a router (--router), or of one of other networks (--local).
 */
bool cs_promise_is_left_open(const struct cs_policy *policy, const struct cs_host *host,
			     const struct cs_meaning *row);

/*
 * Whether the internet is answered at a port that is none of CoAP's and leads to one: no policy
 * touches it, as its rules match CoAP ports alone.
 */
bool cs_promise_is_published(const struct cs_meaning *row);

/* Whether entries deny @address, however special the others are; on interface @link ("" none). */
bool cs_promise_denies(const struct cs_entries *entries, const struct cs_addr *address,
		       const char *link);

/*
 * Whether the policy (NULL: none) or an entry allows @address where it enters by @link; NULL: by
 * whichever it likes.
 */
bool cs_promise_allows(const struct cs_policy *policy, const struct cs_entries *entries,
		       const struct cs_addr *address, const char *link);
