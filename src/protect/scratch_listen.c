/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own side: sockets that listen on all addresses, and one pair that is in
 * the multicast groups on every interface; the kernel hands a group's datagrams to
 * whoever listens on all addresses of a machine that is in it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "protect/scratch_own.h"

enum {
	HEARD = 64 << 10,  /* bytes: the largest datagram */
	ANSWER_MIN = 4,    /* bytes: a CoAP header */
	ANSWER_MAX = 1500, /* bytes */
	TAKEN_MAX = 4096,  /* TCP connections that are kept */
	AT_ONCE = 64,      /* events of one look */
	BACKLOG = 65535,
	BUFFER = 16 << 20, /* bytes of datagrams that wait for an answer */
};

enum ear_kind { EAR_UDP, EAR_TCP, EAR_TAKEN };

struct ear {
	int fd;
	enum ear_kind kind;
	uint8_t family;
	uint16_t port;
};

struct cs_scratch_ears {
	int epoll;
	int groups[2]; /* who is in the multicast groups, by family */
	struct ear ears[2 * CS_SCRATCH_LISTENERS];
	size_t n;
	struct ear *taken; /* TAKEN_MAX of them, fd -1: free */
	uint8_t heard[HEARD];
};

static void shut(int fd)
{
	int kept = errno;

	if (fd >= 0)
		(void)close(fd); /* a socket that nobody reads any more */
	errno = kept;
}

/*
 * Ends a connection without a word: its peer is a probe that has ended. In repair
 * mode a socket is taken away silently.
 */
static void shut_silently(int fd)
{
	int on = TCP_REPAIR_ON;

	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
	shut(fd);
}

static void join_v4(int fd, uint32_t link)
{
	struct ip_mreqn r = { .imr_ifindex = (int)link };

	(void)inet_pton(AF_INET, "224.0.1.187", &r.imr_multiaddr);
	/* An interface that is down or has no multicast hears no group. */
	(void)setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r));
}

static void join_v6(int fd, uint32_t link)
{
	static const char *const groups[] = { "ff02::fd", "ff05::fd" };

	for (size_t i = 0; i < CS_LEN(groups); i++) {
		struct ipv6_mreq r = { .ipv6mr_interface = link };

		(void)inet_pton(AF_INET6, groups[i], &r.ipv6mr_multiaddr);
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &r, sizeof(r));
	}
}

static void join(struct cs_scratch_ears *ears, const struct cs_scratch *s)
{
	for (size_t i = 0; i < s->n_ports; i++) {
		join_v4(ears->groups[0], s->ports[i].index);
		join_v6(ears->groups[1], s->ports[i].index);
	}
}

static enum cs_err begin(struct cs_scratch *s)
{
	struct cs_scratch_ears *ears = calloc(1, sizeof(*ears));

	if (!ears)
		return CS_ERR_NOMEM;
	s->ears = ears;
	ears->epoll = epoll_create1(EPOLL_CLOEXEC);
	ears->groups[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ears->groups[1] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ears->taken = calloc(TAKEN_MAX, sizeof(*ears->taken));
	if (!ears->taken)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < TAKEN_MAX; i++)
		ears->taken[i] = (struct ear){ .fd = -1, .kind = EAR_TAKEN };
	if (ears->epoll < 0 || ears->groups[0] < 0)
		return CS_ERR_IO;
	join(ears, s);
	return CS_OK;
}

void cs_scratch_deafen(struct cs_scratch_ears *ears)
{
	if (!ears)
		return;
	for (size_t i = 0; ears->taken && i < TAKEN_MAX; i++)
		shut_silently(ears->taken[i].fd);
	for (size_t i = 0; i < ears->n; i++)
		shut(ears->ears[i].fd);
	shut(ears->groups[0]);
	shut(ears->groups[1]);
	shut(ears->epoll);
	free(ears->taken);
	free(ears);
}

static enum cs_err set_options(const struct ear *ear)
{
	int one = 1, room = BUFFER;

