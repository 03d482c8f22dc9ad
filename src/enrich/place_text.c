/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/place_text.h"

#include "base/num.h"

#define ROW(a)                                                                          \
	a "A" a "B" a "C" a "D" a "E" a "F" a "G" a "H" a "I" a "J" a "K" a "L" a "M" a \
	  "N" a "O" a "P" a "Q" a "R" a "S" a "T" a "U" a "V" a "W" a "X" a "Y" a "Z"

/* AA to ZZ: spans that are borrowed may point here for ever. */
static const char codes[] = ROW("A") ROW("B") ROW("C") ROW("D") ROW("E") ROW("F") ROW("G")
	ROW("H") ROW("I") ROW("J") ROW("K") ROW("L") ROW("M") ROW("N") ROW("O") ROW("P")
		ROW("Q") ROW("R") ROW("S") ROW("T") ROW("U") ROW("V") ROW("W") ROW("X")
			ROW("Y") ROW("Z");

enum { LETTERS = 26 };

/* 0..25, or 26 for what is no letter. */
static size_t letter(uint8_t c)
{
	uint8_t upper = c & 0xdf;

	return upper >= 'A' && upper <= 'Z' ? (size_t)(upper - 'A') : LETTERS;
}

struct cs_span cs_place_code(struct cs_span text)
{
	size_t a, b;

	if (text.len != 2)
		return (struct cs_span){ 0 };
	a = letter(text.ptr[0]);
	b = letter(text.ptr[1]);
	if (a == LETTERS || b == LETTERS)
		return (struct cs_span){ 0 };
	return cs_span_of(codes + 2 * (LETTERS * a + b), 2);
}

static bool goes_on(uint8_t c)
{
	return (c & 0xc0) == 0x80; /* a further byte of a UTF-8 character */
}

struct cs_span cs_place_name(struct cs_span text)
{
	if (text.len == 0 || memchr(text.ptr, 0, text.len))
		return (struct cs_span){ 0 };
	if (text.len <= CS_PLACE_TEXT)
		return text;
	text.len = CS_PLACE_TEXT;
	while (text.len > 0 && goes_on(text.ptr[text.len]))
		text.len--;
	return text;
}

bool cs_place_asn(struct cs_span text, uint32_t *asn)
{
	uint64_t n;

	if (text.len > 2 && (text.ptr[0] & 0xdf) == 'A' && (text.ptr[1] & 0xdf) == 'S')
		text = cs_span_of(text.ptr + 2, text.len - 2);
	if (!cs_num_u64(text, 0, UINT32_MAX, &n))
		return false;
	*asn = (uint32_t)n;
	return true;
}
