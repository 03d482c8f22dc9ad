/* SPDX-License-Identifier: Apache-2.0 */
/* ufw_own: what ufw_change.c and ufw_apply.c share. Only for them. */
#pragma once

#include "protect/ufw_change.h"

enum { CS_UFW_HELPER_MS = 5000 /* for it to end */ };

/*
 * What puts a change in, and what ends one, is done by one process at a time, whoever
 * holds the state's lock: an apply that proves what was put in does not keep the helper
 * from going by its time. -1 with @change->why; cs_ufw_unlock() lets go.
 */
int cs_ufw_end_lock(struct cs_change *change);

/* Takes back the pending change @id. CS_ERR_REFUSED: it is pending no more. */
CS_MUST_USE enum cs_err cs_ufw_take_back(struct cs_change *change, const char *id);
