/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/resources.h"

enum { FLOOD = 20, BIG = 77 };

#define ASKER(n) ((uint64_t)(n) << 40)

/* Who asks for one target, in order; how often. */
static const struct {
	const char *name; /* what is special */
	struct {
		uint8_t who, times;
	} asks[4];
	bool alone; /* whether that is said of asker 1 */
} cases[] = {
	{ "nobody else", { { 1, 3 } }, true },
	{ "somebody else, once", { { 1, 1 }, { 2, 1 } }, false },
	{ "somebody else came first", { { 2, 1 }, { 1, 1 } }, false },
	{ "a flood after it", { { 1, 2 }, { 2, FLOOD } }, true },
	{ "one less is no flood", { { 1, 2 }, { 2, FLOOD - 1 } }, false },
	{ "a flood, and another victim's", { { 1, 1 }, { 2, 30 }, { 3, 30 } }, true },
	{ "a flood, and one that only reads", { { 1, 1 }, { 2, 30 }, { 3, 1 } }, false },
	{ "two that read, and a flood", { { 1, 1 }, { 2, 1 }, { 3, 30 } }, false },
	{ "it asks during the flood, too",
	  { { 1, 1 }, { 2, 10 }, { 1, 1 }, { 2, 10 } },
	  true },
};

static void a_target_is_ones_own_if_nobody_but_floods_asks_for_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cs_resources *resources;

		assert_int_equal(cs_resources_open(4096, FLOOD, &resources), CS_OK);
		for (size_t k = 0; k < 4; k++)
			for (unsigned n = 0; n < cases[i].asks[k].times; n++)
				cs_resources_asked(resources, BIG,
						   ASKER(cases[i].asks[k].who));
		if (cs_resources_alone(resources, BIG, ASKER(1)) != cases[i].alone)
			fail_msg("%s", cases[i].name);
		assert_false(cs_resources_alone(resources, BIG, ASKER(9)));
		assert_false(cs_resources_alone(resources, BIG + 1, ASKER(1)));
		cs_resources_close(resources);
	}
}

static void targets_without_room_are_nobodys_own(void **state)
{
	struct cs_resources *resources;
	unsigned own = 0;

	(void)state;
	assert_int_equal(cs_resources_open(1, FLOOD, &resources), CS_OK);
	for (uint32_t path = 1; path <= 50; path++)
		cs_resources_asked(resources, path, ASKER(1));
	for (uint32_t path = 1; path <= 50; path++)
		own += cs_resources_alone(resources, path, ASKER(1));
	assert_int_equal(own, 8);
	cs_resources_close(resources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_is_ones_own_if_nobody_but_floods_asks_for_it),
		cmocka_unit_test(targets_without_room_are_nobodys_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
