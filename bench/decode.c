/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading costs: nanoseconds for each message and for each link.
 *
 *   decode [NAME [ROUNDS]]
 *
 * prints one line for each case (or the one of that NAME): name, what one unit
 * is, units read, nanoseconds a unit. For instruction counts, which do not
 * depend on the machine's load, run one case with few rounds under callgrind:
 *
 *   valgrind --tool=callgrind --toggle-collect='run_*' decode msg-reply 1000
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "coap/block.h"
#include "coap/link.h"
#include "coap/msg.h"
#include "coap/option_rule.h"
#include "wire/alien.h"
#include "wire/packet.h"

enum { ROOM = 65536, N_LINKS = 500, N_OPTIONS = 64 };

/* What is read, made once before the clock starts. */
struct input {
	uint8_t bytes[ROOM];
	size_t len;
};

/* Each reads @in once and returns how many units that were. */
typedef uint32_t run_fn(struct cs_span in);

/* Keeps the compiler from leaving out what nobody looks at. */
static volatile uint64_t sink;

static uint32_t run_msg(struct cs_span in)
{
	struct cs_msg msg;
	struct cs_flaw flaw;

	if (cs_msg_decode(in, &msg, &flaw))
		return 0;
	sink += msg.n_options + msg.payload.len;
	return 1;
}

static uint32_t run_inspect(struct cs_span in)
{
	struct cs_flaw flaws[8];
	struct cs_msg msg;
	struct cs_flaw flaw;

	if (cs_msg_decode(in, &msg, &flaw))
		return 0;
	sink += cs_msg_inspect(in, &msg, flaws, 8);
	return 1;
}

static uint32_t run_option(struct cs_span in)
{
	struct cs_opts w = cs_opts_over(in);
	struct cs_opt opt;
	uint32_t n = 0;

	while (cs_opts_next(&w, &opt)) {
		sink += opt.value.len;
		n++;
	}
	return n;
}

static uint32_t run_link(struct cs_span in)
{
	struct cs_links w = cs_links_over(in);
	struct cs_link link;
	uint32_t n = 0;

	while (cs_links_next(&w, &link)) {
		sink += link.target.len;
		n++;
	}
	return n;
}

static uint32_t run_link_attrs(struct cs_span in)
{
	struct cs_links w = cs_links_over(in);
	struct cs_link_attr attr;
	struct cs_link link;
	uint32_t n = 0;

	while (cs_links_next(&w, &link)) {
		struct cs_link_attrs attrs = cs_link_attrs_over(&link);

		while (cs_link_attrs_next(&attrs, &attr))
			sink += attr.value.len;
		n++;
	}
	return n;
}

static uint32_t run_link_match(struct cs_span in)
{
	const struct cs_span rt = cs_span_str("rt"), value = cs_span_str("temp*");
	struct cs_links w = cs_links_over(in);
	struct cs_link link;
	uint32_t n = 0;

	while (cs_links_next(&w, &link)) {
		sink += cs_link_matches(&link, rt, value);
		n++;
	}
	return n;
}

static uint32_t run_packet(struct cs_span in)
{
	static struct cs_packet_reader reader = { .link = CS_LINK_ETHERNET };
	struct cs_packet packet;

	cs_packet_read(&reader, in, (uint32_t)in.len, 0, &packet);
	sink += packet.payload.len + packet.to_port;
	return packet.kind == CS_PACKET_UDP;
}

static uint32_t run_alien(struct cs_span in)
{
	sink += cs_alien_of(in);
	return 1;
}

/* Writes the question that scanners send into the same place each time. */
static uint32_t run_write(struct cs_span in)
{
	uint8_t room[32];
	struct cs_wr w = cs_wr_over(room, sizeof(room));

	cs_msg_header(&w, CS_CON, 1, (uint16_t)in.len, cs_span_of(NULL, 0));
	cs_opt_write(&w, 0, CS_OPT_URI_PATH, cs_span_of(".well-known", 11));
	cs_opt_write(&w, CS_OPT_URI_PATH, CS_OPT_URI_PATH, cs_span_of("core", 4));
	sink += w.pos + room[3];
	return 1;
}

static struct cs_wr start(struct input *in, enum cs_type type, uint8_t code)
{
	struct cs_wr w = cs_wr_over(in->bytes, ROOM);

	cs_msg_header(&w, type, code, 0x1234, cs_span_str("toke"));
	return w;
}

static void make_probe(struct input *in)
{
	struct cs_wr w = cs_wr_over(in->bytes, ROOM);

	cs_msg_header(&w, CS_CON, 1, 0x1234, cs_span_of(NULL, 0));
	cs_opt_write(&w, 0, CS_OPT_URI_PATH, cs_span_str(".well-known"));
	cs_opt_write(&w, CS_OPT_URI_PATH, CS_OPT_URI_PATH, cs_span_str("core"));
	in->len = w.pos;
}

