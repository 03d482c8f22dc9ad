/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question_host: what questions need to know of a host: its networks and who else is in them,
 * whether it forwards, and by which link the internet would come.
 */
#pragma once

#include "protect/host.h"

struct cs_network {
	struct cs_prefix prefix;
	uint32_t link; /* by which its hosts come */
	bool on_link;  /* without a router in between */
};

struct cs_networks {
	struct cs_network *list;
	size_t n;
};

/*
 * @locals, or where there are none the networks of the host's addresses on links that are
 * up; each once. Those without a way to them are left out. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_networks_find(const struct cs_host *host,
					 const struct cs_prefix *locals, size_t n_locals,
					 struct cs_arena *arena, struct cs_networks *out);

/* The narrowest that holds @a; NULL: none. */
const struct cs_network *cs_networks_of(const struct cs_networks *networks,
					const struct cs_addr *a);

/*
 * The ordinary host number @nth (from 0) of @prefix: none of ours, no router of ours, not the
 * network or broadcast address. False: there is none.
 */
CS_MUST_USE bool cs_network_host(const struct cs_host *host,
				 const struct cs_prefix *prefix, unsigned nth,
				 struct cs_addr *out);

/* Whether it forwards packets of that family. */
bool cs_host_forwards(const struct cs_host *host, bool v4);

/*
 * A copy of @host with a default route for each family in which it has an address and no
 * default route: rules are asked what they do when it has one again. @assumed says
 * whether that was so. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_host_with_default(const struct cs_host *host,
					     struct cs_arena *arena, struct cs_host *out,
					     bool *assumed);
