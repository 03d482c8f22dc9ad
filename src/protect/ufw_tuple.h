/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_tuple: ufw's own rules, as it keeps them in user.rules and user6.rules: a line
 * "### tuple ### ..." each, from which ufw makes its iptables lines. Read as ufw
 * 0.36 reads them, and numbered as `ufw status numbered` does. Pure but for the arena;
 * everything points into the texts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_ufw_action { CS_UFW_ALLOW, CS_UFW_DENY, CS_UFW_REJECT, CS_UFW_LIMIT };

struct cs_ufw_tuple {
	struct cs_span line; /* the whole, without its line feed */
	enum cs_ufw_action action;
	bool route;              /* of what is forwarded */
	bool out;                /* of what leaves; else of what comes in */
	bool v6;                 /* it stands in user6.rules */
	bool odd;                /* an address that we cannot read: taken as anywhere */
	struct cs_span log;      /* "log", "log-all" or empty */
	struct cs_span protocol; /* "udp", "tcp", "any", "ah" ... */
	struct cs_span to_port, from_port; /* "any", "5683", "80,5000:6000" */
	struct cs_prefix to, from;
	struct cs_span to_app, from_app; /* profile names, blanks as %20; empty: none */
	struct cs_span in, on_out;       /* interfaces; empty: any */
	struct cs_span comment;          /* in hex; empty: none */
	uint32_t number;                 /* of `ufw status numbered`, from 1 */
};

struct cs_ufw_tuples {
	struct cs_ufw_tuple *at; /* IPv4's and then IPv6's, in their order */
	size_t n;
	uint32_t count4, count6; /* numbers given in each family */
};

/*
 * One line. The number is left alone.
 * CS_ERR_NOT_FOUND  it is no tuple's line
 * CS_ERR_SYNTAX     a tuple that ufw passes over, with a warning
 */
CS_MUST_USE enum cs_err cs_ufw_tuple_read(struct cs_span line, bool v6,
					  struct cs_ufw_tuple *out);

/*
 * All of user.rules and user6.rules; for a ufw without IPv6 @user6 is empty. What ufw passes
 * over is passed over. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ufw_tuples_read(struct cs_span user, struct cs_span user6,
					   struct cs_arena *arena,
					   struct cs_ufw_tuples *out);

/* True where the port is in a list as ufw writes it; "any" has all. */
bool cs_ufw_ports_have(struct cs_span list, uint16_t port);
