/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an Ethernet frame, down to the UDP payload. */
#include "fuzz.h"

#include <string.h>

#include "wire/ethernet.h"
#include "wire/udp.h"

static bool inside(struct cs_span inner, struct cs_span outer)
{
	return inner.len == 0 || (inner.ptr >= outer.ptr && inner.len <= outer.len &&
				  inner.ptr + inner.len <= outer.ptr + outer.len);
}

/* A datagram that is intact is not so once any bit of it changed. */
static void check_intact(const struct cs_udp *udp, const struct cs_ip *ip)
{
	static uint8_t copy[65536];
	struct cs_udp changed;

	if (udp->checksum == 0 || udp->payload.len == 0 || !cs_udp_intact(udp, ip))
		return;
	memcpy(copy, udp->whole.ptr, udp->whole.len);
	copy[8 + udp->payload.ptr[0] % udp->payload.len] ^= 0x10;
	MUST(cs_udp_read(cs_span_of(copy, udp->whole.len), &changed) == CS_OK);
	MUST(!cs_udp_intact(&changed, ip));
}

static void check_ip(struct cs_span packet)
{
	struct cs_ip ip;
	struct cs_udp udp;

	if (cs_ip_read(packet, &ip) != CS_OK)
		return;
	MUST(inside(ip.payload, packet));
	MUST(ip.payload.len <= 65535);
	MUST(cs_addr_is_v4(&ip.from) == cs_addr_is_v4(&ip.to));
	MUST(ip.is_fragment == (ip.more || ip.offset > 0));
	MUST(ip.offset % 8 == 0 && ip.offset <= 65528);
	if (ip.is_fragment || ip.protocol != CS_IPPROTO_UDP)
		return;
	if (cs_udp_read(ip.payload, &udp) != CS_OK)
		return;
	MUST(inside(udp.whole, ip.payload));
	MUST(udp.whole.len == udp.payload.len + 8);
	check_intact(&udp, &ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span bytes = cs_span_of(data, size);
	struct cs_frame frame;

	check_ip(bytes);
	if (cs_ethernet_read(bytes, &frame) != CS_OK)
		return 0;
	MUST(frame.tags <= 4);
	MUST(frame.payload.len + 14 + 4u * frame.tags == size);
	check_ip(frame.payload);
	return 0;
}
