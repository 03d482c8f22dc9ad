/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: targets and excludes that are no addresses: host names, by the
 * system's resolver into all their addresses, and "local". Blocks, and opens
 * what files and sockets libc wants: for the time before the jail is closed.
 * Names of devices that answered are enrich's business.
 */
#pragma once

#include "net/scope.h"

struct cs_resolver {
	bool exclude;          /* what is named is excluded */
	const char *interface; /* "local": the prefixes of this one; NULL: of all */
};

/*
 * A cs_scope_name_fn, whose @resolver is a struct cs_resolver: adds every
 * address of @name.
 *
 * CS_ERR_NOT_FOUND  there is no such name, or it has no address
 * CS_ERR_IO         the resolver or the kernel cannot say
 * CS_ERR_REFUSED    one of its addresses is never sent to
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_resolve_name(void *resolver, struct cs_scope_draft *draft,
					struct cs_span name,
					const struct cs_source *source);
