/* SPDX-License-Identifier: Apache-2.0 */
/* Digits without dots: which addresses and prefixes they can have been. */
#include "watch/pasted_own.h"

enum { NUMBERS = 4, DIGITS = 3, LONGEST = NUMBERS * DIGITS + 2 };

/* The number that @n digits at @at are; -1: too large, or with a leading zero. */
static int number(const uint8_t *at, size_t n, int most)
{
	int value = 0;

	if (n > 1 && at[0] == '0')
		return -1;
	for (size_t i = 0; i < n; i++)
		value = 10 * value + (at[i] - '0');
	return value <= most ? value : -1;
}

static bool has_host_bits(uint32_t address, int bits)
{
	return bits < 32 && (address & (UINT32_MAX >> bits)) != 0;
}

static void add(struct cs_pasted *out, uint32_t address, int bits)
{
	if (has_host_bits(address, bits) || out->n_readings == CS_PASTED_READINGS)
		return;
	out->reading[out->n_readings++] =
		(struct cs_prefix){ cs_addr_v4(address), (uint8_t)(96 + bits) };
}

/* All four numbers are read: what is left is nothing, or a length. */
static void end(struct cs_span left, uint32_t address, struct cs_pasted *out)
{
	int bits = 32;

	if (left.len > 2)
		return;
	if (left.len > 0)
		bits = number(left.ptr, left.len, 32);
	if (bits >= 0)
		add(out, address, bits);
}

/* Reads number @nth of an address whose first ones are in @address. */
static void split(struct cs_span left, unsigned nth, uint32_t address,
		  struct cs_pasted *out)
{
	if (nth == NUMBERS) {
		end(left, address, out);
		return;
	}
	for (size_t n = 1; n <= DIGITS && n <= left.len; n++) {
		int value = number(left.ptr, n, 255);

		if (value >= 0)
			split(cs_span_of(left.ptr + n, left.len - n), nth + 1,
			      address << 8 | (uint32_t)value, out);
	}
}

bool cs_pasted_digits(struct cs_span text, struct cs_pasted *out)
{
	if (text.len < NUMBERS || text.len > LONGEST)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	split(text, 0, 0, out);
	if (out->n_readings == 0)
		return false;
	out->of_digits = true;
	out->kind = out->n_readings == 1 ? CS_PASTED_PREFIX : CS_PASTED_SEVERAL;
	out->what = out->reading[0];
	return true;
}

/* Takes a number and what parts it from the next one off @left. */
static bool take_number(struct cs_span *left, int most, int *out)
{
	size_t n = 0;

	while (n < left->len && left->ptr[n] >= '0' && left->ptr[n] <= '9')
		n++;
	if (n == 0 || n > DIGITS || (n < left->len && !strchr(" ,-/", left->ptr[n])))
		return false;
	*out = number(left->ptr, n, most);
	n += n < left->len;
	*left = cs_span_of(left->ptr + n, left->len - n);
	while (left->len > 0 && left->ptr[0] == ' ')
		*left = cs_span_of(left->ptr + 1, left->len - 1);
	return *out >= 0;
}

bool cs_pasted_numbers(struct cs_span text, struct cs_pasted *out)
{
	struct cs_pasted numbers = { .kind = CS_PASTED_PREFIX, .of_digits = true };
	uint32_t address = 0;
	int value = 0, bits = 32;

	for (unsigned i = 0; i < NUMBERS; i++) {
		if (!take_number(&text, 255, &value))
			return false;
		address = address << 8 | (uint32_t)value;
	}
	if (text.len > 0 && (!take_number(&text, 32, &bits) || text.len > 0))
		return false;
	add(&numbers, address, bits);
	if (numbers.n_readings == 0)
		return false;
	numbers.what = numbers.reading[0];
	*out = numbers;
	return true;
}
