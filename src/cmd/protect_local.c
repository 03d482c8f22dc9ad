/* SPDX-License-Identifier: Apache-2.0 */
/* Which networks are ours when nobody says so. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cmd/protect_policy.h"

enum { OUTER_MAX = 16 };

/* Interfaces with a default route. */
struct outer {
	char name[OUTER_MAX][IF_NAMESIZE];
	size_t n;
};

static bool is_outer(const struct outer *outer, const char *name)
{
	for (size_t i = 0; i < outer->n; i++) {
		if (strcmp(outer->name[i], name) == 0)
			return true;
	}
	return false;
}

static void add_outer(struct outer *outer, const char *name)
{
	if (outer->n < OUTER_MAX && strcmp(name, "lo") != 0 && !is_outer(outer, name))
		snprintf(outer->name[outer->n++], IF_NAMESIZE, "%s", name);
}

/* A line of /proc/net/route begins with the interface and the destination, */
static void read_routes4(struct outer *outer)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256], name[IF_NAMESIZE];
	unsigned to, mask;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%15s %x %*s %*s %*s %*s %*s %x", name, &to, &mask) ==
			    3 &&
		    to == 0 && mask == 0)
			add_outer(outer, name);
	}
	if (file)
		fclose(file);
}

/* one of /proc/net/ipv6_route with destination and length, and ends with the interface. */
static void read_routes6(struct outer *outer)
{
	static const char unspecified[] = "00000000000000000000000000000000 00 ";
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	char line[256], name[IF_NAMESIZE];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, unspecified, sizeof(unspecified) - 1) == 0 &&
		    sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %15s", name) == 1)
			add_outer(outer, name);
	}
	if (file)
		fclose(file);
}

static uint8_t bits_of(const struct sockaddr *mask)
{
	const uint8_t *at;
	size_t len = 4, bits = 0;

	if (mask->sa_family == AF_INET6) {
		at = ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr;
		len = 16;
	} else {
		at = (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)
			     ->sin_addr;
	}
	for (size_t i = 0; i < len; i++)
		bits += (size_t)__builtin_popcount(at[i]);
	return (uint8_t)(len == 4 ? 96 + bits : bits);
}

/* The network of an address, where it has one that is of use. */
static bool network_of(const struct ifaddrs *a, struct cs_prefix *out)
{
	struct sockaddr_storage sa = { 0 };
	struct cs_prefix prefix;
	uint16_t port;
	size_t len;

	if (!a->ifa_addr || !a->ifa_netmask || !(a->ifa_flags & IFF_UP) ||
	    (a->ifa_flags & IFF_LOOPBACK))
		return false;
	if (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6)
		return false;
	len = a->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	memcpy(&sa, a->ifa_addr, len);
	if (!cs_addr_from_sockaddr(&sa, &prefix.addr, &port) ||
	    cs_addr_is_link_local(&prefix.addr))
		return false;
	prefix.bits = bits_of(a->ifa_netmask);
	(void)cs_prefix_trim(&prefix); /* it is the network that is wanted */
	*out = prefix;
	return true;
}

static size_t take(const struct ifaddrs *all, const struct outer *left_out,
		   struct cs_prefix *to)
{
	size_t n = 0;

	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct cs_prefix prefix;

		if (network_of(a, &prefix) && !is_outer(left_out, a->ifa_name)) {
			if (to)
				to[n] = prefix;
			n++;
		}
	}
	return n;
}

enum cs_err cs_protect_local(struct cs_arena *arena, bool inner,
			     const struct cs_prefix **out, size_t *n)
{
	struct outer outer = { 0 };
	struct ifaddrs *all;
	struct cs_prefix *list;

	if (getifaddrs(&all) != 0)
		return CS_ERR_IO;
	if (inner) {
		read_routes4(&outer);
		read_routes6(&outer);
		if (take(all, &outer, NULL) == 0)
			outer.n = 0;
	}
	*n = take(all, &outer, NULL);
	list = cs_arena_array(arena, *n + 1, sizeof(*list));
	if (list)
		take(all, &outer, list);
	freeifaddrs(all);
	*out = list;
	return list ? CS_OK : CS_ERR_NOMEM;
}
