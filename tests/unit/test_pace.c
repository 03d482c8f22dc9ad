/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/clock.h"
#include "net/pace.h"

enum { START = 1234567 /* ns; any */ };

/* Takes as a sender does, sleeping as told, until @until. */
static uint64_t run(struct cs_pace *pace, unsigned batch, int64_t from, int64_t until)
{
	uint64_t taken = 0;
	int64_t now = from;

	while (now < until) {
		int64_t wait;
		unsigned n = cs_pace_take(pace, batch, now, &wait);

		assert_true(n <= batch);
		assert_true(n > 0 ? wait == 0 : wait > 0);
		taken += n;
		now += wait;
	}
	return taken;
}

static void a_rate_is_kept_exactly(void **state)
{
	static const uint64_t rates[] = { 1, 3, 7, 1000, 33333, 1000003 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(rates); i++) {
		struct cs_pace pace;

		cs_pace_init(&pace, rates[i], CS_NS_PER_MS, START);
		assert_true(run(&pace, 64, START, START + CS_NS_PER_S) == rates[i]);
		assert_true(run(&pace, 64, START + CS_NS_PER_S,
				START + 2 * CS_NS_PER_S) == rates[i]);
	}
}

static void unpaced_gives_what_is_wanted(void **state)
{
	struct cs_pace pace;
	int64_t wait = -1;

	(void)state;
	cs_pace_init(&pace, 0, CS_NS_PER_MS, START);
	assert_int_equal(cs_pace_take(&pace, 1000000, START, &wait), 1000000);
	assert_true(wait == 0);
	cs_pace_force(&pace, 1000000, START);
	assert_int_equal(cs_pace_take(&pace, 1, START, &wait), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_kept_exactly),
		cmocka_unit_test(unpaced_gives_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
