/* SPDX-License-Identifier: Apache-2.0 */
/* rules_ipset: ipset's sets of this machine, for iptables' rules that look at them. */
#pragma once

#include "protect/rules_build.h"

/*
 * Reads them to out->ipset, as far as they can be made in a namespace of their own; where
 * ipset is not installed there are none. What is missing is said: iptables-restore then
 * takes no rule that names it. CS_ERR_IO, CS_ERR_BUSY, CS_ERR_FULL, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_rules_read_ipset(struct cs_rules_build *build,
					    char why[CS_RULES_WHY]);
