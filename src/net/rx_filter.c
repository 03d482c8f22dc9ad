/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rx_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>

enum {
	KEEP_ALL = 0x40000, /* bytes; more than any packet */
	V4_PART_AT = 6,     /* flags and fragment offset */
	V4_PART_OFFSET = 0x1fff,
	V4_PROTOCOL_AT = 9,
	V6_NEXT_AT = 6,
	V6_LENGTH = 40,
	UDP_PORT_AT = 2,

	/* Where the jumps below lead, as instruction numbers. */
	V4 = 5,
	V6 = 11,
	PORT = 18,
	KEEP = 21,
	DROP = 22,
};

/* Jumps count from the next instruction on; these name their goals. */
#define TEST(at, how, k, yes, no)                                                   \
	BPF_JUMP(BPF_JMP | (how) | BPF_K, (uint32_t)(k), (uint8_t)((yes) - (at)-1), \
		 (uint8_t)((no) - (at)-1))
#define GO(at, to)    BPF_STMT(BPF_JMP | BPF_JA, (to) - (at)-1)
#define LOAD(how, k)  BPF_STMT(BPF_LD | (how), (uint32_t)(k))
#define INDEX(how, k) BPF_STMT(BPF_LDX | (how), (uint32_t)(k))
#define RETURN(k)     BPF_STMT(BPF_RET | BPF_K, (uint32_t)(k))

void cs_rx_filter(uint16_t first, uint16_t last,
		  struct sock_filter program[CS_RX_FILTER_LEN])
{
	/* clang-format off */
	const struct sock_filter filter[CS_RX_FILTER_LEN] = {
		[0] = LOAD(BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		[1] = TEST(1, BPF_JEQ, PACKET_HOST, 2, DROP),
		[2] = LOAD(BPF_H | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
		[3] = TEST(3, BPF_JEQ, ETH_P_IP, V4, 4),
		[4] = TEST(4, BPF_JEQ, ETH_P_IPV6, V6, DROP),

		[V4] = LOAD(BPF_B | BPF_ABS, V4_PROTOCOL_AT),
		[6] = TEST(6, BPF_JEQ, IPPROTO_UDP, 7, DROP),
		[7] = LOAD(BPF_H | BPF_ABS, V4_PART_AT),
		[8] = TEST(8, BPF_JSET, V4_PART_OFFSET, KEEP, 9),
		[9] = INDEX(BPF_B | BPF_MSH, 0), /* 4 x the header length nibble */
		[10] = GO(10, PORT),

		[V6] = LOAD(BPF_B | BPF_ABS, V6_NEXT_AT),
		[12] = TEST(12, BPF_JEQ, IPPROTO_FRAGMENT, KEEP, 13),
		[13] = TEST(13, BPF_JEQ, IPPROTO_HOPOPTS, KEEP, 14),
		[14] = TEST(14, BPF_JEQ, IPPROTO_ROUTING, KEEP, 15),
		[15] = TEST(15, BPF_JEQ, IPPROTO_DSTOPTS, KEEP, 16),
		[16] = TEST(16, BPF_JEQ, IPPROTO_UDP, 17, DROP),
		[17] = INDEX(BPF_W | BPF_IMM, V6_LENGTH),

		[PORT] = LOAD(BPF_H | BPF_IND, UDP_PORT_AT),
		[19] = TEST(19, BPF_JGE, first, 20, DROP),
		[20] = TEST(20, BPF_JGT, last, DROP, KEEP),
		[KEEP] = RETURN(KEEP_ALL),
		[DROP] = RETURN(0),
	};
	/* clang-format on */

	memcpy(program, filter, sizeof(filter));
}
