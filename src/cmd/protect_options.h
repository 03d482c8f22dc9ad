/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `coapscope protect` as data: one struct for all of its verbs.
 * What they mean is the business of protect_<verb>.c.
 */
#pragma once

#include "cmd/args.h"

/* The verbs, in the order of the table in protect_options.c. */
enum cs_protect_verb {
	CS_PROTECT_CHECK,
	CS_PROTECT_PLAN,
	CS_PROTECT_APPLY,
	CS_PROTECT_CONFIRM,
	CS_PROTECT_UNDO,
	CS_PROTECT_STATUS,
	CS_PROTECT_LIST,
	CS_PROTECT_ALLOW,
	CS_PROTECT_DENY,
	CS_PROTECT_DELETE,
	CS_PROTECT_BACKUP,
	CS_PROTECT_RESTORE,
	CS_PROTECT_RESET,
	CS_PROTECT_GUARD,
	CS_PROTECT_VERBS,
};
#define CS_PROTECT_OF(verb) (1u << CS_PROTECT_##verb)

enum cs_protect_backend { CS_PROTECT_NFT, CS_PROTECT_UFW };

struct cs_protect_options {
	struct cs_common common; /* its operands are those behind the verb */
	const char *store;       /* NULL: the default one */

	/* check */
	const char *ruleset, *ufw; /* another host's rules */
	struct cs_arg_list from;   /* addresses */
	bool flood;

	/* plan, apply; allow and local also check */
	int backend; /* enum cs_protect_backend */
	int strangers;
	struct cs_arg_list allow; /* PREFIX or PREFIX@INTERFACE */
	struct cs_arg_list local;
	uint64_t answer_bytes, answer_rate, peer_rate;
	bool multicast, log, router;
	const char *plan;        /* apply: the file that plan wrote */
	uint64_t confirm_within; /* seconds */

	/* allow, deny */
	uint64_t for_s; /* 0: until deleted */
	const char *reason;

	bool force; /* deny, restore, reset, apply */

	/* guard */
	const char *socket;
	const char *verdicts; /* a file of them instead of the socket */
	bool enforce;         /* else it only says what it would do */
	uint64_t entries, entry_rate;
	const char *user; /* who may ask besides root */
	bool require_jail;

	const char *output_file;
	int output_format; /* -1: by the output */
};

extern const struct cs_arg_set cs_protect_args;
