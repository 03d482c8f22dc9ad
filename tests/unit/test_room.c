/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/room.h"

#define NO_LIMIT UINT64_MAX

static const struct {
	const char *name;
	struct cs_room room;
	uint64_t targets, on_link, rate;
	const char *of;
} cases[] = {
	{ "nothing is tracked, nothing on link",
	  { .conntrack_free = 0 },
	  1u << 30,
	  0,
	  NO_LIMIT,
	  NULL },
	{ "all flows fit into half of the table",
	  { .conntrack_used = true, .conntrack_free = 2000, .conntrack_hold_s = 30 },
	  1000,
	  0,
	  NO_LIMIT,
	  NULL },
	{ "one flow more does not",
	  { .conntrack_used = true, .conntrack_free = 2000, .conntrack_hold_s = 30 },
	  1001,
	  0,
	  33,
	  "connection tracking" },
	{ "a usual table and a /8",
	  { .conntrack_used = true, .conntrack_free = 262144, .conntrack_hold_s = 30 },
	  1u << 24,
	  0,
	  4369,
	  "connection tracking" },
	{ "a table that is full",
	  { .conntrack_used = true, .conntrack_free = 0, .conntrack_hold_s = 30 },
	  1,
	  0,
	  0,
	  "connection tracking" },
	{ "less than one a second",
	  { .conntrack_used = true, .conntrack_free = 58, .conntrack_hold_s = 30 },
	  100,
	  0,
	  0,
	  "connection tracking" },
	{ "entries that are not held at all",
	  { .conntrack_used = true, .conntrack_free = 200, .conntrack_hold_s = 0 },
	  1000,
	  0,
	  100,
	  "connection tracking" },
	{ "a /24 on link fits",
	  { .neighbour_free = 1023, .neighbour_hold_s = 60 },
	  256,
	  256,
	  NO_LIMIT,
	  NULL },
	{ "a /16 on link",
	  { .neighbour_free = 1024, .neighbour_hold_s = 60 },
	  65536,
	  65536,
	  8,
	  "neighbour" },
	{ "a /16 on link among as many again",
	  { .neighbour_free = 1024, .neighbour_hold_s = 60 },
	  131072,
	  65536,
	  16,
	  "neighbour" },
	{ "the tighter of both decides: neighbours",
	  { .conntrack_used = true,
	    .conntrack_free = 60000,
	    .conntrack_hold_s = 30,
	    .neighbour_free = 1024,
	    .neighbour_hold_s = 60 },
	  65536,
	  65536,
	  8,
	  "neighbour" },
	{ "the tighter of both decides: tracking",
	  { .conntrack_used = true,
	    .conntrack_free = 300,
	    .conntrack_hold_s = 30,
	    .neighbour_free = 1024,
	    .neighbour_hold_s = 60 },
	  65536,
	  65536,
	  5,
	  "connection tracking" },
	{ "numbers that would wrap",
	  { .neighbour_free = UINT64_MAX, .neighbour_hold_s = 1 },
	  UINT64_MAX,
	  UINT64_MAX - 1,
	  NO_LIMIT,
	  NULL },
};

static void each_room_gives_its_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const char *of = "?";
		uint64_t rate = cs_room_rate(&cases[i].room, cases[i].targets,
					     cases[i].on_link, &of);

		if (rate != cases[i].rate)
			fail_msg("%s: %lu", cases[i].name, rate);
		if ((of == NULL) != (cases[i].of == NULL) ||
		    (of && strcmp(of, cases[i].of) != 0))
			fail_msg("%s: of %s", cases[i].name, of ? of : "none");
	}
}

static void a_look_is_plausible(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct cs_room room = cs_room_look(v6);

		assert_true(room.neighbour_hold_s > 0);
		if (!room.conntrack_used)
			assert_int_equal(room.conntrack_free, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_room_gives_its_rate),
		cmocka_unit_test(a_look_is_plausible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
