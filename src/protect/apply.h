/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: a policy comes into force for a while, is confirmed, or everything is taken back. The
 * lock of the state is held during each of them. What is needed to take a change back is there
 * before the change is.
 */
#pragma once

#include "protect/standing.h"

struct cs_apply {
	const struct cs_policy *policy;
	struct cs_span text; /* cs_policy_write() of it */
	uint32_t seconds;    /* until it is taken back */
	/*
	 * Asked in this order; an error ends it, and nothing has been changed (of @still_proved: is
	 * taken back). @why is one line. NULL: nothing is asked.
	 *
	 * would_do      do these rules do what the policy says; the script is the one that
	 *               is loaded later, but for a day, so that they do not run out while
	 *               they are asked
	 * keep_backup   what is there now, into a file
	 * still_same    nobody changed the rules since they were read
	 * still_proved  what the kernel has now is what was proved
	 */
	enum cs_err (*would_do)(void *arg, struct cs_span script, char why[CS_STATE_WHY]);
	enum cs_err (*keep_backup)(void *arg, char why[CS_STATE_WHY]);
	enum cs_err (*still_same)(void *arg, char why[CS_STATE_WHY]);
	enum cs_err (*still_proved)(void *arg, char why[CS_STATE_WHY]);
	void *arg;
};

/*
 * Whether there is room for a change: refused while another is pending, or the table is
 * not ours or of another store's. What was not confirmed in time and whose helper was
 * killed is cleared away. To be called before the rules are read that a change is
 * compared with; cs_apply() does, too.
 */
CS_MUST_USE enum cs_err cs_apply_make_way(struct cs_change *change,
					  struct cs_standing *standing);

/*
 * Puts it in force for a while, with a helper that takes it back. @standing was read under the
 * lock that is held now.
 * CS_ERR_REFUSED  another is pending, the table is not ours, or one of the questions said so
 * CS_ERR_IO and others; nothing is in force
 */
CS_MUST_USE enum cs_err cs_apply(struct cs_change *change, struct cs_standing *standing,
				 const struct cs_apply *apply);

/*
 * Keeps what is pending. CS_ERR_REFUSED: nothing is, or it is too late; nothing changed.
 * @out is what is kept now.
 */
CS_MUST_USE enum cs_err cs_apply_confirm(struct cs_change *change,
					 struct cs_standing *standing);

/*
 * Takes back what is pending, as its helper would: what was confirmed before holds again.
 * For a helper that has been killed. CS_ERR_REFUSED: it is pending no more.
 */
CS_MUST_USE enum cs_err cs_apply_take_back(struct cs_change *change,
					   const struct cs_standing *standing);

/*
 * Takes everything back to before the first apply, also where files are missing or
 * damaged (then @standing is zero but for its table). CS_ERR_REFUSED: the table is not ours
 */
CS_MUST_USE enum cs_err cs_apply_undo(struct cs_change *change,
				      const struct cs_standing *standing);

/*
 * Puts a policy (NULL: none) and entries in force at once, confirmed: for restore. @since_us is
 * when it was confirmed. CS_ERR_REFUSED: the table is not ours, or nft said no
 */
CS_MUST_USE enum cs_err cs_apply_put(struct cs_change *change,
				     const struct cs_standing *standing,
				     const struct cs_kept *policy,
				     const struct cs_entries *entries);

/* Takes the table out and forgets policy and entries. CS_ERR_REFUSED: not ours */
CS_MUST_USE enum cs_err cs_apply_reset(struct cs_change *change,
				       const struct cs_standing *standing);

/*
 * Writes the script of what is kept anew (DIR/protect/kept.nft, which a boot may load)
 * after entries have changed. CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_apply_refresh(struct cs_change *change,
					 const struct cs_standing *standing);