	if (ear->family == AF_INET6 &&
	    (setsockopt(ear->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
	     setsockopt(ear->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one))))
		return CS_ERR_IO;
	if (ear->family == AF_INET &&
	    setsockopt(ear->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)))
		return CS_ERR_IO;
	if (setsockopt(ear->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return CS_ERR_IO;
	/* A smaller buffer is no error. */
	if (ear->kind == EAR_UDP &&
	    setsockopt(ear->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(ear->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return CS_OK;
}

static enum cs_err bind_to_all(const struct ear *ear)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(ear->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ear->port) };
	const void *at = ear->family == AF_INET ? (const void *)&v4 : (const void *)&v6;
	socklen_t len = ear->family == AF_INET ? sizeof(v4) : sizeof(v6);

	if (bind(ear->fd, at, len))
		return CS_ERR_IO;
	return ear->kind == EAR_TCP && listen(ear->fd, BACKLOG) ? CS_ERR_IO : CS_OK;
}

static enum cs_err attend(const struct cs_scratch_ears *ears, struct ear *ear)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = ear };

	return epoll_ctl(ears->epoll, EPOLL_CTL_ADD, ear->fd, &event) ? CS_ERR_IO : CS_OK;
}

static enum cs_err open_ear(struct cs_scratch_ears *ears, struct ear *ear)
{
	int type = ear->kind == EAR_TCP ? SOCK_STREAM : SOCK_DGRAM;
	enum cs_err err;

	ear->fd = socket(ear->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ear->fd < 0)
		return CS_ERR_IO;
	err = set_options(ear);
	if (!err)
		err = bind_to_all(ear);
	if (!err)
		err = attend(ears, ear);
	if (err)
		shut(ear->fd);
	return err;
}

static bool listens(const struct cs_scratch_ears *ears, enum ear_kind kind, uint16_t port)
{
	for (size_t i = 0; i < ears->n; i++)
		if (ears->ears[i].kind == kind && ears->ears[i].port == port)
			return true;
	return false;
}

enum cs_err cs_scratch_listen(struct cs_scratch *s, bool tcp, uint16_t port)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	enum ear_kind kind = tcp ? EAR_TCP : EAR_UDP;
	enum cs_err err = s->ears ? CS_OK : begin(s);

	if (err || listens(s->ears, kind, port))
		return err;
	if (s->ears->n + CS_LEN(families) > CS_LEN(s->ears->ears))
		return CS_ERR_FULL;
	for (size_t i = 0; !err && i < CS_LEN(families); i++) {
		struct ear *ear = &s->ears->ears[s->ears->n];

		*ear = (struct ear){ -1, kind, families[i], port };
		err = open_ear(s->ears, ear);
		if (!err)
			s->ears->n++;
		else if (families[i] == AF_INET6 && errno == EAFNOSUPPORT)
			err = CS_OK; /* a kernel without IPv6 */
	}
	return err;
}

/* One datagram under way: from whom, to which of our addresses, and room for both. */
struct letter {
	struct sockaddr_storage peer;
	struct iovec bytes;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct msghdr msg;
};

static void prepare(struct letter *l, void *bytes, size_t len)
{
	l->bytes = (struct iovec){ bytes, len };
	l->msg = (struct msghdr){ .msg_name = &l->peer,
				  .msg_namelen = sizeof(l->peer),
				  .msg_iov = &l->bytes,
				  .msg_iovlen = 1,
				  .msg_control = l->control,
				  .msg_controllen = sizeof(l->control) };
}

/*
 * Turns what was told of the way in into what is asked for the way out: the address
 * that was written to, and of a group the interface's own. Which interface it leaves
 * by is the routes' business.
 */
