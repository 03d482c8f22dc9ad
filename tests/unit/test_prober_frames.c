/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include "protect/prober_frames.h"
#include "protect/trace.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/packet.h"
#include "wire/udp.h"

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };

static struct cs_prober_packet packet_of(const char *from, const char *to)
{
	struct cs_prober_packet p = { .from = addr(from),
				      .to = addr(to),
				      .from_port = 40000,
				      .to_port = 5683,
				      .hop_limit = 64,
				      .payload = SPAN("\x40\x01\xc0\xa9") };

	memcpy(p.from_mac, mac_a, 6);
	memcpy(p.to_mac, mac_b, 6);
	return p;
}

static struct cs_packet read_back(const uint8_t *frame, size_t len)
{
	struct cs_packet_reader reader = { .link = CS_LINK_ETHERNET };
	struct cs_packet got;

	cs_packet_read(&reader, cs_span_of(frame, len), (uint32_t)len, 0, &got);
	return got;
}

static const char *const pairs[][2] = {
	{ "203.0.113.9", "198.51.100.1" },
	{ "2001:db8::9", "2001:db8:1::1" },
};

static void a_datagram_is_read_back_as_it_was_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(pairs); i++) {
		struct cs_prober_packet p = packet_of(pairs[i][0], pairs[i][1]);
		uint8_t frame[CS_PROBER_FRAME];
		size_t len = cs_prober_frame(&p, frame);
		struct cs_packet got = read_back(frame, len);
		struct cs_frame ethernet;
		struct cs_ip ip;
		struct cs_udp udp;

		assert_int_equal(got.kind, CS_PACKET_UDP);
		assert_int_equal(cs_addr_cmp(&got.from, &p.from), 0);
		assert_int_equal(cs_addr_cmp(&got.to, &p.to), 0);
		assert_int_equal(got.from_port, 40000);
		assert_int_equal(got.to_port, 5683);
		assert_int_equal(got.hop_limit, 64);
		assert_true(cs_span_eq(got.payload, p.payload));
		assert_int_equal(cs_ethernet_read(cs_span_of(frame, len), &ethernet),
				 CS_OK);
		assert_memory_equal(ethernet.to, mac_b, 6);
		assert_memory_equal(ethernet.from, mac_a, 6);
		assert_int_equal(cs_ip_read(ethernet.payload, &ip), CS_OK);
		assert_true(ip.checksum_ok);
		assert_int_equal(cs_udp_read(ip.payload, &udp), CS_OK);
		assert_true(cs_udp_intact(&udp, &ip));
		assert_int_not_equal(udp.checksum, 0);
	}
}

static void a_segment_is_read_back_as_it_was_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(pairs); i++) {
		struct cs_prober_packet p = packet_of(pairs[i][0], pairs[i][1]);
		uint8_t frame[CS_PROBER_FRAME];
		struct cs_packet got;
		struct cs_frame ethernet;
		struct cs_ip ip;

		p.tcp = true;
		p.seq = 0xc0a90001;
		p.ack = 0x01020304;
		p.flags = CS_TCP_ACK | 8;
		p.untold = i % 2;
		got = read_back(frame, cs_prober_frame(&p, frame));
		assert_int_equal(got.kind, CS_PACKET_TCP);
		assert_int_equal(got.seq, p.seq);
		assert_int_equal(got.ack, p.ack);
		assert_int_equal(got.flags, p.flags);
		assert_true(cs_span_eq(got.payload, p.payload));
		assert_int_equal(
			cs_ethernet_read(cs_span_of(frame, CS_PROBER_FRAME), &ethernet),
			CS_OK);
		assert_int_equal(cs_ip_read(ethernet.payload, &ip), CS_OK);
		assert_int_equal(ip.payload.ptr[14] << 8 | ip.payload.ptr[15],
				 i % 2 ? CS_TRACE_UNTOLD : 64000);
		/* A right checksum makes the sum all ones. */
		assert_int_equal(cs_sum_fold(cs_sum_bytes(
					 cs_sum_pseudo(&ip.from, &ip.to, CS_IPPROTO_TCP,
						       (uint32_t)ip.payload.len),
					 ip.payload)),
				 0xffff);
	}
}