static void make_reply(struct input *in)
{
	static const uint8_t payload[64];
	struct cs_wr w = start(in, CS_ACK, 2 << 5 | 5);

	cs_opt_write(&w, 0, CS_OPT_ETAG, cs_span_of("\x01", 1));
	cs_opt_write(&w, CS_OPT_ETAG, CS_OPT_CONTENT_FORMAT, cs_span_of("\x28", 1));
	cs_opt_write(&w, CS_OPT_CONTENT_FORMAT, CS_OPT_BLOCK2, cs_span_of("\x0a", 1));
	cs_opt_write(&w, CS_OPT_BLOCK2, CS_OPT_SIZE2, cs_span_of("\x0b\xb8", 2));
	cs_msg_payload(&w, cs_span_of(payload, sizeof(payload)));
	in->len = w.pos;
}

/* Ethernet, IPv4 and UDP before that question. */
static void make_frame(struct input *in)
{
	static struct input probe;
	struct cs_wr w = cs_wr_over(in->bytes, ROOM);

	make_probe(&probe);
	cs_wr_bytes(&w, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0", 16);
	cs_wr_u16(&w, (uint16_t)(28 + probe.len));
	cs_wr_bytes(&w, "\xd4\x31\0\0\xf0\x11\0\0\xc0\0\2\1\xcb\0\x71\5", 16);
	cs_wr_bytes(&w, "\x9c\x40\x16\x33", 4);
	cs_wr_u16(&w, (uint16_t)(8 + probe.len));
	cs_wr_u16(&w, 0);
	cs_wr_bytes(&w, probe.bytes, probe.len);
	in->len = w.pos;
}

static void make_options(struct input *in)
{
	struct cs_wr w = cs_wr_over(in->bytes, ROOM);

	for (uint32_t i = 0; i < N_OPTIONS; i++)
		cs_opt_write(&w, i * 20, (i + 1) * 20, cs_span_str("value"));
	in->len = w.pos;
}

static void make_links(struct input *in)
{
	int len = 0;

	for (int i = 0; i < N_LINKS; i++)
		len += snprintf((char *)in->bytes + len, ROOM - (size_t)len,
				"%s</sensors/%d/temp>;rt=\"temperature-c ucum.Cel\";"
				"if=\"sensor\";ct=\"0 50\";title=\"Room %d, left\";obs",
				i ? "," : "", i, i);
	in->len = (size_t)len;
}

static const struct {
	const char *name;
	const char *unit;
	void (*make)(struct input *in);
	run_fn *run;
} cases[] = {
	{ "write-probe", "message", make_probe, run_write },
	{ "msg-probe", "message", make_probe, run_msg },
	{ "msg-reply", "message", make_reply, run_msg },
	{ "inspect-reply", "message", make_reply, run_inspect },
	{ "packet-probe", "frame", make_frame, run_packet },
	{ "alien-reply", "message", make_reply, run_alien },
	{ "options", "option", make_options, run_option },
	{ "links", "link", make_links, run_link },
	{ "link-attrs", "link", make_links, run_link_attrs },
	{ "link-match", "link", make_links, run_link_match },
};

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Without a number of rounds: as many as take a fifth of a second. */
static void measure(size_t i, uint64_t rounds)
{
	enum { ENOUGH_NS = 200000000, BATCH = 256 };
	static struct input in;
	uint64_t units = 0, began, took;

	cases[i].make(&in);

	struct cs_span bytes = cs_span_of(in.bytes, in.len);

	began = now_ns();
	do {
		uint64_t batch = rounds ? rounds : BATCH;

		for (uint64_t k = 0; k < batch; k++)
			units += cases[i].run(bytes);
		took = now_ns() - began;
	} while (!rounds && took < ENOUGH_NS);
	printf("%-14s %-8s %12" PRIu64 " %8.1f ns\n", cases[i].name, cases[i].unit, units,
	       units ? (double)took / (double)units : 0.0);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	uint64_t rounds = 0;
	bool found = false;

	if (argc > 3 ||
	    (argc == 3 && !cs_num_u64(cs_span_str(argv[2]), 1, UINT32_MAX, &rounds))) {
		fprintf(stderr, "usage: decode [NAME [ROUNDS]]\n");
		return 2;
	}
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		if (name && strcmp(name, cases[i].name) != 0)
			continue;
		measure(i, rounds);
		found = true;
	}
	if (!found)
		fprintf(stderr, "decode: no case is named '%s'\n", name);
	return found ? 0 : 2;
}
