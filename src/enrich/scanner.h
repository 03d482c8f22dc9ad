/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner: known scanners. Lists that the user gives, MISP warninglists (JSON) and
 * prefixes as text, told by content; and our own table of the suffixes of reverse
 * names, which count only when the name leads back to the address. None is fetched.
 */
#pragma once

#include "base/addr.h"

struct cs_scanners;

enum { CS_SCANNERS_WHY = 320 };

/* One that is known under an address or a name. Text lives as long as the lists. */
struct cs_scanner {
	struct cs_span name; /* "Shodan", or the list's own name */
	struct cs_span kind; /* "search engine", "research", "security company", "list" */
	int64_t date_us; /* the list's date: in its description or comment, else the file's */
};

CS_MUST_USE enum cs_err cs_scanners_open(struct cs_scanners **out);
void cs_scanners_close(struct cs_scanners *scanners);

/*
 * Adds a list: MISP's {name, description, version, type: "cidr", list: []}, or text: an
 * address or prefix a line, "#" comments; `# name: X` and `# date: YYYY-MM-DD` name it,
 * a reverse name behind a prefix's `#` (maltrail's form) is its name. Prefixes are taken
 * without the bits behind their length. One that is on several lists: the first holds.
 *
 * CS_ERR_NOT_FOUND; CS_ERR_IO; CS_ERR_FOREIGN: neither form; CS_ERR_SYNTAX; CS_ERR_RANGE (a shorter
 * prefix than /8 or /16 is a mistake); CS_ERR_FULL; CS_ERR_NOMEM. @why is one line with
 * file and line (of JSON: with the entry's number); the lists are of no use then.
 */
CS_MUST_USE enum cs_err cs_scanners_add(struct cs_scanners *scanners, const char *path,
					char why[CS_SCANNERS_WHY]);

/* The same of a list whose @text was read already; @changed_us: when its file was. */
CS_MUST_USE enum cs_err cs_scanners_add_text(struct cs_scanners *scanners,
					     struct cs_span text, const char *path,
					     int64_t changed_us,
					     char why[CS_SCANNERS_WHY]);

/* To be called once, behind the last list and before the first look-up. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_scanners_settle(struct cs_scanners *scanners);

/* How many prefixes were read. */
uint64_t cs_scanners_count(const struct cs_scanners *scanners);

/* The longest prefix that has @ip; false: on no list. Any number of threads. */
CS_MUST_USE bool cs_scanners_find(const struct cs_scanners *scanners,
				  const struct cs_addr *ip, struct cs_scanner *out);

/*
 * Whose suffix @name ends in, on a label boundary, without regard to case. It is a claim
 * until the name is known to lead back to the address. False: nobody's.
 */
CS_MUST_USE bool cs_scanner_of_name(struct cs_span name, struct cs_scanner *out);
