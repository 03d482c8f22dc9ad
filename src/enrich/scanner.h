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
 * Adds a list: MISP's {name, description, version, type: "cidr", list: []}, or text: an address
 * or prefix a line, "#" comments; `# name: X` and `# date: YYYY-MM-DD` name it, a
 * reverse name behind a prefix's `#` (maltrail's form) is its name.
 * CS_ERR_IO, CS_ERR_SYNTAX, CS_ERR_RANGE (a shorter prefix than /8 or /16 is a mistake),
 * CS_ERR_NOMEM; @why is one line with file and line.
 */
CS_MUST_USE enum cs_err cs_scanners_add(struct cs_scanners *scanners, const char *path,
					char why[CS_SCANNERS_WHY]);

/* The longest prefix that has @ip; false: on no list. */
CS_MUST_USE bool cs_scanners_find(const struct cs_scanners *scanners,
				  const struct cs_addr *ip, struct cs_scanner *out);

/*
 * Whose suffix @name ends in, on a label boundary, without regard to case. It is a claim
 * until the name is known to lead back to the address. False: nobody's.
 */
CS_MUST_USE bool cs_scanner_of_name(struct cs_span name, struct cs_scanner *out);
