/* SPDX-License-Identifier: Apache-2.0 */
/*
 * special: the IANA IPv4 and IPv6 special-purpose address registries (RFC
 * 6890), multicast and reserved space, as one table. Whether such an address
 * is asked is scope's decision, not this file's. ::ffff:0:0/96 has no row: in
 * this program those are the IPv4 addresses themselves.
 */
#pragma once

#include "base/addr.h"

struct cs_special {
	struct cs_prefix prefix;
	bool never;       /* nothing is ever sent there, whoever names it */
	bool inner;       /* lies inside the nearest row before it that does not */
	const char *name; /* as in the registry */
	const char *rfc;  /* "RFC 1918" */
};

/* All rows, ascending; a row that lies inside another comes after it. */
const struct cs_special *cs_special_rows(size_t *n);

/* The narrowest row that holds @a, or NULL. */
const struct cs_special *cs_special_of(const struct cs_addr *a);

/* The widest row that holds all of @r, or NULL. */
const struct cs_special *cs_special_around(const struct cs_range *r);

/* Whether all of @r is where nothing is ever sent. */
bool cs_special_never(const struct cs_range *r);
