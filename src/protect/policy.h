/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: what an owner wants of CoAP at the firewall, from the INI section [protect]
 * or from options, and as nft rules: one table, inet coapscope, in which every
 * rule matches CoAP ports only. The words are those of the options.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_strangers { CS_STRANGERS_DROP, CS_STRANGERS_LIMIT, CS_STRANGERS_DTLS_ONLY };

struct cs_peer {
	struct cs_prefix prefix;
	char interface[16]; /* bound to it; empty: any */
};

struct cs_policy {
	enum cs_strangers strangers;
	const struct cs_peer *allow; /* as cs_policy_settle() leaves them */
	size_t n_allow;
	const struct cs_prefix
		*local; /* what is ours: whose link multicast may come from */
	size_t n_local;
	uint32_t answer_bytes; /* UDP payload of the largest answer to a stranger */
	uint32_t answer_rate;  /* answers a second to all strangers together */
	uint32_t peer_rate;    /* requests a second of one allowed address */
	bool multicast;        /* discovery from our own links is let in */
	bool log;    /* one line a second of what is dropped, to the kernel's log */
	bool router; /* what is forwarded too, not the host's own alone */
};

extern const struct cs_policy cs_policy_preset;

/* "drop", "limit", "dtls-only"; ends with NULL */
extern const char *const cs_strangers_names[];

/*
 * PREFIX or PREFIX@INTERFACE. An interface's name has letters, digits and . _ - : + @ alone, 1 to
 * 15 of them. False, with @out untouched, on anything else.
 */
CS_MUST_USE bool cs_peer_read(struct cs_span text, struct cs_peer *out);

enum { CS_PEER_TEXT = CS_PREFIX_TEXT + 16 };
void cs_peer_text(const struct cs_peer *peer, char out[CS_PEER_TEXT]);

/*
 * Sorts the lists of @policy and leaves out what is in them twice or lies within another:
 * copies in the arena. Those of no interface come first, and hold on each. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_policy_settle(struct cs_policy *policy,
					 struct cs_arena *arena);

/* What is in force only for a while: the kernel forgets it by itself. */
struct cs_policy_hold {
	uint32_t seconds; /* 0: confirmed, until undone */
};

/*
 * The sets that `allow` and `deny` fill, in every table that is made: empty there, each with
 * `flags timeout`, those of prefixes also with `interval` and without auto-merge, the last two
 * of type ifname . ipv4_addr (ipv6_addr) with interval. Who is in them is entries.h's
 * business. What is more special is asked first: deny_hosts, allow_hosts, allow_if, deny_nets,
 * allow_nets, then the policy. An allowed one has the limit of a peer.
 */
enum cs_entry_set {
	CS_SET_DENY_HOSTS4,
	CS_SET_DENY_HOSTS6,
	CS_SET_DENY_NETS4,
	CS_SET_DENY_NETS6,
	CS_SET_ALLOW_HOSTS4,
	CS_SET_ALLOW_HOSTS6,
	CS_SET_ALLOW_NETS4,
	CS_SET_ALLOW_NETS6,
	CS_SET_ALLOW_IF4,
	CS_SET_ALLOW_IF6,
	CS_ENTRY_SETS,
};

/* "deny_hosts4" and so on, in lower case as the names above */
extern const char *const cs_entry_set_names[CS_ENTRY_SETS];

/*
 * The whole table as a script for `nft -f -`: made anew in one transaction. While not
 * confirmed, the policy of @kept (NULL: none) is in the table too and is what holds again when the
 * timed element has gone: by the kernel alone, without a process of ours. Each rule has its
 * reason as comment. The text lives in the arena. Whoever loads it may add sets of its own
 * in the same transaction (apply marks whose table it is with one: pending_ID, kept_ID).
 * @policy NULL: the sets for entries and their rules alone, nobody else is dropped.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_policy_rules(const struct cs_policy *policy,
					const struct cs_policy *kept,
					struct cs_policy_hold hold,
					struct cs_arena *arena, struct cs_span *out);

/* A policy as INI text that reads back the same. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_policy_write(const struct cs_policy *policy,
					struct cs_arena *arena, struct cs_span *out);

/*
 * And back: the section [protect] of @text; other sections are passed over, what is not said is as
 * in cs_policy_preset. The lists are settled.
 * CS_ERR_SYNTAX  @why says the line and what would be right
 * CS_ERR_NOMEM
 */
enum { CS_POLICY_WHY = 256 };
CS_MUST_USE enum cs_err cs_policy_read(struct cs_span text, struct cs_arena *arena,
				       struct cs_policy *out, char why[CS_POLICY_WHY]);
