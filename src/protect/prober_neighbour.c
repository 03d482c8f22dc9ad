/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbour discovery: all probes go to a hardware address that others would have to ask for. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protect/prober_own.h"

enum { FRAME_MAX = 2048 };

/* Takes all frames that came out; true when one of them says whose @own is. */
static bool is_told(const struct cs_scratch_port *port, const struct cs_addr *own)
{
	uint8_t bytes[FRAME_MAX];
	bool told = false;

	for (;;) {
		ssize_t len = recv(port->fd, bytes, sizeof(bytes), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return told;
		told |= cs_prober_advertises(cs_span_of(bytes, (size_t)len), own);
	}
}

/* An interface without ARP has not joined it by itself. */
static int join(const struct cs_scratch_port *port, const struct cs_addr *own)
{
	struct cs_addr group = cs_prober_solicited(own);
	struct ipv6_mreq request = { .ipv6mr_interface = port->index };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&request.ipv6mr_multiaddr, group.b, sizeof(group.b));
	if (fd >= 0 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd); /* nothing is under way on it */
	return -1;
}

static enum cs_err solicit(struct cs_prober *prober, const struct cs_scratch_port *port,
			   const struct cs_addr *own, bool *told)
{
	/* As routers do: what their network's hosts ask for, they ask for as themselves. */
	static const struct cs_addr router = { .b = { 0xfe, 0x80, [15] = 1 } };
	uint8_t frame[CS_PROBER_FRAME];
	size_t len = cs_prober_solicit(port->outer_mac, &router, own, frame);
	int joined = join(port, own);
	enum cs_err err;

	if (joined < 0) { /* no IPv6 there: nobody asks */
		*told = true;
		return CS_OK;
	}
	(void)!send(port->fd, frame, len, 0); /* the queue is empty: it is not full */
	err = cs_scratch_settle(prober->scratch);
	(void)close(joined); /* nothing is under way on it */
	*told = !err && is_told(port, own);
	return err;
}

enum cs_err cs_prober_is_found(struct cs_prober *prober, uint32_t link,
			       const struct cs_addr *own, bool *out)
{
	const struct cs_scratch_port *port = cs_scratch_port(prober->scratch, link);
	enum cs_err err = cs_prober_freshen(prober, false);

	*out = true;
	if (err || !port)
		return err;
	err = solicit(prober, port, own, out);
	cs_prober_soil(prober, false, false);
	return err;
}
