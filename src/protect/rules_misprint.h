/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_misprint: rules that nft prints as another one. nft 1.0.6 takes "udp sport < 1024
 * udp dport > 1024" for one range and prints "udp dport != 1024-1024", which can be
 * loaded and means something else. What the kernel was given says which is which. Pure.
 */
#pragma once

#include "protect/rules_listing.h"

/* Whether there is a rule that may be one: then it is worth to ask the kernel. */
bool cs_rules_may_misprint(const struct cs_listing *listing);

/*
 * Marks those that @given (`nft --debug=netlink list ruleset`) shows to be misprinted as
 * not to be loaded again (.xt, their tables' too).
 */
void cs_rules_mark_misprinted(struct cs_listing *listing, struct cs_span given);
