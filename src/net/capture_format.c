/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_format.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/capture_unpack.h"
#include "wire/linktype.h"

enum { LINKTYPE_BITS = 0xffff /* what else a header's field says is above */ };

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

void cs_record_interface_set(struct cs_record_interface *i, uint32_t linktype)
{
	i->dlt = cs_linktype_to_dlt(linktype & LINKTYPE_BITS);
	i->foreign = !cs_link_of(i->dlt, &i->link);
}

static int64_t clamp_second(int64_t s)
{
	if (s < -LAST_SECOND)
		return -LAST_SECOND;
	return s > LAST_SECOND ? LAST_SECOND : s;
}

/* @rest of @units a second, without a product that 64 bits do not hold. */
static int64_t part_of_second(uint64_t rest, uint64_t units)
{
	if (units <= UINT64_MAX / CS_US_PER_S)
		return (int64_t)(rest * CS_US_PER_S / units);
	return (int64_t)(rest / (units / CS_US_PER_S));
}

int64_t cs_record_time(const struct cs_record_interface *i, uint64_t ticks)
{
	uint64_t whole = ticks / i->units;
	int64_t second = whole > (uint64_t)LAST_SECOND ? LAST_SECOND : (int64_t)whole;

	second = clamp_second(second + clamp_second(i->offset_s));
	if (second < 0)
		return 0;
	return second * CS_US_PER_S + part_of_second(ticks % i->units, i->units);
}

enum cs_err cs_records_damaged(struct cs_records *r, const struct cs_input *in,
			       const char *what)
{
	(void)snprintf(r->trouble, sizeof(r->trouble),
		       "packet %" PRIu64 " at byte %" PRIu64 "%s: %s", r->n + 1,
		       cs_input_offset(in), in->unpacker ? " (unpacked)" : "", what);
	return CS_ERR_DAMAGED;
}

enum cs_err cs_records_short(struct cs_records *r, const struct cs_input *in,
			     enum cs_err err)
{
	if (err == CS_ERR_DAMAGED)
		return cs_records_damaged(r, in, in->trouble);
	if (err != CS_ERR_SHORT)
		return err;
	if (in->at == in->end && in->skip == 0)
		return CS_ERR_NOT_FOUND;
	return cs_records_damaged(r, in, "the file ends inside it");
}

static enum cs_err foreign(char why[CS_RECORD_WHY], struct cs_span head)
{
	const char *packer = cs_unpack_other(head);

	if (packer)
		(void)snprintf(why, CS_RECORD_WHY,
			       "packed by %s: unpack it first (gzip and zstd are read)",
			       packer);
	else
		(void)snprintf(
			why, CS_RECORD_WHY,
			"no capture file: want pcap or pcapng, plain, gzip or zstd");
	return CS_ERR_FOREIGN;
}

static enum cs_err ends_early(struct cs_records *r)
{
	(void)snprintf(r->trouble, sizeof(r->trouble), "the file ends inside its header");
	return CS_ERR_DAMAGED;
}

static enum cs_err begin_pcap(struct cs_records *r, struct cs_input *in)
{
	enum cs_err err = cs_input_need(in, CS_FORMAT_HEAD);

	if (err == CS_ERR_SHORT)
		return ends_early(r);
	if (!err)
		err = cs_format_pcap_head(r, in->buf + in->at);
	if (!err) {
		in->at += CS_FORMAT_HEAD;
		r->format = &cs_format_pcap;
	}
	return err;
}

enum cs_err cs_records_begin(struct cs_records *r, struct cs_input *in)
{
	enum cs_err err = cs_input_need(in, CS_PACK_MAGIC);
	struct cs_span head = cs_span_of(in->buf + in->at, in->end - in->at);

	if (err == CS_ERR_DAMAGED)
		(void)snprintf(r->trouble, sizeof(r->trouble), "%s", in->trouble);
	if (err && err != CS_ERR_SHORT)
		return err;
	if (head.len == 0) {
		(void)snprintf(r->trouble, sizeof(r->trouble), "the file is empty");
		return CS_ERR_SHORT;
	}
	if (cs_format_is_pcap(r, head))
		return begin_pcap(r, in);
	if (!cs_format_is_pcapng(head))
		return foreign(r->trouble, head);
	r->format = &cs_format_pcapng;
	return CS_OK;
}

enum cs_err cs_records_check(struct cs_span head, char why[CS_RECORD_WHY])
{
	struct cs_records r = { 0 };
	enum cs_err err = CS_OK;

	if (cs_format_is_pcapng(head) || cs_unpack_name(head))
		return CS_OK;
	if (!cs_format_is_pcap(&r, head))
		return foreign(why, head);
	err = head.len < CS_FORMAT_HEAD ? ends_early(&r)
					: cs_format_pcap_head(&r, head.ptr);
	(void)snprintf(why, CS_RECORD_WHY, "%s", r.trouble);
	cs_records_clear(&r);
	return err;
}

void cs_records_clear(struct cs_records *r)
{
	free(r->interfaces);
	*r = (struct cs_records){ 0 };
}
