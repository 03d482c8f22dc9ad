/* SPDX-License-Identifier: Apache-2.0 */
/* draft-ietf-opsawg-pcapng. Blocks that hold no packet are passed over. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/capture_format.h"

enum block {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OLD = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

enum {
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_MIN = 12, /* bytes: type, length, length again */
	BLOCK_HEAD = 8, /* type and length */
	BLOCK_TAIL = 4, /* length again */
	SECTION_MIN = 28,
	INTERFACE_MIN = 20,
	PACKET_MIN = 32,
	SIMPLE_MIN = 16,
	OPTION_END = 0,
	OPTION_RESOLUTION = 9, /* of an interface's time stamps */
	OPTION_OFFSET = 14,
	RESOLUTION_BINARY = 0x80,
	DECIMAL_MAX = 19, /* powers that 64 bits hold */
	BINARY_MAX = 63,
	AT_A_CALL = 4096, /* blocks without a packet: then the caller has its turn */
};

bool cs_format_is_pcapng(struct cs_span head)
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };

	return head.len >= sizeof(section) && memcmp(head.ptr, section, 4) == 0;
}

/* A block that is wholly in the window, and that is passed over afterwards. */
struct block_at {
	enum block type;
	uint32_t len; /* bytes, its head and tail too */
	const uint8_t *bytes;
};

static enum cs_err take_section(struct cs_records *r, const struct cs_input *in,
				const struct block_at *b)
{
	uint16_t major = cs_record_u16(r, b->bytes + 12);

	if (major != 1) {
		char what[64];

		(void)snprintf(what, sizeof(what), "pcapng version %u: want 1", major);
		return cs_records_damaged(r, in, what);
	}
	r->n_interfaces = 0;
	return CS_OK;
}

static uint64_t power(uint64_t base, unsigned n)
{
	uint64_t value = 1;

	while (n-- > 0)
		value *= base;
	return value;
}

static bool read_resolution(struct cs_record_interface *i, uint8_t value)
{
	unsigned n = value & ~(unsigned)RESOLUTION_BINARY;
	bool binary = value & RESOLUTION_BINARY;

	if (n > (binary ? (unsigned)BINARY_MAX : (unsigned)DECIMAL_MAX))
		return false;
	i->units = power(binary ? 2 : 10, n);
	return true;
}

static bool read_option(const struct cs_records *r, struct cs_record_interface *i,
			uint16_t code, struct cs_span value)
{
	if (code == OPTION_RESOLUTION && value.len == 1)
		return read_resolution(i, value.ptr[0]);
	if (code == OPTION_OFFSET && value.len == sizeof(i->offset_s)) {
		uint64_t v;

		memcpy(&v, value.ptr, sizeof(v));
		i->offset_s = (int64_t)(r->swapped ? __builtin_bswap64(v) : v);
	}
	return true;
}

static bool read_options(const struct cs_records *r, struct cs_record_interface *i,
			 struct cs_span options)
{
	struct cs_rd rd = cs_rd_over(options.ptr, options.len);

	while (cs_rd_left(&rd) >= 4) {
		uint8_t head[4];

		cs_rd_copy(&rd, head, sizeof(head));

		uint16_t code = cs_record_u16(r, head);
		uint16_t len = cs_record_u16(r, head + 2);
		struct cs_span value;

		if (code == OPTION_END)
			return true;
		value = cs_rd_take(&rd, len);
		(void)cs_rd_take(&rd, -(unsigned)len % 4);
		if (rd.err || !read_option(r, i, code, value))
			return false;
	}
	return true;
}

static struct cs_record_interface *add_interface(struct cs_records *r)
{
	if (r->n_interfaces == r->room) {
		size_t room = r->room ? 2 * r->room : 4;
		struct cs_record_interface *grown =
			realloc(r->interfaces, room * sizeof(*grown));

		if (!grown)
			return NULL;
		r->interfaces = grown;
		r->room = room;
	}
	return &r->interfaces[r->n_interfaces++];
}

static enum cs_err take_interface(struct cs_records *r, const struct cs_input *in,
				  const struct block_at *b)
{
	struct cs_record_interface *i;

	if (r->n_interfaces == CS_RECORD_INTERFACES)
		return cs_records_damaged(r, in, "more than 65536 interfaces");
	i = add_interface(r);
	if (!i)
		return CS_ERR_NOMEM;
	*i = (struct cs_record_interface){ .units = CS_US_PER_S,
					   .snaplen = cs_record_u32(r, b->bytes + 12) };
	cs_record_interface_set(i, cs_record_u16(r, b->bytes + 8));
	if (!read_options(r, i, cs_span_of(b->bytes + 16, b->len - INTERFACE_MIN)))
		return cs_records_damaged(r, in,
					  "an interface's options do not hold together");
	return CS_OK;
}

/* What a packet block says, whichever kind it is. */
struct packet {
	uint32_t interface, len, wire_len;
	size_t at; /* where the frame begins in the block */
	bool timed;
	uint64_t ticks;
};

static struct packet read_packet(const struct cs_records *r, const struct block_at *b)
{
	const uint8_t *at = b->bytes;

	return (struct packet){
		.interface = b->type == BLOCK_PACKET ? cs_record_u32(r, at + 8)
						     : cs_record_u16(r, at + 8),
		.timed = true,
		.ticks = (uint64_t)cs_record_u32(r, at + 12) << 32 |
			 cs_record_u32(r, at + 16),
		.len = cs_record_u32(r, at + 20),
		.wire_len = cs_record_u32(r, at + 24),
		.at = 28,
	};
}

