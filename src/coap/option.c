/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/option.h"

#include <assert.h>

enum {
	PAYLOAD_MARKER = 0xff,
	EXT_1_BYTE = 13,
	EXT_2_BYTES = 14,
	EXT_RESERVED = 15,
	EXT_1_BASE = 13,
	EXT_2_BASE = 269,
	NUMBER_MAX = 65535,
	LENGTH_MAX = 65535,
	UINT_MAX_LEN = 4,
};

struct cs_opts cs_opts_over(struct cs_span tail)
{
	return (struct cs_opts){ .rd = cs_rd_over(tail.ptr, tail.len) };
}

/* Ends the walk; the first reason wins. */
static bool stop(struct cs_opts *w, enum cs_err err, enum cs_fault fault)
{
	cs_rd_fail(&w->rd, err);
	if (!w->fault)
		w->fault = fault;
	return false;
}

/* Resolves one header nibble; may consume extension bytes (figure 8). */
static uint32_t resolve_nibble(struct cs_rd *rd, unsigned nibble)
{
	switch (nibble) {
	case EXT_1_BYTE:
		return (uint32_t)EXT_1_BASE + cs_rd_u8(rd);
	case EXT_2_BYTES:
		return (uint32_t)EXT_2_BASE + cs_rd_u16(rd);
	default:
		return nibble;
	}
}

static bool take_payload(struct cs_opts *w)
{
	w->payload = cs_rd_take(&w->rd, cs_rd_left(&w->rd));
	if (w->payload.len == 0)
		(void)stop(w, CS_ERR_RESERVED, CS_FAULT_MARKER);
	return false;
}

bool cs_opts_next(struct cs_opts *w, struct cs_opt *opt)
{
	struct cs_rd *rd = &w->rd;

	if (cs_rd_left(rd) == 0)
		return false;

	w->at = rd->pos;

	uint8_t head = cs_rd_u8(rd);

	if (head == PAYLOAD_MARKER)
		return take_payload(w);
	if (head >> 4 == EXT_RESERVED || (head & 0x0f) == EXT_RESERVED)
		return stop(w, CS_ERR_RESERVED, CS_FAULT_NIBBLE);

	/* Wire order: header, extended delta, extended length, value. */
	uint32_t delta = resolve_nibble(rd, head >> 4);
	uint32_t length = resolve_nibble(rd, head & 0x0f);

	if (rd->err)
		return stop(w, CS_ERR_SHORT, CS_FAULT_EXTENSION_CUT);
	if (delta > NUMBER_MAX - w->number)
		return stop(w, CS_ERR_RANGE, CS_FAULT_NUMBER);
	if (length > LENGTH_MAX)
		return stop(w, CS_ERR_RANGE, CS_FAULT_LENGTH);

	struct cs_span value = cs_rd_take(rd, length);

	if (rd->err)
		return stop(w, CS_ERR_SHORT, CS_FAULT_OPTION_CUT);

	w->number += delta;
	*opt = (struct cs_opt){ .number = w->number, .value = value };
	return true;
}

enum cs_err cs_opts_end(const struct cs_opts *w, struct cs_span *payload)
{
	if (w->rd.err)
		return w->rd.err;
	*payload = w->payload;
	return CS_OK;
}

static uint8_t nibble_of(uint32_t value)
{
	if (value < EXT_1_BASE)
		return (uint8_t)value;
	return value < EXT_2_BASE ? EXT_1_BYTE : EXT_2_BYTES;
}

static void write_extension(struct cs_wr *w, uint32_t value)
{
	if (value >= EXT_2_BASE)
		cs_wr_u16(w, (uint16_t)(value - EXT_2_BASE));
	else if (value >= EXT_1_BASE)
		cs_wr_u8(w, (uint8_t)(value - EXT_1_BASE));
}

void cs_opt_write(struct cs_wr *w, uint32_t previous, uint32_t number,
		  struct cs_span value)
{
	assert(previous <= number && number <= NUMBER_MAX);

	if (value.len > LENGTH_MAX) {
		w->err = CS_ERR_FULL;
		return;
	}

	uint32_t delta = number - previous;
	uint32_t length = (uint32_t)value.len;

	cs_wr_u8(w, (uint8_t)(nibble_of(delta) << 4 | nibble_of(length)));
	write_extension(w, delta);
	write_extension(w, length);
	cs_wr_span(w, value);
}

bool cs_opt_uint(struct cs_span value, uint32_t *out)
{
	uint32_t sum = 0;

	if (value.len > UINT_MAX_LEN)
		return false;
	for (size_t i = 0; i < value.len; i++)
		sum = sum << 8 | value.ptr[i];
	*out = sum;
	return true;
}

size_t cs_opt_uint_write(uint32_t value, uint8_t bytes[4])
{
	size_t len = 0;

	while (len < UINT_MAX_LEN && value >> (8 * len) != 0)
		len++;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
	return len;
}