static void what_begins_a_connection_has_the_options_that_systems_send(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(pairs); i++) {
		struct cs_prober_packet p = packet_of(pairs[i][0], pairs[i][1]);
		uint8_t frame[CS_PROBER_FRAME];
		size_t header = i ? 40 : 20;
		struct cs_packet got;

		p.tcp = true;
		p.flags = CS_TCP_SYN;
		p.payload = cs_span_of(NULL, 0);
		assert_int_equal(cs_prober_frame(&p, frame), 14 + header + 40);
		got = read_back(frame, 14 + header + 40);
		assert_int_equal(got.kind, CS_PACKET_TCP);
		assert_int_equal(got.flags, CS_TCP_SYN);
		assert_int_equal(got.payload_len, 0);
		assert_memory_equal(frame + 14 + header + 20, "\x02\x04\x05\xb4", 4);
		/* An identification of nought is no connected socket's. */
		assert_true(i || got.ip_id == 40000);
	}
}

static void a_payload_has_its_largest_size(void **state)
{
	static const uint8_t bytes[CS_PROBER_PAYLOAD_MAX + 1];
	struct cs_prober_packet p = packet_of(pairs[1][0], pairs[1][1]);
	uint8_t frame[CS_PROBER_FRAME];

	(void)state;
	p.payload = cs_span_of(bytes, CS_PROBER_PAYLOAD_MAX);
	assert_int_equal(cs_prober_frame(&p, frame), 14 + 40 + 8 + 1200);
	p.payload = cs_span_of(bytes, CS_PROBER_PAYLOAD_MAX + 1);
	assert_int_equal(cs_prober_frame(&p, frame), 0);
}

/* As the kernel asked for 192.168.1.9 from 192.168.1.1. */
static const uint8_t arp[42] =
	"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x0a\x08\x06"
	"\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x0a\xc0\xa8\x01\x01"
	"\0\0\0\0\0\0\xc0\xa8\x01\x09";

static void everybody_is_at_one_hardware_address(void **state)
{
	static const uint8_t want[42] =
		"\x02\0\0\0\0\x0a\x02\0\0\0\0\x0b\x08\x06"
		"\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x0b\xc0\xa8"
		"\x01\x09\x02\0\0\0\0\x0a\xc0\xa8\x01\x01";
	uint8_t out[CS_PROBER_FRAME];
	size_t len;

	(void)state;
	assert_true(cs_prober_resolve(cs_span_of(arp, sizeof(arp)), mac_b, out, &len));
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	/* An answer is no question, and who asks for itself announces. */
	assert_false(cs_prober_resolve(cs_span_of(want, sizeof(want)), mac_b, out, &len));
	assert_int_equal(len, 0);

	uint8_t own[sizeof(arp)];

	memcpy(own, arp, sizeof(arp));
	own[41] = 1;
	assert_false(cs_prober_resolve(cs_span_of(own, sizeof(own)), mac_b, out, &len));
}

/* From fe80::1 to the group of fe80::9's kind, hop limit 255, for fe80::9. */
static size_t solicitation(uint8_t out[CS_PROBER_FRAME])
{
	static const uint8_t bytes[] =
		"\x33\x33\xff\0\0\x09\x02\0\0\0\0\x0a\x86\xdd\x60\0\0\0\0\x20\x3a\xff"
		"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
		"\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\0\0\x09"
		"\x87\0\0\0\0\0\0\0\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x09"
		"\x01\x01\x02\0\0\0\0\x0a";

	memcpy(out, bytes, sizeof(bytes) - 1); /* without the NUL */
	return sizeof(bytes) - 1;
}

