/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <linux/if_packet.h>

#include "net/rx_filter.h"

/* What the kernel knows of a packet besides its bytes. */
struct packet {
	const char *name;
	struct cs_span bytes;
	unsigned kind;     /* PACKET_HOST, ... */
	unsigned protocol; /* Ethertype */
	bool kept;
};

/* Loads @size bytes at @at; a load past the end drops the packet. */
static bool load(const struct packet *p, uint32_t at, unsigned size, uint32_t *a)
{
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
		*a = p->kind;
		return true;
	}
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
		*a = p->protocol;
		return true;
	}
	if (at + (uint64_t)size > p->bytes.len)
		return false;
	*a = 0;
	for (unsigned i = 0; i < size; i++)
		*a = *a << 8 | p->bytes.ptr[at + i];
	return true;
}

static bool test_holds(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return a == f->k;
	case BPF_JGT:
		return a > f->k;
	case BPF_JGE:
		return a >= f->k;
	case BPF_JSET:
		return a & f->k;
	default:
		fail_msg("unknown jump %x", f->code);
		return false;
	}
}

/* A machine for the instructions that the filter uses (see filter.txt of Linux). */
static uint32_t run(const struct sock_filter *program, const struct packet *p)
{
	uint32_t a = 0, x = 0;

	for (unsigned at = 0; at < CS_RX_FILTER_LEN; at++) {
		const struct sock_filter *f = &program[at];

		switch (f->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			if (!load(p, f->k, 1, &a))
				return 0;
			break;
		case BPF_LD | BPF_H | BPF_ABS:
			if (!load(p, f->k, 2, &a))
				return 0;
			break;
		case BPF_LD | BPF_H | BPF_IND:
			if (!load(p, x + f->k, 2, &a))
				return 0;
			break;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (!load(p, f->k, 1, &x))
				return 0;
			x = (x & 15) * 4;
			break;
		case BPF_LDX | BPF_W | BPF_IMM:
			x = f->k;
			break;
		case BPF_JMP | BPF_JA:
			at += f->k;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			if (BPF_CLASS(f->code) != BPF_JMP)
				fail_msg("unknown instruction %x", f->code);
			at += test_holds(f, a) ? f->jt : f->jf;
		}
	}
	fail_msg("ran past the end");
	return 0;
}

#define V4(head, part, proto) \
	head "\0\0\0\0\0" part "\x40" proto "\0\0\x01\x02\x03\x04\x05\x06\x07\x08"
#define V6(next)                       \
	"\x60\0\0\0\0\x09" next "\x40" \
	"0123456789abcdef"             \
	"0123456789abcdef"
#define TO(port) "\x16\x33" port "\0\x09\0\0!"
#define IN       "\x9c\x47" /* 40007 */

