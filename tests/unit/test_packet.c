/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/packet.h"

#define V4(total, part, protocol) \
	"\x45\0\0" total "\x12\x34" part "\x40" protocol "\0\0" FROM4 TO4
#define FROM4         "\xc0\x00\x02\x01"
#define TO4           "\xcb\x00\x71\x05"
#define FROM6         "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define TO6           "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define V6(len, next) "\x60\0\0\0\0" len next "\x40" FROM6 TO6
#define PORTS         "\x9c\x40\x16\x33"
#define UDP(len)      PORTS "\0" len "\0\0"
#define TCP_NUMBERS   "\x01\x02\x03\x04\x05\x06\x07\x08"

static struct cs_frags frags;

static struct cs_packet read_at(struct cs_span frame, uint32_t wire_len)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW, .frags = &frags };
	uint8_t *copy = heap_copy(frame.ptr, frame.len);
	struct cs_packet packet;

	memset(&packet, 0xaa, sizeof(packet));
	cs_packet_read(&reader, cs_span_of(copy, frame.len), wire_len, 0, &packet);
	free(copy); /* spans are compared by length only, or by read_whole() */
	return packet;
}

static struct cs_packet read_whole(struct cs_span frame)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW, .frags = &frags };
	struct cs_packet packet;

	cs_packet_read(&reader, frame, (uint32_t)frame.len, 0, &packet);
	return packet;
}

