/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responder: devices of all kinds on all local addresses, for tests and
 * benchmarks in network namespaces. Answers from the address that was asked.
 *
 *   responder [--port N] [--default BEHAVIOUR] [--mix]
 *             [--rule ADDRESS[/BITS]=BEHAVIOUR]... [--for SECONDS]
 *
 * BEHAVIOUR is NAME or NAME:N, see behaviour.c; the first rule that fits
 * decides, then --mix (by the last three bits of the address), then --default
 * (ok). Writes "ready" to stdout when it listens, and on SIGTERM, SIGINT or
 * after --for (default 600) one line of JSON with what it saw and said.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/num.h"
#include "behaviour.h"

enum {
	BATCH = 128,
	REQUEST_MAX = 2048,
	SMALL = 2048, /* answers up to this go in batches */
	RULES_MAX = 64,
	BUFFER = 64 << 20,
	CONTROL = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

struct rule {
	struct cs_prefix of;
	const struct behaviour *what;
	unsigned n;
};

static struct rule rules[RULES_MAX];
static unsigned n_rules;
static struct rule otherwise;
static bool mix;
static volatile sig_atomic_t stop;

static struct {
	uint64_t requests, answers, bytes, acks, resets, other, failed;
} seen;

/* One socket's batch of datagrams, in or out. */
struct batch {
	struct mmsghdr msgs[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_in6 peers[BATCH];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL];
	uint8_t bytes[BATCH][SMALL];
};

/* What goes out for the request being answered. */
struct out {
	struct saying saying;
	int fd, other_fd;
	unsigned n; /* answers waiting in the batch */
	struct batch batch;
	const struct sockaddr_in6 *peer;
	const struct in6_pktinfo *asked;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "responder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void count_sent(const struct mmsghdr *msgs, int n)
{
	for (int i = 0; i < n; i++) {
		seen.answers++;
		seen.bytes += msgs[i].msg_len;
	}
}

static void flush(struct out *out)
{
	for (unsigned at = 0; at < out->n;) {
		int sent = sendmmsg(out->fd, out->batch.msgs + at, out->n - at, 0);

		if (sent <= 0) {
			seen.failed++;
			at++;
			continue;
		}
		count_sent(out->batch.msgs + at, sent);
		at += (unsigned)sent;
	}
	out->n = 0;
}

/* Fills slot @i so that @bytes go to the peer from the address it asked. */
static void address(struct out *out, unsigned i, const void *bytes, size_t len)
{
	struct batch *b = &out->batch;
	struct msghdr *msg = &b->msgs[i].msg_hdr;
	struct in6_pktinfo from = { .ipi6_addr = out->asked->ipi6_addr };
	struct cmsghdr *c;

	b->peers[i] = *out->peer;
	memcpy(b->bytes[i], bytes, len <= SMALL ? len : 0);
	b->parts[i] = (struct iovec){ b->bytes[i], len };
	*msg = (struct msghdr){ .msg_name = &b->peers[i],
				.msg_namelen = sizeof(b->peers[i]),
				.msg_iov = &b->parts[i],
				.msg_iovlen = 1,
				.msg_control = b->control[i],
				.msg_controllen = CONTROL };
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
}

static void say(struct saying *to, const uint8_t *bytes, size_t len, bool from_other_port)
{
	struct out *out = (struct out *)to;
	static uint8_t large[ANSWER_MAX];

	if (out->n == BATCH)
		flush(out);
	if (len <= SMALL && !from_other_port) {
		address(out, out->n++, bytes, len);
		return;
	}
	flush(out); /* keep the order */
	address(out, 0, bytes, len);
	if (len > SMALL) {
		memcpy(large, bytes, len);
		out->batch.parts[0].iov_base = large;
	}
	if (sendmsg(from_other_port ? out->other_fd : out->fd,
		    &out->batch.msgs[0].msg_hdr, 0) < 0) {
		seen.failed++;
	} else {
		seen.answers++;
		seen.bytes += len;
	}
}

static const struct rule *rule_for(const struct in6_addr *asked)
{
	static struct rule mixed;
	struct cs_addr a;

	memcpy(a.b, asked->s6_addr, sizeof(a.b));
	for (unsigned i = 0; i < n_rules; i++)
		if (cs_prefix_has(&rules[i].of, &a))
			return &rules[i];
	if (!mix)
		return &otherwise;
	mixed.what = behaviour_mixed(a.b[15]);
	mixed.n = mixed.what->n;
	return &mixed;
}

static const struct in6_pktinfo *asked_of(struct msghdr *msg)
{
	static struct in6_pktinfo info;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return &info;
		}
	return NULL;
}

/* What is no request: answers to what we said. */
static void note(const uint8_t *bytes, size_t len)
{
	if (len >= 4 && bytes[1] == 0 && (bytes[0] & 0x30) == 0x20)
		seen.acks++;
	else if (len >= 4 && bytes[1] == 0 && (bytes[0] & 0x30) == 0x30)
		seen.resets++;
	else
		seen.other++;
}

static void take(struct batch *in, unsigned i, struct out *out)
{
	struct ask ask;

	if (!ask_read(in->bytes[i], in->msgs[i].msg_len, &ask)) {
		note(in->bytes[i], in->msgs[i].msg_len);
		return;
	}
	ask.serial = seen.requests++;
	out->peer = &in->peers[i];
	out->asked = asked_of(&in->msgs[i].msg_hdr);
	if (!out->asked)
		return;

	const struct rule *rule = rule_for(&out->asked->ipi6_addr);

	rule->what->answer(&ask, rule->n, &out->saying);
}

static void serve(int fd, int other_fd)
{
	static struct batch in;
	static struct out out;

	out.saying.say = say;
	out.fd = fd;
	out.other_fd = other_fd;
	while (!stop) {
		for (unsigned i = 0; i < BATCH; i++) {
			in.parts[i] = (struct iovec){ in.bytes[i], REQUEST_MAX };
			in.msgs[i].msg_hdr = (struct msghdr){
				.msg_name = &in.peers[i],
				.msg_namelen = sizeof(in.peers[i]),
				.msg_iov = &in.parts[i],
				.msg_iovlen = 1,
				.msg_control = in.control[i],
				.msg_controllen = CONTROL,
			};
		}

		int n = recvmmsg(fd, in.msgs, BATCH, MSG_WAITFORONE, NULL);

		for (int i = 0; i < n; i++)
			take(&in, (unsigned)i, &out);
		flush(&out);
	}
}

/* IPv4 comes as mapped addresses. */
static int open_socket(uint16_t port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, off = 0;
	int buffer = BUFFER;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
	    /* A prefix routed to lo is ours although no interface has it. */
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)))
		(void)fprintf(stderr, "responder: small buffers\n");
	return fd;
}

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

