/* SPDX-License-Identifier: Apache-2.0 */
#include "broken.h"

#include <string.h>

#include "base/wr.h"

bool broken_is_format_error(unsigned m)
{
	return m == 1 || m == 3 || m == 4 || (m >= 6 && m <= 12);
}

static void head(struct cs_wr *w, struct rng *r, uint8_t tkl, uint8_t code)
{
	cs_wr_u8(w, (uint8_t)(0x40 | rng_below(r, 2) << 4 | tkl));
	cs_wr_u8(w, code);
	cs_wr_u16(w, rng_u16(r));
	for (uint8_t i = 0; i < tkl && tkl <= 8; i++)
		cs_wr_u8(w, (uint8_t)rng_u16(r));
}

/* A GET with a token and a short path, to which something is added. */
static void good_begin(struct cs_wr *w, struct rng *r)
{
	uint8_t tkl = (uint8_t)rng_between(r, 0, 8);

	head(w, r, tkl, rng_chance(r, 85) ? 1 : 3);
	cs_wr_u8(w, 0xb4);
	cs_wr_bytes(w, "temp", 4);
}

static void many(struct cs_wr *w, uint8_t byte, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cs_wr_u8(w, byte);
}

/* Header and token. */
static void break_head(struct cs_wr *w, struct rng *r, unsigned m)
{
	static const uint8_t lengths[] = { 9, 10, 11, 12, 15 };
	static const uint8_t codes[] = { 0x21, 0x3f, 0xc0, 0xdf, 0xe1, 0xe2, 0xff };

	switch (m) {
	case 1:
		head(w, r, 0, 1);
		w->pos = rng_between(r, 1, 3);
		break;
	case 3:
		head(w, r, RNG_PICK(r, lengths), 1);
		many(w, 0x11, rng_between(r, 0, 20));
		break;
	case 4:
		head(w, r, 8, 1);
		w->pos = 4 + rng_between(r, 0, 7);
		break;
	case 5: /* token of 40 and more bytes */
		head(w, r, 13, 1);
		uint8_t extra = (uint8_t)rng_between(r, 40, 200);
		cs_wr_u8(w, (uint8_t)(extra - 13));
		many(w, 0x5a, extra);
		cs_wr_u8(w, 0xb4);
		cs_wr_bytes(w, "temp", 4);
		break;
	case 12: /* Empty with more than a header */
		head(w, r, 0, 0);
		many(w, 0xb0, rng_between(r, 1, 9));
		break;
	default: /* 13: reserved class, or signalling over UDP */
		head(w, r, 2, RNG_PICK(r, codes));
	}
}

/* The option list as bytes. */
static void break_list(struct cs_wr *w, struct rng *r, unsigned m)
{
	good_begin(w, r);
	switch (m) {
	case 6:
		cs_wr_u8(w, (uint8_t)(rng_chance(r, 50) ? 0xf1 : 0x1f));
		many(w, 1, 4);
		break;
	case 7:
		cs_wr_u8(w, (uint8_t)(0x40 | rng_between(r, 5, 12)));
		many(w, 'a', rng_between(r, 0, 4));
		break;
	case 8:
		cs_wr_u8(w, (uint8_t)(rng_chance(r, 50) ? 0xd0 : 0x4e));
		break;
	case 9:
		cs_wr_u8(w, 0xe0);
		cs_wr_u16(w, (uint16_t)rng_between(r, 65400, 65535));
		break;
	case 10:
		cs_wr_u8(w, 0x4e);
		cs_wr_u16(w, (uint16_t)rng_between(r, 65400, 65535));
		many(w, 'a', rng_between(r, 0, 9));
		break;
	default: /* 11 */
		cs_wr_u8(w, 0xff);
	}
}

/* What reads, and yet is not as the registries want it. */
static void break_value(struct cs_wr *w, struct rng *r, unsigned m)
{
	head(w, r, 4, 1);
	switch (m) {
	case 14: /* Uri-Port of 3 bytes after a path would be out of order: 7 < 11 */
		cs_wr_u8(w, 0x73);
		many(w, 1, 3);
		cs_wr_u8(w, 0x44);
		cs_wr_bytes(w, "temp", 4);
		break;
	case 15: /* Uri-Host twice */
		cs_wr_u8(w, 0x31);
		cs_wr_u8(w, 'a');
		cs_wr_u8(w, 0x01);
		cs_wr_u8(w, 'b');
		cs_wr_u8(w, 0x84);
		cs_wr_bytes(w, "temp", 4);
		break;
	case 16: /* Block2 with SZX 7 */
		cs_wr_u8(w, 0xb4);
		cs_wr_bytes(w, "temp", 4);
		cs_wr_u8(w, 0xc1);
		cs_wr_u8(w, 0x07);
		break;
	case 17: /* Block2 without a byte: legal */
		cs_wr_u8(w, 0xb4);
		cs_wr_bytes(w, "temp", 4);
		cs_wr_u8(w, 0xc0);
		break;
	case 18: /* OSCORE: reserved flags, or a partial IV that is not there */
		cs_wr_u8(w, 0x91);
		cs_wr_u8(w, (uint8_t)(rng_chance(r, 50) ? 0xe0 : 0x05));
		break;
	case 19: /* Uri-Host of 300 bytes */
		cs_wr_u8(w, 0x3e);
		cs_wr_u16(w, 300 - 269);
		many(w, 'h', 300);
		break;
	case 20: /* "(null)", or a segment with a NUL */
		if (rng_chance(r, 50)) {
			cs_wr_u8(w, 0xb6);
			cs_wr_bytes(w, "(null)", 6);
		} else {
			cs_wr_u8(w, 0xb3);
			cs_wr_bytes(w, "a\0b", 3);
		}
		break;
	default: /* 21: many options */
		cs_wr_u8(w, 0xb1);
		cs_wr_u8(w, 'a');
		for (size_t i = rng_between(r, 70, 200); i > 0; i--) {
			cs_wr_u8(w, 0x01);
			cs_wr_u8(w, 'b');
		}
	}
}

size_t broken_write(struct rng *r, unsigned m, uint8_t out[BROKEN_ROOM])
{
	struct cs_wr w = cs_wr_over(out, BROKEN_ROOM);

	if (m == 2)
		return broken_version(r, out);
	if (m <= 5 || m == 12 || m == 13)
		break_head(&w, r, m);
	else if (m <= 11)
		break_list(&w, r, m);
	else
		break_value(&w, r, m);
	return w.pos;
}

size_t broken_version(struct rng *r, uint8_t out[BROKEN_ROOM])
{
	static const uint8_t versions[] = { 0x00, 0x80, 0xc0 };
	struct cs_wr w = cs_wr_over(out, BROKEN_ROOM);

	good_begin(&w, r);
	out[0] = (uint8_t)((out[0] & 0x3f) | RNG_PICK(r, versions));
	return w.pos;
}

size_t broken_big(struct rng *r, uint8_t out[BROKEN_ROOM])
{
	struct cs_wr w = cs_wr_over(out, BROKEN_ROOM);

	good_begin(&w, r);
	cs_wr_u8(&w, 0xff);
	many(&w, 'A', rng_between(r, 1160, 1900));
	return w.pos;
}
