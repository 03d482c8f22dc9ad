/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ours: a set of keyed hashes of addresses: those that were asked something and so are
 * taken as ours. Of fixed size: when a place is full the oldest there is forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr_hash.h"
#include "base/err.h"

struct cs_ours;

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_ours_open(size_t bytes, struct cs_ours **out);
void cs_ours_close(struct cs_ours *ours);

bool cs_ours_has(const struct cs_ours *ours, uint64_t hash);

/* Whether it is new. */
bool cs_ours_add(struct cs_ours *ours, uint64_t hash);
