/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdp_drop: at the peer of a benchmark, drops probes (UDP to port 5683 over
 * Ethernet) before the stack sees them, so that the sender alone is measured.
 *   ip link set IF xdpdrv obj xdp_drop.o sec xdp
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#define SECTION(name) __attribute__((section(name), used))

enum {
	ETHERTYPE_AT = 12,
	V4_PROTOCOL_AT = 14 + 9,
	V4_PORT_AT = 14 + 20 + 2,
	V6_NEXT_AT = 14 + 6,
	V6_PORT_AT = 14 + 40 + 2,
	UDP = 17,
};

int drop(struct xdp_md *ctx);

static unsigned get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

SECTION("xdp") int drop(struct xdp_md *ctx)
{
	const unsigned char *frame = (const void *)(long)ctx->data;
	const unsigned char *end = (const void *)(long)ctx->data_end;

	if (frame + V6_PORT_AT + 2 > end)
		return XDP_PASS;
	if (get16(frame + ETHERTYPE_AT) == ETH_P_IP && frame[V4_PROTOCOL_AT] == UDP &&
	    get16(frame + V4_PORT_AT) == 5683)
		return XDP_DROP;
	if (get16(frame + ETHERTYPE_AT) == ETH_P_IPV6 && frame[V6_NEXT_AT] == UDP &&
	    get16(frame + V6_PORT_AT) == 5683)
		return XDP_DROP;
	return XDP_PASS;
}

char terms[] SECTION("license") = "Apache-2.0";
