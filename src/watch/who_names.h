/* SPDX-License-Identifier: Apache-2.0 */
/*
 * who_names: the confirmed names of addresses that were asked for lately, in a table of
 * fixed size. When there is no room the one whose time is up first makes it.
 */
#pragma once

#include "base/addr.h"
#include "base/siphash.h"
#include "enrich/dns_name.h"

/* One address that was asked for. */
struct cs_who_name {
	struct cs_addr ip;
	int64_t asked_us;   /* UTC; 0: the place is free */
	int64_t expires_us; /* UTC */
	uint16_t len;       /* 0: no name that leads back */
	char text[CS_DNS_TEXT];
};

struct cs_who_names;

/* @room is rounded up to a power of two. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_who_names_open(size_t room, const struct cs_sipkey *key,
					  struct cs_who_names **out);
void cs_who_names_close(struct cs_who_names *names);

/* What is kept of @ip, if its time is not up; NULL. Lives until the next put. */
const struct cs_who_name *cs_who_names_find(const struct cs_who_names *names,
					    const struct cs_addr *ip, int64_t now_us);

/* Keeps a name (empty: none that leads back), cut to nothing if it is too long. */
void cs_who_names_put(struct cs_who_names *names, const struct cs_addr *ip,
		      struct cs_span name, int64_t now_us, int64_t expires_us);
