/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape: the packets of one capture, written in any order and sorted by time when they
 * go into the file. Builds IP, UDP, TCP and ICMP with right lengths and checksums; what
 * they carry is the caller's. Stops the program when memory or the disk ends.
 */
#pragma once

#include "base/addr.h"
#include "rng.h"

/* One end of a datagram, and what its IP headers look like. */
struct end {
	struct cs_addr ip;
	uint16_t port;
	uint8_t ttl;       /* as it arrives */
	uint16_t ip_id;    /* IPv4; 0: the tape chooses */
	bool no_checksum;  /* UDP over IPv4 without one */
	bool with_options; /* IPv4 options, or an IPv6 extension header */
};

enum tape_link {
	TAPE_ETHERNET,
	TAPE_VLAN,
	TAPE_QINQ,
	TAPE_SLL,
	TAPE_SLL2,
	TAPE_RAW,
	TAPE_NULL,
	TAPE_PPP,
	TAPE_LINKS,
};

struct tape_packet {
	int64_t at_us;
	uint32_t nth;
	uint32_t len;
	size_t offset; /* in bytes[] */
	bool frame;    /* a whole link frame (Ethernet only), not an IP packet */
};

struct tape {
	struct rng *rng;
	enum tape_link link;
	uint32_t snaplen;
	uint16_t mtu;
	bool nanoseconds, swapped; /* of the file */
	uint8_t *bytes;
	size_t len, cap;
	struct tape_packet *packets;
	size_t n, room;
};

void tape_clear(struct tape *tape);

void tape_udp(struct tape *tape, int64_t at_us, const struct end *from,
	      const struct end *to, struct cs_span payload);

enum { TAPE_FIN = 1, TAPE_SYN = 2, TAPE_RST = 4, TAPE_PSH = 8, TAPE_ACK = 16 };

void tape_tcp(struct tape *tape, int64_t at_us, const struct end *from,
	      const struct end *to, uint32_t seq, uint32_t ack, uint8_t flags,
	      struct cs_span payload);

enum tape_icmp { TAPE_PORT_CLOSED, TAPE_HOST_GONE, TAPE_FORBIDDEN };

/*
 * @by refuses the UDP datagram that @from sent to @to; the error quotes as much of it as
 * such errors do, and goes back to @from.
 */
void tape_icmp(struct tape *tape, int64_t at_us, const struct cs_addr *by,
	       enum tape_icmp why, const struct end *from, const struct end *to,
	       struct cs_span payload);

/* An IP packet as it stands; right or wrong. */
void tape_ip(struct tape *tape, int64_t at_us, struct cs_span packet);

/* A frame as it stands; left out where the link is not Ethernet. */
void tape_frame(struct tape *tape, int64_t at_us, struct cs_span frame);

/* Sorts, and writes the file. */
void tape_write(struct tape *tape, const char *path);
