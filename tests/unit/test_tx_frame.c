/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/tx_frame.h"
#include "wire/ethernet.h"
#include "wire/udp.h"

static const uint8_t question[] = "\x40\x01..\xbb.well-known\x04"
				  "core";
static const uint8_t with_token[] = "\x48\x01..tokentok\xbb.well-known\x04"
				    "core";

static struct cs_tx_way way_v4(void)
{
	return (struct cs_tx_way){ .source_mac = { 2, 0, 0, 0, 0, 1 },
				   .gateway_mac = { 2, 0, 0, 0, 0, 2 },
				   .source = cs_addr_v4(0x0a4d0001),
				   .hop_limit = 64 };
}

static struct cs_tx_way way_v6(void)
{
	struct cs_tx_way way = way_v4();

	way.source = (struct cs_addr){ .b = { 0xfd, 0x77, [15] = 1 } };
	return way;
}

static struct cs_tx_template template_of(unsigned token_len)
{
	if (token_len == 0)
		return (struct cs_tx_template){ .bytes = question,
						.len = sizeof(question) - 1,
						.mid_at = 2,
						.token_at = 4 };
	return (struct cs_tx_template){ .bytes = with_token,
					.len = sizeof(with_token) - 1,
					.mid_at = 2,
					.token_at = 4,
					.token_len = (uint8_t)token_len };
}

/* As one would write it without a thought to speed. */
static uint16_t naive(const uint8_t *bytes, size_t len, uint64_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint64_t)bytes[i] << (i % 2 ? 0 : 8);
	while (sum > 0xffff)
		sum = sum % 0x10000 + sum / 0x10000;
	return (uint16_t)sum;
}

static void assert_frame(const struct cs_tx_frame *f, const uint8_t *bytes)
{
	const uint8_t *ip = bytes + 14;
	size_t udp_len = (size_t)(f->len - f->udp_at);

	if (f->v4 && naive(ip, 20, 0) != 0xffff)
		fail_msg("IPv4 checksum is wrong");
	/* Addresses stand before the UDP header: sum both, then the rest. */
	if (naive(bytes + f->udp_at - (f->v4 ? 8 : 32), udp_len + (f->v4 ? 8 : 32),
		  17 + udp_len) != 0xffff)
		fail_msg("UDP checksum is wrong");
	if (bytes[f->udp_at + 6] == 0 && bytes[f->udp_at + 7] == 0)
		fail_msg("UDP checksum is missing");
}

static void a_frame_holds_what_was_asked_for(void **state)
{
	struct cs_tx_way way = way_v4();
	struct cs_tx_template probe = template_of(8);
	struct cs_tx_probe to = { .to = cs_addr_v4(0xc0000205),
				  .port = 5683,
				  .mid = 0x1234,
				  .token = "TOKENTOK" };
	struct cs_tx_frame f;
	struct cs_frame eth;
	struct cs_udp udp;
	struct cs_ip ip;

	(void)state;
	assert_int_equal(cs_tx_frame_build(&f, &probe, &way), CS_OK);
	assert_int_equal(f.len, 14 + 20 + 8 + 29);
	cs_tx_frame_patch(&f, f.bytes, 40001, &to);
	assert_int_equal(cs_ethernet_read(cs_span_of(f.bytes, f.len), &eth), CS_OK);
	assert_memory_equal(eth.to, way.gateway_mac, 6);
	assert_memory_equal(eth.from, way.source_mac, 6);
	assert_int_equal(eth.ethertype, CS_ETHERTYPE_IPV4);
	assert_int_equal(cs_ip_read(eth.payload, &ip), CS_OK);
	assert_true(ip.checksum_ok);
	assert_false(ip.is_fragment);
	assert_int_equal(ip.hop_limit, 64);
	assert_int_equal(cs_addr_cmp(&ip.from, &way.source), 0);
	assert_int_equal(cs_addr_cmp(&ip.to, &to.to), 0);
	assert_int_equal(cs_udp_read(ip.payload, &udp), CS_OK);
	assert_true(cs_udp_intact(&udp, &ip));
	assert_int_equal(udp.from_port, 40001);
	assert_int_equal(udp.to_port, 5683);
	assert_int_equal(udp.payload.len, 29);
	assert_memory_equal(udp.payload.ptr,
			    "\x48\x01\x12\x34TOKENTOK\xbb.well-known\x04"
			    "core",
			    29);
}

static void an_ipv6_frame_likewise(void **state)
{
	struct cs_tx_way way = way_v6();
	struct cs_tx_template probe = template_of(0);
	struct cs_tx_probe to = { .to = { .b = { 0xfd, 0x99, [15] = 9 } }, .port = 5683 };
	struct cs_tx_frame f;
	struct cs_frame eth;
	struct cs_udp udp;
	struct cs_ip ip;

	(void)state;
	assert_int_equal(cs_tx_frame_build(&f, &probe, &way), CS_OK);
	assert_int_equal(f.len, 14 + 40 + 8 + 21);
	cs_tx_frame_patch(&f, f.bytes, 40001, &to);
	assert_int_equal(cs_ethernet_read(cs_span_of(f.bytes, f.len), &eth), CS_OK);
	assert_int_equal(eth.ethertype, CS_ETHERTYPE_IPV6);
	assert_int_equal(cs_ip_read(eth.payload, &ip), CS_OK);
	assert_int_equal(ip.hop_limit, 64);
	assert_int_equal(cs_addr_cmp(&ip.from, &way.source), 0);
	assert_int_equal(cs_addr_cmp(&ip.to, &to.to), 0);
	assert_int_equal(cs_udp_read(ip.payload, &udp), CS_OK);
	assert_true(cs_udp_intact(&udp, &ip));
	assert_int_equal(udp.payload.len, 21);
}

