/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include "enrich/dns_name.h"

/* Reads the name at @at of a message in an exact-size copy. */
static enum cs_err read_at(const void *bytes, size_t n, size_t at,
			   struct cs_dns_name *name, size_t *pos)
{
	uint8_t *copy = heap_copy(bytes, n);
	struct cs_rd rd = cs_rd_over(copy, n);

	(void)cs_rd_take(&rd, at);
	cs_dns_name_read(&rd, name);
	if (pos)
		*pos = rd.pos;
	free(copy);
	return rd.err;
}

static const struct {
	const char *name;
	const char *bytes;
	size_t n, at;
	enum cs_err err;
	const char *text;
	size_t pos; /* where the reader stands after it */
} cases[] = {
	{ "one label", "\3www\0", 5, 0, CS_OK, "www", 5 },
	{ "two labels, more behind them", "\1a\2bc\0rest", 10, 0, CS_OK, "a.bc", 6 },
	{ "the root is no name for text", "\0", 1, 0, CS_OK, "", 1 },
	{ "a label of one blank", "\1 \0", 3, 0, CS_OK, "", 3 },
	{ "a dot inside a label", "\3a.b\0", 5, 0, CS_OK, "", 5 },
	{ "a backslash", "\1\\\0", 3, 0, CS_OK, "", 3 },
	{ "a NUL inside a label", "\3a\0b\0", 5, 0, CS_OK, "", 5 },
	{ "an escape", "\2\033[\0", 4, 0, CS_OK, "", 4 },
	{ "delete", "\1\177\0", 3, 0, CS_OK, "", 3 },
	{ "beyond ASCII", "\2\303\244\0", 4, 0, CS_OK, "", 4 },
	{ "the last printable", "\2!~\0", 4, 0, CS_OK, "!~", 4 },
	{ "markup is text", "\3<b>\0", 5, 0, CS_OK, "<b>", 5 },
	{ "a pointer alone", "\1a\0\300\0", 5, 3, CS_OK, "a", 5 },
	{ "a label, then a pointer", "\1a\0\1b\300\0", 7, 3, CS_OK, "b.a", 7 },
	{ "a pointer to a pointer", "\1a\0\300\0\300\3", 7, 5, CS_OK, "a", 7 },
	{ "a pointer to itself", "\300\0", 2, 0, CS_ERR_RANGE, NULL, 0 },
	{ "a pointer forward", "\300\2\1a\0", 5, 0, CS_ERR_RANGE, NULL, 0 },
	{ "a pointer into the name that it ends", "\1a\300\0", 4, 0, CS_ERR_RANGE, NULL,
	  0 },
	{ "two pointers in a circle", "\300\2\300\0", 4, 2, CS_ERR_RANGE, NULL, 0 },
	{ "a pointer cut off", "\1a\0\300", 4, 3, CS_ERR_SHORT, NULL, 0 },
	{ "a label cut off", "\2a", 2, 0, CS_ERR_SHORT, NULL, 0 },
	{ "no root", "\1a", 2, 0, CS_ERR_SHORT, NULL, 0 },
	{ "nothing", "", 0, 0, CS_ERR_SHORT, NULL, 0 },
	{ "label type 01", "\100", 1, 0, CS_ERR_RESERVED, NULL, 0 },
	{ "label type 10", "\200", 1, 0, CS_ERR_RESERVED, NULL, 0 },
};

static void each_name_reads_as_it_must(void **state)
{
	char text[CS_DNS_TEXT];

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_dns_name name;
		size_t pos;
		enum cs_err err =
			read_at(cases[i].bytes, cases[i].n, cases[i].at, &name, &pos);

		if (err != cases[i].err)
			fail_msg("%s: %s", cases[i].name, cs_strerror(err));
		if (err)
			continue;
		if (cs_dns_name_text(&name, text) != strlen(cases[i].text) ||
		    strcmp(text, cases[i].text) != 0 || pos != cases[i].pos)
			fail_msg("%s: '%s', stands at %zu", cases[i].name, text, pos);
	}
}

/* Labels of 63 bytes and one of @last; returns the length with the root. */
static size_t long_name(uint8_t *out, size_t last)
{
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		size_t len = i < 3 ? 63 : last;

		out[n++] = (uint8_t)len;
		memset(out + n, 'a', len);
		n += len;
	}
	out[n++] = 0;
	return n;
}

