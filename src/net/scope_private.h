/* SPDX-License-Identifier: Apache-2.0 */
/* What scope_build.c hands to scope.c. Nobody else includes this. */
#pragma once

#include "net/scope.h"

/*
 * Makes the set of @ranges (some; ascending, disjoint, no two families in
 * one), which it takes over. CS_ERR_RANGE (2^62 addresses or more),
 * CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_scope_over(struct cs_ranges *ranges, struct cs_scope **out);