static void a_neighbour_of_ipv6_is_told_too(void **state)
{
	uint8_t ask[CS_PROBER_FRAME], out[CS_PROBER_FRAME];
	struct cs_addr nine = addr("fe80::9"), one = addr("fe80::1");
	struct cs_frame frame;
	struct cs_ip ip;
	size_t n = solicitation(ask), len;

	(void)state;
	assert_true(cs_prober_resolve(cs_span_of(ask, n), mac_b, out, &len));
	assert_int_equal(cs_ethernet_read(cs_span_of(out, len), &frame), CS_OK);
	assert_memory_equal(frame.to, mac_a, 6);
	assert_int_equal(cs_ip_read(frame.payload, &ip), CS_OK);
	assert_int_equal(cs_addr_cmp(&ip.from, &nine), 0);
	assert_int_equal(cs_addr_cmp(&ip.to, &one), 0);
	assert_int_equal(ip.hop_limit, 255);
	assert_int_equal(ip.payload.len, 32);
	assert_int_equal(ip.payload.ptr[0], 136);
	assert_memory_equal(ip.payload.ptr + 26, mac_b, 6);
	assert_int_equal(cs_sum_fold(cs_sum_bytes(
				 cs_sum_pseudo(&ip.from, &ip.to, CS_IPPROTO_ICMPV6, 32),
				 ip.payload)),
			 0xffff);

	memset(ask + 22, 0, 16); /* duplicate address detection */
	assert_false(cs_prober_resolve(cs_span_of(ask, n), mac_b, out, &len));
}

static void a_cut_question_is_not_answered(void **state)
{
	uint8_t ask[CS_PROBER_FRAME], out[CS_PROBER_FRAME];
	size_t n = solicitation(ask), len;

	(void)state;
	for (size_t i = 0; i < sizeof(arp); i++) {
		uint8_t *copy = heap_copy(arp, i);

		assert_false(cs_prober_resolve(cs_span_of(copy, i), mac_b, out, &len));
		free(copy);
	}
	for (size_t i = 0; i < n - 8; i++) {
		uint8_t *copy = heap_copy(ask, i);

		assert_false(cs_prober_resolve(cs_span_of(copy, i), mac_b, out, &len));
		free(copy);
	}
}

static void groups_have_their_hardware_addresses(void **state)
{
	static const struct {
		const char *group;
		uint8_t mac[6];
	} rows[] = {
		{ "224.0.1.187", { 0x01, 0x00, 0x5e, 0x00, 0x01, 0xbb } },
		{ "239.255.255.250", { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa } },
		{ "ff02::fd", { 0x33, 0x33, 0, 0, 0, 0xfd } },
		{ "ff05::1:2:fd", { 0x33, 0x33, 0, 0x02, 0, 0xfd } },
	};
	struct cs_addr others[] = { addr("223.255.255.255"), addr("240.0.0.1"),
				    addr("fe80::fd") };

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct cs_addr group = addr(rows[i].group);
		uint8_t mac[6];

		assert_true(cs_addr_is_group(&group));
		cs_prober_group_mac(&group, mac);
		assert_memory_equal(mac, rows[i].mac, 6);
	}
	for (size_t i = 0; i < CS_LEN(others); i++)
		assert_false(cs_addr_is_group(&others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_read_back_as_it_was_meant),
		cmocka_unit_test(a_segment_is_read_back_as_it_was_meant),
		cmocka_unit_test(
			what_begins_a_connection_has_the_options_that_systems_send),
		cmocka_unit_test(a_payload_has_its_largest_size),
		cmocka_unit_test(everybody_is_at_one_hardware_address),
		cmocka_unit_test(a_neighbour_of_ipv6_is_told_too),
		cmocka_unit_test(a_cut_question_is_not_answered),
		cmocka_unit_test(groups_have_their_hardware_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
