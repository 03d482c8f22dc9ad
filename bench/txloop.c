/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txloop: the bare loop that the packet sender is measured against: the least
 * that can be done to put distinct, right probes on the wire with AF_PACKET
 * and sendmmsg(). No rate, no shards, no errors told apart.
 *
 *   txloop INTERFACE GATEWAY-MAC SOURCE COUNT
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	FRAME = 63,
	IP_AT = 14,
	UDP_AT = 34,
	COAP_AT = 42,
	QUEUE = 4 << 20,
};

static uint8_t frames[BATCH][64];
static struct mmsghdr msgs[BATCH];
static struct iovec parts[BATCH];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint32_t sum_of(const uint8_t *bytes, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static unsigned checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void build(uint8_t frame[FRAME], const uint8_t to[6], const uint8_t from[6],
		  struct in_addr source)
{
	static const uint8_t question[] = "\x40\x01\0\0\xbb.well-known\x04"
					  "core";

	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	put16(frame + 12, 0x0800);
	memcpy(frame + IP_AT, "\x45\0\0\x31\0\0\x40\0\x40\x11\0\0", 12);
	memcpy(frame + IP_AT + 12, &source, 4);
	put16(frame + UDP_AT, 40000);
	put16(frame + UDP_AT + 2, 5683);
	put16(frame + UDP_AT + 4, 29);
	memcpy(frame + COAP_AT, question, 21);
}

static void patch(uint8_t *frame, uint32_t serial, uint32_t ip_sum, uint32_t udp_sum)
{
	uint32_t to = 0x0a800000u | (serial * 2654435761u & 0x3fffffu);
	unsigned sum;

	put16(frame + IP_AT + 16, to >> 16);
	put16(frame + IP_AT + 18, to & 0xffff);
	put16(frame + IP_AT + 10, checksum(ip_sum + (to >> 16) + (to & 0xffff)));
	put16(frame + COAP_AT + 2, serial & 0xffff);
	sum = checksum(udp_sum + (to >> 16) + (to & 0xffff) + (serial & 0xffff));
	put16(frame + UDP_AT + 6, sum ? sum : 0xffff);
}

static int open_socket(const char *interface, uint8_t mac[6])
{
	struct ifreq req = { 0 };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), queue = QUEUE;

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", interface);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof(queue)) ||
	    ioctl(fd, SIOCGIFHWADDR, &req) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(interface);
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	return fd;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void report(uint64_t n, struct timespec start)
{
	struct timespec end;
	struct rusage used;

	if (clock_gettime(CLOCK_MONOTONIC, &end) || getrusage(RUSAGE_SELF, &used))
		die("clock");

	double took = (double)(end.tv_sec - start.tv_sec) +
		      (double)(end.tv_nsec - start.tv_nsec) * 1e-9;

	(void)printf(
		"{\"sent\": %lu, \"kpps\": %.1f, \"user_ns\": %.1f, \"cpu_ns\": %.1f}\n",
		n, (double)n / took / 1e3, seconds(used.ru_utime) / (double)n * 1e9,
		(seconds(used.ru_utime) + seconds(used.ru_stime)) / (double)n * 1e9);
}

int main(int argc, char **argv)
{
	unsigned m[6];
	uint8_t to[6], from[6];
	struct in_addr source;
	struct timespec start;

	if (argc != 5 || inet_pton(AF_INET, argv[3], &source) != 1 ||
	    sscanf(argv[2], "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) !=
		    6)
		return 2;
	for (unsigned i = 0; i < 6; i++)
		to[i] = (uint8_t)m[i];

	int fd = open_socket(argv[1], from);
	uint64_t count = strtoull(argv[4], NULL, 10), n = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		build(frames[i], to, from, source);
		parts[i] = (struct iovec){ frames[i], FRAME };
		msgs[i].msg_hdr =
			(struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}

	uint32_t ip_sum = sum_of(frames[0] + IP_AT, 20);
	uint32_t udp_sum = 17 + 29 + sum_of(frames[0] + IP_AT + 12, 8) +
			   sum_of(frames[0] + UDP_AT, FRAME - UDP_AT);

	if (clock_gettime(CLOCK_MONOTONIC, &start))
		die("clock");
	while (n < count) {
		for (unsigned i = 0; i < BATCH; i++)
			patch(frames[i], (uint32_t)n + i, ip_sum, udp_sum);

		int sent = sendmmsg(fd, msgs, BATCH, 0);

		if (sent > 0)
			n += (unsigned)sent;
	}
	report(n, start);
	(void)close(fd);
	return 0;
}
