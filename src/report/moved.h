/* SPDX-License-Identifier: Apache-2.0 */
/* moved: which of what is new is something that is gone nearby. */
#pragma once

#include "report/rows.h"

#define CS_MOVED_NOWHERE UINT32_MAX

/* A row of one of two models that has no partner in the other. */
struct cs_lone {
	uint32_t row;
	uint32_t partner; /* index of the other list, or CS_MOVED_NOWHERE */
};

struct cs_lones {
	const struct cs_model *model;
	struct cs_lone *at; /* by row; owned by the caller */
	size_t n;
};

/* Sets the partners of both lists. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_moved_find(struct cs_lones *gone, struct cs_lones *fresh);
