/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entries: who was allowed or denied besides the policy, by hand or by the guard, for a while or
 * until deleted. The kernel's sets are what holds and what forgets in time; the
 * file beside them knows why, since when and by whom. Two entries may overlap as they
 * like: the pieces that the sets get never do (an interval set refuses that).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "protect/state.h"

enum {
	CS_ENTRIES_MAX = 65536,
	CS_ENTRY_REASON = 120, /* bytes that the kernel's comment has room for */
};

#define CS_ENTRY_FOREVER INT64_MAX

struct cs_entry {
	bool deny; /* else allow */
	struct cs_prefix prefix;
	char interface[16];   /* allow: bound to it; empty: any */
	int64_t left_ms;      /* or CS_ENTRY_FOREVER */
	int64_t since_us;     /* wall clock */
	int64_t until_us;     /* wall clock, for people; 0: until deleted */
	const char *by;       /* "operator", "guard" */
	const char *reason;   /* any bytes of text; "" for none */
	const char *evidence; /* what shows it, "" for none */
};

struct cs_entries {
	struct cs_entry *at; /* oldest first: `list` numbers them from 1 */
	size_t n, cap;
};

/*
 * What is kept, without what has run out by @clock: by its monotonic time where this is still
 * the boot that it was written in (a changed wall clock is of no matter then), else by wall
 * time. No file: none.
 * CS_ERR_DAMAGED with the line in @why, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_entries_read(const struct cs_state *state,
					const struct cs_clock *clock,
					struct cs_arena *arena, struct cs_entries *out,
					char why[CS_STATE_WHY]);

/* The same from text and back; @boot is the machine's boot now. */
CS_MUST_USE enum cs_err cs_entries_parse(struct cs_span text, const char *boot,
					 const struct cs_clock *clock,
					 struct cs_arena *arena, struct cs_entries *out,
					 char why[CS_STATE_WHY]);
CS_MUST_USE enum cs_err cs_entries_text(const struct cs_entries *entries,
					const char *boot, const struct cs_clock *clock,
					struct cs_arena *arena, struct cs_span *out);

/*
 * Puts one in: it takes the place of one with the same prefix and interface.
 * CS_ERR_FULL (CS_ENTRIES_MAX), CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_entries_put(struct cs_entries *entries,
				       const struct cs_entry *entry,
				       struct cs_arena *arena);

/* Takes out the one at @at. */
void cs_entries_drop(struct cs_entries *entries, size_t at);

/*
 * Lines for `nft -f -` that empty the sets of policy.h and fill them with the entries:
 * what overlaps is cut into pieces, each for as long as the longest that covers it.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_entries_script(const struct cs_entries *entries,
					  struct cs_arena *arena, struct cs_span *out);

/*
 * Puts @entries in force and keeps them: as one transaction into the table that is there, or
 * when there is none into one that has these sets alone. The lock is held. Nothing is
 * changed on error. CS_ERR_REFUSED  a table of that name is there that is not ours
 * CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_entries_enforce(struct cs_state *state,
					   const struct cs_entries *entries,
					   const struct cs_clock *clock,
					   struct cs_arena *arena,
					   char why[CS_STATE_WHY]);
