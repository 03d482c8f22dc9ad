/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_ufw_conf: what ufw.conf and default/ufw say, as the shell that sources them
 * would have it: NAME=VALUE lines, the last one counts. Pure but for the arena.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_ufw_way { CS_UFW_INPUT, CS_UFW_OUTPUT, CS_UFW_FORWARD, CS_UFW_WAYS };

struct cs_ufw_conf {
	bool enabled;
	bool ipv6;
	const char *policy[CS_UFW_WAYS]; /* "ACCEPT", "DROP" or "REJECT" */
};

/* As Debian's package has it before anybody changes it, but enabled. */
struct cs_ufw_conf cs_ufw_conf_debian(void);

/* Lays what @text sets over @conf; other names and values that ufw does not know change nothing. */
void cs_ufw_conf_read(struct cs_span text, struct cs_ufw_conf *conf);

/*
 * The text that ufw's start gives to iptables-restore before before.rules: its own
 * chains and default policies; and the one after user.rules. NULL: memory is out.
 */
const char *cs_ufw_conf_front(const struct cs_ufw_conf *conf, bool v6,
			      struct cs_arena *arena);
const char *cs_ufw_conf_back(const struct cs_ufw_conf *conf, bool v6,
			     struct cs_arena *arena);

/* All that ip6tables-restore is given where ufw leaves IPv6 alone. */
extern const char cs_ufw_conf_no_ipv6[];
