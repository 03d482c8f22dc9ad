/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_change: a policy comes into force by ufw for a while, is confirmed, or everything
 * is taken back. As apply.h, but that nothing in the kernel forgets these rules: the
 * helper alone takes them back, and where it was killed too, or the machine restarted,
 * whatever verb of protect comes next does (cs_ufw_repair()).
 */
#pragma once

#include "protect/ufw_rehearse.h"
#include "protect/ufw_standing.h"

struct cs_ufw_apply {
	const struct cs_policy *policy;
	struct cs_span text;                   /* cs_policy_write() of it */
	const struct cs_ufw_then *then;        /* cs_ufw_rehearse() of its plan */
	const struct cs_ufw_shot *planned_for; /* how ufw was then */
	uint32_t seconds; /* until it is taken back, from when it is in force */
	/*
	 * What the policy says is what the rules do with @change made; NULL: as they are.
	 * NULL: not asked
	 */
	enum cs_err (*proved)(void *arg, const struct cs_rules_change *change,
			      char why[CS_STATE_WHY]);
	void *arg;
};

/*
 * Proves it, and puts it in force for a while, with a helper that takes it back. The lock is held.
 * CS_ERR_REFUSED  another is pending; ufw was changed since it was planned; not proved
 * CS_ERR_IO and others; everything is as before
 */
CS_MUST_USE enum cs_err cs_ufw_apply(struct cs_change *change,
				     const struct cs_ufw_standing *standing,
				     const struct cs_ufw_apply *apply);

/* Keeps what is pending. CS_ERR_REFUSED: nothing is, or it is too late; nothing changed. */
CS_MUST_USE enum cs_err cs_ufw_confirm(struct cs_change *change);

/*
 * Takes everything back to before the first apply. Where nobody knows that any more
 * (another --store, files that were removed) only what is ours is taken out.
 */
CS_MUST_USE enum cs_err cs_ufw_undo(struct cs_change *change,
				    const struct cs_ufw_standing *standing);

/*
 * Takes back what is pending, is due, and has no helper any more. *@done tells whether
 * something was.
 */
CS_MUST_USE enum cs_err cs_ufw_repair(struct cs_change *change, bool *done);
