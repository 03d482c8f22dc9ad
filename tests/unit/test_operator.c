/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in, and the other small texts that protect reads of the kernel and of nft. */
#include "test.h"

#include "protect/figures.h"
#include "protect/operator.h"
#include "protect/table.h"

static void an_address_is_read_from_what_sshd_writes(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} cases[] = {
		{ "192.0.2.7 50000 203.0.113.1 22", "192.0.2.7" },
		{ "2001:db8::7 50000 22", "2001:db8::7" },
		{ "fe80::1%eth0 50000 fe80::2%eth0 22", "fe80::1" },
		{ "::ffff:192.0.2.7 1 2 3", "192.0.2.7" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "", NULL },
		{ " 192.0.2.7", NULL },
		{ "localhost 1 2", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char text[CS_ADDR_TEXT] = "";
		struct cs_addr a;
		bool good = cs_operator_read(cs_span_str(cases[i].text), &a);

		if (good)
			cs_addr_text(&a, text);
		if (good != (cases[i].want != NULL) ||
		    (good && strcmp(text, cases[i].want) != 0))
			fail_msg("'%s': %s", cases[i].text, text);
	}
}

static void an_established_connection_is_read_from_the_kernels_list(void **state)
{
	static const char v4[] = "   1: 017100CB:0016 090200C0:C350 01 00000000:00000000 "
				 "02:000AF2A6 00000000     0        0 1 2 0\n";
	static const char v6[] =
		"   0: 0000000000000000FFFF0000017100CB:0016 "
		"B80D0120000000000000000009000000:C350 01 00000000:00000000 02:0 0 0\n";
	static const char listens[] =
		"   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:0 0 0\n";
	char text[CS_ADDR_TEXT];
	struct cs_addr a;
	uint16_t port;

	(void)state;
	if (htobe16(1) == 1)
		return; /* the lines are those of a little-endian machine */
	assert_true(cs_operator_read_tcp(cs_span_str(v4), &port, &a));
	cs_addr_text(&a, text);
	assert_string_equal(text, "192.0.2.9");
	assert_int_equal(port, 22);
	assert_true(cs_operator_read_tcp(cs_span_str(v6), &port, &a));
	cs_addr_text(&a, text);
	assert_string_equal(text, "2001:db8::9");
	assert_false(cs_operator_read_tcp(cs_span_str(listens), &port, &a));
	for (size_t n = 0; n < 30; n++) {
		uint8_t *copy = heap_copy(v4, n);

		assert_false(cs_operator_read_tcp(cs_span_of(copy, n), &port, &a));
		free(copy);
	}
}

static void times_are_read_as_nft_prints_them(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "1ms", 1 },
		{ "59s", 59000 },
		{ "1m", 60000 },
		{ "1h59m3s20ms", 7143020 },
		{ "2d1s", 172801000 },
		{ "0s", 0 },
		{ "", -1 },
		{ "5", -1 },
		{ "s", -1 },
		{ "5x", -1 },
		{ "5s ", -1 },
		{ "-5s", -1 },
		{ "99999999999s", -1 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		if (cs_table_time(cs_span_str(cases[i].text)) != cases[i].ms)
			fail_msg("'%s'", cases[i].text);
}

static void figures_are_read_from_a_listing(void **state)
{
	static const char listing[] =
		"table inet coapscope {\n"
		"\tcounter strangers {\n\t\tpackets 12 bytes 3400\n\t}\n\n"
		"\tset deny_hosts4 {\n\t\ttype ipv4_addr\n\t\tflags timeout\n"
		"\t\telements = { 192.0.2.1 timeout 1h expires 5m comment \"a, } b\",\n"
		"\t\t\t     192.0.2.2 }\n\t}\n\n"
		"\tset deny_nets4 {\n\t\ttype ipv4_addr\n\t\tflags "
		"interval,timeout\n\t}\n\n"
		"\tset kept_0011223344556677 {\n\t\ttype inet_proto\n\t}\n\n"
		"\tchain in {\n\t\ttype filter hook prerouting priority -310; policy "
		"accept;\n\t\tudp dport 5683 drop\n\t}\n}\n";
	struct cs_arena arena = { 0 };
	struct cs_figures f;

	(void)state;
	assert_int_equal(cs_figures_parse(cs_span_str(listing), &arena, &f), CS_OK);
	assert_int_equal(f.n_counters, 1);
	assert_int_equal(f.counters[0].packets, 12);
	assert_int_equal(f.counters[0].bytes, 3400);
	assert_int_equal(f.n_sets, 2);
	assert_int_equal(f.sets[0].elements, 2);
	assert_int_equal(f.sets[1].elements, 0);
	assert_int_equal(f.rules, 1);
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_read_from_what_sshd_writes),
		cmocka_unit_test(an_established_connection_is_read_from_the_kernels_list),
		cmocka_unit_test(times_are_read_as_nft_prints_them),
		cmocka_unit_test(figures_are_read_from_a_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
