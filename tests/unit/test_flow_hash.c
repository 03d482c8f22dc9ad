/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include "watch/flow_hash.h"

/* The first two are of the specification's own baseline. */
static const struct {
	const char *from, *to;
	uint16_t from_port, to_port;
	uint8_t protocol;
	const char *want;
	uint64_t number;
} cases[] = {
	{ "192.168.1.52", "8.8.8.8", 54585, 53, 17,
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", 1055026489470398 },
	{ "128.232.110.120", "66.35.250.204", 34855, 80, 6,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", 396004260891223 },
	{ "2001:db8::2", "2001:db8::1", 40000, 5683, 17,
	  "1:w3SS8ZlXhOKNWihVIa5pg04qNO8=", 1719243591436988 },
};

static void both_directions_have_the_known_name(void **state)
{
	struct cs_flow_hash *hash;

	(void)state;
	assert_int_equal(cs_flow_hash_open(&hash), CS_OK);
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_addr from = addr(cases[i].from), to = addr(cases[i].to);
		struct cs_flow_id there, back;

		assert_int_equal(cs_flow_hash_of(hash, &from, cases[i].from_port, &to,
						 cases[i].to_port, cases[i].protocol,
						 &there),
				 CS_OK);
		assert_int_equal(cs_flow_hash_of(hash, &to, cases[i].to_port, &from,
						 cases[i].from_port, cases[i].protocol,
						 &back),
				 CS_OK);
		assert_string_equal(there.community, cases[i].want);
		assert_string_equal(back.community, cases[i].want);
		assert_int_equal(there.number, cases[i].number);
		assert_int_equal(back.number, cases[i].number);
	}
	cs_flow_hash_close(hash);
}

static void equal_addresses_are_ordered_by_port(void **state)
{
	struct cs_addr a = addr("127.0.0.1");
	struct cs_flow_id there, back;
	struct cs_flow_hash *hash;

	(void)state;
	assert_int_equal(cs_flow_hash_open(&hash), CS_OK);
	assert_int_equal(cs_flow_hash_of(hash, &a, 40000, &a, 5683, 17, &there), CS_OK);
	assert_int_equal(cs_flow_hash_of(hash, &a, 5683, &a, 40000, 17, &back), CS_OK);
	assert_string_equal(there.community, back.community);
	cs_flow_hash_close(hash);
	cs_flow_hash_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_have_the_known_name),
		cmocka_unit_test(equal_addresses_are_ordered_by_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