/* One patch after another on the same bytes, as the sender does. */
static void sweep(const struct cs_tx_way *way, unsigned token_len, unsigned n,
		  void (*vary)(struct cs_tx_probe *p, uint16_t *source, unsigned i))
{
	struct cs_tx_template probe = template_of(token_len);
	struct cs_tx_probe to = { .to = way->source, .port = 5683 };
	uint16_t source = 40000;
	struct cs_tx_frame f;
	uint8_t bytes[CS_TX_FRAME_MAX];

	assert_int_equal(cs_tx_frame_build(&f, &probe, way), CS_OK);
	memcpy(bytes, f.bytes, f.len);
	for (unsigned i = 0; i < n; i++) {
		vary(&to, &source, i);
		cs_tx_frame_patch(&f, bytes, source, &to);
		assert_frame(&f, bytes);
	}
}

static void vary_mid(struct cs_tx_probe *p, uint16_t *source, unsigned i)
{
	(void)source;
	p->mid = (uint16_t)i;
}

static void vary_address_low(struct cs_tx_probe *p, uint16_t *source, unsigned i)
{
	(void)source;
	p->to.b[14] = (uint8_t)(i >> 8);
	p->to.b[15] = (uint8_t)i;
}

static void vary_address_high(struct cs_tx_probe *p, uint16_t *source, unsigned i)
{
	(void)source;
	p->to.b[12] = (uint8_t)(i >> 8);
	p->to.b[13] = (uint8_t)i;
	p->to.b[14] = p->to.b[15] = 0xff;
}

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static void vary_all(struct cs_tx_probe *p, uint16_t *source, unsigned i)
{
	uint64_t a = random64(), b = random64(), c = random64();

	/* Ones and zeros make the carries; most of random numbers do not. */
	if (i % 4 == 0) {
		a |= random64() | random64();
		b |= random64() | random64();
	} else if (i % 4 == 1) {
		a &= random64() & random64();
		b &= random64() & random64();
	}
	if (!cs_addr_is_v4(&p->to)) {
		memcpy(p->to.b, &c, 8);
		memcpy(p->to.b + 8, &a, 8);
		p->to.b[0] = 0xfd;
	}
	memcpy(p->to.b + 12, &a, 4);
	p->port = (uint16_t)(a >> 32);
	p->mid = (uint16_t)(a >> 48);
	*source = (uint16_t)(c >> 40);
	memcpy(p->token, &b, 8);
}

static void each_16_bit_value_of_a_field_gives_right_checksums(void **state)
{
	struct cs_tx_way ways[2] = { way_v4(), way_v6() };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		sweep(&ways[i], 0, 65536, vary_mid);
		sweep(&ways[i], 8, 65536, vary_address_low);
		sweep(&ways[i], 0, 65536, vary_address_high);
	}
}

static void random_probes_give_right_checksums(void **state)
{
	struct cs_tx_way ways[2] = { way_v4(), way_v6() };

	(void)state;
	sweep(&ways[0], 8, 1 << 20, vary_all);
	sweep(&ways[1], 8, 1 << 20, vary_all);
	for (unsigned token_len = 0; token_len <= 8; token_len++)
		sweep(&ways[token_len % 2], token_len, 1 << 14, vary_all);
}

static void a_checksum_of_zero_is_written_as_ones(void **state)
{
	struct cs_tx_way way = way_v4();
	struct cs_tx_template probe = template_of(0);
	struct cs_tx_probe to = { .to = way.source, .port = 5683 };
	struct cs_tx_frame f;
	unsigned ones = 0;

	(void)state;
	assert_int_equal(cs_tx_frame_build(&f, &probe, &way), CS_OK);
	for (unsigned mid = 0; mid < 65536; mid++) {
		to.mid = (uint16_t)mid;
		cs_tx_frame_patch(&f, f.bytes, 40000, &to);
		ones += f.bytes[f.udp_at + 6] == 0xff && f.bytes[f.udp_at + 7] == 0xff;
	}
	assert_int_equal(ones, 1);
}

static void what_cannot_be_patched_is_refused(void **state)
{
	static uint8_t long_message[CS_TX_MESSAGE_MAX + 1];
	struct cs_tx_way way = way_v4();
	struct cs_tx_template good = template_of(8), bad[6];
	struct cs_tx_frame f;

	(void)state;
	for (unsigned i = 0; i < CS_LEN(bad); i++)
		bad[i] = good;
	bad[0].mid_at = 3;
	bad[1].token_at = 5;
	bad[2].token_len = 9;
	bad[3].token_at = 22; /* 22 + 8 is one past the 29 */
	bad[4].mid_at = 28;
	bad[5].bytes = long_message;
	bad[5].len = sizeof(long_message);
	for (unsigned i = 0; i < CS_LEN(bad); i++)
		assert_int_equal(cs_tx_frame_build(&f, &bad[i], &way), CS_ERR_RANGE);
	bad[5].len--;
	assert_int_equal(cs_tx_frame_build(&f, &bad[5], &way), CS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_holds_what_was_asked_for),
		cmocka_unit_test(an_ipv6_frame_likewise),
		cmocka_unit_test(each_16_bit_value_of_a_field_gives_right_checksums),
		cmocka_unit_test(random_probes_give_right_checksums),
		cmocka_unit_test(a_checksum_of_zero_is_written_as_ones),
		cmocka_unit_test(what_cannot_be_patched_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