static void the_longest_name_has_255_bytes(void **state)
{
	uint8_t bytes[300];
	char text[CS_DNS_TEXT];
	struct cs_dns_name name;
	size_t n = long_name(bytes, 61);

	(void)state;
	assert_int_equal(n, 255);
	assert_int_equal(read_at(bytes, n, 0, &name, NULL), CS_OK);
	assert_int_equal(name.len, 255);
	assert_int_equal(cs_dns_name_text(&name, text), 253);
	assert_int_equal(strlen(text), 253);

	n = long_name(bytes, 62);
	assert_int_equal(read_at(bytes, n, 0, &name, NULL), CS_ERR_RANGE);
}

static void a_name_grows_too_long_by_pointers_too(void **state)
{
	uint8_t bytes[300];
	struct cs_dns_name name;
	size_t n = long_name(bytes, 61);

	(void)state;
	memcpy(bytes + n, "\1b\300\0", 4);
	assert_int_equal(read_at(bytes, n + 4, n, &name, NULL), CS_ERR_RANGE);
}

/* Pointers that point to pointers, 16,383 bytes of them. */
static void the_pieces_of_a_name_are_bounded(void **state)
{
	enum { N = 200 };
	uint8_t bytes[1 + 2 * N] = { 0 };
	struct cs_dns_name name;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		size_t to = i ? 1 + 2 * (i - 1) : 0;

		bytes[1 + 2 * i] = (uint8_t)(0xc0 | to >> 8);
		bytes[2 + 2 * i] = (uint8_t)to;
	}
	assert_int_equal(read_at(bytes, sizeof(bytes), 1 + 2 * (CS_DNS_PARTS_MAX - 1),
				 &name, NULL),
			 CS_OK);
	assert_int_equal(
		read_at(bytes, sizeof(bytes), 1 + 2 * CS_DNS_PARTS_MAX, &name, NULL),
		CS_ERR_RANGE);
}

static void names_are_the_same_in_either_case(void **state)
{
	struct cs_dns_name a, b, c;

	(void)state;
	assert_int_equal(read_at("\3WwW\1Z\0", 7, 0, &a, NULL), CS_OK);
	assert_int_equal(read_at("\3wWw\1z\0", 7, 0, &b, NULL), CS_OK);
	assert_int_equal(read_at("\3www\1[\0", 7, 0, &c, NULL), CS_OK);
	assert_true(cs_dns_name_eq(&a, &b));
	assert_false(cs_dns_name_eq(&a, &c));
	assert_int_equal(read_at("\3www\0", 5, 0, &c, NULL), CS_OK);
	assert_false(cs_dns_name_eq(&a, &c));
}

static void addresses_have_their_reverse_names(void **state)
{
	static const struct {
		const char *ip, *name;
	} rows[] = {
		{ "10.2.3.4", "4.3.2.10.in-addr.arpa" },
		{ "0.0.0.0", "0.0.0.0.in-addr.arpa" },
		{ "255.255.255.255", "255.255.255.255.in-addr.arpa" },
		/* The example of RFC 3596 section 2.5. */
		{ "4321:0:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1."
					     "0.0.0.0.0.0.0.1.2.3.4.ip6.arpa" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		char text[CS_DNS_REVERSE_TEXT], back[CS_DNS_TEXT];
		struct cs_addr ip = addr(rows[i].ip);
		struct cs_dns_name name;

		cs_dns_reverse_text(&ip, text);
		assert_string_equal(text, rows[i].name);
		cs_dns_reverse_name(&ip, &name);
		assert_int_equal(name.len, strlen(text) + 2);
		assert_int_equal(cs_dns_name_text(&name, back), strlen(text));
		assert_string_equal(back, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_reads_as_it_must),
		cmocka_unit_test(the_longest_name_has_255_bytes),
		cmocka_unit_test(a_name_grows_too_long_by_pointers_too),
		cmocka_unit_test(the_pieces_of_a_name_are_bounded),
		cmocka_unit_test(names_are_the_same_in_either_case),
		cmocka_unit_test(addresses_have_their_reverse_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
