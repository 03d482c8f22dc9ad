/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_place: where rules of ours have to stand among those of ufw's user, and which of
 * these would lose their meaning by it. The first rule that matches decides. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protect/policy.h"
#include "protect/ufw_tuple.h"

/* One family of the rules. */
struct cs_ufw_side {
	const struct cs_policy *policy;
	const struct cs_ufw_tuples *all;
	const struct cs_ufw_tuple *at; /* of this family, ours too */
	size_t n;
	bool v6;
	/*
	 * In front of which number ours go, as `ufw insert` takes it once ours of before
	 * are gone: the first rule that lets in whom we keep out or keeps out whom we let
	 * in. 0: behind all
	 */
	uint32_t place;
};

struct cs_ufw_side cs_ufw_side_of(const struct cs_ufw_tuples *all,
				  const struct cs_policy *policy, bool v6);

/* What becomes of a rule behind our place. */
enum cs_ufw_passed {
	CS_UFW_NOT_PASSED, /* what it says goes on to hold */
	CS_UFW_SAY_AGAIN, /* it keeps out a part of a peer: to be said again in front of ours */
	CS_UFW_LOST, /* the same, and cannot be said again by a profile */
};

/* @t is of @side. */
enum cs_ufw_passed cs_ufw_side_passes(const struct cs_ufw_side *side,
				      const struct cs_ufw_tuple *t);

/* The number that a rule has once ours are gone. */
uint32_t cs_ufw_number(const struct cs_ufw_tuples *all, const struct cs_ufw_tuple *t);

bool cs_ufw_is_v6(const struct cs_prefix *prefix);

/* Whether strangers get nothing, at least on the ports that are not encrypted. */
bool cs_ufw_denies_strangers(const struct cs_policy *policy);
