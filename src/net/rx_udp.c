/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rx.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	BATCH = 64,
	SLOT = 65536,      /* bytes; more than any UDP payload */
	EVENTS = 64,       /* sockets looked at after one wait */
	AT_A_CALL = 4096,  /* datagrams; the caller has other work too */
	V6 = CS_PORTS_MAX, /* added to a port's index for its IPv6 socket */
	CONTROL = CMSG_SPACE(sizeof(struct timespec)),
};

struct rx_udp {
	struct cs_rx rx;
	const struct cs_ports *ports; /* borrowed */
	int epoll;
	uint8_t *slots; /* owned mapping; a page is touched when it is used */
	_Atomic uint64_t datagrams;
	struct mmsghdr msgs[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_storage from[BATCH];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL];
};

static int socket_of(const struct rx_udp *u, unsigned index)
{
	return index < V6 ? u->ports->fd_v4[index] : u->ports->fd_v6[index - V6];
}

static int64_t stamp_of(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec at;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&at, CMSG_DATA(c), sizeof(at));
		return at.tv_sec * CS_US_PER_S + at.tv_nsec / CS_NS_PER_US;
	}
	return 0;
}

/* The kernel writes these lengths at each call. */
static void ready_slots(struct rx_udp *u)
{
	for (unsigned i = 0; i < BATCH; i++) {
		u->msgs[i].msg_hdr.msg_namelen = sizeof(u->from[i]);
		u->msgs[i].msg_hdr.msg_controllen = CONTROL;
	}
}

static void hand_out(struct rx_udp *u, unsigned i, unsigned index, cs_rx_fn *each,
		     void *arg)
{
	struct cs_datagram d = {
		.to_port = (uint16_t)(u->ports->first + index % V6),
		.wall_us = stamp_of(&u->msgs[i].msg_hdr),
		.payload = cs_span_of(u->parts[i].iov_base, u->msgs[i].msg_len),
	};

	if (cs_addr_from_sockaddr(&u->from[i], &d.from, &d.from_port))
		each(arg, &d);
}

/* Empties one socket, as far as @most goes. */
static unsigned drain(struct rx_udp *u, unsigned index, unsigned most, cs_rx_fn *each,
		      void *arg)
{
	unsigned n = 0;

	while (n < most) {
		ready_slots(u);

		int got =
			recvmmsg(socket_of(u, index), u->msgs, BATCH, MSG_DONTWAIT, NULL);

		for (int i = 0; i < got; i++)
			hand_out(u, (unsigned)i, index, each, arg);
		if (got > 0)
			n += (unsigned)got;
		if (got < BATCH)
			break; /* empty; an error shows again at the next wait */
	}
	return n;
}

/* ICMP errors wait in a queue of their own, in the room of the answers. */
static void forget_errors(struct rx_udp *u, unsigned index)
{
	int got = BATCH;

	for (unsigned n = 0; got == BATCH && n < AT_A_CALL; n += BATCH) {
		ready_slots(u);
		got = recvmmsg(socket_of(u, index), u->msgs, BATCH,
			       MSG_ERRQUEUE | MSG_DONTWAIT, NULL);
	}
}

static unsigned udp_poll(struct cs_rx *rx, int timeout_ms, cs_rx_fn *each, void *arg)
{
	struct rx_udp *u = (struct rx_udp *)rx;
	struct epoll_event ready[EVENTS];
	unsigned n = 0;

	while (n < AT_A_CALL) {
		int got = epoll_wait(u->epoll, ready, EVENTS, n == 0 ? timeout_ms : 0);

		if (got <= 0)
			break;
		for (int i = 0; i < got; i++) {
			if (ready[i].events & EPOLLERR)
				forget_errors(u, ready[i].data.u32);
			n += drain(u, ready[i].data.u32, AT_A_CALL / 4, each, arg);
		}
		if (n == 0)
			break; /* woken for an error only */
	}
	atomic_fetch_add_explicit(&u->datagrams, n, memory_order_relaxed);
	return n;
}

/* One socket's drops, ever, and how full it is. */
static void look(int fd, struct cs_rx_stats *out)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return;
	out->dropped += info[SK_MEMINFO_DROPS];
	if (info[SK_MEMINFO_RCVBUF] > 0) {
		double fill =
			(double)info[SK_MEMINFO_RMEM_ALLOC] / info[SK_MEMINFO_RCVBUF];

		if (fill > out->fill)
			out->fill = fill < 1 ? fill : 1;
	}
}

static void udp_stats(const struct cs_rx *rx, struct cs_rx_stats *out)
{
	const struct rx_udp *u = (const struct rx_udp *)rx;

	*out = (struct cs_rx_stats){ .datagrams = atomic_load_explicit(
					     &u->datagrams, memory_order_relaxed) };
	for (unsigned i = 0; i < u->ports->n; i++) {
		look(u->ports->fd_v4[i], out);
		look(u->ports->fd_v6[i], out);
	}
}

static void udp_close(struct cs_rx *rx)
{
	struct rx_udp *u = (struct rx_udp *)rx;
	int kept = errno;

	if (u->slots)
		(void)munmap(u->slots, (size_t)BATCH * SLOT); /* ours: cannot fail */
	if (u->epoll >= 0)
		(void)close(u->epoll); /* holds nothing that could be lost */
	free(u);
	errno = kept;
}

static const struct cs_rx_ops ops = {
	.name = "udp",
	.poll = udp_poll,
	.stats = udp_stats,
	.close = udp_close,
};

static int watch_all(const struct rx_udp *u)
{
	for (unsigned i = 0; i < 2 * V6; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		if (i % V6 < u->ports->n && socket_of(u, i) >= 0 &&
		    epoll_ctl(u->epoll, EPOLL_CTL_ADD, socket_of(u, i), &event))
			return -1;
	}
	return 0;
}

static void place_slots(struct rx_udp *u)
{
	for (unsigned i = 0; i < BATCH; i++) {
		u->parts[i] = (struct iovec){ u->slots + (size_t)i * SLOT, SLOT };
		u->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &u->from[i],
			.msg_iov = &u->parts[i],
			.msg_iovlen = 1,
			.msg_control = u->control[i],
		};
	}
}

enum cs_err cs_rx_udp_open(const struct cs_ports *ports, struct cs_rx **out)
{
	struct rx_udp *u = calloc(1, sizeof(*u));
	void *slots = mmap(NULL, (size_t)BATCH * SLOT, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!u || slots == MAP_FAILED) {
		if (slots != MAP_FAILED)
			(void)munmap(slots, (size_t)BATCH * SLOT); /* never used */
		free(u);
		return CS_ERR_NOMEM;
	}
	u->rx.ops = &ops;
	u->ports = ports;
	u->slots = slots;
	u->epoll = epoll_create1(EPOLL_CLOEXEC);
	place_slots(u);
	if (u->epoll < 0 || watch_all(u)) {
		udp_close(&u->rx);
		return CS_ERR_IO;
	}
	*out = &u->rx;
	return CS_OK;
}
