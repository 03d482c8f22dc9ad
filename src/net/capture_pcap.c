/* SPDX-License-Identifier: Apache-2.0 */
/* draft-ietf-opsawg-pcap; also Kuznetzov's variant, whose records have a longer head. */
#include <pcap/pcap.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/capture_format.h"

enum {
	HEAD = 16,          /* bytes: seconds, fraction, captured, length */
	HEAD_MODIFIED = 24, /* and an interface, a protocol, a packet type */
	VERSION_MAJOR = 2,
};

struct magic {
	uint32_t is;
	uint32_t head;  /* bytes of a record's */
	uint64_t units; /* of the time's fraction, a second */
};

static const struct magic magics[] = {
	{ 0xa1b2c3d4, HEAD, CS_US_PER_S },
	{ 0xa1b23c4d, HEAD, CS_NS_PER_S },
	{ 0xa1b2cd34, HEAD_MODIFIED, CS_US_PER_S },
};

static const struct magic *magic_of(struct cs_span head, bool *swapped)
{
	uint32_t is;

	if (head.len < sizeof(is))
		return NULL;
	memcpy(&is, head.ptr, sizeof(is));
	for (size_t i = 0; i < CS_LEN(magics); i++) {
		*swapped = is == __builtin_bswap32(magics[i].is);
		if (*swapped || is == magics[i].is)
			return &magics[i];
	}
	return NULL;
}

bool cs_format_is_pcap(struct cs_records *r, struct cs_span head)
{
	const struct magic *magic = magic_of(head, &r->swapped);

	if (magic)
		r->head = magic->head;
	return magic;
}

static const char *name_of(int dlt)
{
	const char *name = pcap_datalink_val_to_name(dlt);

	return name ? name : "unknown";
}

enum cs_err cs_format_pcap_head(struct cs_records *r, const uint8_t *head)
{
	const struct magic *magic =
		magic_of(cs_span_of(head, CS_FORMAT_HEAD), &r->swapped);
	struct cs_record_interface *i = calloc(1, sizeof(*i));

	if (!i)
		return CS_ERR_NOMEM;
	r->interfaces = i;
	r->n_interfaces = r->room = 1;
	i->units = magic->units;
	cs_record_interface_set(i, cs_record_u32(r, head + 20));
	if (cs_record_u16(r, head + 4) != VERSION_MAJOR) {
		(void)snprintf(r->trouble, sizeof(r->trouble),
			       "pcap version %u.%u: want 2.4", cs_record_u16(r, head + 4),
			       cs_record_u16(r, head + 6));
		return CS_ERR_FOREIGN;
	}
	if (!i->foreign)
		return CS_OK;
	(void)snprintf(r->trouble, sizeof(r->trouble),
		       "link type %u (%s) is none that carries IP here",
		       cs_record_u32(r, head + 20), name_of(i->dlt));
	return CS_ERR_FOREIGN;
}

static enum cs_err too_long(struct cs_records *r, const struct cs_input *in, uint32_t n)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "%u bytes: want at most %d", n, CS_RECORD_MAX);
	return cs_records_damaged(r, in, what);
}

static int64_t time_of(const struct cs_records *r, const uint8_t *head)
{
	uint32_t fraction = cs_record_u32(r, head + 4);

	if (r->interfaces[0].units == CS_NS_PER_S)
		fraction /= CS_NS_PER_US;
	return (int64_t)cs_record_u32(r, head) * CS_US_PER_S + fraction;
}

static enum cs_err next(struct cs_records *r, struct cs_input *in,
			struct cs_capture_frame *frame)
{
	enum cs_err err = cs_input_need(in, r->head);
	uint32_t len, wire;
	const uint8_t *at;

	if (err)
		return cs_records_short(r, in, err);
	len = cs_record_u32(r, in->buf + in->at + 8);
	if (len > CS_RECORD_MAX)
		return too_long(r, in, len);
	err = cs_input_need(in, r->head + len);
	if (err)
		return cs_records_short(r, in, err);
	at = in->buf + in->at;
	wire = cs_record_u32(r, at + 12);
	frame->wall_us = time_of(r, at);
	frame->link = r->interfaces[0].link;
	frame->dlt = r->interfaces[0].dlt;
	frame->bytes = cs_span_of(at + r->head, len);
	frame->wire_len = wire < len ? len : wire;
	in->at += r->head + len;
	r->n++;
	return CS_OK;
}

const struct cs_format cs_format_pcap = { .name = "pcap", .next = next };
