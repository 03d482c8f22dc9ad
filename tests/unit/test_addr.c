/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include "base/addr.h"

static const struct {
	const char *text, *back;
} good[] = {
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "10.1.2.3", "10.1.2.3" },
	{ "::", "::" },
	{ "2001:DB8:0:0::1", "2001:db8::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

static const char *const bad[] = {
	"",         "1",          "1.2.3",     "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
	"1.2.3.4 ", " 1.2.3.4",   "1.2.3.-4",  "[::1]",     "::1%lo",    "2001:db8::1::2",
	"12345::",  "1.2.3.4/32", "localhost",
};

static void addresses_are_read_strictly(void **state)
{
	char text[CS_ADDR_TEXT];
	struct cs_addr a;

	(void)state;
	for (size_t i = 0; i < CS_LEN(good); i++) {
		a = addr(good[i].text);
		cs_addr_text(&a, text);
		assert_string_equal(text, good[i].back);
	}
	for (size_t i = 0; i < CS_LEN(bad); i++)
		if (cs_addr_read(cs_span_str(bad[i]), &a))
			fail_msg("'%s' is read", bad[i]);
	assert_false(cs_addr_read(cs_span_of("1.2.3.4\0x", 9), &a));
}

static const struct {
	const char *text;
	enum cs_err err;
	const char *back, *lo, *hi;
} prefixes[] = {
	{ "10.0.0.0/8", CS_OK, "10.0.0.0/8", "10.0.0.0", "10.255.255.255" },
	{ "10.1.0.0/8", CS_ERR_RANGE, "10.0.0.0/8", "10.0.0.0", "10.255.255.255" },
	{ "0.0.0.0/0", CS_OK, "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
	{ "192.0.2.7", CS_OK, "192.0.2.7/32", "192.0.2.7", "192.0.2.7" },
	{ "192.0.2.6/31", CS_OK, "192.0.2.6/31", "192.0.2.6", "192.0.2.7" },
	{ "2001:db8::/96", CS_OK, "2001:db8::/96", "2001:db8::", "2001:db8::ffff:ffff" },
	{ "2001:db8::8/125", CS_OK, "2001:db8::8/125", "2001:db8::8", "2001:db8::f" },
	{ "10.0.0.0/33", CS_ERR_SYNTAX, NULL, NULL, NULL },
	{ "10.0.0.0/", CS_ERR_SYNTAX, NULL, NULL, NULL },
	{ "10.0.0.0/-1", CS_ERR_SYNTAX, NULL, NULL, NULL },
	{ "10.0.0/8", CS_ERR_SYNTAX, NULL, NULL, NULL },
	{ "::/129", CS_ERR_SYNTAX, NULL, NULL, NULL },
	{ "", CS_ERR_SYNTAX, NULL, NULL, NULL },
};

static void prefixes_and_their_ranges(void **state)
{
	char text[CS_PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < CS_LEN(prefixes); i++) {
		struct cs_prefix p = { 0 };
		enum cs_err err = cs_prefix_read(cs_span_str(prefixes[i].text), &p);

		if (err != prefixes[i].err)
			fail_msg("'%s': %s", prefixes[i].text, cs_strerror(err));
		if (!prefixes[i].back)
			continue;

		struct cs_range r = cs_prefix_range(&p);
		struct cs_addr lo = addr(prefixes[i].lo), hi = addr(prefixes[i].hi);

		cs_prefix_text(&p, text);
		assert_string_equal(text, prefixes[i].back);
		assert_int_equal(cs_addr_cmp(&r.lo, &lo), 0);
		assert_int_equal(cs_addr_cmp(&r.hi, &hi), 0);
		assert_true(cs_prefix_has(&p, &lo));
		assert_true(cs_prefix_has(&p, &hi));
	}
}

static void a_prefix_ends_where_it_ends(void **state)
{
	struct cs_addr inside = addr("10.1.255.255"), after = addr("10.2.0.0");
	struct cs_prefix p;

	(void)state;
	assert_int_equal(cs_prefix_read(cs_span_str("10.1.0.0/16"), &p), CS_OK);
	assert_true(cs_prefix_has(&p, &inside));
	assert_false(cs_prefix_has(&p, &after));
}

static void counting_carries_and_saturates(void **state)
{
	struct cs_addr a = addr("2001:db8::ffff:ffff:ffff:ffff");
	struct cs_addr b = cs_addr_plus(a, 1), far = addr("2001:db9::"),
		       zero = addr("::");
	struct cs_addr want = addr("2001:db8:0:1::");

	(void)state;
	assert_int_equal(cs_addr_cmp(&b, &want), 0);
	assert_true(cs_addr_distance(&a, &b) == 1);
	assert_true(cs_addr_distance(&a, &a) == 0);
	assert_true(cs_addr_distance(&b, &a) == UINT64_MAX);
	assert_true(cs_addr_distance(&zero, &far) == UINT64_MAX);

	struct cs_addr v4 = addr("10.0.0.255"), next = cs_addr_plus(v4, 1);

	assert_int_equal(cs_addr_low32(&next), 0x0a000100);
}

static void socket_addresses_go_there_and_back(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < CS_LEN(texts); i++) {
		struct cs_addr a = addr(texts[i]), back;
		struct sockaddr_storage sa;
		uint16_t port;

		(void)cs_addr_to_sockaddr(&a, 5683, 0, &sa);
		assert_int_equal(sa.ss_family, i ? AF_INET6 : AF_INET);
		assert_true(cs_addr_from_sockaddr(&sa, &back, &port));
		assert_int_equal(cs_addr_cmp(&a, &back), 0);
		assert_int_equal(port, 5683);
	}

	struct sockaddr_storage other = { .ss_family = AF_UNIX };
	struct cs_addr a;
	uint16_t port;

	assert_false(cs_addr_from_sockaddr(&other, &a, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_strictly),
		cmocka_unit_test(prefixes_and_their_ranges),
		cmocka_unit_test(a_prefix_ends_where_it_ends),
		cmocka_unit_test(counting_carries_and_saturates),
		cmocka_unit_test(socket_addresses_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
