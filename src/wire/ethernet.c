/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ethernet.h"

enum {
	TAGS_MAX = 4, /* customer and provider, and both once more in the lab */
	TYPE_VLAN = 0x8100,
	TYPE_PROVIDER_VLAN = 0x88a8,
	TYPE_OLD_PROVIDER_VLAN = 0x9100,
	VLAN_ID = 0x0fff,
};

static bool is_tag(uint16_t ethertype)
{
	return ethertype == TYPE_VLAN || ethertype == TYPE_PROVIDER_VLAN ||
	       ethertype == TYPE_OLD_PROVIDER_VLAN;
}

enum cs_err cs_ethernet_tags(struct cs_rd *rd, struct cs_frame *frame)
{
	while (!rd->err && is_tag(frame->ethertype)) {
		if (frame->tags == TAGS_MAX)
			return CS_ERR_RANGE;
		frame->tags++;
		frame->vlan = cs_rd_u16(rd) & VLAN_ID;
		frame->ethertype = cs_rd_u16(rd);
	}
	return rd->err;
}

enum cs_err cs_ethernet_read(struct cs_span bytes, struct cs_frame *out)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	struct cs_frame frame = { 0 };

	cs_rd_copy(&rd, frame.to, sizeof(frame.to));
	cs_rd_copy(&rd, frame.from, sizeof(frame.from));
	frame.ethertype = cs_rd_u16(&rd);

	enum cs_err err = cs_ethernet_tags(&rd, &frame);

	if (err)
		return err;
	frame.payload = cs_rd_take(&rd, cs_rd_left(&rd));
	*out = frame;
	return CS_OK;
}
