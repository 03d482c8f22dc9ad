/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tx_frame.h"

#include <string.h>

#include "base/wr.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ip.h"

enum {
	ETHERNET = 14, /* header lengths, bytes */
	IPV4 = 20,
	IPV6 = 40,
	UDP = 8,

	V4_VERSION_LENGTH = 0x45,
	V4_DONT_FRAGMENT = 0x4000,
	V4_CHECKSUM_AT = 10, /* offsets in their headers */
	V4_TO_AT = 16,
	V6_TO_AT = 24,
	UDP_CHECKSUM_AT = 6,
};

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/*
 * The identification is 0: with "don't fragment" nobody reads it (RFC 6864),
 * and a counter there would tell strangers how much we send.
 */
static void write_v4(struct cs_wr *w, const struct cs_tx_way *way, uint16_t udp_len)
{
	cs_wr_u8(w, V4_VERSION_LENGTH);
	cs_wr_u8(w, 0);
	cs_wr_u16(w, (uint16_t)(IPV4 + udp_len));
	cs_wr_u16(w, 0);
	cs_wr_u16(w, V4_DONT_FRAGMENT);
	cs_wr_u8(w, way->hop_limit);
	cs_wr_u8(w, CS_IPPROTO_UDP);
	cs_wr_u16(w, 0); /* checksum: patched */
	cs_wr_bytes(w, way->source.b + 12, 4);
	cs_wr_u32(w, 0); /* destination: patched */
}

static void write_v6(struct cs_wr *w, const struct cs_tx_way *way, uint16_t udp_len)
{
	static const uint8_t to[16];

	cs_wr_u32(w, UINT32_C(6) << 28);
	cs_wr_u16(w, udp_len);
	cs_wr_u8(w, CS_IPPROTO_UDP);
	cs_wr_u8(w, way->hop_limit);
	cs_wr_bytes(w, way->source.b, 16);
	cs_wr_bytes(w, to, sizeof(to));
}

static bool is_patchable(const struct cs_tx_template *probe)
{
	return probe->len <= CS_TX_MESSAGE_MAX && probe->token_len <= 8 &&
	       probe->mid_at % 2 == 0 && probe->token_at % 2 == 0 &&
	       probe->mid_at + 2 <= probe->len &&
	       probe->token_at + probe->token_len <= probe->len;
}

/* Sums up what no patch changes; the fields of a patch are still zero. */
static void presum(struct cs_tx_frame *f, const struct cs_tx_way *way, uint16_t udp_len)
{
	static const struct cs_addr nobody;
	uint64_t udp = cs_sum_pseudo(&way->source, &nobody, CS_IPPROTO_UDP, udp_len);

	udp = cs_sum_bytes(udp, cs_span_of(f->bytes + f->udp_at, udp_len));
	f->udp_sum = cs_sum_fold(udp);
	if (f->v4)
		f->ip_sum = cs_sum_fold(
			cs_sum_bytes(0, cs_span_of(f->bytes + ETHERNET, IPV4)));
}

enum cs_err cs_tx_frame_build(struct cs_tx_frame *frame,
			      const struct cs_tx_template *probe,
			      const struct cs_tx_way *way)
{
	struct cs_wr w = cs_wr_over(frame->bytes, sizeof(frame->bytes));
	uint16_t udp_len = (uint16_t)(UDP + probe->len);

	if (!is_patchable(probe))
		return CS_ERR_RANGE;
	frame->v4 = cs_addr_is_v4(&way->source);
	cs_wr_bytes(&w, way->gateway_mac, sizeof(way->gateway_mac));
	cs_wr_bytes(&w, way->source_mac, sizeof(way->source_mac));
	cs_wr_u16(&w, frame->v4 ? CS_ETHERTYPE_IPV4 : CS_ETHERTYPE_IPV6);
	if (frame->v4)
		write_v4(&w, way, udp_len);
	else
		write_v6(&w, way, udp_len);

	frame->udp_at = (uint16_t)w.pos;
	cs_wr_u32(&w, 0); /* ports: patched */
	cs_wr_u16(&w, udp_len);
	cs_wr_u16(&w, 0); /* checksum: patched */

	uint16_t message_at = (uint16_t)w.pos;

	cs_wr_bytes(&w, probe->bytes, probe->len);
	if (w.err)
		return CS_ERR_RANGE;
	frame->len = (uint16_t)w.pos;
	frame->mid_at = (uint16_t)(message_at + probe->mid_at);
	frame->token_at = (uint16_t)(message_at + probe->token_at);
	frame->token_len = probe->token_len;
	memset(frame->bytes + frame->mid_at, 0, 2);
	memset(frame->bytes + frame->token_at, 0, frame->token_len);
	presum(frame, way, udp_len);
	return CS_OK;
}

/* Writes the destination and, for IPv4, the header's checksum; its sum. */
static inline uint32_t patch_ip(const struct cs_tx_frame *f, uint8_t *ip,
				const struct cs_addr *to)
{
	uint32_t sum = 0;

	if (f->v4) {
		memcpy(ip + V4_TO_AT, to->b + 12, 4);
		sum = get16(to->b + 12) + get16(to->b + 14);
		put16(ip + V4_CHECKSUM_AT, (uint16_t)~cs_sum_fold_twice(f->ip_sum + sum));
		return sum;
	}
	memcpy(ip + V6_TO_AT, to->b, 16);
	for (unsigned i = 0; i < 16; i += 2)
		sum += get16(to->b + i);
	return sum;
}

/* Writes the token; its sum. What follows an odd one is in the base sum. */
static inline uint32_t patch_token(const struct cs_tx_frame *f, uint8_t *at,
				   const uint8_t token[8])
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < f->token_len; i++) {
		at[i] = token[i];
		sum += i % 2 ? token[i] : (uint32_t)token[i] << 8;
	}
	return sum;
}

void cs_tx_frame_patch(const struct cs_tx_frame *frame, uint8_t *bytes,
		       uint16_t source_port, const struct cs_tx_probe *probe)
{
	uint8_t *udp = bytes + frame->udp_at;
	uint32_t sum = frame->udp_sum + patch_ip(frame, bytes + ETHERNET, &probe->to);

	put16(udp, source_port);
	put16(udp + 2, probe->port);
	put16(bytes + frame->mid_at, probe->mid);
	sum += (uint32_t)source_port + probe->port + probe->mid;
	sum += patch_token(frame, bytes + frame->token_at, probe->token);

	uint16_t checksum = (uint16_t)~cs_sum_fold_twice(sum);

	/* Zero would say "none was made"; all ones is its other spelling. */
	put16(udp + UDP_CHECKSUM_AT, checksum ? checksum : 0xffff);
}
