/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope: the set of addresses that may be asked. Built once from targets and
 * excludes, then only read. It is the one gate: a packet leaves only for an
 * address that this set gave out. Sorted ranges with prefix sums, so that an
 * address has an index and an index an address. Opens no socket; names are
 * resolved, and "local" is expanded, by the caller (cmd).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/ranges.h"

/* Where a text came from, for messages: FILE:LINE, or the command line. */
struct cs_source {
	const char *file; /* NULL for the command line; borrowed */
	uint64_t line;    /* from 1 */
};

enum { CS_SCOPE_WHY = 512 };

/*
 * Collects targets and excludes. Zeroed is empty. Memory grows with the number
 * of ranges named; cs_scope_draft_clear() frees it.
 */
struct cs_scope_draft {
	struct cs_ranges targets, excludes; /* owned */
	char why[CS_SCOPE_WHY];             /* what was wrong, one line, where it stood */
};

void cs_scope_draft_clear(struct cs_scope_draft *draft);

/*
 * Reads one target or exclude: ADDRESS, PREFIX, or LOW-HIGH. Host names and
 * "local" are not of that form: CS_ERR_SYNTAX, and the caller may go on with
 * cs_scope_add_range().
 *
 * CS_ERR_SYNTAX   not an address, prefix or range
 * CS_ERR_RANGE    host bits set, LOW above HIGH, two families, or an IPv6
 *                 target wider than a /96
 * CS_ERR_REFUSED  a target wholly inside multicast, 0.0.0.0/8, ::/128 or
 *                 255.255.255.255/32 (excludes may be those)
 * CS_ERR_NOMEM
 * draft->why is set on every error.
 */
CS_MUST_USE enum cs_err cs_scope_add_target(struct cs_scope_draft *draft,
					    struct cs_span text,
					    const struct cs_source *source);
CS_MUST_USE enum cs_err cs_scope_add_exclude(struct cs_scope_draft *draft,
					     struct cs_span text,
					     const struct cs_source *source);

/*
 * Adds an address range that was found otherwise (a name, "local"), by the
 * same rules. An IPv6 range around ::ffff:0:0/96 does not mean IPv4: that
 * part of it is left out.
 */
CS_MUST_USE enum cs_err cs_scope_add_range(struct cs_scope_draft *draft,
					   const struct cs_range *range, bool exclude);

/*
 * Sets draft->why to one line: where, 'what' (as printable ASCII; other bytes
 * become \xNN, long text is cut) and the message, which begins with ": " or
 * with a blank.
 */
CS_PRINTF(4, 5)
void cs_scope_complain(struct cs_scope_draft *draft, const struct cs_source *source,
		       struct cs_span text, const char *format, ...);

/*
 * Whether @text may be a host name or "local": letters, digits, "-", "_" and
 * ".", of them one that is no digit, "-" or ".", and a last label that is no number
 * (a mistyped address or range is no name).
 */
CS_MUST_USE bool cs_scope_is_name(struct cs_span text);

/* How a word that is no address is to be resolved; it sets draft->why. */
typedef enum cs_err cs_scope_name_fn(void *arg, struct cs_scope_draft *draft,
				     struct cs_span name, const struct cs_source *source);

/*
 * One target or exclude of any form. Names go to @name (NULL: they are
 * CS_ERR_SYNTAX), whose errors are passed on; otherwise as cs_scope_add_target().
 */
CS_MUST_USE enum cs_err cs_scope_add_word(struct cs_scope_draft *draft,
					  struct cs_span text,
					  const struct cs_source *source, bool exclude,
					  cs_scope_name_fn *name, void *arg);

/*
 * Reads targets or excludes from @text, the whole of a file: one a line, "#"
 * starts a comment, blanks around are ignored, CR LF and a byte order mark are
 * taken; 255 bytes at most. The first error ends the reading. @name may be
 * NULL: a name is then CS_ERR_SYNTAX. A million lines take well under a second.
 */
CS_MUST_USE enum cs_err cs_scope_read_list(struct cs_scope_draft *draft,
					   struct cs_span text, const char *file,
					   bool exclude, cs_scope_name_fn *name,
					   void *arg);

struct cs_scope;

/*
 * Makes the set: targets less excludes, each address once. Special-purpose
 * prefixes (IANA IPv4 and IPv6 special-purpose registries, multicast,
 * reserved) are left out of every target that is larger than them; a target
 * inside one has been named itself and stays. Addresses that are never sent
 * to (multicast, 0.0.0.0/8, limited broadcast, ::) and those in @never (the
 * host's own directed broadcasts) are left out always.
 *
 * CS_ERR_USAGE    no target was given
 * CS_ERR_REFUSED  nothing is left: every target is excluded or left out
 * CS_ERR_RANGE    2^62 addresses or more
 * CS_ERR_NOMEM
 * draft->why is set on every error. The draft stays the caller's, sorted.
 */
CS_MUST_USE enum cs_err cs_scope_build(struct cs_scope_draft *draft,
				       const struct cs_range *never, size_t n_never,
				       struct cs_scope **out);

/*
 * Makes a set again from the ranges of another (a stored plan).
 *
 * CS_ERR_DAMAGED  none, not ascending and disjoint, or of mixed families
 * CS_ERR_REFUSED  addresses that are never sent to are among them
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_scope_from_ranges(const struct cs_range *ranges, size_t n,
					     struct cs_scope **out);
void cs_scope_free(struct cs_scope *scope);

uint64_t cs_scope_count(const struct cs_scope *scope); /* addresses, >= 1 */
uint64_t cs_scope_public_count(
	const struct cs_scope *scope); /* of them not special-purpose */
bool cs_scope_has_v4(const struct cs_scope *scope);
bool cs_scope_has_v6(const struct cs_scope *scope);

/* The address with @index < count. */
struct cs_addr cs_scope_at(const struct cs_scope *scope, uint64_t index);

/* The index of @a; false when it is not in the set. */
CS_MUST_USE bool cs_scope_find(const struct cs_scope *scope, const struct cs_addr *a,
			       uint64_t *index);

/* The ranges, ascending and disjoint; borrowed. */
const struct cs_range *cs_scope_ranges(const struct cs_scope *scope, size_t *n);
