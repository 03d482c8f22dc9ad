/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/sights.h"

#include "coap/code.h"
#include "watch/sight_parts.h"

enum {
	FIRST_LEAST = 0x40, /* version 1, any type, a token of at most 8 bytes */
	FIRST_MOST = 0x78,
	MID_AT = 2,
};

/* Whether Message ID and token are whole and have no part in how the rest is read. */
static bool has_form(const struct cs_packet *packet)
{
	struct cs_span bytes = packet->payload;

	if (bytes.len < CS_MSG_HEADER || bytes.len > CS_SIGHTS_BYTES ||
	    bytes.len != packet->payload_len || bytes.ptr[0] < FIRST_LEAST ||
	    bytes.ptr[0] > FIRST_MOST)
		return false;

	size_t tkl = bytes.ptr[0] & 0x0f;

	/* With a token an Empty message is malformed, and what follows is none of it. */
	if (bytes.ptr[1] == CS_CODE_EMPTY && tkl > 0)
		return false;
	return tkl <= CS_TOKEN_MAX && bytes.len >= CS_MSG_HEADER + tkl &&
	       cs_alien_of(bytes) == CS_ALIEN_NONE;
}

static bool is_of(const struct cs_sights_form *form, struct cs_span bytes, size_t tail_at)
{
	return form->len == bytes.len && memcmp(form->bytes, bytes.ptr, MID_AT) == 0 &&
	       memcmp(form->bytes + tail_at, bytes.ptr + tail_at, bytes.len - tail_at) ==
		       0;
}

static void read_anew(struct cs_sights_form *form, const struct cs_packet *packet)
{
	struct cs_packet copy = *packet;

	form->len = packet->payload.len;
	memcpy(form->bytes, packet->payload.ptr, form->len);
	copy.payload.ptr = form->bytes;
	cs_sight_read(&copy, &form->sight);
}

const struct cs_sight *cs_sights_read(struct cs_sights *sights,
				      const struct cs_packet *packet)
{
	struct cs_span bytes = packet->payload;

	if (!has_form(packet)) {
		cs_sight_read(packet, &sights->other);
		return &sights->other;
	}

	size_t tail_at = CS_MSG_HEADER + (bytes.ptr[0] & 0x0fu);
	uint32_t shape = cs_sight_shape(bytes, tail_at);
	struct cs_sights_form *form = &sights->form[shape % CS_SIGHTS];

	if (is_of(form, bytes, tail_at)) {
		memcpy(form->bytes + MID_AT, bytes.ptr + MID_AT, tail_at - MID_AT);
		cs_sight_again(packet, &form->sight);
	} else {
		read_anew(form, packet);
	}
	return &form->sight;
}
