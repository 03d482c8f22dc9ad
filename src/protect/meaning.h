/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meaning: what a firewall really does with CoAP. Makes the questions from what the
 * host is and who is asked about, has the prober answer them, and keeps a row each
 * (coapscope.meaning/1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "protect/host.h"
#include "protect/prober.h"
#include "protect/rules.h"

struct cs_json;

/* Who listens on a port of this host; comes from cs_listeners_read(). */
struct cs_listener {
	struct cs_addr address; /* unspecified: all */
	bool tcp;
	uint16_t port;
	char process[16]; /* command name; empty: not told to us */
	int pid;
};

/* Sockets by netlink (sock_diag), processes by /proc. CS_ERR_IO, CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_listeners_read(struct cs_arena *arena,
					  struct cs_listener **out, size_t *n);

enum { CS_MEANING_SHADOWED = 8 };

struct cs_meaning {
	const char *from; /* "internet", or a prefix or address as text */
	struct cs_probe_ask ask;
	struct cs_probe_told told;
	const struct cs_rule *shadowed[CS_MEANING_SHADOWED];
	size_t n_shadowed;
	const struct cs_listener *listener; /* NULL: none, or another host's rules */
	bool exposed;
};

struct cs_meaning_request {
	const struct cs_host *host;
	const struct cs_rules *rules;
	const struct cs_prefix *peers; /* who is allowed */
	size_t n_peers;
	const struct cs_addr *froms; /* --from */
	size_t n_froms;
	const struct cs_listener *listeners; /* of this host */
	size_t n_listeners;
	bool assume_listener; /* another host's rules: one on each port */
	bool flood;           /* also ask what gets through a spoofed flood */
};

struct cs_meanings {
	struct cs_meaning *rows; /* in the order of the questions */
	size_t n;
	size_t exposed;
	struct cs_probe_told flood4, flood6; /* sent 0: not asked */
};

/*
 * Asks everything. This process must be outside any scratch; it makes one and leaves it
 * as scratch.h says. @why is one line on an error.
 */
CS_MUST_USE enum cs_err cs_meaning_ask(const struct cs_meaning_request *request,
				       struct cs_arena *arena, struct cs_meanings *out,
				       char why[CS_RULES_WHY]);

/* One object, coapscope.meaning/1. */
void cs_meaning_write(struct cs_json *json, const struct cs_meaning *row);
