/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/host.h"

#include <string.h>

const struct cs_host_link *cs_host_link(const struct cs_host *host, uint32_t index)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].index == index)
			return &host->links[i];
	return NULL;
}

const struct cs_host_link *cs_host_link_named(const struct cs_host *host,
					      const char *name)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (strncmp(host->links[i].name, name, sizeof(host->links[i].name)) == 0)
			return &host->links[i];
	return NULL;
}

bool cs_host_is_own(const struct cs_host *host, const struct cs_addr *a)
{
	for (size_t i = 0; i < host->n_addresses; i++)
		if (cs_addr_cmp(&host->addresses[i].address, a) == 0)
			return true;
	return false;
}