static const struct {
	const char *name;
	struct cs_span frame;
	uint32_t wire_len; /* 0: all of it is there */
	enum cs_packet_kind kind;
	enum cs_err err;
	unsigned from_port, to_port;
	size_t payload, payload_len;
} cases[] = {
	{ "nothing", { NULL, 0 }, 0, CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "UDP over IPv4", SPAN_ROW(V4("\x1f", "\0\0", "\x11") UDP("\x0b") "hi!"), 0,
	  CS_PACKET_UDP, CS_OK, 40000, 5683, 3, 3 },
	{ "UDP over IPv6", SPAN_ROW(V6("\x0b", "\x11") UDP("\x0b") "hi!"), 0,
	  CS_PACKET_UDP, CS_OK, 40000, 5683, 3, 3 },
	{ "an empty datagram", SPAN_ROW(V4("\x1c", "\0\0", "\x11") UDP("\x08")), 0,
	  CS_PACKET_UDP, CS_OK, 40000, 5683, 0, 0 },
	{ "IPv4 options before it",
	  SPAN_ROW("\x46\0\0\x21\0\0\0\0\x40\x11\0\0" FROM4 TO4
		   "\1\1\1\0" UDP("\x09") "!"),
	  0, CS_PACKET_UDP, CS_OK, 40000, 5683, 1, 1 },
	{ "IPv6 extensions before it",
	  SPAN_ROW(V6("\x19",
		      "\x00") "\x3c\0\1\4\0\0\0\0\x11\0\1\4\0\0\0\0" UDP("\x09") "!"),
	  0, CS_PACKET_UDP, CS_OK, 40000, 5683, 1, 1 },
	{ "padding and check sequence behind",
	  SPAN_ROW(V4("\x1d", "\0\0", "\x11") UDP("\x09") "!......"), 0, CS_PACKET_UDP,
	  CS_OK, 40000, 5683, 1, 1 },
	{ "UDP shorter than IP says",
	  SPAN_ROW(V4("\x1f", "\0\0", "\x11") UDP("\x09") "!??"), 0, CS_PACKET_UDP, CS_OK,
	  40000, 5683, 1, 1 },
	{ "UDP longer than IP says",
	  SPAN_ROW(V4("\x1d", "\0\0", "\x11") UDP("\x0a") "!?"), 0, CS_PACKET_BROKEN,
	  CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "UDP length 7", SPAN_ROW(V4("\x1d", "\0\0", "\x11") UDP("\x07") "!"), 0,
	  CS_PACKET_BROKEN, CS_ERR_RANGE, 0, 0, 0, 0 },
	{ "IP longer than the frame was",
	  SPAN_ROW(V4("\x1e", "\0\0", "\x11") UDP("\x0a") "!"), 0, CS_PACKET_BROKEN,
	  CS_ERR_SHORT, 0, 0, 0, 0 },

	{ "cut inside the payload", SPAN_ROW(V4("\x3c", "\0\0", "\x11") UDP("\x28") "!"),
	  60, CS_PACKET_UDP, CS_OK, 40000, 5683, 1, 32 },
	{ "cut before the payload", SPAN_ROW(V4("\x3c", "\0\0", "\x11") UDP("\x28")), 60,
	  CS_PACKET_UDP, CS_OK, 40000, 5683, 0, 32 },
	{ "cut inside UDP's header", SPAN_ROW(V4("\x3c", "\0\0", "\x11") PORTS "\0\x28"),
	  60, CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "cut inside IPv4's options",
	  SPAN_ROW("\x46\0\0\x21\0\0\0\0\x40\x11\0\0" FROM4 TO4 "\1\1"), 33,
	  CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "IPv6 cut inside the payload", SPAN_ROW(V6("\x28", "\x11") UDP("\x28") "!"), 80,
	  CS_PACKET_UDP, CS_OK, 40000, 5683, 1, 32 },
	{ "IPv6 cut inside an extension", SPAN_ROW(V6("\x28", "\x00") "\x11\0\1\4"), 80,
	  CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "IPv6 longer than the frame was", SPAN_ROW(V6("\x28", "\x11") UDP("\x28") "!"),
	  79, CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },
	{ "a capture that states less than it holds",
	  SPAN_ROW(V4("\x1d", "\0\0", "\x11") UDP("\x09") "!"), 5, CS_PACKET_UDP, CS_OK,
	  40000, 5683, 1, 1 },

	{ "TCP with options",
	  SPAN_ROW(V4("\x2e", "\0\0", "\x06") PORTS TCP_NUMBERS
		   "\x60\x18\xff\xff\0\0\0\0\1\1\1\0ab"),
	  0, CS_PACKET_TCP, CS_OK, 40000, 5683, 2, 2 },
	{ "TCP cut inside its options",
	  SPAN_ROW(V4("\x2e", "\0\0", "\x06") PORTS TCP_NUMBERS
		   "\x60\x18\xff\xff\0\0\0\0\1"),
	  46, CS_PACKET_TCP, CS_OK, 40000, 5683, 0, 2 },
	{ "a TCP header of 16 bytes",
	  SPAN_ROW(V4("\x28", "\0\0", "\x06") PORTS TCP_NUMBERS
		   "\x40\x18\xff\xff\0\0\0\0"),
	  0, CS_PACKET_BROKEN, CS_ERR_RANGE, 0, 0, 0, 0 },
	{ "a TCP header past the packet",
	  SPAN_ROW(V4("\x28", "\0\0", "\x06") PORTS TCP_NUMBERS
		   "\x60\x18\xff\xff\0\0\0\0"),
	  0, CS_PACKET_BROKEN, CS_ERR_SHORT, 0, 0, 0, 0 },

	{ "another protocol", SPAN_ROW(V4("\x15", "\0\0", "\x2f") "!"), 0,
	  CS_PACKET_OTHER, CS_OK, 0, 0, 0, 0 },
	{ "an ICMP echo", SPAN_ROW(V4("\x1c", "\0\0", "\x01") "\x08\0\0\0\0\1\0\1"), 0,
	  CS_PACKET_OTHER, CS_OK, 0, 0, 0, 0 },
	{ "ICMPv6 over IPv4",
	  SPAN_ROW(V4("\x38", "\0\0", "\x3a") "\x01\x04\0\0\0\0\0\0" V4(
		  "\x1c", "\0\0", "\x11") UDP("\x08")),
	  0, CS_PACKET_OTHER, CS_OK, 0, 0, 0, 0 },
};

