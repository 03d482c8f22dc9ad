/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rx.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/rx_filter.h"
#include "wire/fragment.h"
#include "wire/udp.h"

enum {
	BLOCK = 1 << 18, /* bytes; the kernel hands packets over by the block */
	BLOCKS_MIN = 8,  /* a ring, however little memory was offered */
	BLOCKS_MAX = 8192,
	FRAME = 2048,     /* only a divisor: frames of a block vary in length */
	RETIRE_MS = 10,   /* a block that is not full waits no longer */
	AT_A_CALL = 4096, /* datagrams; the caller has other work too */
	VLAN_ID = 0x0fff,
};

struct ring {
	int fd;
	uint8_t *map; /* owned mapping, shared with the kernel */
	unsigned blocks;
	unsigned at; /* the next to come */
};

struct rx_packet {
	struct cs_rx rx;
	uint16_t first, last; /* ports */
	unsigned n;           /* rings */
	struct ring *rings;   /* owned */
	struct pollfd *fds;   /* owned */
	uint8_t *room;        /* owned mapping; for frags */
	struct cs_frags frags;
	_Atomic uint64_t datagrams, dropped, bad_checksum, fragments;
	_Atomic unsigned fill_permille;
};

/* What came with a packet besides its bytes. */
struct seen {
	int64_t wall_ns;
	bool checked; /* the UDP checksum needs no look */
	cs_rx_fn *each;
	void *arg;
};

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static unsigned take_udp(struct rx_packet *p, const struct cs_ip *ip,
			 const struct seen *seen)
{
	struct cs_udp udp;

	if (cs_udp_read(ip->payload, &udp)) {
		count(&p->bad_checksum, 1);
		return 0;
	}
	if (udp.to_port < p->first || udp.to_port > p->last)
		return 0;
	if (!seen->checked && !cs_udp_intact(&udp, ip)) {
		count(&p->bad_checksum, 1);
		return 0;
	}

	struct cs_datagram d = {
		.from = ip->from,
		.from_port = udp.from_port,
		.to_port = udp.to_port,
		.wall_us = seen->wall_ns / CS_NS_PER_US,
		.payload = udp.payload,
	};

	seen->each(seen->arg, &d);
	return 1;
}

/* One IP packet; how many datagrams it made, 0 or 1. */
static unsigned take_packet(struct rx_packet *p, struct cs_span bytes, struct seen *seen)
{
	struct cs_ip ip, whole;

	if (cs_ip_read(bytes, &ip) || !ip.checksum_ok) {
		count(&p->bad_checksum, 1);
		return 0;
	}
	if (ip.is_fragment) {
		bool is_whole = cs_frags_take(&p->frags, &ip, seen->wall_ns, &whole) ==
				CS_FRAGS_WHOLE;

		atomic_store_explicit(&p->fragments, p->frags.lost, memory_order_relaxed);
		if (!is_whole)
			return 0;
		ip = whole;
		seen->checked = false; /* what was said of a part is not of the whole */
	}
	return ip.protocol == CS_IPPROTO_UDP ? take_udp(p, &ip, seen) : 0;
}

/* Another network's, even when this host has no interface for that. */
static bool is_tagged(const struct tpacket3_hdr *h)
{
	return h->tp_status & TP_STATUS_VLAN_VALID && h->hv1.tp_vlan_tci & VLAN_ID;
}

static unsigned take_block(struct rx_packet *p, struct tpacket_block_desc *block,
			   struct seen *seen)
{
	const uint8_t *at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	unsigned n = 0;

	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)at;

		seen->wall_ns = h->tp_sec * CS_NS_PER_S + h->tp_nsec;
		seen->checked =
			h->tp_status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY);
		if (!is_tagged(h))
			n += take_packet(p, cs_span_of(at + h->tp_net, h->tp_snaplen),
					 seen);
		at += h->tp_next_offset;
	}
	return n;
}

static struct tpacket_block_desc *block_at(const struct ring *ring, unsigned i)
{
	return (void *)(ring->map + (size_t)(i % ring->blocks) * BLOCK);
}

static bool is_ours(struct tpacket_block_desc *block)
{
	return __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
	       TP_STATUS_USER;
}

/* How many blocks wait for us, in thousandths of the ring. */
static unsigned fill_of(const struct ring *ring)
{
	unsigned n = 0;

	assert(ring->blocks > 0);
	while (n < ring->blocks && is_ours(block_at(ring, ring->at + n)))
		n++;
	return n * 1000 / ring->blocks;
}

static unsigned drain(struct rx_packet *p, struct ring *ring, struct seen *seen)
{
	unsigned n = 0;

	while (n < AT_A_CALL) {
		struct tpacket_block_desc *block = block_at(ring, ring->at);

		if (!is_ours(block))
			break;
		n += take_block(p, block, seen);
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		ring->at = (ring->at + 1) % ring->blocks;
	}
	return n;
}

/* The kernel's counters start again at each look. */
static void note_drops(struct rx_packet *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct tpacket_stats_v3 stats = { 0 };
		socklen_t len = sizeof(stats);

		if (getsockopt(p->rings[i].fd, SOL_PACKET, PACKET_STATISTICS, &stats,
			       &len) == 0)
			count(&p->dropped, stats.tp_drops);
	}
}

static unsigned drain_all(struct rx_packet *p, struct seen *seen)
{
	unsigned fullest = 0, n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		unsigned fill = fill_of(&p->rings[i]);

		if (fill > fullest)
			fullest = fill;
		n += drain(p, &p->rings[i], seen);
	}
	atomic_store_explicit(&p->fill_permille, fullest, memory_order_relaxed);
	return n;
}

