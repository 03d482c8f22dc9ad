/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asks: from the words on a command line or in a file to the list of whom is
 * asked what. Everything named passes the scope (net/scope.h), so that what is
 * excluded or may never be sent to is left out. Opens nothing; names are
 * resolved by the caller.
 */
#pragma once

#include "base/arena.h"
#include "net/scope.h"
#include "resources/visit.h"

enum { CS_ASKS_MAX = 65536 /* more devices than that are a scan's business */ };

struct cs_asks_target;

/* Zeroed is empty. draft.why says what was wrong after an error. */
struct cs_asks {
	struct cs_arena arena;       /* owned */
	struct cs_scope_draft draft; /* excludes may be added to it */
	struct cs_asks_target *first, *last;
	/* After cs_asks_settle(), in the order named, all of one address together: */
	struct cs_ask *at; /* in the arena */
	size_t n;
	size_t excluded; /* that were named one by one and left out */
};

void cs_asks_clear(struct cs_asks *asks);

/*
 * Adds what one word names: a coap:// URI, HOST:PORT, [IPV6]:PORT, ADDRESS,
 * PREFIX, LOW-HIGH or NAME. What names no path is asked for
 * /.well-known/core. Names go to @resolve, and all their addresses are asked; a
 * URI's name goes to the device as Uri-Host, that of a bare NAME does not.
 *
 * CS_ERR_SYNTAX, CS_ERR_RANGE  not of such a form
 * CS_ERR_NOT_FOUND             a scheme that is not supported
 * CS_ERR_REFUSED               nothing is ever sent there (multicast)
 * CS_ERR_NOMEM
 * Errors of @resolve are passed on.
 */
CS_MUST_USE enum cs_err cs_asks_add(struct cs_asks *asks, struct cs_span word,
				    const struct cs_source *source,
				    cs_scope_name_fn *resolve, void *arg);

/*
 * Builds the scope and the list. Where a target names no port, each of @ports
 * is asked. The same question to the same endpoint is asked once.
 *
 * CS_ERR_USAGE    nothing was named
 * CS_ERR_RANGE    more than CS_ASKS_MAX
 * CS_ERR_REFUSED  all of it is excluded
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_asks_settle(struct cs_asks *asks, const uint16_t *ports,
				       size_t n_ports, const struct cs_range *never,
				       size_t n_never);
