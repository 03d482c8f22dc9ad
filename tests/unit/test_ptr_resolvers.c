/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "enrich/ptr_resolvers.h"

static const struct {
	const char *text, *ip;
	uint16_t port; /* 0: refused */
} cases[] = {
	{ "192.0.2.1", "192.0.2.1", 53 },
	{ "192.0.2.1:5353", "192.0.2.1", 5353 },
	{ "192.0.2.1:65535", "192.0.2.1", 65535 },
	{ "::1", "::1", 53 },
	{ "2001:db8::53", "2001:db8::53", 53 },
	{ "[::1]:1", "::1", 1 },
	{ "", NULL, 0 },
	{ ":53", NULL, 0 },
	{ "192.0.2.1:", NULL, 0 },
	{ "192.0.2.1:0", NULL, 0 },
	{ "192.0.2.1:65536", NULL, 0 },
	{ "192.0.2.1:53 ", NULL, 0 },
	{ "[192.0.2.1]:53", NULL, 0 },
	{ "[::1]", NULL, 0 },
	{ "[]:53", NULL, 0 },
	{ "[::1:53", NULL, 0 },
	{ "fe80::1%eth0", NULL, 0 },
	{ "resolver.example", NULL, 0 },
	{ "resolver.example:53", NULL, 0 },
};

static void a_resolver_is_an_address_and_perhaps_a_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_ptr_resolver got = { 0 };
		bool ok = cs_ptr_resolver_read(cases[i].text, &got);
		char ip[CS_ADDR_TEXT];

		cs_addr_text(&got.ip, ip);
		if (ok != (cases[i].port != 0))
			fail_msg("'%s': %d", cases[i].text, ok);
		if (ok && (strcmp(ip, cases[i].ip) != 0 || got.port != cases[i].port))
			fail_msg("'%s': %s %u", cases[i].text, ip, got.port);
	}
}

static void one_that_is_named_twice_is_one(void **state)
{
	const char *const names[] = { "192.0.2.1", "192.0.2.1:53", "192.0.2.1:54" };
	const struct cs_ptr_want want = { .resolvers = names, .n_resolvers = 3 };
	struct cs_ptr_resolvers got;
	char why[CS_PTR_WHY];

	(void)state;
	assert_int_equal(cs_ptr_resolvers_find(&want, &got, why), CS_OK);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.of[1].port, 54);
}

static void what_is_wrong_is_said_in_a_line(void **state)
{
	const char *const names[] = { "192.0.2.1", "dns.example" };
	const struct cs_ptr_want want = { .resolvers = names, .n_resolvers = 2 };
	struct cs_ptr_resolvers got;
	char why[CS_PTR_WHY];

	(void)state;
	assert_int_equal(cs_ptr_resolvers_find(&want, &got, why), CS_ERR_SYNTAX);
	assert_string_equal(why, "resolver 'dns.example': want ADDRESS, ADDRESS:PORT or "
				 "[IPv6]:PORT");
}

static void there_may_be_sixteen_of_them(void **state)
{
	char texts[CS_PTR_RESOLVERS_MAX + 1][32];
	const char *names[CS_PTR_RESOLVERS_MAX + 1];
	struct cs_ptr_want want = { .resolvers = names };
	struct cs_ptr_resolvers got;
	char why[CS_PTR_WHY];

	(void)state;
	for (unsigned i = 0; i < CS_LEN(names); i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "192.0.2.1:%u", i + 1);
		names[i] = texts[i];
	}
	want.n_resolvers = CS_PTR_RESOLVERS_MAX;
	assert_int_equal(cs_ptr_resolvers_find(&want, &got, why), CS_OK);
	assert_int_equal(got.n, CS_PTR_RESOLVERS_MAX);
	want.n_resolvers++;
	assert_int_equal(cs_ptr_resolvers_find(&want, &got, why), CS_ERR_SYNTAX);
	assert_string_equal(why, "resolver '192.0.2.1:17': there are more than 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_is_an_address_and_perhaps_a_port),
		cmocka_unit_test(one_that_is_named_twice_is_one),
		cmocka_unit_test(what_is_wrong_is_said_in_a_line),
		cmocka_unit_test(there_may_be_sixteen_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
