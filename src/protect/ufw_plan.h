/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_plan: a policy as what to do with ufw: which of its commands in which order, what
 * its files get, and what a person should know. Pure but for the arena: from the texts of
 * ufw's files. Nothing that ufw's user wrote is changed; ours is all that names our
 * application profiles.
 *
 * `ufw allow 5683` and then `ufw deny 5683/udp` changes nothing, as the first rule that
 * matches decides. `ufw insert 1 deny 5683/udp` is passed over without an error when
 * there is a rule with the same match, and where IPv6 has no twin of rule 1 it is
 * appended there. Hence: a profile of our own, each family by itself, and in front of the
 * first rule that would decide otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"
#include "protect/policy.h"
#include "protect/ufw_tuple.h"

enum {
	CS_UFW_PEERS_MAX = 128, /* each is a command that takes a quarter of a second */
	CS_UFW_ARGS = 16,
	CS_UFW_WHY = 512,
};

/* Its application profiles: all four ports, and those that are not encrypted. */
#define CS_UFW_PROFILE       "coapscope"
#define CS_UFW_PROFILE_PLAIN "coapscope-plain"
#define CS_UFW_PROFILE_FILE  "applications.d/coapscope"

/* ufw's files; a missing one is empty. */
struct cs_ufw_files {
	struct cs_span user, user6, before, before6;
	struct cs_span profile; /* of CS_UFW_PROFILE_FILE */
	bool ipv6;              /* IPV6=yes */
};

struct cs_ufw_command {
	const char *argv[CS_UFW_ARGS]; /* ends with NULL */
	const char *text;              /* the same for a person's shell */
};

struct cs_ufw_plan {
	struct cs_ufw_command *commands; /* in their order */
	size_t n_commands;
	struct cs_span before,
		before6;              /* what the files get; before6 empty without IPv6 */
	struct cs_span block, block6; /* our part of them */
	struct cs_span profile;
	const char **notes; /* one line each */
	size_t n_notes;
};

/*
 * CS_ERR_FOREIGN  the profile's file, or a profile of that name, is somebody else's
 * CS_ERR_FULL     more peers than CS_UFW_PEERS_MAX
 * CS_ERR_SYNTAX   a block of ours that has no end
 * CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_ufw_plan(const struct cs_ufw_files *files,
				    const struct cs_policy *policy,
				    struct cs_arena *arena, struct cs_ufw_plan *out,
				    char why[CS_UFW_WHY]);

/* True for the text that we write to CS_UFW_PROFILE_FILE. */
bool cs_ufw_profile_is_ours(struct cs_span text);

/* True for a rule of ours. */
bool cs_ufw_tuple_is_ours(const struct cs_ufw_tuple *tuple);
