/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect_ufw: the verbs of protect for those who live in ufw. The policy, its words and
 * its times are the same; what puts it in force is ufw_change.h.
 */
#pragma once

#include "cmd/protect_change.h"

struct cs_policy;

/* plan and apply with --backend ufw. An exit status; the reason has been said. */
int cs_protect_ufw_plan(struct cs_protect_job *job, const struct cs_policy *policy);
int cs_protect_ufw_apply(struct cs_protect_job *job, struct cs_protect_ground *ground,
			 const struct cs_policy *policy);

/*
 * confirm, and what undo and reset have to do: -1 when there was nothing of ufw's, else an exit
 * status.
 */
int cs_protect_ufw_confirm(struct cs_protect_job *job, struct cs_protect_ground *ground);
int cs_protect_ufw_undo(struct cs_protect_job *job, struct cs_protect_ground *ground);

/*
 * Takes back what ufw has of an apply that was not confirmed in time, and whose helper is
 * gone: whatever verb comes next does it. What goes wrong is said and stops nobody.
 */
void cs_protect_ufw_repair(struct cs_protect_job *job, struct cs_protect_ground *ground);

/*
 * How things stand where ufw has the policy, in the words of struct cs_standing; our table has
 * entries at most. False: it is not ufw that has it.
 */
bool cs_protect_ufw_standing(const struct cs_protect_ground *ground,
			     struct cs_standing *out);
