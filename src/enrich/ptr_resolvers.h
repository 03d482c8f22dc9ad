/* SPDX-License-Identifier: Apache-2.0 */
/* ptr_resolvers: whom names are asked of, as text or as the host has it. */
#pragma once

#include "enrich/ptr.h"

enum { CS_PTR_PORT = 53 };

struct cs_ptr_resolver {
	struct cs_addr ip;
	uint16_t port;
};

struct cs_ptr_resolvers {
	struct cs_ptr_resolver of[CS_PTR_RESOLVERS_MAX];
	size_t n;
};

/* "ADDRESS", "V4:PORT" or "[V6]:PORT", port 1..65535. False: none of these. */
CS_MUST_USE bool cs_ptr_resolver_read(const char *text, struct cs_ptr_resolver *out);

/*
 * Those that @want names, or those of /etc/resolv.conf, each once; more than there
 * is room for are left out only when the host names them.
 *
 * CS_ERR_SYNTAX     one is no address, or there are too many
 * CS_ERR_NOT_FOUND  the host has none
 * CS_ERR_IO, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_ptr_resolvers_find(const struct cs_ptr_want *want,
					      struct cs_ptr_resolvers *out,
					      char why[CS_PTR_WHY]);
