/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces as veth pairs: one end with the host's name and index, the other in the
 * outer namespace with a packet socket on it. The inner end is NOARP: the kernel
 * then takes every neighbour, of both families, to have a hardware address already.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/netlink.h"
#include "protect/scratch_own.h"

enum {
	LOOPBACK = 1,     /* the index of every namespace's own */
	BUFFER = 8 << 20, /* bytes of frames that wait for us, at most */
	FOREIGN_MAX = 64, /* interfaces that a new namespace was born with */
};

/* Locally administered: nobody else's. The last four bytes are the interface's index. */
static void make_mac(uint8_t mac[6], uint8_t kind, uint32_t index)
{
	const uint8_t made[6] = { 0x02,
				  kind,
				  (uint8_t)(index >> 24),
				  (uint8_t)(index >> 16),
				  (uint8_t)(index >> 8),
				  (uint8_t)index };

	memcpy(mac, made, sizeof(made));
}

static bool is_unicast_mac(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static int open_port(void)
{
	int one = 1, room = BUFFER;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	/* Smaller buffers, slower sending, echoes of our own: none is an error. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

enum cs_err cs_scratch_open_ports(struct cs_scratch *s, char why[CS_SCRATCH_WHY])
{
	const struct cs_host *host = s->host;

	s->ports = calloc(host->n_links ? host->n_links : 1, sizeof(*s->ports));
	if (!s->ports)
		return cs_scratch_failed(CS_ERR_NOMEM, "interfaces", why);
	for (size_t i = 0; i < host->n_links; i++) {
		const struct cs_host_link *link = &host->links[i];
		struct cs_scratch_port *port = &s->ports[s->n_ports];

		if (link->loopback)
			continue;
		*port = (struct cs_scratch_port){
			link, link->index, open_port(), { 0 }, { 0 }
		};
		if (port->fd < 0)
			return cs_scratch_failed(CS_ERR_IO, "packet socket", why);
		s->n_ports++;
		memcpy(port->inner_mac, link->mac, sizeof(port->inner_mac));
		if (!is_unicast_mac(port->inner_mac))
			make_mac(port->inner_mac, 0xc0, link->index);
		make_mac(port->outer_mac, 0xc1, link->index);
	}
	return CS_OK;
}

static struct ifinfomsg *put_link(struct nlmsghdr *m)
{
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(m, sizeof(*body));

	body->ifi_family = AF_UNSPEC;
	return body;
}

/* The other end is called after the socket on it: no two have the same. */
static void name_outer(char name[IFNAMSIZ], const struct cs_scratch_port *port)
{
	(void)snprintf(name, IFNAMSIZ, "o%d", port->fd);
}

/*
 * Its hardware address is nobody's whom a frame is for: the outer namespace's own
 * IP layer then looks at no frame, and only the packet socket does.
 */
static void put_peer(struct nlmsghdr *m, const struct cs_scratch_port *port, int outer)
{
	struct nlattr *peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	struct ifinfomsg *body = put_link(m);
	char name[IFNAMSIZ];
	uint8_t mac[6];

	body->ifi_flags = body->ifi_change = IFF_NOARP;
	name_outer(name, port);
	make_mac(mac, 0xc2, port->link->index);
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	mnl_attr_put(m, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)outer);
	mnl_attr_nest_end(m, peer);
}

static enum cs_err make_pair(struct cs_netlink *nl, const struct cs_scratch_port *port,
			     int outer)
{
	_Alignas(struct nlmsghdr) uint8_t room[512] = { 0 };
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	struct ifinfomsg *body;
	struct nlattr *info, *data;

	m->nlmsg_type = RTM_NEWLINK;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	body = put_link(m);
	body->ifi_index = (int)port->index;
	body->ifi_flags = body->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(m, IFLA_IFNAME, port->link->name);
	mnl_attr_put_u32(m, IFLA_GROUP, port->link->group);
	mnl_attr_put(m, IFLA_ADDRESS, sizeof(port->inner_mac), port->inner_mac);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	put_peer(m, port, outer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return cs_netlink_ask(nl, m, NULL, NULL);
}

/* Packets leave with their checksums in them, as on a wire. */
static enum cs_err whole_checksums(int any, const char *name)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM, .data = 0 };
	struct ifreq r = { .ifr_data = (void *)&off };

	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return ioctl(any, SIOCETHTOOL, &r) ? CS_ERR_IO : CS_OK;
}