/* No length of what was captured: the packet's, the snap length, what there is. */
static struct packet read_simple(const struct cs_records *r, const struct block_at *b)
{
	uint32_t wire = cs_record_u32(r, b->bytes + 8), len = b->len - SIMPLE_MIN;
	uint32_t snaplen = r->n_interfaces ? r->interfaces[0].snaplen : 0;

	if (len > wire)
		len = wire;
	if (snaplen && len > snaplen)
		len = snaplen;
	return (struct packet){ .len = len, .wire_len = wire, .at = 12 };
}

static enum cs_err say_foreign(struct cs_records *r, const struct packet *p)
{
	struct cs_record_interface *i = &r->interfaces[p->interface];
	const char *name = pcap_datalink_val_to_name(i->dlt);

	if (i->said)
		return CS_OK;
	i->said = true;
	(void)snprintf(r->trouble, sizeof(r->trouble),
		       "interface %u has link type %d (%s), none that carries IP here: "
		       "its packets are passed over",
		       p->interface, i->dlt, name ? name : "unknown");
	return CS_ERR_FOREIGN;
}

/* *@is: it is a frame of ours. */
static enum cs_err take_packet(struct cs_records *r, const struct cs_input *in,
			       const struct block_at *b, struct cs_capture_frame *frame,
			       bool *is)
{
	struct packet p =
		b->type == BLOCK_PACKET_SIMPLE ? read_simple(r, b) : read_packet(r, b);
	const struct cs_record_interface *i;

	if (p.len > CS_RECORD_MAX || p.at + p.len > b->len - BLOCK_TAIL)
		return cs_records_damaged(r, in, "it is longer than its block");
	if (p.interface >= r->n_interfaces)
		return cs_records_damaged(r, in, "its interface was not described");
	i = &r->interfaces[p.interface];
	r->n++;
	if (i->foreign)
		return say_foreign(r, &p);
	if (p.timed)
		r->last_us = cs_record_time(i, p.ticks);
	frame->wall_us = r->last_us;
	frame->link = i->link;
	frame->dlt = i->dlt;
	frame->bytes = cs_span_of(b->bytes + p.at, p.len);
	frame->wire_len = p.wire_len < p.len ? p.len : p.wire_len;
	*is = true;
	return CS_OK;
}

/* The least that a block must have to be read; 0: it is passed over. */
static uint32_t least(uint32_t type)
{
	switch (type) {
	case BLOCK_SECTION:
		return SECTION_MIN;
	case BLOCK_INTERFACE:
		return INTERFACE_MIN;
	case BLOCK_PACKET:
	case BLOCK_PACKET_OLD:
		return PACKET_MIN;
	case BLOCK_PACKET_SIMPLE:
		return SIMPLE_MIN;
	default:
		return 0;
	}
}

/* A section says itself in which byte order its own length is. */
static enum cs_err find_order(struct cs_records *r, const struct cs_input *in)
{
	uint32_t order;

	memcpy(&order, in->buf + in->at + BLOCK_HEAD, sizeof(order));
	r->swapped = order == __builtin_bswap32(BYTE_ORDER_MAGIC);
	if (r->swapped || order == BYTE_ORDER_MAGIC)
		return CS_OK;
	return cs_records_damaged(r, in, "a section without its byte order mark");
}

static enum cs_err bad_length(struct cs_records *r, const struct cs_input *in,
			      uint32_t len)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "a block of %u bytes", len);
	return cs_records_damaged(r, in, what);
}

/* The block at the window's begin; .bytes is NULL when it is to be passed over. */
static enum cs_err find_block(struct cs_records *r, struct cs_input *in,
			      struct block_at *b)
{
	enum cs_err err = cs_input_need(in, BLOCK_MIN);
	uint32_t type, min;

	if (err)
		return cs_records_short(r, in, err);
	type = cs_record_u32(r, in->buf + in->at);
	if (type == BLOCK_SECTION)
		err = find_order(r, in);
	if (err)
		return err;
	min = least(type);
	*b = (struct block_at){ .type = (enum block)type,
				.len = cs_record_u32(r, in->buf + in->at + 4) };
	if (b->len < (min ? min : (uint32_t)BLOCK_MIN) || b->len % 4 != 0 ||
	    (min && b->len > CS_INPUT_ROOM))
		return bad_length(r, in, b->len);
	if (!min)
		return CS_OK;
	err = cs_input_need(in, b->len);
	if (err)
		return cs_records_short(r, in, err);
	b->bytes = in->buf + in->at;
	if (cs_record_u32(r, b->bytes + b->len - BLOCK_TAIL) != b->len)
		return cs_records_damaged(r, in, "a block whose two lengths differ");
	return CS_OK;
}

static enum cs_err take(struct cs_records *r, const struct cs_input *in,
			const struct block_at *b, struct cs_capture_frame *frame,
			bool *is)
{
	if (b->type == BLOCK_SECTION)
		return take_section(r, in, b);
	if (b->type == BLOCK_INTERFACE)
		return take_interface(r, in, b);
	return take_packet(r, in, b, frame, is);
}

static enum cs_err next(struct cs_records *r, struct cs_input *in,
			struct cs_capture_frame *frame)
{
	for (unsigned n = 0; n < AT_A_CALL; n++) {
		struct block_at b = { 0 };
		bool is = false;
		enum cs_err err = find_block(r, in, &b);

		if (!err && b.bytes)
			err = take(r, in, &b, frame, &is);
		if (err && err != CS_ERR_FOREIGN)
			return err;
		cs_input_pass(in, b.len);
		if (err || is)
			return err;
	}
	return CS_ERR_BUSY;
}

const struct cs_format cs_format_pcapng = { .name = "pcapng", .next = next };
