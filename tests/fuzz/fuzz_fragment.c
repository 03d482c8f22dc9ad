/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts in any order, size and overlap. Each byte of a datagram is known from
 * its place and the datagram's id, so whatever is joined must read so.
 */
#include "fuzz.h"

#include <string.h>

#include "base/clock.h"
#include "wire/fragment.h"

enum { PARTS_MAX = 2000 };

static uint8_t room[CS_FRAGS_ROOM];
static struct cs_frags frags;
static unsigned run; /* bytes that an earlier run left must not pass for ours */

static uint8_t byte_at(uint32_t id, size_t place)
{
	return (uint8_t)(place * 31 + place / 251 + id * 101 + run * 57);
}

/* One part: flags, id, offset in units (2 bytes), length (2 bytes). */
static struct cs_ip read_part(struct cs_rd *rd, uint8_t bytes[CS_FRAGS_SIZE])
{
	uint8_t flags = cs_rd_u8(rd);
	struct cs_ip part = { .is_fragment = true, .protocol = CS_IPPROTO_UDP };

	part.id = cs_rd_u8(rd);
	part.offset = cs_rd_u16(rd) % 8192 * 8u + (flags & 0x40 ? 4 : 0);
	part.more = flags & 1;
	part.from = part.to = flags & 2 ? (struct cs_addr){ .b = { 0x20, 1 } }
					: cs_addr_v4(0x0a000001u + (flags >> 2 & 3));
	if (flags & 0x20)
		part.id += 256;
	part.payload = cs_span_of(bytes, cs_rd_u16(rd));
	for (size_t i = 0; i < part.payload.len; i++)
		bytes[i] = byte_at(part.id, part.offset + i);
	return part;
}

static void check_whole(const struct cs_ip *whole)
{
	MUST(!whole->is_fragment);
	MUST(whole->payload.len > 0 && whole->payload.len <= 65535);
	MUST(whole->payload.ptr >= room &&
	     whole->payload.ptr + whole->payload.len <= room + sizeof(room));
	for (size_t i = 0; i < whole->payload.len; i++)
		MUST(whole->payload.ptr[i] == byte_at(whole->id, i));
}

/* Each is handed out once, and lies in the room. */
static void check_begun(int64_t now_ns)
{
	struct cs_ip begun;
	int64_t since_ns;

	for (unsigned n = 0; cs_frags_begun(&frags, now_ns, &begun, &since_ns); n++) {
		MUST(n < CS_FRAGS_SLOTS && since_ns <= now_ns);
		MUST(begun.payload.len <= begun.payload_len && !begun.is_fragment);
		MUST(begun.payload.ptr >= room &&
		     begun.payload.ptr + begun.payload.len <= room + CS_FRAGS_ROOM);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[CS_FRAGS_SIZE];
	struct cs_rd rd = cs_rd_over(data, size);
	uint64_t given = 0, joined = 0;
	int64_t now = 0;

	run++;
	cs_frags_init(&frags, room);
	for (unsigned i = 0; i < PARTS_MAX && cs_rd_left(&rd) >= 6; i++) {
		struct cs_ip part = read_part(&rd, bytes), whole;

		if (data[rd.pos - 6] & 0x80)
			now += 7 * CS_NS_PER_S;
		given++;
		switch (cs_frags_take(&frags, &part, now, &whole)) {
		case CS_FRAGS_WHOLE:
			joined++;
			check_whole(&whole);
			break;
		case CS_FRAGS_WAIT:
		case CS_FRAGS_WRONG:
			break;
		}
		check_begun(now);
		MUST(frags.lost <= given);
	}
	check_begun(INT64_MAX);
	MUST(frags.begun_ns == INT64_MAX);
	cs_frags_expire(&frags, now + 2 * CS_FRAGS_HOLD_S * CS_NS_PER_S);
	for (unsigned i = 0; i < CS_FRAGS_SLOTS; i++)
		MUST(!frags.slot[i].used);
	MUST(frags.lost + joined <= given);
	return 0;
}
