/* SPDX-License-Identifier: Apache-2.0 */
/* apply_own: what apply.c and apply_keep.c share. Only for them. */
#pragma once

#include "protect/apply.h"

enum { CS_APPLY_HELPER_MS = 5000 }; /* for a helper that is to end */

/* CS_ERR_REFUSED, said, when the table there is not ours. */
CS_MUST_USE enum cs_err cs_apply_refuse_foreign(struct cs_change *change,
						const struct cs_table *table);
