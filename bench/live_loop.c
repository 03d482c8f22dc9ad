/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender that live capture is measured with: requests for /.well-known/core from
 * ever other sources of 198.18.0.0/15, in turn, checksums right.
 *
 *   live_loop INTERFACE PEER-MAC TARGET SOURCES SECONDS RATE
 *
 * RATE is in packets/s, 0 for all it can do. Prints how many left.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/num.h"

enum {
	BATCH = 64,
	IP = 14, /* offsets */
	UDP = IP + 20,
	COAP = UDP + 8,
	MESSAGE = 25,
	FRAME = COAP + MESSAGE,
	SOURCE_PORT = 40000,
	COAP_PORT = 5683,
	NAP_US = 50,
};

static const uint32_t first_source = 0xc6120000;
static const uint8_t message[] = "\x44\x01\0\0\0\0\0\0\xbb.well-known\x04"
				 "core";

struct loop {
	int fd;
	uint32_t ip_sum, udp_sum; /* of what no frame changes */
	uint64_t sources, made;
	uint8_t frames[BATCH][FRAME];
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

static void lay_out(struct loop *l, const uint8_t mac[6], const struct cs_addr *target)
{
	uint8_t f[FRAME] = { 0 };

	memcpy(f, mac, 6);
	f[6] = 2; /* a local address: nobody asks whose */
	put16(f + 12, 0x0800);
	f[IP] = 0x45;
	put16(f + IP + 2, FRAME - IP);
	f[IP + 8] = 64;
	f[IP + 9] = IPPROTO_UDP;
	memcpy(f + IP + 16, target->b + 12, 4);
	put16(f + UDP, SOURCE_PORT);
	put16(f + UDP + 2, COAP_PORT);
	put16(f + UDP + 4, FRAME - UDP);
	memcpy(f + COAP, message, MESSAGE);
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

static void make(struct loop *l, uint8_t *f)
{
	uint64_t n = l->made++;
	uint32_t from = first_source + (uint32_t)(n % l->sources);
	uint32_t from_sum = (from >> 16) + (from & 0xffff);
	uint32_t mid = (uint32_t)(n / l->sources) & 0xffff;
	uint16_t udp = fold(l->udp_sum + from_sum + mid);

	put16(f + IP + 12, from >> 16);
	put16(f + IP + 14, from);
	put16(f + IP + 10, fold(l->ip_sum + from_sum));
	put16(f + COAP + 2, mid);
	put16(f + UDP + 6, udp ? udp : 0xffff);
}

static void open_socket(struct loop *l, const char *interface)
{
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_ifindex = (int)if_nametoindex(interface) };
	const int one = 1;

	l->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (l->fd < 0 || bind(l->fd, (const struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(l->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		die(interface);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t run(struct loop *l, double seconds, double rate)
{
	const double began = now();
	double gone = 0;
	uint64_t left = 0;

	while (gone = now() - began, gone < seconds) {
		if (rate > 0 && (double)left > gone * rate) {
			(void)usleep(NAP_US); /* woken early, it looks again */
			continue;
		}
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
	struct cs_addr target;
	uint8_t m[6];

	if (argc != 7 ||
	    sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3,
		   m + 4, m + 5) != 6 ||
	    !cs_addr_read(cs_span_str(argv[3]), &target) ||
	    !cs_num_u64(cs_span_str(argv[4]), 1, 1 << 17, &loop.sources)) {
		(void)fprintf(stderr,
			      "usage: live_loop INTERFACE PEER-MAC TARGET SOURCES "
			      "SECONDS RATE\n");
		return 2;
	}
	open_socket(&loop, argv[1]);
	lay_out(&loop, m, &target);
	printf("%" PRIu64 "\n", run(&loop, strtod(argv[5], NULL), strtod(argv[6], NULL)));
	return 0;
}
