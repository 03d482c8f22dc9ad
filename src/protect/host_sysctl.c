/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protect/host_own.h"

enum { NAME_ROOM = 128, VALUE_ROOM = 64 };

static const char *const of_all[] = {
	"ipv4/ip_forward",
	"ipv4/fwmark_reflect",
	"ipv4/tcp_fwmark_accept",
	"ipv4/icmp_errors_use_inbound_ifaddr",
	"ipv4/tcp_syncookies",
	"ipv6/fwmark_reflect",
	"ipv6/conf/all/forwarding",
	"netfilter/nf_conntrack_tcp_be_liberal",
	"netfilter/nf_conntrack_tcp_loose",
	"netfilter/nf_conntrack_checksum",
	"netfilter/nf_conntrack_udp_timeout",
	"netfilter/nf_conntrack_udp_timeout_stream",
};

/* Those of each interface, and of "all" and "default" before them. */
static const char *const of_each[] = {
	"ipv4/conf/%s/forwarding",     "ipv4/conf/%s/rp_filter",
	"ipv4/conf/%s/accept_local",   "ipv4/conf/%s/route_localnet",
	"ipv4/conf/%s/src_valid_mark", "ipv4/conf/%s/accept_source_route",
	"ipv6/conf/%s/disable_ipv6",   "ipv6/conf/%s/forwarding",
};

/* False where this kernel has no such value, or none that we may read. */
static bool read_value(const char *name, char value[VALUE_ROOM])
{
	char path[NAME_ROOM + 32];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, value, VALUE_ROOM - 1);
	(void)close(fd); /* it was only read */
	if (n <= 0)
		return false;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return true;
}

static void read_one(struct cs_host_draft *d, const char *name)
{
	char value[VALUE_ROOM];
	struct cs_host_sysctl *s;

	if (d->err || !read_value(name, value))
		return;
	s = cs_host_add_sysctl(d);
	if (!s)
		return;
	s->name = cs_arena_text(d->arena, cs_span_str(name));
	s->value = cs_arena_text(d->arena, cs_span_str(value));
	if (!s->name || !s->value)
		d->err = CS_ERR_NOMEM;
}

static void read_each(struct cs_host_draft *d, const char *link)
{
	for (size_t i = 0; i < CS_LEN(of_each); i++) {
		const char *form = of_each[i];
		size_t before = strcspn(form, "%");
		char name[NAME_ROOM];

		(void)snprintf(name, sizeof(name), "%.*s%s%s", (int)before, form, link,
			       form + before + strlen("%s"));
		read_one(d, name);
	}
}

enum cs_err cs_host_read_sysctls(struct cs_host_draft *d)
{
	if (access("/proc/sys/net/core", F_OK))
		return CS_ERR_IO;
	for (size_t i = 0; i < CS_LEN(of_all); i++)
		read_one(d, of_all[i]);
	read_each(d, "all");
	read_each(d, "default");
	for (size_t i = 0; i < d->host->n_links; i++)
		read_each(d, d->host->links[i].name);
	return d->err;
}