static void each_frame_gives_its_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint32_t wire_len = cases[i].wire_len;
		struct cs_packet got =
			read_at(cases[i].frame,
				wire_len ? wire_len : (uint32_t)cases[i].frame.len);

		if (got.kind != cases[i].kind || got.err != cases[i].err ||
		    got.from_port != cases[i].from_port ||
		    got.to_port != cases[i].to_port ||
		    got.payload.len != cases[i].payload ||
		    got.payload_len != cases[i].payload_len)
			fail_msg("%s: kind %d, %s, ports %u to %u, %zu of %u bytes",
				 cases[i].name, got.kind, cs_strerror(got.err),
				 got.from_port, got.to_port, got.payload.len,
				 got.payload_len);
	}
}

static void no_prefix_is_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_span good = cases[i].frame;

		for (size_t n = 0; n < good.len; n++) {
			struct cs_packet got =
				read_at(cs_span_of(good.ptr, n), (uint32_t)good.len);

			assert_true(got.payload.len <= n);
			assert_true(got.payload.len <= got.payload_len);
		}
	}
}

static void fields_stand_where_they_belong(void **state)
{
	struct cs_packet got = read_whole(SPAN(V4(
		"\x2a", "\0\0", "\x06") PORTS TCP_NUMBERS "\x50\x12\xff\xff\0\0\0\0ab"));

	(void)state;
	assert_int_equal(cs_addr_low32(&got.from), 0xc0000201);
	assert_int_equal(cs_addr_low32(&got.to), 0xcb007105);
	assert_int_equal(got.hop_limit, 64);
	assert_int_equal(got.ip_id, 0x1234);
	assert_int_equal(got.protocol, 6);
	assert_int_equal(got.seq, 0x01020304);
	assert_int_equal(got.ack, 0x05060708);
	assert_int_equal(got.flags, CS_TCP_SYN | CS_TCP_ACK);
	assert_false(got.joined);
	assert_false(got.to_group);
	assert_true(cs_span_eq(got.payload, SPAN("ab")));
}

static void groups_are_told_by_address(void **state)
{
	uint8_t v4[] = V4("\x1c", "\0\0", "\x11") UDP("\x08");
	uint8_t v6[] = V6("\x08", "\x11") UDP("\x08");

	(void)state;
	memcpy(v4 + 16, "\xe0\x00\x01\xbb", 4); /* 224.0.1.187 */
	assert_true(read_whole(cs_span_of(v4, sizeof(v4) - 1)).to_group);
	memcpy(v4 + 16, "\xff\xff\xff\xff", 4);
	assert_true(read_whole(cs_span_of(v4, sizeof(v4) - 1)).to_group);
	memcpy(v4 + 16, "\xf0\x00\x00\x01", 4);
	assert_false(read_whole(cs_span_of(v4, sizeof(v4) - 1)).to_group);
	memcpy(v6 + 24, "\xff\x02", 2);
	assert_true(read_whole(cs_span_of(v6, sizeof(v6) - 1)).to_group);
	assert_false(read_whole(SPAN(V6("\x08", "\x11") UDP("\x08"))).to_group);
}

/* 16 bytes of UDP, its header and "12345678", in two parts of 8. */
static void parts_are_joined(void **state)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW, .frags = &frags };
	struct cs_span last = SPAN(V4("\x1c", "\0\1", "\x11") "12345678");
	struct cs_span first = SPAN(V4("\x1c", "\x20\0", "\x11") UDP("\x10"));
	struct cs_packet got;

	(void)state;
	cs_packet_read(&reader, last, 28, 0, &got);
	assert_int_equal(got.kind, CS_PACKET_FRAGMENT);
	assert_int_equal(cs_addr_low32(&got.from), 0xc0000201);
	cs_packet_read(&reader, first, 28, 0, &got);
	assert_int_equal(got.kind, CS_PACKET_UDP);
	assert_true(got.joined);
	assert_int_equal(got.to_port, 5683);
	assert_int_equal(got.payload_len, 8);
	assert_true(cs_span_eq(got.payload, SPAN("12345678")));
	assert_int_equal(reader.fragments, 2);
}

