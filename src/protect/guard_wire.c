/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/guard_wire.h"

enum {
	MAGIC = 0x43536732, /* "CSg2": another layout gets another number */
	V4_BITS = 96,
	MOST_BITS = 128,
	PERCENT = 100,
};

/* --- writing --- */

void cs_guard_wire_write(struct cs_wr *w, const struct cs_guard_request *request)
{
	const struct cs_guard_evidence *e = &request->because;

	cs_wr_u32(w, MAGIC);
	cs_wr_u8(w, (uint8_t)request->reason);
	cs_wr_u8(w, (uint8_t)e->class_);
	cs_wr_u8(w, (uint8_t)e->worry);
	cs_wr_u8(w, e->confidence);
	cs_wr_u8(w, e->answered);
	cs_wr_u8(w, request->prefix.bits);
	cs_wr_u8(w, e->n_seen);
	cs_wr_u8(w, 0);
	cs_wr_bytes(w, request->prefix.addr.b, sizeof(request->prefix.addr.b));
	cs_wr_u32(w, request->seconds);
	cs_wr_u32(w, e->packets);
	cs_wr_u64(w, (uint64_t)e->first_us);
	cs_wr_u64(w, (uint64_t)e->last_us);
	cs_wr_u64(w, e->bytes_in);
	cs_wr_u64(w, e->bytes_out);
	for (size_t i = 0; i < CS_GUARD_SEEN; i++) {
		struct cs_guard_seen seen = { 0 };

		if (i < e->n_seen)
			seen = e->seen[i];
		cs_wr_bytes(w, seen.what, sizeof(seen.what));
		cs_wr_u32(w, seen.count);
	}
}

/* --- reading --- */

bool cs_guard_what_read(struct cs_span what, char out[CS_GUARD_WHAT])
{
	struct cs_rd rd = cs_rd_over(what.ptr, what.len);

	if (what.len == 0 || what.len >= CS_GUARD_WHAT ||
	    memchr(what.ptr, '\0', what.len))
		return false;
	memset(out, 0, CS_GUARD_WHAT);
	cs_rd_copy(&rd, out, what.len);
	return true;
}

/* A number of which there are @n; marks the reader otherwise. */
static uint8_t read_below(struct cs_rd *rd, unsigned n)
{
	uint8_t value = cs_rd_u8(rd);

	if (value >= n)
		cs_rd_fail(rd, CS_ERR_RANGE);
	return value;
}

static void read_head(struct cs_rd *rd, struct cs_guard_request *out)
{
	struct cs_guard_evidence *e = &out->because;

	if (cs_rd_u32(rd) != MAGIC)
		cs_rd_fail(rd, CS_ERR_FOREIGN);
	out->reason = (enum cs_guard_reason)read_below(rd, CS_GUARD_REASONS);
	e->class_ = (enum cs_guard_class)read_below(rd, CS_GUARD_CLASSES);
	e->worry = (enum cs_guard_worry)read_below(rd, CS_GUARD_WORRIES);
	e->confidence = read_below(rd, PERCENT + 1);
	e->answered = read_below(rd, 2);
	out->prefix.bits = read_below(rd, MOST_BITS + 1);
	e->n_seen = read_below(rd, CS_GUARD_SEEN + 1);
	if (cs_rd_u8(rd) != 0)
		cs_rd_fail(rd, CS_ERR_RESERVED);
}

static void read_prefix(struct cs_rd *rd, struct cs_prefix *prefix)
{
	cs_rd_copy(rd, prefix->addr.b, sizeof(prefix->addr.b));
	if (rd->err)
		return;
	/* Both families in one prefix: its text would be neither's. */
	if (cs_addr_is_v4(&prefix->addr) && prefix->bits < V4_BITS)
		cs_rd_fail(rd, CS_ERR_RANGE);
	if (cs_prefix_trim(prefix))
		cs_rd_fail(rd, CS_ERR_RANGE);
}

static bool is_zero(struct cs_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i])
			return false;
	return true;
}

static void read_seen(struct cs_rd *rd, struct cs_guard_seen *out)
{
	struct cs_span field = cs_rd_take(rd, CS_GUARD_WHAT);
	size_t n = 0;

	out->count = cs_rd_u32(rd);
	while (n < field.len && field.ptr[n])
		n++;
	if (rd->err)
		return;
	if (!cs_guard_what_read(cs_span_of(field.ptr, n), out->what) ||
	    !is_zero(cs_span_of(field.ptr + n, field.len - n)))
		cs_rd_fail(rd, CS_ERR_RESERVED);
}

static void read_evidence(struct cs_rd *rd, struct cs_guard_evidence *e)
{
	e->packets = cs_rd_u32(rd);
	e->first_us = (int64_t)cs_rd_u64(rd);
	e->last_us = (int64_t)cs_rd_u64(rd);
	e->bytes_in = cs_rd_u64(rd);
	e->bytes_out = cs_rd_u64(rd);
	for (size_t i = 0; !rd->err && i < CS_GUARD_SEEN; i++) {
		if (i < e->n_seen)
			read_seen(rd, &e->seen[i]);
		else if (!is_zero(cs_rd_take(rd, CS_GUARD_WHAT + sizeof(uint32_t))))
			cs_rd_fail(rd, CS_ERR_RESERVED);
	}
}

enum cs_err cs_guard_wire_read(struct cs_span bytes, struct cs_guard_request *out)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	struct cs_guard_request read = { 0 };

	read_head(&rd, &read);
	read_prefix(&rd, &read.prefix);
	read.seconds = cs_rd_u32(&rd);
	read_evidence(&rd, &read.because);
	if (cs_rd_left(&rd) > 0)
		cs_rd_fail(&rd, CS_ERR_TRAILING);
	if (!rd.err)
		*out = read;
	return rd.err;
}
