/* SPDX-License-Identifier: Apache-2.0 */
/* protect_change: what the verbs of protect that look at or change our table begin and end with. */
#pragma once

#include "cmd/protect_job.h"
#include "protect/ufw_standing.h"

/* How things stand, and where they are kept. */
struct cs_protect_ground {
	struct cs_state state;
	struct cs_change change;
	struct cs_standing standing;
	struct cs_ufw_standing ufw; /* the same of --backend ufw */
};

enum cs_protect_aim {
	CS_PROTECT_LOOK,   /* changes nothing, waits for nobody */
	CS_PROTECT_ALTER,  /* takes the lock */
	CS_PROTECT_REMOVE, /* likewise, and damaged files are no obstacle */
};

/*
 * Finds the state and reads how things stand. Returns -1 to go on, else the exit status:
 * the reason has been said. cs_protect_leave() is due in every case.
 */
CS_MUST_USE int cs_protect_enter(struct cs_protect_job *job, enum cs_protect_aim aim,
				 struct cs_protect_ground *ground);
void cs_protect_leave(struct cs_protect_ground *ground);

/* Says @why (a line) as an error; the exit status that @err is: 3 refused, 2 usage, else 4. */
int cs_protect_failed(struct cs_protect_job *job, enum cs_err err, const char *why);

/* Like it, and -1 for CS_OK. */
int cs_protect_said(struct cs_protect_job *job, enum cs_err err, const char *why);
