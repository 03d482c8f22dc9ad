/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ports.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* Linux's default range of ephemeral ports; aligned blocks lie inside. */
	SEARCH_FIRST = 32768,
	SEARCH_END = 60928,
};

static bool is_zero(const struct cs_addr *a)
{
	static const struct cs_addr zero;

	return cs_addr_cmp(a, &zero) == 0;
}

/* The kernel's phrase for "somebody else is there" differs from "no". */
static enum cs_err why(int error)
{
	switch (error) {
	case EADDRINUSE:
		return CS_ERR_BUSY;
	case EACCES:
	case EPERM:
		return CS_ERR_DENIED;
	default:
		return CS_ERR_IO;
	}
}

/*
 * A filter that keeps nothing. The socket still stands for the port, so the
 * kernel drops what comes without an ICMP error.
 */
static int make_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* Asks for room and tells how much there is; the kernel counts it double. */
static int grow_buffer(int fd, int want, int *granted)
{
	socklen_t len = sizeof(*granted);

	if (want > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want)))
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, granted, &len))
		return -1;
	*granted /= 2;
	return 0;
}

/*
 * Without this the kernel calls a datagram sent that the interface's full queue
 * has thrown away. ICMP errors then come to the socket, too: see tx_udp.c and
 * rx_udp.c.
 */
static int report_losses(int fd, int family)
{
	const int on = 1;

	return family == AF_INET6
		       ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
		       : setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
}

/*
 * "Don't fragment" whatever the path's MTU is said to be: then the kernel needs
 * no identification, whose hash is a twentieth of a datagram's cost, and what
 * leaves is what the packet sender sends. IPv6 has none to begin with.
 */
static int leave_out_identification(int fd, int family)
{
	const int probe = IP_PMTUDISC_PROBE;

	return family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
					      sizeof(probe))
				 : 0;
}

static int set_options(int fd, int family, const struct cs_ports_want *want, int *granted)
{
	const int on = 1;

	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -1;
	if (want->interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, want->interface,
		       (socklen_t)strlen(want->interface)))
		return -1;
	if (want->deaf) {
		if (make_deaf(fd))
			return -1;
	} else if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
		   report_losses(fd, family) || leave_out_identification(fd, family)) {
		return -1;
	}
	return grow_buffer(fd, want->deaf ? 0 : want->receive_buffer, granted);
}

static socklen_t bind_address(int family, const struct cs_addr *source, uint16_t port,
			      struct sockaddr_storage *to)
{
	if (!is_zero(source))
		return cs_addr_to_sockaddr(source, port, 0, to);
	memset(to, 0, sizeof(*to));
	if (family == AF_INET) {
		struct cs_addr any = cs_addr_v4(INADDR_ANY);

		return cs_addr_to_sockaddr(&any, port, 0, to);
	}
	return cs_addr_to_sockaddr(source, port, 0, to);
}

/* One bound socket, or -1 with errno. Everything is set before it can hear. */
static int open_one(int family, uint16_t port, const struct cs_ports_want *want,
		    int *granted)
{
	const struct cs_addr *source =
		family == AF_INET ? &want->source_v4 : &want->source_v6;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	struct sockaddr_storage to;

	if (fd < 0)
		return -1;

	socklen_t len = bind_address(family, source, port, &to);

	if (set_options(fd, family, want, granted) ||
	    bind(fd, (struct sockaddr *)&to, len)) {
		int kept = errno;

		(void)close(fd); /* the reason before it counts */
		errno = kept;
		return -1;
	}
	return fd;
}

static void forget_all(struct cs_ports *ports)
{
	for (unsigned i = 0; i < CS_PORTS_MAX; i++)
		ports->fd_v4[i] = ports->fd_v6[i] = -1;
	ports->n = 0;
}

static int open_into(int *slot, int family, uint16_t port,
		     const struct cs_ports_want *want, struct cs_ports *ports)
{
	int granted = 0;

	*slot = open_one(family, port, want, &granted);
	if (*slot < 0)
		return -1;
	if (ports->receive_buffer == 0 || granted < ports->receive_buffer)
		ports->receive_buffer = granted;
	return 0;
}

/* Binds first .. first + n - 1 whole, or nothing. */
static enum cs_err open_block(const struct cs_ports_want *want, uint16_t first,
			      uint16_t n, struct cs_ports *ports, uint16_t *taken)
{
	forget_all(ports);
	ports->first = first;
	ports->n = n;
	ports->receive_buffer = 0;
	ports->deaf = want->deaf;
	for (uint16_t i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(first + i);

		if ((want->v4 &&
		     open_into(&ports->fd_v4[i], AF_INET, port, want, ports)) ||
		    (want->v6 &&
		     open_into(&ports->fd_v6[i], AF_INET6, port, want, ports))) {
			enum cs_err err = why(errno);

			*taken = port;
			cs_ports_close(ports);
			return err;
		}
	}
	return CS_OK;
}

/* Tries each aligned block once, from a random one on. */
static enum cs_err find_block(const struct cs_ports_want *want, struct cs_ports *ports,
			      uint16_t *taken)
{
	const unsigned blocks = (SEARCH_END - SEARCH_FIRST) / want->n;
	enum cs_err err = CS_ERR_BUSY;

	for (unsigned i = 0; i < blocks && err == CS_ERR_BUSY; i++) {
		unsigned block = (want->pick % blocks + i) % blocks;
		uint16_t first = (uint16_t)(SEARCH_FIRST + block * want->n);

		err = open_block(want, first, want->n, ports, taken);
	}
	if (err == CS_ERR_BUSY)
		*taken = 0; /* all of them were tried */
	return err;
}

enum cs_err cs_ports_open(const struct cs_ports_want *want, struct cs_ports *ports,
			  uint16_t *taken)
{
	*taken = 0;
	forget_all(ports);
	if (want->first == 0) {
		if (want->n == 0 || want->n > CS_PORTS_MAX || (want->n & (want->n - 1)))
			return CS_ERR_RANGE;
		return find_block(want, ports, taken);
	}
	if (want->last < want->first || want->last - want->first >= CS_PORTS_MAX)
		return CS_ERR_RANGE;
	return open_block(want, want->first, (uint16_t)(want->last - want->first + 1),
			  ports, taken);
}

void cs_ports_close(struct cs_ports *ports)
{
	int kept = errno;

	for (unsigned i = 0; i < ports->n; i++) {
		if (ports->fd_v4[i] >= 0)
			(void)close(ports->fd_v4[i]); /* nothing was buffered */
		if (ports->fd_v6[i] >= 0)
			(void)close(ports->fd_v6[i]);
	}
	forget_all(ports);
	errno = kept;
}
