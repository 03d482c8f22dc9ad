/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_parts: what the files share that write the nft table of a policy. The table
 * may hold two policies, one on trial and one kept: each has chains and sets of its own,
 * whose names end in the part's.
 */
#pragma once

#include <stdio.h>

#include "protect/policy.h"

enum {
	CS_PART_SET_SIZE = 65535, /* elements of a set that packets fill */
};

struct cs_policy_part {
	FILE *to;
	const char *name; /* "new", "kept", "rest" */
	const struct cs_policy *policy;
	bool entries_only; /* no policy: what allow and deny named, and nothing else */
};

/* How nft calls what belongs to one family. */
struct cs_part_family {
	const char *ip; /* "ip", "ip6" */
	char digit;     /* ends the names of its sets */
	const char *type;
	bool v4;
};

enum { CS_PART_FAMILIES = 2 };
extern const struct cs_part_family cs_part_families[CS_PART_FAMILIES];

/* The peers of one interface; those of none come first. */
struct cs_part_peers {
	const struct cs_peer *peers;
	size_t n;
	size_t nth; /* 0: bound to no interface */
};

/*
 * Takes the next group off: begin with a zeroed one. False when there is none left.
 */
bool cs_part_peers_next(const struct cs_policy *policy, struct cs_part_peers *group);
bool cs_part_peers_have(const struct cs_part_peers *group,
			const struct cs_part_family *family);

/* A rule: the match and what it does as @fmt says, and its reason as comment. */
void cs_part_rule(const struct cs_policy_part *part, const char *why, const char *fmt,
		  ...) CS_PRINTF(3, 4);

/*
 * A rule that drops what @fmt matches and counts it in @counter; with a line in the kernel's log
 * before it where the policy wants that.
 */
void cs_part_drop(const struct cs_policy_part *part, const char *counter, const char *why,
		  const char *fmt, ...) CS_PRINTF(4, 5);

void cs_part_chain(const struct cs_policy_part *part, const char *name);
void cs_part_chain_end(const struct cs_policy_part *part);

void cs_part_sets(const struct cs_policy_part *part);
void cs_part_inbound(const struct cs_policy_part *part);
void cs_part_strangers(const struct cs_policy_part *part);
void cs_part_outbound(const struct cs_policy_part *part);

/* What has no port of its own, of answers that were dropped: @condition stands in front. */
void cs_part_pieces(const struct cs_policy_part *part, const char *condition);
