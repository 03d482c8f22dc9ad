/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipsets: the sets of ipset that iptables' rules look at, in the lines that `ipset save` prints and
 * `ipset restore` takes: "create NAME TYPE ..." and "add NAME ENTRY ...". Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

/* The part number @nth, from 0, of what commas part; empty: there are not so many. */
struct cs_span cs_ipsets_part(struct cs_span list, size_t nth);

/* Which part of its entries is a port, by a set's type ("hash:ip,port,net"); SIZE_MAX: none. */
size_t cs_ipsets_port_part(struct cs_span type);

/* True when a rule of iptables-save's text looks at a set or puts into one. */
bool cs_ipsets_named(struct cs_span rules);

/*
 * What was saved, as it is now: an entry that would leave by itself while rules are asked
 * stays. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ipsets_stay(struct cs_span saved, struct cs_arena *arena,
				       struct cs_span *out);

/* The same sets with nothing in them, so that rules that name them can be read. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_ipsets_empty(struct cs_span sets, struct cs_arena *arena,
					struct cs_span *out);

/* The set that a line is about, by its number from 1; empty: there is no such line. */
struct cs_span cs_ipsets_at(struct cs_span sets, size_t line);

/* All of them but that one. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_ipsets_without(struct cs_span sets, struct cs_span name,
					  struct cs_arena *arena, struct cs_span *out);

/*
 * Lines for `ipset -exist restore` that make the sets what they were before packets came by these
 * rules, which may put into them, take out of them, or look at what an entry counted.
 * Empty: no packet changes what the rules see. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_ipsets_again(struct cs_span sets, const struct cs_span *rules,
					size_t n, struct cs_arena *arena,
					struct cs_span *out);
