/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tx.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tx_frame.h"

enum {
	QUEUE = 4 << 20, /* bytes the socket may have under way */
	CACHE_LINE = 64,
};

struct tx_packet {
	struct cs_tx tx;
	const struct cs_ports *ports; /* borrowed */
	int fd;
	struct cs_tx_frame frame;
	struct mmsghdr msgs[CS_TX_BATCH];
	struct iovec parts[CS_TX_BATCH];
	_Alignas(CACHE_LINE) uint8_t bytes[]; /* CS_TX_BATCH frames */
};

static enum cs_err why(int error)
{
	switch (error) {
	case EAGAIN:  /* the socket's own allowance is used up */
	case ENOBUFS: /* the interface's queue is full */
	case ENOMEM:
		return CS_ERR_FULL;
	case EPERM:
		return CS_ERR_DENIED;
	default:
		return CS_ERR_IO;
	}
}

/* Patches the leading probes of our family; how many those are. */
static unsigned prepare(struct tx_packet *p, uint16_t source_port,
			const struct cs_tx_probe *probes, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && cs_addr_is_v4(&probes[i].to) == p->frame.v4; i++)
		cs_tx_frame_patch(&p->frame, p->parts[i].iov_base, source_port,
				  &probes[i]);
	return i;
}

static unsigned packet_send(struct cs_tx *tx, unsigned port_index,
			    const struct cs_tx_probe *probes, unsigned n,
			    enum cs_err *err)
{
	struct tx_packet *p = (struct tx_packet *)tx;
	unsigned done = 0;

	assert(n <= CS_TX_BATCH && port_index < p->ports->n);

	unsigned ready = prepare(p, (uint16_t)(p->ports->first + port_index), probes, n);

	/* After a short count the next call says why; see tx_udp.c. */
	while (done < ready) {
		int sent = sendmmsg(p->fd, p->msgs + done, ready - done, MSG_DONTWAIT);

		if (sent > 0) {
			done += (unsigned)sent;
		} else if (errno != EINTR) {
			*err = why(errno);
			return done;
		}
	}
	if (done < n) {
		errno = EAFNOSUPPORT;
		*err = CS_ERR_NO_ROUTE;
	}
	return done;
}

static void packet_close(struct cs_tx *tx)
{
	struct tx_packet *p = (struct tx_packet *)tx;
	int kept = errno;

	if (p->fd >= 0)
		(void)close(p->fd); /* what was queued leaves all the same */
	free(p);
	errno = kept;
}

static const struct cs_tx_ops ops = {
	.name = "packet",
	.send = packet_send,
	.close = packet_close,
};

/* A socket that sends on @ifindex and, having no protocol, hears nothing. */
static int open_socket(uint32_t ifindex)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int queue = QUEUE;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof(queue)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &queue, /* or as it is */
				 sizeof(queue));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int kept = errno;

		(void)close(fd); /* the reason before it counts */
		errno = kept;
		return -1;
	}
	return fd;
}

static void lay_out(struct tx_packet *p, size_t stride)
{
	for (unsigned i = 0; i < CS_TX_BATCH; i++) {
		uint8_t *copy = p->bytes + i * stride;

		memcpy(copy, p->frame.bytes, p->frame.len);
		p->parts[i] = (struct iovec){ copy, p->frame.len };
		p->msgs[i].msg_hdr =
			(struct msghdr){ .msg_iov = &p->parts[i], .msg_iovlen = 1 };
	}
}

static size_t round_up(size_t n)
{
	return (n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

enum cs_err cs_tx_packet_open(const struct cs_ports *ports,
			      const struct cs_tx_template *probe,
			      const struct cs_tx_way *way, struct cs_tx **out)
{
	struct cs_tx_frame frame;
	enum cs_err err = cs_tx_frame_build(&frame, probe, way);

	if (err)
		return err;

	size_t stride = round_up(frame.len);
	size_t size = round_up(sizeof(struct tx_packet) + CS_TX_BATCH * stride);
	struct tx_packet *p = aligned_alloc(CACHE_LINE, size);

	if (!p)
		return CS_ERR_NOMEM;
	memset(p, 0, size);
	p->tx.ops = &ops;
	p->ports = ports;
	p->frame = frame;
	p->fd = open_socket(way->ifindex);
	if (p->fd < 0) {
		err = errno == EPERM || errno == EACCES ? CS_ERR_DENIED : CS_ERR_IO;
		packet_close(&p->tx);
		return err;
	}
	lay_out(p, stride);
	*out = &p->tx;
	return CS_OK;
}
