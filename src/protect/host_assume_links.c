/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces of a machine that is made up: the rules' own, and what else is needed. */
#include <stdio.h>
#include <string.h>

#include "protect/host_assume_own.h"

static size_t find_outer(const struct cs_host_words *w)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < w->n_links; i++)
		if (w->links[i].outwards > 0 &&
		    (best == SIZE_MAX || w->links[i].outwards > w->links[best].outwards))
			best = i;
	return best;
}

static bool is_virtual(const char *name)
{
	static const char *const begins[] = { "docker",    "br-",    "veth",  "virbr",
					      "lxc",       "lxd",    "cni",   "cali",
					      "flannel",   "wg",     "tun",   "tap",
					      "tailscale", "zt",     "ipsec", "vti",
					      "vnet",      "podman", "ppp" };

	for (size_t i = 0; i < CS_LEN(begins); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return strcmp(name, "br-lan") != 0;
	return false;
}

const char *cs_assume_kind(const char *name)
{
	static const struct {
		const char *begin, *kind;
	} known[] = { { "docker", "bridge" }, { "br", "bridge" },
		      { "virbr", "bridge" },  { "vmbr", "bridge" },
		      { "lxcbr", "bridge" },  { "lxdbr", "bridge" },
		      { "cni", "bridge" },    { "podman", "bridge" },
		      { "wg", "wireguard" },  { "tun", "tun" },
		      { "tap", "tun" },       { "ppp", "ppp" },
		      { "veth", "veth" } };

	for (size_t i = 0; i < CS_LEN(known); i++)
		if (strncmp(name, known[i].begin, strlen(known[i].begin)) == 0)
			return known[i].kind;
	return "";
}

static void add_inner(struct cs_assumption *a, const char *name, bool named)
{
	struct cs_assumed_link *s = &a->inner[a->n_inner++];

	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	s->named = named;
	s->virtual = is_virtual(name);
}

static bool is_taken(const struct cs_assumption *a, const char *name)
{
	for (size_t i = 0; i < a->words->n_links; i++)
		if (strcmp(a->words->links[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < a->n_inner; i++)
		if (strcmp(a->inner[i].name, name) == 0)
			return true;
	return false;
}

/* One that the rules do not know: eth1, eth2 ... */
static void add_unnamed(struct cs_assumption *a)
{
	char name[CS_HOST_NAME];
	unsigned n = 1;

	do
		(void)snprintf(name, sizeof(name), "eth%u", n++);
	while (is_taken(a, name));
	add_inner(a, name, false);
}

uint32_t cs_assume_ordinary(struct cs_assumption *a, size_t number)
{
	for (;;) {
		size_t seen = 0;

		for (size_t i = 0; i < a->n_inner; i++)
			if (!a->inner[i].virtual && seen++ == number)
				return (uint32_t)(CS_ASSUME_INNER + i);
		add_unnamed(a);
	}
}

uint32_t cs_assume_link_of(const struct cs_assumption *a, size_t named)
{
	const char *name = a->words->links[named].name;

	for (size_t i = 0; i < a->n_inner; i++)
		if (strcmp(a->inner[i].name, name) == 0)
			return (uint32_t)(CS_ASSUME_INNER + i);
	return CS_ASSUME_OUTER;
}

enum cs_err cs_assume_links(struct cs_assumption *a)
{
	const struct cs_host_words *w = a->words;

	a->outer = find_outer(w);
	a->inner = cs_arena_array(a->draft.arena, w->n_links + CS_ASSUME_LOCALS + 1,
				  sizeof(*a->inner));
	a->networks =
		cs_arena_array(a->draft.arena, CS_ASSUME_NETWORKS, sizeof(*a->networks));
	if (!a->inner || !a->networks)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < w->n_links; i++)
		if (i != a->outer)
			add_inner(a, w->links[i].name, true);
	return CS_OK;
}