static void turn(struct letter *l)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&l->msg);

	if (!c) {
		l->msg.msg_control = NULL;
		l->msg.msg_controllen = 0;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		info.ipi_ifindex = 0; /* ipi_spec_dst is our own address already */
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
			info.ipi6_addr = in6addr_any;
		else if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

/* An answer of @len bytes to the @heard bytes of a request. */
static void compose(uint8_t *answer, size_t len, const uint8_t *request, size_t heard)
{
	size_t token = heard > 0 ? request[0] & 0x0fu : 0;

	memset(answer, 'x', len);
	answer[0] = heard > 0 ? (uint8_t)((request[0] & 0xcf) | 0x20) : 0x60; /* ACK */
	answer[1] = 0x45;                                                     /* 2.05 */
	answer[2] = heard > 3 ? request[2] : 0;
	answer[3] = heard > 3 ? request[3] : 0;
	if (token > 8 || heard < ANSWER_MIN + token || len < ANSWER_MIN + token)
		return;
	memcpy(answer + ANSWER_MIN, request + ANSWER_MIN, token);
	if (len > ANSWER_MIN + token)
		answer[ANSWER_MIN + token] = 0xff; /* payload marker */
}

/* Each returns how many datagrams, connections or endings it saw: 0 ends the looking. */
static size_t serve_udp(struct cs_scratch_ears *ears, const struct ear *ear, size_t len,
			size_t *answered)
{
	uint8_t answer[ANSWER_MAX];

	for (size_t seen = 0;; seen++) {
		struct letter l;
		ssize_t n;

		prepare(&l, ears->heard, sizeof(ears->heard));
		n = recvmsg(ear->fd, &l.msg, 0);
		if (n < 0)
			return seen;
		turn(&l);
		compose(answer, len, ears->heard, (size_t)n);
		l.bytes = (struct iovec){ answer, len };
		l.msg.msg_flags = 0;
		/* Rules may refuse it here already (EPERM): then there is no answer. */
		*answered += sendmsg(ear->fd, &l.msg, 0) == (ssize_t)len;
	}
}

static size_t take(struct cs_scratch_ears *ears, const struct ear *ear)
{
	size_t at = 0;

	for (size_t seen = 0;; seen++) {
		int fd = accept4(ear->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return seen;
		while (at < TAKEN_MAX && ears->taken[at].fd >= 0)
			at++;
		if (at == TAKEN_MAX) {
			shut_silently(fd);
			continue;
		}
		ears->taken[at].fd = fd;
		if (attend(ears, &ears->taken[at])) {
			shut_silently(fd);
			ears->taken[at].fd = -1;
		}
	}
}

/* Reads what is said on a connection, until it is over. */
static size_t listen_to(struct cs_scratch_ears *ears, struct ear *ear)
{
	ssize_t n;

	if (ear->fd < 0) /* closed in this very look */
		return 0;
	do
		n = read(ear->fd, ears->heard, sizeof(ears->heard));
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0 || errno != EAGAIN) {
		shut_silently(ear->fd);
		ear->fd = -1;
	}
	return 1;
}

static size_t attend_to(struct cs_scratch_ears *ears, struct ear *ear, size_t answer,
			size_t *answered)
{
	switch (ear->kind) {
	case EAR_UDP:
		return serve_udp(ears, ear, answer, answered);
	case EAR_TCP:
		return take(ears, ear);
	case EAR_TAKEN:
		return listen_to(ears, ear);
	}
	return 0;
}

size_t cs_scratch_serve(struct cs_scratch *s, size_t answer)
{
	struct epoll_event events[AT_ONCE];
	struct cs_scratch_ears *ears = s->ears;
	size_t answered = 0, seen = 1;

	if (answer < ANSWER_MIN)
		answer = ANSWER_MIN;
	if (answer > ANSWER_MAX)
		answer = ANSWER_MAX;
	/* A look at which nothing could be done (no descriptor left) is the last. */
	while (ears && seen > 0) {
		int n = epoll_wait(ears->epoll, events, AT_ONCE, 0);

		seen = 0;
		for (int i = 0; i < n; i++)
			seen += attend_to(ears, events[i].data.ptr, answer, &answered);
	}
	return answered;
}
