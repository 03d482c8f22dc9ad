/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: the part of an address behind the ?, as names and values
 * (application/x-www-form-urlencoded). Each name once.
 */
#pragma once

#include "base/arena.h"

enum { CS_FIELDS = 32, CS_FIELDS_WHY = 160 };

struct cs_fields {
	struct {
		struct cs_span name, value; /* decoded, in the arena */
	} at[CS_FIELDS];
	size_t n;
};

/*
 * CS_ERR_SYNTAX  a wrong escape, a NUL, a name twice or too many: @why
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_fields_read(struct cs_span query, struct cs_arena *arena,
				       struct cs_fields *out, char why[CS_FIELDS_WHY]);

/* The value of that name; empty when it is not there. */
struct cs_span cs_fields_get(const struct cs_fields *fields, const char *name);
