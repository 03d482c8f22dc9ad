/* SPDX-License-Identifier: Apache-2.0 */
#include "net/talk.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/ports.h"

enum {
	RECEIVE_BUFFER = 1 << 20, /* bytes: devices answer in bursts */
	STALE_ERRORS = 8,         /* of other devices, taken before one try */
};

static int ask_for_errors(const struct cs_talk *talk)
{
	const int on = 1;

	if (talk->fd[0] >= 0 &&
	    setsockopt(talk->fd[0], IPPROTO_IP, IP_RECVERR, &on, sizeof(on)))
		return -1;
	if (talk->fd[1] >= 0 &&
	    setsockopt(talk->fd[1], IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)))
		return -1;
	return 0;
}

/* Binds the first free port of those wanted. */
static enum cs_err open_first(struct cs_ports_want *want, uint16_t last,
			      struct cs_ports *ports)
{
	enum cs_err err;
	uint16_t taken;

	do {
		want->last = want->first;
		err = cs_ports_open(want, ports, &taken);
	} while (err == CS_ERR_BUSY && want->first != 0 && want->first++ < last);
	return err;
}

enum cs_err cs_talk_open(const struct cs_talk_want *want, struct cs_talk *talk)
{
	struct cs_ports_want each = {
		.first = want->port_first,
		.n = 1,
		.v4 = want->v4,
		.v6 = want->v6,
		.source_v4 = want->source_v4,
		.source_v6 = want->source_v6,
		.interface = want->interface,
		.receive_buffer = RECEIVE_BUFFER,
		.pick = want->pick,
	};
	struct cs_ports ports;

	*talk = (struct cs_talk){ .fd = { -1, -1 } };
	if (want->interface) {
		talk->scope_id = if_nametoindex(want->interface);
		if (talk->scope_id == 0)
			return CS_ERR_NOT_FOUND;
	}

	enum cs_err err = open_first(&each, want->port_last, &ports);

	if (err)
		return err;
	talk->fd[0] = ports.fd_v4[0];
	talk->fd[1] = ports.fd_v6[0];
	talk->port = ports.first;
	if (ask_for_errors(talk)) {
		cs_ports_close(&ports);
		talk->fd[0] = talk->fd[1] = -1;
		return CS_ERR_IO;
	}
	return CS_OK;
}

void cs_talk_close(struct cs_talk *talk)
{
	struct cs_ports ports = { .n = 1 };

	ports.fd_v4[0] = talk->fd[0];
	ports.fd_v6[0] = talk->fd[1];
	cs_ports_close(&ports);
	talk->fd[0] = talk->fd[1] = -1;
}

/*
 * The socket is shared: an error that a device's ICMP message left behind is
 * given to whoever uses it next. Those are in the error queue, too, and said
 * again there; here they are only got out of the way.
 */
enum cs_err cs_talk_send(const struct cs_talk *talk, const struct cs_addr *to,
			 uint16_t port, struct cs_span bytes)
{
	int fd = talk->fd[!cs_addr_is_v4(to)];
	struct sockaddr_storage sa;
	bool local = cs_addr_is_link_local(to);
	socklen_t len = cs_addr_to_sockaddr(to, port, local ? talk->scope_id : 0, &sa);

	for (unsigned i = 0; i < STALE_ERRORS; i++) {
		if (sendto(fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (struct sockaddr *)&sa, len) >= 0)
			return CS_OK;
		if (errno == EAGAIN || errno == ENOBUFS)
			return CS_ERR_FULL;
	}
	return CS_ERR_IO;
}

/* The error and whom it is about, from the socket's error queue. */
static bool receive_error(int fd, uint8_t *room, struct cs_talk_in *in)
{
	struct sockaddr_storage about = { 0 };
	struct iovec iov = { .iov_base = room, .iov_len = CS_TALK_DATAGRAM };
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct msghdr msg = { .msg_name = &about,
			      .msg_namelen = sizeof(about),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	in->error = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct sock_extended_err e;

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		/* Too large for the path: the kernel fragments the next one. */
		if (e.ee_errno != EMSGSIZE)
			in->error = (int)e.ee_errno;
	}
	if (!cs_addr_from_sockaddr(&about, &in->ip, &in->port))
		in->error = 0;
	return true;
}

bool cs_talk_receive(const struct cs_talk *talk, unsigned family, uint8_t *room,
		     struct cs_talk_in *in)
{
	int fd = talk->fd[family];

	if (fd < 0)
		return false;
	*in = (struct cs_talk_in){ 0 };
	for (unsigned i = 0; i < STALE_ERRORS; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, room, CS_TALK_DATAGRAM, MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			continue; /* a device's ICMP message: see the queue */
		if (!cs_addr_from_sockaddr(&from, &in->ip, &in->port))
			continue;
		in->bytes = cs_span_of(room, (size_t)n);
		return true;
	}
	while (receive_error(fd, room, in))
		if (in->error)
			return true;
	return false;
}
