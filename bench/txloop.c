/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bare loop that a scanner's sender is measured against: one thread, frames
 * of 63 bytes (the 21 byte probe) to ever different addresses, checksums right,
 * AF_PACKET and sendmmsg; no order to keep, no answers to know again, no pace.
 *
 *   txloop INTERFACE PEER-MAC SOURCE PREFIX SECONDS [SPOIL]
 *
 * sends to addresses of PREFIX (a /N of IPv4) and prints how many left. Every
 * SPOIL-th frame gets a wrong IP checksum and the one after it a wrong UDP
 * checksum: to see whether the peer's counters would tell.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/addr.h"
#include "base/num.h"

enum {
	BATCH = 64,
	FRAME = 63,
	IP = 14, /* offsets */
	UDP = IP + 20,
	COAP = UDP + 8,
	CODED = FRAME - IP,
	SOURCE_PORT = 40000,
	COAP_PORT = 5683,
};

static const uint8_t message[] = "\x40\x01\0\0\xbb.well-known\x04"
				 "core";

struct loop {
	int fd;
	uint8_t form[FRAME];
	uint32_t ip_sum, udp_sum; /* of what no frame changes */
	uint32_t base, mask;      /* of the addresses */
	uint64_t made, spoil;
	uint8_t frames[BATCH][64];
	struct iovec parts[BATCH];
	struct mmsghdr msgs[BATCH];
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint32_t sum(const uint8_t *at, size_t len)
{
	uint32_t s = 0;

	for (size_t i = 0; i < len; i++)
		s += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	return s;
}

static uint16_t fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void lay_out(struct loop *l, const uint8_t macs[12], const struct cs_addr *source)
{
	uint8_t *f = l->form;

	memcpy(f, macs, 12);
	put16(f + 12, 0x0800);
	f[IP] = 0x45;
	put16(f + IP + 2, CODED);
	f[IP + 8] = 64;
	f[IP + 9] = IPPROTO_UDP;
	memcpy(f + IP + 12, source->b + 12, 4);
	put16(f + UDP, SOURCE_PORT);
	put16(f + UDP + 2, COAP_PORT);
	put16(f + UDP + 4, FRAME - UDP);
	memcpy(f + COAP, message, sizeof(message) - 1);
	l->ip_sum = sum(f + IP, 20);
	/* The pseudo header: addresses, protocol and length. */
	l->udp_sum = sum(f + IP + 12, 8) + IPPROTO_UDP + (FRAME - UDP) +
		     sum(f + UDP, FRAME - UDP);
	for (unsigned i = 0; i < BATCH; i++) {
		memcpy(l->frames[i], f, FRAME);
		l->parts[i] = (struct iovec){ l->frames[i], FRAME };
		l->msgs[i].msg_hdr =
			(struct msghdr){ .msg_iov = &l->parts[i], .msg_iovlen = 1 };
	}
}

/* An odd factor visits all of a power of two. */
static void make(struct loop *l, uint8_t *f)
{
	uint64_t n = l->made++;
	uint32_t to = l->base | ((uint32_t)(n * 2654435761u) & l->mask);
	uint32_t to_sum = (to >> 16) + (to & 0xffff), mid = (uint32_t)n & 0xffff;
	uint16_t udp = fold(l->udp_sum + to_sum + mid);

	put16(f + IP + 16, to >> 16);
	put16(f + IP + 18, to);
	put16(f + IP + 10, fold(l->ip_sum + to_sum));
	put16(f + COAP + 2, mid);
	put16(f + UDP + 6, udp ? udp : 0xffff);
	if (l->spoil && n % l->spoil == 0)
		f[IP + 10] ^= 0x55;
	if (l->spoil && n % l->spoil == 1)
		f[UDP + 6] ^= 0x55;
}

static void open_socket(struct loop *l, const char *interface, uint8_t mac[6])
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(interface) };
	struct ifreq request = { 0 };
	int queue = 4 << 20;

	l->fd = socket(AF_PACKET, SOCK_RAW, 0);
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, sizeof(at)) ||
	    ioctl(l->fd, SIOCGIFHWADDR, &request) ||
	    setsockopt(l->fd, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof(queue)))
		die(interface);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t run(struct loop *l, double seconds)
{
	const double end = now() + seconds;
	uint64_t left = 0;

	while (now() < end) {
		for (unsigned i = 0; i < BATCH; i++)
			make(l, l->frames[i]);

		int n = sendmmsg(l->fd, l->msgs, BATCH, 0);

		if (n > 0)
			left += (uint64_t)n;
	}
	return left;
}

int main(int argc, char **argv)
{
	static struct loop loop;
	struct cs_prefix to;
	struct cs_addr source;
	uint8_t macs[12];
	uint8_t *m = macs;

	if (argc < 6 ||
	    sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3,
		   m + 4, m + 5) != 6 ||
	    !cs_addr_read(cs_span_str(argv[3]), &source) ||
	    cs_prefix_read(cs_span_str(argv[4]), &to)) {
		(void)fprintf(stderr, "usage: txloop INTERFACE PEER-MAC SOURCE PREFIX "
				      "SECONDS [SPOIL]\n");
		return 2;
	}
	if (argc > 6 && !cs_num_u64(cs_span_str(argv[6]), 2, UINT32_MAX, &loop.spoil))
		return 2;
	loop.base = cs_addr_low32(&to.addr);
	loop.mask = (uint32_t)(UINT64_C(0xffffffff) >> (to.bits - 96));
	open_socket(&loop, argv[1], macs + 6);
	lay_out(&loop, macs, &source);
	printf("%" PRIu64 "\n", run(&loop, strtod(argv[5], NULL)));
	return 0;
}
