/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces: the steps of cs_jail_enter(), one file each. Nobody else calls them.
 * Each gives CS_OK with what holds in @state (a kernel without the piece is
 * CS_OK too), or an error with @why.
 */
#pragma once

#include "jail/jail.h"

/* caps.c: bounding set, groups, gid and uid, then every capability. */
CS_MUST_USE enum cs_err cs_jail_identity(const char *user, struct cs_jail_state *state,
					 char why[CS_JAIL_WHY]);

/* landlock.c: opens the paths, as long as we may still reach them. */
struct cs_jail_files {
	int abi;     /* 0: none */
	int ruleset; /* descriptor, -1 when abi is 0 */
};
CS_MUST_USE enum cs_err cs_jail_files_open(const struct cs_jail *jail,
					   struct cs_jail_files *files,
					   char why[CS_JAIL_WHY]);
/* Applies and closes it. no_new_privs must be set. */
CS_MUST_USE enum cs_err cs_jail_files_enter(struct cs_jail_files *files,
					    struct cs_jail_state *state,
					    char why[CS_JAIL_WHY]);

/* seccomp.c */
CS_MUST_USE enum cs_err cs_jail_calls(const struct cs_jail *jail,
				      struct cs_jail_state *state, char why[CS_JAIL_WHY]);

/* "WHAT: " and the text of errno into @why; returns @err. */
enum cs_err cs_jail_failed(enum cs_err err, const char *what, char why[CS_JAIL_WHY]);

/* A sanitizer's runtime is linked in and needs a few things more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CS_JAIL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define CS_JAIL_SANITIZED 1
#endif
#endif
#ifndef CS_JAIL_SANITIZED
#define CS_JAIL_SANITIZED 0
#endif
