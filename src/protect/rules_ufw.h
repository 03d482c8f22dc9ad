/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_ufw: iptables' rules that are ufw's get ufw's number and words. ufw keeps its
 * rules in user.rules and user6.rules as a tuple each, followed by the iptables lines that it makes
 * of it; those stand in its user chains in the same order.
 */
#pragma once

#include "protect/rules_build.h"
#include "protect/ufw_tuple.h"

/*
 * A rule as `ufw status numbered` shows it, with single blanks: "5683/udp ALLOW IN Anywhere".
 * NULL: memory is out.
 */
const char *cs_ufw_words(const struct cs_ufw_tuple *t, struct cs_arena *arena);

/*
 * Names the rules of build->out that are ufw's; @user6 is empty where ufw leaves IPv6
 * alone. Where the chains hold something else than the files say, the rules keep
 * iptables' words and that is said. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_name_ufw(struct cs_rules_build *build,
					  struct cs_span user, struct cs_span user6);

/*
 * Names the rules of this machine that are ufw's, by its files in /etc/ufw. CS_ERR_NOMEM;
 * what cannot be read is said
 */
CS_MUST_USE enum cs_err cs_rules_name_ufw_here(struct cs_rules_build *build);

/* True where ufw's chains are in force in a family. */
bool cs_rules_has_ufw(const struct cs_rules *rules, bool v6);
