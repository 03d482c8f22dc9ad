/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protect/scratch_own.h"

enum { PATH_ROOM = 192, VALUE_ROOM = 128 };

/* Those of the outer namespace, where nobody lives. */
static const struct cs_host_sysctl quiet[] = {
	{ "ipv4/ip_forward", "0" },
	{ "ipv6/conf/all/disable_ipv6", "1" },
	{ "ipv6/conf/default/disable_ipv6", "1" },
};

/*
 * What holds unless the host has another value. A new namespace has some of these
 * from the first one of the machine, which may not be the host that is meant.
 */
static const struct cs_host_sysctl usual[] = {
	{ "ipv4/ip_forward", "0" },
	{ "ipv4/conf/all/rp_filter", "0" },
	{ "ipv4/conf/default/rp_filter", "0" },
	{ "ipv4/conf/all/accept_local", "0" },
	{ "ipv4/conf/default/accept_local", "0" },
	{ "ipv4/conf/all/route_localnet", "0" },
	{ "ipv4/conf/default/route_localnet", "0" },
	{ "ipv4/conf/all/src_valid_mark", "0" },
	{ "ipv4/conf/default/src_valid_mark", "0" },
	{ "ipv6/conf/all/disable_ipv6", "0" },
	{ "ipv6/conf/default/disable_ipv6", "0" },
	{ "ipv6/conf/all/forwarding", "0" },
	{ "ipv6/conf/default/forwarding", "0" },
};

/*
 * What the scratch needs whatever the host has: no delay by address detection, no
 * router but the routes, no rationing of ICMP errors, room for bursts, and silence of its
 * own accord.
 */
static const struct cs_host_sysctl needed[] = {
	{ "ipv6/conf/all/accept_dad", "0" },
	{ "ipv6/conf/default/accept_dad", "0" },
	{ "ipv6/conf/default/accept_ra", "0" },
	{ "ipv6/conf/default/autoconf", "0" },
	{ "ipv6/conf/default/router_solicitations", "0" },
	{ "ipv4/conf/all/send_redirects", "0" },
	{ "ipv4/conf/default/send_redirects", "0" },
	{ "ipv4/conf/all/log_martians", "0" },
	{ "ipv4/conf/default/log_martians", "0" },
	{ "ipv4/icmp_ratelimit", "0" },
	{ "ipv4/icmp_ratemask", "0" },
	{ "ipv6/icmp/ratelimit", "0" },
	{ "ipv6/icmp/ratemask", "" },
	{ "ipv4/igmp_max_memberships", "4096" },
	{ "ipv4/tcp_max_syn_backlog", "65536" },
	{ "ipv4/tcp_synack_retries", "0" },
	{ "core/somaxconn", "65536" },
};

static bool is_value(int fd, const char *value)
{
	char now[VALUE_ROOM];
	ssize_t n = pread(fd, now, sizeof(now) - 1, 0);

	if (n < 0)
		return false;
	while (n > 0 && now[n - 1] == '\n')
		n--;
	now[n] = '\0';
	return strcmp(now, value) == 0;
}

static bool put(int fd, const char *value)
{
	char line[VALUE_ROOM];
	int n = snprintf(line, sizeof(line), "%s\n", value);

	return n > 0 && (size_t)n < sizeof(line) && pwrite(fd, line, (size_t)n, 0) == n;
}

/*
 * Sets one unless it is so already. What this kernel has not got (IPv6, conntrack
 * that is not loaded) is left.
 */
static enum cs_err set(const struct cs_host_sysctl *s, char why[CS_SCRATCH_WHY])
{
	char path[PATH_ROOM];
	enum cs_err err = CS_OK;
	int fd, kept;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", s->name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	kept = errno;
	if (fd < 0 && (kept == EACCES || kept == EROFS || kept == EPERM))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && access("/proc/sys/net/core", F_OK) == 0)
		return CS_OK;
	if (fd < 0)
		return cs_scratch_failed(CS_ERR_IO, path, why);
	if (!is_value(fd, s->value) && !put(fd, s->value)) {
		if (errno == EBADF) /* it was opened to be read only */
			errno = kept;
		err = cs_scratch_failed(CS_ERR_IO, path, why);
	}
	(void)close(fd); /* the write was the act */
	return err;
}

static enum cs_err set_all(const struct cs_host_sysctl *list, size_t n,
			   char why[CS_SCRATCH_WHY])
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < n; i++)
		err = set(&list[i], why);
	return err;
}

enum cs_err cs_scratch_quiet(char why[CS_SCRATCH_WHY])
{
	return set_all(quiet, CS_LEN(quiet), why);
}

/* True for one of an interface: it can be set when that is there. */
static bool is_of_link(const char *name)
{
	static const char *const before[] = { "ipv4/conf/", "ipv6/conf/" };

	for (size_t i = 0; i < CS_LEN(before); i++) {
		size_t len = strlen(before[i]);

		if (strncmp(name, before[i], len) == 0)
			return strncmp(name + len, "all/", 4) != 0 &&
			       strncmp(name + len, "default/", 8) != 0;
	}
	return false;
}

static enum cs_err set_hosts(const struct cs_host *host, bool of_links,
			     char why[CS_SCRATCH_WHY])
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < host->n_sysctls; i++)
		if (is_of_link(host->sysctls[i].name) == of_links)
			err = set(&host->sysctls[i], why);
	return err;
}

enum cs_err cs_scratch_sysctls(const struct cs_host *host, char why[CS_SCRATCH_WHY])
{
	enum cs_err err = set_all(usual, CS_LEN(usual), why);

	if (!err)
		err = set_hosts(host, false, why);
	if (!err)
		err = set_all(needed, CS_LEN(needed), why);
	return err;
}

enum cs_err cs_scratch_link_sysctls(const struct cs_host *host, char why[CS_SCRATCH_WHY])
{
	return set_hosts(host, true, why);
}
