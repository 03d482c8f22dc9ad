/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owners: who is told of which rows. Read from an INI file: a section an
 * organisation with the lists asns, prefixes, countries and domains (by comma or
 * blank), and contact. A row belongs to every owner that one of its keys matches:
 * ASN, prefix, country, or domain (of the reverse name, on whole labels, in
 * either case). Overlaps are allowed, deterministic, and said.
 *
 * ::/0 and other IPv6 prefixes have no IPv4 address in them.
 */
#pragma once

#include "base/addr.h"
#include "probe/enriched.h"
#include "probe/result.h"

struct cs_owners;

enum { CS_OWNERS_WHY = 512 };

/* The filter that a report's file name ends in. */
enum cs_owner_kind { CS_OWNER_ASN, CS_OWNER_GEO, CS_OWNER_CIDR, CS_OWNER_DOMAIN };

struct cs_owner {
	const char *name;    /* the section: letters, digits and _, 64 at most */
	const char *contact; /* or NULL */
	enum cs_owner_kind
		kind; /* of its first key in the order asns, prefixes, domains, countries */
};

/*
 * Tells of what is no error: a key that an owner has twice, the same key or
 * overlapping prefixes or domains of two owners; once for each two owners. One
 * line, "FILE:LINE: ..." with the earlier line at its end; by line.
 */
typedef void cs_owners_note_fn(void *arg, const char *line);

/*
 * Reads @path; @note may be NULL. On error @why is "FILE:LINE: what: what would
 * be right" ("FILE: what" for CS_ERR_IO), and @out is untouched.
 * CS_ERR_NOT_FOUND: no such file; CS_ERR_IO, CS_ERR_NOMEM, CS_ERR_SYNTAX, CS_ERR_RANGE (a
 * number or a prefix)
 */
CS_MUST_USE enum cs_err cs_owners_read(const char *path, cs_owners_note_fn *note,
				       void *arg, struct cs_owners **out,
				       char why[CS_OWNERS_WHY]);

/* The same for text at hand; @name stands for the file in messages. */
CS_MUST_USE enum cs_err cs_owners_read_text(struct cs_span text, const char *name,
					    cs_owners_note_fn *note, void *arg,
					    struct cs_owners **out,
					    char why[CS_OWNERS_WHY]);
void cs_owners_free(struct cs_owners *owners);

/* In the order of the file. */
size_t cs_owners_count(const struct cs_owners *owners);
const struct cs_owner *cs_owners_at(const struct cs_owners *owners, size_t i);
CS_MUST_USE bool cs_owners_find(const struct cs_owners *owners, struct cs_span name,
				size_t *i);

/*
 * The owners of a row, ascending, each once. @enriched may be NULL. @found has
 * room for all owners. Returns how many. No allocation; time grows with
 * the owners that match, not with those that are there.
 */
size_t cs_owners_of(const struct cs_owners *owners, const struct cs_result *row,
		    const struct cs_enriched *enriched, uint32_t *found);
