/* SPDX-License-Identifier: Apache-2.0 */
/* count_tree: the two groups of a summary whose keys are put together. */
#pragma once

#include "report/column.h"
#include "report/count.h"
#include "report/keep.h"

/* "64512 NAME", with the name that most of its rows have. */
CS_MUST_USE enum cs_err cs_count_asns(const struct cs_model *model,
				      const struct cs_keep *keep, struct cs_sums *sums);

/* "CC TAB ASN NAME TAB stack". */
CS_MUST_USE enum cs_err cs_count_tree(const struct cs_model *model,
				      const struct cs_keep *keep, struct cs_sums *sums);
