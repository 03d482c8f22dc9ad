/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of tools by their bytes. The 21-byte question without a token is shared by nearly
 * all scanners; its Message ID tells some of them apart.
 */
#include "coap/code.h"
#include "watch/obs.h"
#include "watch/sight_parts.h"

enum {
	TYPE_CON_NO_TOKEN = 0x40,
	MID_ZMAP = 0x7d70, /* examples/udp-probes/coap_5683.pkt */
	MID_NMAP = 0x01ce, /* nmap-payloads, nmap-service-probes, coap-resources */
	QUESTION_LEN = 21,
};

/* Constant Message IDs of the tools that AMP-Research collected. */
static const uint16_t amplifiers[] = { 0x7257, 0x4b70, 0x6570, 0x0101, 0x5477 };

/* Californium's "RFC" banner: 13 bytes that draw 458. */
static const uint8_t banner[] = { 0x44, 0x01, 0x0f, 0x3c, 0xd1, 0x97, 0x96,
				  0xc1, 0xc1, 0x3c, 0xff, 0x00, 0x00 };

static uint8_t bit(enum cs_obs mark)
{
	return (uint8_t)(1u << (mark - CS_OBS_MARK_ZMAP));
}

static bool is_amplifier(uint16_t mid)
{
	for (size_t i = 0; i < CS_LEN(amplifiers); i++) {
		if (amplifiers[i] == mid)
			return true;
	}
	return false;
}

/*
 * masscan's cookie for a target is the Message ID, and its IP ID is target address ^
 * port ^ cookie (16 bits each): by chance one datagram in 65536.
 */
static bool is_masscan(const struct cs_packet *packet, uint16_t mid)
{
	if (!cs_addr_is_v4(&packet->to))
		return false;

	uint16_t to = (uint16_t)cs_addr_low32(&packet->to);

	return packet->ip_id == (to ^ packet->to_port ^ mid);
}

static uint8_t marks_of_question(const struct cs_packet *packet, uint16_t mid)
{
	if (mid == MID_ZMAP)
		return bit(CS_OBS_MARK_ZMAP);
	if (mid == MID_NMAP)
		return bit(CS_OBS_MARK_NMAP);
	if (is_amplifier(mid))
		return bit(CS_OBS_MARK_AMPLIFIER);
	if (is_masscan(packet, mid))
		return bit(CS_OBS_MARK_MASSCAN);
	return bit(CS_OBS_MARK_PLAIN);
}

uint8_t cs_sight_marks(const struct cs_packet *packet, const struct cs_msg *msg)
{
	struct cs_span all = packet->payload;
	bool is_question = all.len == QUESTION_LEN && all.ptr[0] == TYPE_CON_NO_TOKEN &&
			   all.ptr[1] == CS_CODE_GET;

	if (is_question && msg->n_options == 2 && msg->payload.len == 0)
		return marks_of_question(packet, msg->mid);
	if (cs_span_eq(all, cs_span_of(banner, sizeof(banner))))
		return bit(CS_OBS_MARK_BANNER);
	return 0;
}
