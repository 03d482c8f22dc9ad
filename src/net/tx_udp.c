/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tx.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	/*
	 * Failed calls in a row before one is believed: the receiver that reads
	 * old ICMP errors raises them anew, one after the other.
	 */
	STALE_MAX = 256,
};

struct tx_udp {
	struct cs_tx tx;
	const struct cs_ports *ports; /* borrowed */
	struct cs_tx_template probe;
	uint32_t scope_id;
	struct mmsghdr msgs[CS_TX_BATCH];
	struct iovec parts[CS_TX_BATCH];
	struct sockaddr_storage to[CS_TX_BATCH];
	uint8_t bytes[]; /* CS_TX_BATCH copies of the template */
};

/* What a failed send means to a scan; tx.h has the list. */
static enum cs_err why(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return CS_ERR_FULL;
	case ECONNREFUSED: /* never of this packet: ICMP errors keep coming */
	case ENOPROTOOPT:
	case EPROTO:
	case EMSGSIZE:
		return CS_ERR_FULL;
	case EPERM: /* a firewall's output rule */
		return CS_ERR_DENIED;
	case EACCES: /* a broadcast address, or a "prohibit" route */
	case EINVAL: /* a "blackhole" route, port 0, no scope for a link-local one */
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return CS_ERR_NO_ROUTE;
	default:
		return CS_ERR_IO;
	}
}

static void patch(struct tx_udp *u, unsigned i, const struct cs_tx_probe *probe)
{
	uint8_t *bytes = u->parts[i].iov_base;

	bytes[u->probe.mid_at] = (uint8_t)(probe->mid >> 8);
	bytes[u->probe.mid_at + 1] = (uint8_t)probe->mid;
	memcpy(bytes + u->probe.token_at, probe->token, u->probe.token_len);
	u->msgs[i].msg_hdr.msg_namelen =
		cs_addr_to_sockaddr(&probe->to, probe->port, u->scope_id, &u->to[i]);
}

/* How many of @probes[0..n) go through the same socket as the first. */
static unsigned same_family(const struct cs_tx_probe *probes, unsigned n)
{
	bool v4 = cs_addr_is_v4(&probes[0].to);
	unsigned run = 1;

	while (run < n && cs_addr_is_v4(&probes[run].to) == v4)
		run++;
	return run;
}

/*
 * The socket may report the ICMP error that an earlier packet met: taken note
 * of by this very call, so that the next one tells of its own packet. Only a
 * full queue and a firewall are always of this packet.
 */
static bool may_be_stale(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
		return false;
	default:
		return true;
	}
}

static unsigned udp_send(struct cs_tx *tx, unsigned port_index,
			 const struct cs_tx_probe *probes, unsigned n, enum cs_err *err)
{
	struct tx_udp *u = (struct tx_udp *)tx;
	unsigned done = 0, stale = 0;

	assert(n <= CS_TX_BATCH && port_index < u->ports->n);
	for (unsigned i = 0; i < n; i++)
		patch(u, i, &probes[i]);

	/*
	 * The kernel tells why a message did not leave only when it is the
	 * first of a call, so after a short count it is tried again.
	 */
	while (done < n) {
		int fd = cs_ports_fd(u->ports, port_index, &probes[done].to);
		int sent =
			sendmmsg(fd, u->msgs + done, same_family(probes + done, n - done),
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			done += (unsigned)sent;
			stale = 0;
		} else if (!may_be_stale(errno) || ++stale > STALE_MAX) {
			*err = why(errno);
			break;
		}
	}
	return done;
}

static void udp_close(struct cs_tx *tx)
{
	free(tx);
}

static const struct cs_tx_ops ops = {
	.name = "udp",
	.send = udp_send,
	.close = udp_close,
};

enum cs_err cs_tx_udp_open(const struct cs_ports *ports,
			   const struct cs_tx_template *probe, uint32_t scope_id,
			   struct cs_tx **out)
{
	struct tx_udp *u = calloc(1, sizeof(*u) + CS_TX_BATCH * (size_t)probe->len);

	if (!u)
		return CS_ERR_NOMEM;
	assert(probe->mid_at + 2 <= probe->len);
	assert(probe->token_at + probe->token_len <= probe->len);
	assert(probe->token_len <= sizeof(((struct cs_tx_probe *)NULL)->token));
	u->tx.ops = &ops;
	u->ports = ports;
	u->probe = *probe;
	u->scope_id = scope_id;
	for (unsigned i = 0; i < CS_TX_BATCH; i++) {
		uint8_t *copy = u->bytes + (size_t)i * probe->len;

		memcpy(copy, probe->bytes, probe->len);
		u->parts[i] = (struct iovec){ copy, probe->len };
		u->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &u->to[i],
			.msg_iov = &u->parts[i],
			.msg_iovlen = 1,
		};
	}
	*out = &u->tx;
	return CS_OK;
}