/* All of it in the outer namespace, which is the socket's own. */
static enum cs_err bind_port(const struct cs_scratch_port *port)
{
	struct ifreq r = { .ifr_flags = IFF_UP | IFF_NOARP | IFF_MULTICAST };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };

	name_outer(r.ifr_name, port);
	if (ioctl(port->fd, SIOCSIFFLAGS, &r) || ioctl(port->fd, SIOCGIFINDEX, &r))
		return CS_ERR_IO;
	at.sll_ifindex = r.ifr_ifindex;
	return bind(port->fd, (const struct sockaddr *)&at, sizeof(at)) ? CS_ERR_IO
									: CS_OK;
}

static enum cs_err set_up(struct cs_netlink *nl, int index, const char *name,
			  unsigned flags)
{
	_Alignas(struct nlmsghdr) uint8_t room[128];
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	struct ifinfomsg *body;

	m->nlmsg_type = RTM_NEWLINK;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	body = put_link(m);
	body->ifi_index = index;
	body->ifi_flags = flags;
	body->ifi_change = IFF_UP;
	if (name)
		mnl_attr_put_strz(m, IFLA_IFNAME, name);
	return cs_netlink_ask(nl, m, NULL, NULL);
}

struct foreign {
	int index[FOREIGN_MAX];
	size_t n;
};

static bool on_foreign(void *arg, const struct nlmsghdr *m)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(m);
	struct foreign *f = arg;

	if (body->ifi_index != LOOPBACK && f->n < FOREIGN_MAX)
		f->index[f->n++] = body->ifi_index;
	return true;
}

/*
 * A new namespace is born with tunl0, sit0 and the like where their modules are
 * loaded. They cannot be deleted: they give up their names, which may be wanted.
 */
static enum cs_err rename_foreign(struct cs_netlink *nl)
{
	struct foreign f = { 0 };
	enum cs_err err = cs_netlink_dump(nl, RTM_GETLINK, AF_UNSPEC, on_foreign, &f);

	for (unsigned i = 0; !err && i < f.n; i++) {
		char name[IFNAMSIZ];

		(void)snprintf(name, sizeof(name), "born%u", i);
		err = set_up(nl, f.index[i], name, 0);
	}
	return err;
}

/*
 * Up last: an end that opens when the other is up has its carrier at once. The other
 * way round the kernel's own worker turns the carrier on when it comes to it,
 * and drops what is sent until then.
 */
static enum cs_err inner_up(int any, const struct cs_host_link *link)
{
	struct ifreq r = { .ifr_flags = IFF_NOARP | IFF_MULTICAST };

	if (link->up)
		r.ifr_flags |= IFF_UP;
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", link->name);
	return ioctl(any, SIOCSIFFLAGS, &r) ? CS_ERR_IO : CS_OK;
}

/*
 * The name counts more than the index: rules are read and loaded by it. Whatever a
 * namespace is born with may have the index already.
 */
static enum cs_err make_pair_somehow(struct cs_netlink *nl, struct cs_scratch_port *port,
				     int outer)
{
	enum cs_err err = make_pair(nl, port, outer);

	if (err && (errno == EBUSY || errno == EEXIST)) {
		port->index = 0;
		err = make_pair(nl, port, outer);
		if (!err)
			port->index = if_nametoindex(port->link->name);
	}
	return err;
}

static enum cs_err one_up(struct cs_scratch *s, struct cs_netlink *nl, int any,
			  struct cs_scratch_port *port)
{
	enum cs_err err = make_pair_somehow(nl, port, s->space.outer);

	if (!err)
		err = bind_port(port);
	if (!err)
		err = whole_checksums(any, port->link->name);
	if (!err)
		err = inner_up(any, port->link);
	return err;
}

enum cs_err cs_scratch_link_up(struct cs_scratch *s, struct cs_netlink *nl,
			       char why[CS_SCRATCH_WHY])
{
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), kept;
	enum cs_err err = any < 0 ? CS_ERR_IO : rename_foreign(nl);

	if (!err)
		err = set_up(nl, LOOPBACK, NULL, IFF_UP);
	if (err)
		err = cs_scratch_failed(err, "lo", why);
	for (size_t i = 0; !err && i < s->n_ports; i++) {
		err = one_up(s, nl, any, &s->ports[i]);
		if (err)
			err = cs_scratch_failed(err, s->ports[i].link->name, why);
	}
	kept = errno;
	if (any >= 0)
		(void)close(any); /* only for questions */
	errno = kept;
	return err;
}
