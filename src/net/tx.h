/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx: the one interface behind which every sender stands (udp, packet, later
 * xdp). A sender takes a batch of probes for one source port and puts them on
 * the wire; the bytes of a probe are prebuilt and only what differs is patched
 * in. A sender does not decide whom to ask, or when.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "net/ports.h"

enum { CS_TX_BATCH = 64 };

/* What differs from probe to probe. */
struct cs_tx_probe {
	struct cs_addr to;
	uint16_t port;
	uint16_t mid;
	uint8_t token[8]; /* the first token_len of cs_tx_template are used */
};

/* The CoAP message that all probes share. */
struct cs_tx_template {
	const uint8_t *bytes; /* borrowed until the sender is closed */
	uint16_t len;
	uint16_t mid_at;   /* offset of the Message ID, 2; even */
	uint16_t token_at; /* offset of the token, 4; even */
	uint8_t token_len; /* 0..8 */
};

struct cs_tx;

struct cs_tx_ops {
	const char *name; /* "udp", "packet" */
	/*
	 * Sends @probes[0..n) from the source port with index @port_index
	 * (n <= CS_TX_BATCH). Returns how many left, from the first on. When
	 * that is fewer than n, *@err and errno say why the next one did not:
	 * CS_ERR_FULL      the queue is full now (ENOBUFS, EAGAIN): retry later
	 * CS_ERR_NO_ROUTE  this one address cannot be sent to (no route, host
	 *                  unreachable, a broadcast address): skip it
	 * CS_ERR_DENIED    this one is forbidden (EPERM, a firewall): skip it
	 * CS_ERR_IO        the interface is down or gone: the scan must stop
	 */
	unsigned (*send)(struct cs_tx *tx, unsigned port_index,
			 const struct cs_tx_probe *probes, unsigned n, enum cs_err *err);
	void (*close)(struct cs_tx *tx); /* frees it; the ports stay open */
};

/* Every sender's struct begins with this. */
struct cs_tx {
	const struct cs_tx_ops *ops;
};

static inline unsigned cs_tx_send(struct cs_tx *tx, unsigned port_index,
				  const struct cs_tx_probe *probes, unsigned n,
				  enum cs_err *err)
{
	return tx->ops->send(tx, port_index, probes, n, err);
}

static inline void cs_tx_close(struct cs_tx *tx)
{
	if (tx)
		tx->ops->close(tx);
}

/*
 * The sender that needs no right: sendmmsg() on the bound sockets, of either
 * family. The ports must outlive it. @scope_id is the interface's index for
 * link-local targets, else 0. ICMP errors that earlier packets met are not
 * taken for errors of these. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_tx_udp_open(const struct cs_ports *ports,
				       const struct cs_tx_template *probe,
				       uint32_t scope_id, struct cs_tx **out);

/* One way out over Ethernet: what the packet sender writes before the payload. */
struct cs_tx_way {
	uint32_t ifindex;
	uint8_t source_mac[6], gateway_mac[6];
	struct cs_addr source; /* our address; its family is the frames' family */
	uint8_t hop_limit;     /* TTL; 64 */
};

/*
 * The sender in front of the host's own firewall: AF_PACKET and sendmmsg()
 * over prebuilt frames. Checksums are patched incrementally and folded twice;
 * the UDP checksum is always there. One way, one family: a probe of the other
 * is CS_ERR_NO_ROUTE. Needs CAP_NET_RAW.
 * CS_ERR_RANGE  the message is too long, or odd offsets (see tx_frame.h)
 * CS_ERR_DENIED, CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_tx_packet_open(const struct cs_ports *ports,
					  const struct cs_tx_template *probe,
					  const struct cs_tx_way *way,
					  struct cs_tx **out);