static void parts_are_not_joined_without_room_or_bytes(void **state)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW };
	struct cs_span first = SPAN(V4("\x1c", "\x20\0", "\x11") UDP("\x10"));
	struct cs_span last = SPAN(V4("\x1c", "\0\1", "\x11") "12345678");
	struct cs_packet got;

	(void)state;
	cs_packet_read(&reader, first, 28, 0, &got);
	cs_packet_read(&reader, last, 28, 0, &got);
	assert_int_equal(got.kind, CS_PACKET_FRAGMENT);

	reader.frags = &frags;
	cs_packet_read(&reader, first, 28, 0, &got);
	last.len -= 4;
	cs_packet_read(&reader, last, 28, 0, &got);
	assert_int_equal(got.kind, CS_PACKET_FRAGMENT);
	assert_int_equal(reader.fragments, 4);
}

/* 192.0.2.1:5683 to 203.0.113.5:40000, "hi!", checksummed by hand. */
static const uint8_t summed[] = V4("\x1f", "\0\0", "\x11") "\x16\x33\x9c\x40\x00\x0b"
							   "\xc5\xf3hi!";
enum { SUM = 26, SUMMED = sizeof(summed) - 1 };

static bool is_damaged(const uint8_t *frame, size_t len)
{
	struct cs_packet_reader reader = { .link = CS_LINK_RAW };
	struct cs_packet packet;

	cs_packet_read(&reader, cs_span_of(frame, len), SUMMED, 0, &packet);
	assert_int_equal(packet.kind, CS_PACKET_UDP);
	return cs_packet_is_damaged(&packet);
}

static void damage_is_told_where_it_can_be(void **state)
{
	uint8_t frame[SUMMED];

	(void)state;
	memcpy(frame, summed, SUMMED);
	assert_false(is_damaged(frame, SUMMED));
	frame[SUMMED - 1] ^= 1;
	assert_true(is_damaged(frame, SUMMED));
	assert_false(is_damaged(frame, SUMMED - 1)); /* cut: who knows */
	frame[SUM] = frame[SUM + 1] = 0;             /* none */
	assert_false(is_damaged(frame, SUMMED));

	/* The pseudo header's alone: c000 + 0201 + cb00 + 7105 + 11 + 0b. */
	frame[SUM] = 0xfe;
	frame[SUM + 1] = 0x23;
	assert_false(is_damaged(frame, SUMMED));
	frame[SUM + 1] = 0x24;
	assert_true(is_damaged(frame, SUMMED));
}

static void no_checksum_is_wrong_with_ipv6(void **state)
{
	struct cs_packet got = read_whole(SPAN(V6("\x0b", "\x11") UDP("\x0b") "hi!"));

	(void)state;
	assert_true(cs_packet_is_damaged(&got));
}

static int fresh_room(void **state)
{
	*state = malloc(CS_FRAGS_ROOM);
	if (!*state)
		return -1;
	cs_frags_init(&frags, *state);
	return 0;
}

static int free_room(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_gives_its_packet),
		cmocka_unit_test(no_prefix_is_read_past_its_end),
		cmocka_unit_test(fields_stand_where_they_belong),
		cmocka_unit_test(groups_are_told_by_address),
		cmocka_unit_test(parts_are_joined),
		cmocka_unit_test(parts_are_not_joined_without_room_or_bytes),
		cmocka_unit_test(damage_is_told_where_it_can_be),
		cmocka_unit_test(no_checksum_is_wrong_with_ipv6),
	};

	return cmocka_run_group_tests(tests, fresh_room, free_room);
}
