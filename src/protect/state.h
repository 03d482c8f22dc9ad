/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what protect keeps in files, and for which network namespace. What outlives a reboot
 * (the confirmed policy, entries, backups) is in DIR/protect; what does not (the lock, what is
 * pending) below /run/coapscope, or where that cannot be written below DIR/protect too.
 * Files say what was wanted; what holds is in the kernel: see table.h. Where the two
 * do not agree, the kernel is right. Each file is opened, written and renamed in a folder that was
 * opened first and found to be root's alone: who renames folders meanwhile changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "protect/record.h"
#include "store/files.h"

enum { CS_STATE_WHY = 512, CS_STATE_BOOT = 40, CS_STATE_ID = 17 };

struct cs_state {
	struct cs_path dir; /* DIR/protect, or DIR/protect/net-... */
	struct cs_path run;
	bool machine; /* the namespace that this machine boots with */
	bool preset;  /* the store is the default one, which is what a boot looks at */
	char boot[CS_STATE_BOOT]; /* which boot of the machine this is */
	int lock;                 /* descriptor; -1: not held */
};

/*
 * Finds out where, and makes the folders. @store is the store's folder; @preset says that
 * nobody named it: then another namespace than the machine's has a folder of its own
 * below, so that a container's or a test's state is not taken for the host's. Who only looks
 * (@look) does not mind where they cannot be made, as on a disk that is read only.
 * CS_ERR_IO; @why is one line
 */
CS_MUST_USE enum cs_err cs_state_open(const char *store, bool preset, bool look,
				      struct cs_state *out, char why[CS_STATE_WHY]);
void cs_state_close(struct cs_state *state);

/*
 * Takes the lock that all verbs that change something take, for this namespace. It ends
 * with the process, however that ends.
 * CS_ERR_BUSY  another has it for longer than @wait_ms; @why says who
 * CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_state_lock(struct cs_state *state, int wait_ms,
				      char why[CS_STATE_WHY]);
void cs_state_unlock(struct cs_state *state);

/* A new name for a change: 16 hex digits. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_state_new_id(char out[CS_STATE_ID]);

/*
 * Reads DIR/NAME into the arena, at most CS_SLURP_MAX bytes; it must be a regular file of
 * ours that nobody else may write to. CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_FULL, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_state_read(const struct cs_path *dir, const char *name,
				      struct cs_arena *arena, struct cs_span *out,
				      char why[CS_STATE_WHY]);

/*
 * Writes DIR/NAME.new durably, so that what may fail (a full disk) has failed before anything
 * else is changed; then puts it in NAME's place, or takes it away.
 * CS_ERR_IO; @why is one line, and nothing is left behind
 */
CS_MUST_USE enum cs_err cs_state_stage(const struct cs_path *dir, const char *name,
				       struct cs_span text, char why[CS_STATE_WHY]);
CS_MUST_USE enum cs_err cs_state_publish(const struct cs_path *dir, const char *name,
					 char why[CS_STATE_WHY]);
void cs_state_unstage(const struct cs_path *dir, const char *name);

/* Both at once. */
CS_MUST_USE enum cs_err cs_state_write(const struct cs_path *dir, const char *name,
				       struct cs_span text, char why[CS_STATE_WHY]);

/* "pending-ID": the record, in RUN, of a change that is pending. */
enum { CS_STATE_PENDING = CS_STATE_ID + 8 };
void cs_state_pending_name(const char *id, char out[CS_STATE_PENDING]);

/* Removes RUN/pending-ID, the record of a change that is over; one that stays is void. */
void cs_state_forget_pending(const struct cs_state *state, const char *id);

/*
 * Forgets the records of all that was pending, where nothing is: somebody took the rules out. A
 * helper that waits for them sees it and ends, within @wait_ms or later.
 */
void cs_state_forget_void(const struct cs_state *state, int wait_ms);

/* Removes it; one that is not there is fine. CS_ERR_IO */
CS_MUST_USE enum cs_err cs_state_remove(const struct cs_path *dir, const char *name,
					char why[CS_STATE_WHY]);

/*
 * Whether a helper is under way (helper.h), waiting up to @wait_ms for it to end. False: none.
 */
bool cs_state_helper_is_there(const struct cs_state *state, int wait_ms);
