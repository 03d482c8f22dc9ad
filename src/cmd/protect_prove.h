/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect_prove: what apply is asked before and after it changes something: does the
 * policy do what it says, in a scratch that looks like this host, with real packets; are
 * the rules still those that this was asked of; and does the kernel have, afterwards,
 * what was proved.
 */
#pragma once

#include "cmd/protect_change.h"
#include "protect/apply.h"
#include "protect/rules.h"

struct cs_protect_proof {
	struct cs_protect_job *job;
	struct cs_protect_ground *ground;
	const struct cs_policy *policy;
	struct cs_span before; /* cs_ruleset_read() at the beginning */
	struct cs_span script; /* that is to be in force */
	struct cs_span listed; /* what is to be in force as nft lists it; of the arena */
	int status;            /* the exit status of what has been said; -1: nothing */
};

/* Reads the rules as they are. -1 to go on, else the exit status, said. The lock is held. */
CS_MUST_USE int cs_protect_proof_begin(struct cs_protect_proof *proof);

/*
 * The question of struct cs_ufw_apply: whether the rules do what the policy says, as they
 * would be with @change made; NULL: as they are. @arg is the proof.
 */
enum cs_err cs_protect_does(void *arg, const struct cs_rules_change *change,
			    char why[CS_STATE_WHY]);

/* The questions of struct cs_apply; @arg is the proof. */
enum cs_err cs_protect_would_do(void *arg, struct cs_span script, char why[CS_STATE_WHY]);
enum cs_err cs_protect_keep_backup(void *arg, char why[CS_STATE_WHY]);
enum cs_err cs_protect_still_same(void *arg, char why[CS_STATE_WHY]);
enum cs_err cs_protect_still_proved(void *arg, char why[CS_STATE_WHY]);
