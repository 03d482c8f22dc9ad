/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcheck: the senders, receivers and route look-ups of src/net from a shell,
 * for the tests in network namespaces. Prints one JSON object.
 *
 *   netcheck send --tx udp|packet --rx udp|packet|none --to ADDRESS --count N
 *                 [--interface NAME] [--source ADDRESS] [--mac GATEWAY]
 *                 [--port N] [--ports K] [--wait MS] [--rate PPS] [--token N]
 *                 [--ring BYTES] [--buffer BYTES]
 *   netcheck route [--interface NAME] LOW-HIGH|PREFIX|ADDRESS...
 *   netcheck neighbour ADDRESS
 *   netcheck local|broadcasts [--interface NAME]
 *   netcheck room [--v6]
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "net/room.h"
#include "net/route.h"
#include "net/rx.h"
#include "net/tx.h"

struct args {
	const char *tx, *rx, *interface, *mac;
	struct cs_addr to, source;
	uint64_t count, port, ports, wait_ms, rate, token, ring, buffer;
	bool v6;
};

struct tally {
	uint64_t sent, full, no_route, denied;
	uint64_t received, bytes, longest, unlike; /* unlike: not what was sent */
	bool io;
};

static int die(const char *what)
{
	(void)fprintf(stderr, "netcheck: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (!cs_num_u64(cs_span_str(text), 0, UINT64_MAX, &n))
		die(text);
	return n;
}

static struct cs_addr address(const char *text)
{
	struct cs_addr a;

	if (!cs_addr_read(cs_span_str(text), &a))
		die(text);
	return a;
}

static void read_mac(const char *text, uint8_t mac[6])
{
	unsigned b[6];

	if (!text ||
	    sscanf(text, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
		die("--mac");
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
}

static void own_mac(const char *interface, uint8_t mac[6])
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req))
		die(interface);
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	(void)close(fd);
}

static void hear(void *arg, const struct cs_datagram *d)
{
	struct tally *t = arg;

	t->received++;
	t->bytes += d->payload.len;
	if (d->payload.len > t->longest)
		t->longest = d->payload.len;
	/* Large answers count up from byte to byte, so that each place is known. */
	for (size_t i = 64; i < d->payload.len; i++)
		if (d->payload.ptr[i] != (uint8_t)i) {
			t->unlike++;
			break;
		}
}

static void note_error(struct tally *t, enum cs_err err, unsigned *at)
{
	switch ((int)err) {
	case CS_ERR_FULL:
		t->full++;
		(void)usleep(50);
		break;
	case CS_ERR_NO_ROUTE:
		t->no_route++;
		++*at;
		break;
	case CS_ERR_DENIED:
		t->denied++;
		++*at;
		break;
	default:
		t->io = true;
	}
}

static void send_batch(struct cs_tx *tx, unsigned port, const struct cs_tx_probe *probes,
		       unsigned n, struct tally *t)
{
	for (unsigned at = 0; at < n && !t->io;) {
		enum cs_err err = CS_OK;
		unsigned sent = cs_tx_send(tx, port, probes + at, n - at, &err);

		t->sent += sent;
		at += sent;
		if (at < n)
			note_error(t, err, &at);
	}
}