/* Without SA_RESTART: the receive call ends. */
static void catch_signals(unsigned seconds)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (sigaction(SIGTERM, &action, NULL) || sigaction(SIGINT, &action, NULL) ||
	    sigaction(SIGALRM, &action, NULL))
		die("signals");
	(void)alarm(seconds);
}

static uint64_t number(const char *text, uint64_t max)
{
	uint64_t n;

	if (!cs_num_u64(cs_span_str(text), 0, max, &n)) {
		(void)fprintf(stderr, "responder: '%s'?\n", text);
		exit(2);
	}
	return n;
}

static void read_behaviour(const char *text, struct rule *rule)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	rule->what = behaviour_find(text, len);
	if (!rule->what) {
		(void)fprintf(stderr, "responder: no behaviour '%s'; there are:\n", text);
		for (const struct behaviour *b = behaviours; b->name; b++)
			(void)fprintf(stderr, "  %-14s %s\n", b->name, b->help);
		exit(2);
	}
	rule->n = colon ? (unsigned)number(colon + 1, 1000000) : rule->what->n;
}

static void add_rule(const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	if (!equals || n_rules == RULES_MAX ||
	    cs_prefix_read(cs_span_of(text, len), &rules[n_rules].of)) {
		(void)fprintf(stderr, "responder: --rule '%s'?\n", text);
		exit(2);
	}
	read_behaviour(equals + 1, &rules[n_rules++]);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", 1, NULL, 'p' },    { "rule", 1, NULL, 'r' },
		{ "default", 1, NULL, 'd' }, { "mix", 0, NULL, 'm' },
		{ "for", 1, NULL, 'f' },     { NULL, 0, NULL, 0 },
	};
	uint16_t port = 5683;
	unsigned seconds = 600;

	read_behaviour("ok", &otherwise);
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'p':
			port = (uint16_t)number(optarg, 65534);
			break;
		case 'r':
			add_rule(optarg);
			break;
		case 'd':
			read_behaviour(optarg, &otherwise);
			break;
		case 'm':
			mix = true;
			break;
		case 'f':
			seconds = (unsigned)number(optarg, 86400);
			break;
		default:
			return 2;
		}
	}

	int fd = open_socket(port), other_fd = open_socket((uint16_t)(port + 1));

	catch_signals(seconds);
	(void)puts("ready");
	(void)fflush(stdout);
	serve(fd, other_fd);
	(void)printf(
		"{\"requests\": %lu, \"answers\": %lu, \"bytes\": %lu, \"acks\": %lu, "
		"\"resets\": %lu, \"other\": %lu, \"failed\": %lu}\n",
		seen.requests, seen.answers, seen.bytes, seen.acks, seen.resets,
		seen.other, seen.failed);
	return 0;
}
