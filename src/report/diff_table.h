/* SPDX-License-Identifier: Apache-2.0 */
/* diff_table: the difference of two days for people. Known whole before printed. */
#pragma once

#include "report/diff_write.h"

/* NULL: memory is out. */
struct cs_diff_table *cs_diff_table_new(void);
void cs_diff_table_free(struct cs_diff_table *table);

/* What was not probed is counted and not shown: of it nothing is known. */
void cs_diff_table_row(struct cs_diff_table *table, const struct cs_diff_row *row);

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_diff_table_print(struct cs_diff_table *table,
					    const struct cs_diff_out *out);
