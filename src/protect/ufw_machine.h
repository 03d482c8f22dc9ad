/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ufw_machine: ufw on this machine: its files, whether it is in force, and what iptables has of it;
 * and how they are changed. Needs root. The files are those of /etc/ufw; ufw's own
 * program is run for nothing here.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"
#include "protect/record.h"
#include "protect/state.h"
#include "protect/ufw_plan.h"

/* All that an apply may change, at one moment. */
struct cs_ufw_shot {
	struct cs_ufw_files files;
	struct cs_span save4, save6; /* iptables-save and ip6tables-save */
	struct cs_span chains;       /* `nft list chains`; empty where there is no nft */
};

struct cs_ufw_machine {
	bool enabled; /* ENABLED=yes: ufw starts at boot */
	bool running; /* its chains are in the kernel */
	struct cs_ufw_shot shot;
};

/*
 * Looks at all of it.
 * CS_ERR_NOT_FOUND  no ufw (no /etc/ufw/ufw.conf), or no iptables
 * CS_ERR_DENIED, CS_ERR_IO, CS_ERR_REFUSED, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_ufw_machine_read(struct cs_arena *arena,
					    struct cs_ufw_machine *out,
					    char why[CS_STATE_WHY]);

/* True when nothing was changed between them, but counters. */
bool cs_ufw_shots_equal(const struct cs_ufw_shot *a, const struct cs_ufw_shot *b);

/* Into a record's parts, and back (borrowed). */
void cs_ufw_shot_put(struct cs_record *record, const struct cs_ufw_shot *shot);
void cs_ufw_shot_take(const struct cs_record *record, struct cs_ufw_shot *out);

/* ufw's files as an enum, in the order in which they are written. */
enum cs_ufw_name {
	CS_UFW_PROFILES,
	CS_UFW_BEFORE,
	CS_UFW_BEFORE6,
	CS_UFW_USER,
	CS_UFW_USER6,
	CS_UFW_NAMES,
};

/*
 * Writes one whole, with the mode and owner that it has; the profile's is removed when @text is
 * empty. One that has these bytes already is left alone. CS_ERR_IO with one line in @why
 */
CS_MUST_USE enum cs_err cs_ufw_file_write(enum cs_ufw_name name, struct cs_span text,
					  char why[CS_STATE_WHY]);

/* Whether ufw puts what is ours in force after a restart; else @why not is one line. */
bool cs_ufw_survives_reboot(char why[CS_STATE_WHY]);

/* Whether rules of ours are in force; true also where that cannot be told. */
bool cs_ufw_is_in_force(void);

/* Whether the profile that we write is there: a quick sign that something of ours is. */
bool cs_ufw_is_used(void);

/*
 * `iptables-restore -n`, or ip6tables'; nothing where @script is empty. Errors as
 * cs_program_must()
 */
CS_MUST_USE enum cs_err cs_ufw_restore(struct cs_span script, bool v6,
				       struct cs_arena *arena, char why[CS_STATE_WHY]);

/*
 * Takes mangle's chains and tables out again that only @left has, as @before had none, and that are
 * empty: iptables makes them and leaves them there. What cannot be taken out stays.
 */
void cs_ufw_sweep(const struct cs_ufw_shot *before, const struct cs_ufw_shot *left,
		  struct cs_arena *arena);

/*
 * ufw's own lock, which its program takes: waits @wait_ms at most, then goes on without it (-1).
 */
int cs_ufw_lock(int wait_ms);

/* Lets go of this one or cs_ufw_end_lock()'s; -1 is fine. */
void cs_ufw_unlock(int fd);