static void keep_rate(const struct args *a, uint64_t done, int64_t start)
{
	int64_t due = start;
	struct timespec at;

	if (!a->rate)
		return;
	due += (int64_t)(done * (uint64_t)CS_NS_PER_S / a->rate);
	at = (struct timespec){ due / CS_NS_PER_S, due % CS_NS_PER_S };
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void send_all(const struct args *a, struct cs_tx *tx, struct cs_rx *rx,
		     struct tally *t)
{
	int64_t start = cs_clock_mono(cs_clock_system());

	for (uint64_t done = 0; done < a->count && !t->io;) {
		struct cs_tx_probe probes[CS_TX_BATCH];
		unsigned n = 0;
		unsigned port = (unsigned)(done / CS_TX_BATCH % a->ports);

		for (; n < CS_TX_BATCH && done + n < a->count; n++) {
			uint64_t x = (done + n) * UINT64_C(0x9e3779b97f4a7c15);

			probes[n].to = cs_addr_plus(a->to, done + n);
			probes[n].port = (uint16_t)a->port;
			probes[n].mid = (uint16_t)(x >> 32);
			memcpy(probes[n].token, &x, sizeof(x));
		}
		keep_rate(a, done, start);
		send_batch(tx, port, probes, n, t);
		done += n;
		if (rx)
			(void)cs_rx_poll(rx, 0, hear, t);
	}
}

static struct cs_tx *open_tx(const struct args *a, const struct cs_ports *ports)
{
	static uint8_t message[] = "\x40\x01..ttttttttbb.well-known\x04"
				   "core";
	static struct cs_tx_template probe = { .bytes = message,
					       .mid_at = 2,
					       .token_at = 4 };
	struct cs_tx_way way = { .source = a->source, .hop_limit = 64 };
	struct cs_tx *tx = NULL;
	enum cs_err err;

	message[0] = (uint8_t)(0x40 | a->token);
	memcpy(message + 4 + a->token,
	       "\xbb.well-known\x04"
	       "core",
	       17);
	probe.token_len = (uint8_t)a->token;
	probe.len = (uint16_t)(21 + a->token);
	if (strcmp(a->tx, "udp") == 0) {
		err = cs_tx_udp_open(ports, &probe, 0, &tx);
	} else {
		way.ifindex = if_nametoindex(a->interface);
		own_mac(a->interface, way.source_mac);
		read_mac(a->mac, way.gateway_mac);
		err = cs_tx_packet_open(ports, &probe, &way, &tx);
	}
	if (err)
		die("sender");
	return tx;
}

static struct cs_rx *open_rx(const struct args *a, const struct cs_ports *ports)
{
	struct cs_rx *rx = NULL;
	enum cs_err err = CS_OK;

	if (strcmp(a->rx, "udp") == 0) {
		err = cs_rx_udp_open(ports, &rx);
	} else if (strcmp(a->rx, "packet") == 0) {
		uint32_t ifindex = if_nametoindex(a->interface);

		err = cs_rx_packet_open(ports, &ifindex, 1, a->ring, &rx);
	}
	if (err)
		die("receiver");
	return rx;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void print_send(const struct tally *t, const struct cs_rx_stats *s,
		       const struct cs_ports *ports, double took,
		       const struct rusage *used)
{
	double n = t->sent ? (double)t->sent : 1;

	(void)printf("{\"sent\": %lu, \"full\": %lu, \"no_route\": %lu, \"denied\": %lu, "
		     "\"io\": %s, \"received\": %lu, \"bytes\": %lu, \"longest\": %lu, "
		     "\"unlike\": %lu, \"datagrams\": %lu, \"dropped\": %lu, "
		     "\"bad_checksum\": %lu, \"fragments\": %lu, \"first_port\": %u, ",
		     t->sent, t->full, t->no_route, t->denied, t->io ? "true" : "false",
		     t->received, t->bytes, t->longest, t->unlike, s->datagrams,
		     s->dropped, s->bad_checksum, s->fragments, ports->first);
	(void)printf("\"kpps\": %.1f, \"user_ns\": %.1f, \"cpu_ns\": %.1f}\n",
		     n / took / 1e3, seconds(used->ru_utime) / n * 1e9,
		     (seconds(used->ru_utime) + seconds(used->ru_stime)) / n * 1e9);
}

static int cmd_send(const struct args *a)
{
	struct cs_ports_want want = {
		.n = (uint16_t)a->ports,
		.v4 = cs_addr_is_v4(&a->to),
		.v6 = !cs_addr_is_v4(&a->to),
		.deaf = strcmp(a->rx, "udp") != 0,
		.receive_buffer = (int)a->buffer,
		.pick = (uint32_t)getpid(),
	};
	static struct cs_ports ports;
	const struct cs_clock *clock = cs_clock_system();
	struct cs_rx_stats stats = { 0 };
	struct tally t = { 0 };
	struct rusage used;
	uint16_t taken;

	if (cs_ports_open(&want, &ports, &taken))
		die("ports");

	struct cs_tx *tx = open_tx(a, &ports);
	struct cs_rx *rx = open_rx(a, &ports);
	int64_t start = cs_clock_mono(clock);

	send_all(a, tx, rx, &t);
	(void)getrusage(RUSAGE_SELF, &used);

	int64_t end = cs_clock_mono(clock);
	int64_t quiet = end + (int64_t)a->wait_ms * CS_NS_PER_MS;

	while (rx && cs_clock_mono(clock) < quiet)
		(void)cs_rx_poll(rx, 20, hear, &t);
	if (rx)
		cs_rx_stats(rx, &stats);
	print_send(&t, &stats, &ports, (double)(end - start) * 1e-9, &used);
	cs_tx_close(tx);
	cs_rx_close(rx);
	cs_ports_close(&ports);
	return 0;
}

static const char *kind_name(enum cs_way_kind kind)
{
	static const char *const names[] = {
		[CS_WAY_NONE] = "none",       [CS_WAY_LOOPBACK] = "loopback",
		[CS_WAY_ON_LINK] = "on-link", [CS_WAY_GATEWAY] = "gateway",
		[CS_WAY_POINT] = "point",     [CS_WAY_BROADCAST] = "broadcast",
	};

	return names[kind];
}

static void print_address(const char *name, const struct cs_addr *a)
{
	static const struct cs_addr zero;
	char text[CS_ADDR_TEXT] = "";

	if (cs_addr_cmp(a, &zero) != 0)
		cs_addr_text(a, text);
	(void)printf(", \"%s\": \"%s\"", name, text);
}

static void print_way(const struct cs_way *w)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(&w->range.lo, text);
	(void)printf("{\"lo\": \"%s\"", text);
	print_address("hi", &w->range.hi);
	(void)printf(", \"kind\": \"%s\", \"interface\": \"%s\"", kind_name(w->kind),
		     w->interface);
	print_address("gateway", &w->gateway);
	print_address("source", &w->source);
	(void)printf(", \"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\"}", w->source_mac[0],
		     w->source_mac[1], w->source_mac[2], w->source_mac[3],
		     w->source_mac[4], w->source_mac[5]);
}

/* ADDRESS, PREFIX or LOW-HIGH. */
static struct cs_range range_of(const char *text)
{
	const char *dash = strchr(text, '-');
	struct cs_range r;
	struct cs_prefix p;

	if (dash) {
		if (!cs_addr_read(cs_span_of(text, (size_t)(dash - text)), &r.lo))
			die(text);
		r.hi = address(dash + 1);
		return r;
	}
	if (cs_prefix_read(cs_span_str(text), &p))
		die(text);
	return cs_prefix_range(&p);
}

/* --count N singles, every second address from --to on, in place of ranges. */
static size_t targets(const struct args *a, int argc, char **argv, struct cs_arena *arena,
		      struct cs_range **out)
{
	size_t n = a->count ? a->count : (size_t)(argc - optind);

	*out = cs_arena_array(arena, n, sizeof(**out));
	if (!*out)
		die("memory");
	for (size_t i = 0; i < n; i++) {
		struct cs_addr one = cs_addr_plus(a->to, 2 * i);

		(*out)[i] = a->count ? (struct cs_range){ one, one }
				     : range_of(argv[optind + (int)i]);
	}
	return n;
}

static int cmd_route(const struct args *a, int argc, char **argv)
{
	struct cs_arena arena = { 0 };
	struct cs_range *ranges;
	size_t n = targets(a, argc, argv, &arena, &ranges), n_ways;
	struct cs_way *ways;
	int64_t start = cs_clock_mono(cs_clock_system());
	enum cs_err err = cs_route_split(ranges, n, a->interface, &arena, &ways, &n_ways);
	int64_t end = cs_clock_mono(cs_clock_system());

	if (err)
		die(cs_strerror(err));
	(void)printf("{\"ms\": %.3f, \"ways\": [", (double)(end - start) / 1e6);
	for (size_t i = 0; i < n_ways; i++) {
		(void)fputs(i ? ",\n" : "", stdout);
		print_way(&ways[i]);
	}
	(void)puts("]}");
	cs_arena_clear(&arena);
	return 0;
}

static int cmd_neighbour(const struct args *a, int argc, char **argv)
{
	struct cs_arena arena = { 0 };
	struct cs_way *ways, way;
	size_t n;
	uint8_t mac[6];

	if (optind >= argc)
		die("which?");

	struct cs_range it = range_of(argv[optind]);

	if (cs_route_split(&it, 1, a->interface, &arena, &ways, &n))
		die("route");
	way = ways[0];
	way.gateway = it.lo;

	enum cs_err err = cs_route_neighbour(&way, (int)a->wait_ms, mac);

	(void)printf("{\"error\": \"%s\", \"mac\": ", cs_strerror(err));
	if (err)
		(void)puts("null}");
	else
		(void)printf("\"%02x:%02x:%02x:%02x:%02x:%02x\"}\n", mac[0], mac[1],
			     mac[2], mac[3], mac[4], mac[5]);
	cs_arena_clear(&arena);
	return 0;
}

static int cmd_ranges(const struct args *a, bool local)
{
	struct cs_arena arena = { 0 };
	struct cs_range *ranges = NULL;
	size_t n = 0;
	enum cs_err err = local ? cs_route_local(a->interface, &arena, &ranges, &n)
				: cs_route_broadcasts(&arena, &ranges, &n);

	if (err)
		die(cs_strerror(err));
	(void)printf("{\"ranges\": [");
	for (size_t i = 0; i < n; i++) {
		char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];

		cs_addr_text(&ranges[i].lo, lo);
		cs_addr_text(&ranges[i].hi, hi);
		(void)printf("%s\"%s-%s\"", i ? ", " : "", lo, hi);
	}
	(void)puts("]}");
	cs_arena_clear(&arena);
	return 0;
}

