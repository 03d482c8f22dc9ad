/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources: which of several who ask are the same to rules, so that one of them tells for
 * the others. By the addresses, prefixes and ranges that stand in the rules' texts. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "protect/host.h"
#include "protect/rules.h"

/*
 * @same[i] is set where no word of the rules can tell @who[i] from one before it. Where rules look
 * at a source in another way than by what it is in (a hash, raw bytes) none is; those with
 * routes by different links differ.
 */
void cs_sources_same(const struct cs_rules *rules, const struct cs_host *host,
		     const struct cs_addr *who, size_t n, bool *same);
