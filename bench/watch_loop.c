/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_loop: the limit that a watch of a capture file is measured against: libpcap's
 * reader, the fields of Ethernet, IPv4 and UDP looked at, and a walk over the CoAP
 * options that counts; nothing is kept.
 *
 *   watch_loop FILE
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>

enum { COAP_PORT = 5683, ETHERNET = 14, UDP = 8 };

struct counts {
	unsigned long packets, coap, bad, options, codes[256];
};

static unsigned u16(const u_char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* One half of an option's first byte with what extends it; false: cut or reserved. */
static bool extended(const u_char **p, const u_char *end, unsigned *value)
{
	if (*value < 13)
		return true;
	if (*value == 13 && *p < end) {
		*value = 13u + *(*p)++;
		return true;
	}
	if (*value == 14 && end - *p >= 2) {
		*value = 269u + u16(*p);
		*p += 2;
		return true;
	}
	return false;
}

static bool walk(const u_char *p, const u_char *end, struct counts *c)
{
	while (p < end && *p != 0xff) {
		unsigned delta = *p >> 4, len = *p & 15;

		p++;
		if (!extended(&p, end, &delta) || !extended(&p, end, &len) ||
		    (unsigned)(end - p) < len)
			return false;
		p += len;
		c->options++;
	}
	return p == end || end - p > 1;
}

static bool parse(const u_char *p, const u_char *end, struct counts *c)
{
	unsigned token;

	if (end - p < 4 || p[0] >> 6 != 1)
		return false;
	token = p[0] & 15;
	if (token > 8 || end - p < 4 + (int)token ||
	    (p[1] == 0 && (token || end - p > 4)))
		return false;
	c->codes[p[1]]++;
	return walk(p + 4 + token, end, c);
}

static void packet(u_char *user, const struct pcap_pkthdr *head, const u_char *frame)
{
	struct counts *c = (struct counts *)(void *)user;
	const u_char *end = frame + head->caplen, *udp;

	c->packets++;
	if (head->caplen < ETHERNET + 28 || u16(frame + 12) != 0x0800 || frame[23] != 17)
		return;
	udp = frame + ETHERNET + (frame[ETHERNET] & 15) * 4;
	if (udp + UDP > end || (u16(udp) != COAP_PORT && u16(udp + 2) != COAP_PORT))
		return;
	c->coap++;
	if (udp + u16(udp + 4) < end && u16(udp + 4) >= UDP)
		end = udp + u16(udp + 4);
	c->bad += !parse(udp + UDP, end, c);
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct counts c = { 0 };
	pcap_t *file = argc > 1 ? pcap_open_offline(argv[1], why) : NULL;

	if (!file) {
		fputs("watch_loop FILE\n", stderr);
		return 2;
	}
	(void)pcap_loop(file, -1, packet, (u_char *)&c); /* to the file's end */
	printf("%lu packets, %lu of CoAP, %lu malformed, %lu options, %lu GET\n",
	       c.packets, c.coap, c.bad, c.options, c.codes[1]);
	pcap_close(file);
	return 0;
}