static int cmd_room(const struct args *a)
{
	struct cs_room r = cs_room_look(a->v6);

	(void)printf("{\"conntrack_used\": %s, \"conntrack_free\": %lu, "
		     "\"conntrack_hold_s\": %u, \"neighbour_free\": %lu, "
		     "\"neighbour_hold_s\": %u}\n",
		     r.conntrack_used ? "true" : "false", r.conntrack_free,
		     r.conntrack_hold_s, r.neighbour_free, r.neighbour_hold_s);
	return 0;
}

static struct args parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "tx", 1, NULL, 't' },        { "rx", 1, NULL, 'r' },
		{ "to", 1, NULL, 'd' },        { "count", 1, NULL, 'n' },
		{ "interface", 1, NULL, 'i' }, { "source", 1, NULL, 's' },
		{ "mac", 1, NULL, 'm' },       { "port", 1, NULL, 'p' },
		{ "ports", 1, NULL, 'k' },     { "wait", 1, NULL, 'w' },
		{ "rate", 1, NULL, 'R' },      { "token", 1, NULL, 'T' },
		{ "ring", 1, NULL, 'B' },      { "buffer", 1, NULL, 'b' },
		{ "v6", 0, NULL, '6' },        { NULL, 0, NULL, 0 },
	};
	struct args a = { .tx = "udp",
			  .rx = "none",
			  .port = 5683,
			  .ports = 16,
			  .wait_ms = 500,
			  .ring = 16 << 20,
			  .buffer = 8 << 20 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (c) {
		case 't':
			a.tx = optarg;
			break;
		case 'r':
			a.rx = optarg;
			break;
		case 'd':
			a.to = address(optarg);
			break;
		case 'n':
			a.count = number(optarg);
			break;
		case 'i':
			a.interface = optarg;
			break;
		case 's':
			a.source = address(optarg);
			break;
		case 'm':
			a.mac = optarg;
			break;
		case 'p':
			a.port = number(optarg);
			break;
		case 'k':
			a.ports = number(optarg);
			break;
		case 'w':
			a.wait_ms = number(optarg);
			break;
		case 'R':
			a.rate = number(optarg);
			break;
		case 'T':
			a.token = number(optarg);
			break;
		case 'B':
			a.ring = number(optarg);
			break;
		case 'b':
			a.buffer = number(optarg);
			break;
		case '6':
			a.v6 = true;
			break;
		default:
			exit(2);
		}
	return a;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct args a = parse(argc - 1, argv + 1);

	if (strcmp(what, "send") == 0)
		return cmd_send(&a);
	if (strcmp(what, "route") == 0)
		return cmd_route(&a, argc - 1, argv + 1);
	if (strcmp(what, "neighbour") == 0)
		return cmd_neighbour(&a, argc - 1, argv + 1);
	if (strcmp(what, "local") == 0 || strcmp(what, "broadcasts") == 0)
		return cmd_ranges(&a, *what == 'l');
	if (strcmp(what, "room") == 0)
		return cmd_room(&a);
	(void)fprintf(stderr, "netcheck: see the top of netcheck.c\n");
	return 2;
}
