/* SPDX-License-Identifier: Apache-2.0 */
/* ufw_own: what ufw_change.c and ufw_apply.c share. Only for them. */
#pragma once

#include "protect/ufw_change.h"

enum { CS_UFW_HELPER_MS = 5000 /* for it to end */ };

/* Takes back the pending change @id. CS_ERR_REFUSED: it is pending no more. */
CS_MUST_USE enum cs_err cs_ufw_take_back(struct cs_change *change, const char *id);