/* The ports are 40000..40015. */
static const struct packet packets[] = {
	{ "to a port", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO(IN)), PACKET_HOST, 0x0800,
	  true },
	{ "to the first port", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO("\x9c\x40")),
	  PACKET_HOST, 0x0800, true },
	{ "to the last port", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO("\x9c\x4f")),
	  PACKET_HOST, 0x0800, true },
	{ "one below", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO("\x9c\x3f")), PACKET_HOST,
	  0x0800, false },
	{ "one above", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO("\x9c\x50")), PACKET_HOST,
	  0x0800, false },
	{ "behind options", SPAN_ROW(V4("\x46", "\0\0", "\x11") "\1\1\1\1" TO(IN)),
	  PACKET_HOST, 0x0800, true },
	{ "that outgoing", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO(IN)), PACKET_OUTGOING,
	  0x0800, false },
	{ "that for another host", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO(IN)),
	  PACKET_OTHERHOST, 0x0800, false },
	{ "that broadcast", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO(IN)), PACKET_BROADCAST,
	  0x0800, false },
	{ "TCP", SPAN_ROW(V4("\x45", "\0\0", "\x06") TO(IN)), PACKET_HOST, 0x0800,
	  false },
	{ "first fragment", SPAN_ROW(V4("\x45", "\x20\0", "\x11") TO(IN)), PACKET_HOST,
	  0x0800, true },
	{ "first fragment to another port",
	  SPAN_ROW(V4("\x45", "\x20\0", "\x11") TO("\0\x35")), PACKET_HOST, 0x0800,
	  false },
	{ "later fragment", SPAN_ROW(V4("\x45", "\x20\x01", "\x11") TO("\0\x35")),
	  PACKET_HOST, 0x0800, true },
	{ "last fragment", SPAN_ROW(V4("\x45", "\x1f\xff", "\x11")), PACKET_HOST, 0x0800,
	  true },
	{ "later fragment of TCP", SPAN_ROW(V4("\x45", "\x20\x01", "\x06") TO(IN)),
	  PACKET_HOST, 0x0800, false },
	{ "don't fragment is no fragment",
	  SPAN_ROW(V4("\x45", "\x40\0", "\x11") TO("\0\x35")), PACKET_HOST, 0x0800,
	  false },
	{ "no UDP header", SPAN_ROW(V4("\x45", "\0\0", "\x11")), PACKET_HOST, 0x0800,
	  false },
	{ "a header cut off", SPAN_ROW("\x45\0\0\0\0\0"), PACKET_HOST, 0x0800, false },
	{ "ARP with the right bytes", SPAN_ROW(V4("\x45", "\0\0", "\x11") TO(IN)),
	  PACKET_HOST, 0x0806, false },
	{ "IPv6 to a port", SPAN_ROW(V6("\x11") TO(IN)), PACKET_HOST, 0x86dd, true },
	{ "IPv6 to another port", SPAN_ROW(V6("\x11") TO("\x9c\x50")), PACKET_HOST,
	  0x86dd, false },
	{ "IPv6 TCP", SPAN_ROW(V6("\x06") TO(IN)), PACKET_HOST, 0x86dd, false },
	{ "IPv6 fragment", SPAN_ROW(V6("\x2c") "\x11\0\0\1\0\0\0\1"), PACKET_HOST, 0x86dd,
	  true },
	{ "IPv6 hop-by-hop", SPAN_ROW(V6("\0") "\x11\0\0\0\0\0\0\0"), PACKET_HOST, 0x86dd,
	  true },
	{ "IPv6 routing", SPAN_ROW(V6("\x2b") "\x11\0\0\0\0\0\0\0"), PACKET_HOST, 0x86dd,
	  true },
	{ "IPv6 destination options", SPAN_ROW(V6("\x3c") "\x11\0\0\0\0\0\0\0"),
	  PACKET_HOST, 0x86dd, true },
	{ "ICMPv6", SPAN_ROW(V6("\x3a") TO(IN)), PACKET_HOST, 0x86dd, false },
	{ "nothing", { NULL, 0 }, PACKET_HOST, 0x0800, false },
};

static void each_packet_is_kept_or_not(void **state)
{
	struct sock_filter program[CS_RX_FILTER_LEN];

	(void)state;
	cs_rx_filter(40000, 40015, program);
	for (size_t i = 0; i < CS_LEN(packets); i++) {
		uint32_t got = run(program, &packets[i]);

		if ((got != 0) != packets[i].kept)
			fail_msg("%s: %u", packets[i].name, got);
		if (got != 0)
			assert_true(got >= 65535);
	}
}

static void any_run_of_ports_will_do(void **state)
{
	static const uint16_t runs[][2] = { { 1, 1 },
					    { 40001, 40003 },
					    { 65535, 65535 },
					    { 0, 65535 },
					    { 32767, 32768 } };
	uint8_t bytes[29];

	(void)state;
	memcpy(bytes, V4("\x45", "\0\0", "\x11") TO(IN), sizeof(bytes));
	for (size_t i = 0; i < CS_LEN(runs); i++) {
		struct sock_filter program[CS_RX_FILTER_LEN];

		cs_rx_filter(runs[i][0], runs[i][1], program);
		for (unsigned port = 0; port < 65536; port++) {
			struct packet p = { .bytes = cs_span_of(bytes, sizeof(bytes)),
					    .kind = PACKET_HOST,
					    .protocol = 0x0800 };

			bytes[22] = (uint8_t)(port >> 8);
			bytes[23] = (uint8_t)port;
			assert_int_equal(run(program, &p) != 0,
					 port >= runs[i][0] && port <= runs[i][1]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_is_kept_or_not),
		cmocka_unit_test(any_run_of_ports_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
