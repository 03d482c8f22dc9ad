/* SPDX-License-Identifier: Apache-2.0 */
/* One listing as a table for people; for resources/write.c. */
#pragma once

#include "resources/write.h"

/* CS_ERR_NOMEM: only the heading was written. */
CS_MUST_USE enum cs_err cs_list_write_table(const struct cs_list_out *out,
					    const struct cs_listing *listing);