/* An interface that went down is said once; unread, it would be said for ever. */
static void clear_errors(const struct rx_packet *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		int error;
		socklen_t len = sizeof(error);

		if (p->fds[i].revents & POLLERR)
			(void)getsockopt(p->fds[i].fd, SOL_SOCKET, SO_ERROR, &error,
					 &len);
	}
}

static unsigned packet_poll(struct cs_rx *rx, int timeout_ms, cs_rx_fn *each, void *arg)
{
	struct rx_packet *p = (struct rx_packet *)rx;
	struct seen seen = { .each = each, .arg = arg };
	unsigned n = drain_all(p, &seen);

	if (n == 0 && poll(p->fds, p->n, timeout_ms) > 0) {
		clear_errors(p);
		n = drain_all(p, &seen);
	}
	note_drops(p);
	count(&p->datagrams, n);
	return n;
}

static void packet_stats(const struct cs_rx *rx, struct cs_rx_stats *out)
{
	const struct rx_packet *p = (const struct rx_packet *)rx;

	*out = (struct cs_rx_stats){
		.datagrams = atomic_load_explicit(&p->datagrams, memory_order_relaxed),
		.dropped = atomic_load_explicit(&p->dropped, memory_order_relaxed),
		.bad_checksum =
			atomic_load_explicit(&p->bad_checksum, memory_order_relaxed),
		.fragments = atomic_load_explicit(&p->fragments, memory_order_relaxed),
		.fill = atomic_load_explicit(&p->fill_permille, memory_order_relaxed) /
			1000.0,
	};
}

static void packet_close(struct cs_rx *rx)
{
	struct rx_packet *p = (struct rx_packet *)rx;
	int kept = errno;

	for (unsigned i = 0; i < p->n; i++) {
		if (p->rings[i].map)
			(void)munmap(p->rings[i].map, (size_t)p->rings[i].blocks * BLOCK);
		if (p->rings[i].fd >= 0)
			(void)close(p->rings[i].fd); /* nothing is left in it */
	}
	if (p->room)
		(void)munmap(p->room, CS_FRAGS_ROOM); /* ours: cannot fail */
	free(p->rings);
	free(p->fds);
	free(p);
	errno = kept;
}

static const struct cs_rx_ops ops = {
	.name = "packet",
	.poll = packet_poll,
	.stats = packet_stats,
	.close = packet_close,
};

static int set_up(const struct rx_packet *p, const struct ring *ring)
{
	struct sock_filter code[CS_RX_FILTER_LEN];
	struct sock_fprog program = { .len = CS_RX_FILTER_LEN, .filter = code };
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK,
		.tp_block_nr = ring->blocks,
		.tp_frame_size = FRAME,
		.tp_frame_nr = ring->blocks * (BLOCK / FRAME),
		.tp_retire_blk_tov = RETIRE_MS,
	};
	const int version = TPACKET_V3, on = 1;
	int fd = ring->fd;

	cs_rx_filter(p->first, p->last, code);
	return setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	       setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ||
	       /* Or each probe that leaves would be looked at as well. */
	       setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	       setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req));
}

/* Readies one ring; it hears nothing before the bind at the end. */
static int open_ring(struct rx_packet *p, struct ring *ring, uint32_t ifindex)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)ifindex };

	/* DGRAM: packets begin with their IP header on every kind of interface. */
	ring->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ring->fd < 0 || set_up(p, ring))
		return -1;

	void *map = mmap(NULL, (size_t)ring->blocks * BLOCK, PROT_READ | PROT_WRITE,
			 MAP_SHARED, ring->fd, 0);

	if (map == MAP_FAILED)
		return -1;
	ring->map = map;
	return bind(ring->fd, (struct sockaddr *)&at, sizeof(at));
}

static unsigned blocks_for(size_t ring_bytes, unsigned n)
{
	size_t blocks = ring_bytes / n / BLOCK;

	if (blocks < BLOCKS_MIN)
		return BLOCKS_MIN;
	return blocks > BLOCKS_MAX ? BLOCKS_MAX : (unsigned)blocks;
}

/* All memory but the rings'; NULL when it is out. */
static struct rx_packet *make(const struct cs_ports *ports, unsigned n)
{
	struct rx_packet *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->rx.ops = &ops;
	p->first = ports->first;
	p->last = (uint16_t)(ports->first + ports->n - 1);
	p->rings = calloc(n, sizeof(*p->rings));
	p->fds = calloc(n, sizeof(*p->fds));

	void *room = mmap(NULL, CS_FRAGS_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room != MAP_FAILED)
		p->room = room;
	if (!p->rings || !p->fds || !p->room) {
		packet_close(&p->rx);
		return NULL;
	}
	cs_frags_init(&p->frags, p->room);
	return p;
}

static enum cs_err why(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return CS_ERR_DENIED;
	case ENOMEM:
	case ENOBUFS:
		return CS_ERR_NOMEM;
	default:
		return CS_ERR_IO;
	}
}

enum cs_err cs_rx_packet_open(const struct cs_ports *ports, const uint32_t *ifindexes,
			      unsigned n, size_t ring_bytes, struct cs_rx **out)
{
	struct rx_packet *p = make(ports, n);

	if (!p)
		return CS_ERR_NOMEM;
	for (unsigned i = 0; i < n; i++) {
		struct ring *ring = &p->rings[p->n++];

		ring->blocks = blocks_for(ring_bytes, n);
		if (open_ring(p, ring, ifindexes[i])) {
			enum cs_err err = why(errno);

			packet_close(&p->rx);
			return err;
		}
		p->fds[i] = (struct pollfd){ .fd = ring->fd, .events = POLLIN };
	}
	*out = &p->rx;
	return CS_OK;
}
