/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "test.h"

#include "base/clock.h"
#include "base/siphash.h"
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

static void one_packet_is_due_at_once_and_the_next_an_interval_later(void **state)
{
	struct cs_pace pace;
	int64_t wait;

	(void)state;
	cs_pace_init(&pace, 1, CS_NS_PER_MS, START);
	assert_int_equal(cs_pace_take(&pace, 64, START, &wait), 1);
	assert_int_equal(cs_pace_take(&pace, 64, START, &wait), 0);
	assert_true(wait == CS_NS_PER_S);
	assert_int_equal(cs_pace_take(&pace, 64, START + CS_NS_PER_S - 1, &wait), 0);
	assert_true(wait == 1);
	assert_int_equal(cs_pace_take(&pace, 64, START + CS_NS_PER_S, &wait), 1);

	/* After idling too: an interval from the packet, not from the schedule. */
	int64_t later = START + 77 * CS_NS_PER_S + 999999999;

	assert_int_equal(cs_pace_take(&pace, 64, later, &wait), 1);
	assert_int_equal(cs_pace_take(&pace, 64, later, &wait), 0);
	assert_in_range(wait, CS_NS_PER_S, CS_NS_PER_S + CS_NS_PER_S / 64);
}

static void what_was_missed_is_made_good_up_to_the_burst(void **state)
{
	struct cs_pace pace;
	int64_t wait;

	(void)state;
	cs_pace_init(&pace, 100000, CS_NS_PER_MS, START);
	assert_int_equal(cs_pace_take(&pace, 1000, START + CS_NS_PER_S, &wait), 100);
	assert_int_equal(cs_pace_take(&pace, 1000, START + CS_NS_PER_S, &wait), 0);
	assert_in_range(wait, 1, 10000 + 10000 / 64);
	/* Half a millisecond late: all of it. */
	assert_in_range(cs_pace_take(&pace, 1000, START + CS_NS_PER_S + 500000, &wait),
			49, 50);
}

static void forced_packets_are_paid_for_later(void **state)
{
	struct cs_pace pace;
	int64_t wait;

	(void)state;
	cs_pace_init(&pace, 1000, CS_NS_PER_MS, START);
	cs_pace_force(&pace, 10, START);
	assert_int_equal(cs_pace_take(&pace, 64, START, &wait), 0);
	assert_true(wait == 10 * CS_NS_PER_MS);
	assert_int_equal(cs_pace_take(&pace, 64, START + wait, &wait), 1);

	/* What was not used is not saved up for them. */
	int64_t later = START + 5 * CS_NS_PER_S;

	cs_pace_force(&pace, 10, later);
	assert_int_equal(cs_pace_take(&pace, 64, later, &wait), 0);
	assert_true(wait == 10 * CS_NS_PER_MS);
}

static void decades_at_the_highest_rate_do_not_overflow(void **state)
{
	const int64_t decades = INT64_C(40) * 365 * 86400 * CS_NS_PER_S;
	struct cs_pace pace;
	int64_t wait;

	(void)state;
	cs_pace_init(&pace, 100000000, CS_NS_PER_MS, START);
	assert_int_equal(cs_pace_take(&pace, 1000000, START + decades, &wait), 100000);
	assert_int_equal(cs_pace_take(&pace, 1000000, START + decades, &wait), 0);
	assert_true(wait == 10);
	assert_true(run(&pace, 4096, START + decades, START + decades + CS_NS_PER_MS) ==
		    100000 - 1);
}

static void a_clock_before_the_start_is_the_start(void **state)
{
	struct cs_pace pace;
	int64_t wait;

	(void)state;
	cs_pace_init(&pace, 1000, CS_NS_PER_MS, START);
	assert_int_equal(cs_pace_take(&pace, 9, START - 5, &wait), 1);
	assert_int_equal(cs_pace_take(&pace, 9, START - 5, &wait), 0);
	assert_true(wait == CS_NS_PER_MS);
}

__extension__ typedef unsigned __int128 wide;

struct event {
	int64_t at;
	uint64_t n; /* packets taken */
};

/* In no window more than rate * t + max(1, rate * burst). */
static void check_windows(const struct event *e, size_t n, uint64_t rate,
			  int64_t burst_ns)
{
	wide burst = (wide)rate * (uint64_t)burst_ns;

	if (burst < (wide)CS_NS_PER_S)
		burst = (wide)CS_NS_PER_S;
	for (size_t i = 0; i < n; i++) {
		wide taken = 0;

		for (size_t k = i; k < n; k++) {
			taken += (wide)e[k].n * CS_NS_PER_S;
			if (taken > (wide)rate * (uint64_t)(e[k].at - e[i].at) + burst)
				fail_msg("rate %llu, burst %lld: window %zu to %zu",
					 (unsigned long long)rate, (long long)burst_ns, i,
					 k);
		}
	}
}

static uint64_t random_number(uint64_t *counter)
{
	static const struct cs_sipkey key = { 4711, 42 };

	return cs_siphash_u64(&key, ++*counter);
}

/* A number of any size up to 2^bits: all magnitudes alike. */
static uint64_t any_size(uint64_t *counter, unsigned bits)
{
	uint64_t x = random_number(counter);

	return random_number(counter) >> (64 - bits) >> x % bits;
}

/* Sleeps as told, sometimes longer, now and then much longer, or not at all. */
static int64_t some_sleep(uint64_t *counter, int64_t wait)
{
	switch (random_number(counter) % 5) {
	case 0:
		return 0;
	case 1:
		return wait / 2;
	case 2:
		return wait + (int64_t)any_size(counter, 20);
	case 3:
		return (int64_t)any_size(counter, 36);
	default:
		return wait;
	}
}

static void no_window_holds_more_than_the_rate_allows(void **state)
{
	enum { PATTERNS = 4000, EVENTS = 80 };
	uint64_t counter = 0;

	(void)state;
	for (unsigned p = 0; p < PATTERNS; p++) {
		uint64_t rate = any_size(&counter, 27) % 100000000 + 1;
		int64_t burst = (int64_t)any_size(&counter, 24);
		int64_t now = (int64_t)any_size(&counter, 58);
		struct event events[EVENTS];
		struct cs_pace pace;

		cs_pace_init(&pace, rate, burst, now);
		for (unsigned i = 0; i < EVENTS; i++) {
			unsigned want = (unsigned)any_size(&counter, 12) + 1;
			int64_t wait;

			events[i].n = cs_pace_take(&pace, want, now, &wait);
			events[i].at = now;
			assert_true(events[i].n <= want);
			assert_true((events[i].n == 0) == (wait > 0));
			now += some_sleep(&counter, wait);
			if (random_number(&counter) % 16 == 0)
				cs_pace_force(&pace, (unsigned)any_size(&counter, 8),
					      now);
		}
		check_windows(events, EVENTS, rate, burst);
	}
}

/* Forced packets count: the sum of both is the rate as well. */
static void the_rate_bounds_forced_packets_too(void **state)
{
	const uint64_t rate = 20000;
	struct cs_pace pace;
	uint64_t counter = 0, taken = 0, forced = 0;
	int64_t now = START;

	(void)state;
	cs_pace_init(&pace, rate, CS_NS_PER_MS, START);
	while (now < START + 10 * CS_NS_PER_S) {
		int64_t wait;

		taken += cs_pace_take(&pace, 64, now, &wait);
		now += wait;
		if (random_number(&counter) % 3 == 0) {
			cs_pace_force(&pace, 3, now);
			forced += 3;
		}
	}
	assert_true(forced > 10000);
	assert_in_range(taken + forced, 10 * rate - 3, 10 * rate + 64);
}

struct shared {
	struct cs_pace pace;
	_Atomic int64_t clock;
	_Atomic uint64_t taken;
};

enum { TICKS = 200000, TICK_NS = 100 };

static void *take_often(void *arg)
{
	struct shared *s = arg;

	for (unsigned i = 0; i < TICKS; i++) {
		int64_t wait;
		int64_t now = atomic_fetch_add(&s->clock, TICK_NS);

		atomic_fetch_add(&s->taken, cs_pace_take(&s->pace, 3, now, &wait));
	}
	return NULL;
}

static void threads_share_one_rate(void **state)
{
	struct shared s = { .clock = START };
	pthread_t threads[4];
	const uint64_t rate = 1000000;

	(void)state;
	cs_pace_init(&s.pace, rate, CS_NS_PER_MS, START);
	for (size_t i = 0; i < CS_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_often, &s), 0);
	for (size_t i = 0; i < CS_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);

	uint64_t due = rate * TICKS * TICK_NS * CS_LEN(threads) / CS_NS_PER_S;

	/* A thread may have read the clock long before it takes: less, never more. */
	assert_in_range(s.taken, due / 2, due + 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_kept_exactly),
		cmocka_unit_test(unpaced_gives_what_is_wanted),
		cmocka_unit_test(
			one_packet_is_due_at_once_and_the_next_an_interval_later),
		cmocka_unit_test(what_was_missed_is_made_good_up_to_the_burst),
		cmocka_unit_test(forced_packets_are_paid_for_later),
		cmocka_unit_test(decades_at_the_highest_rate_do_not_overflow),
		cmocka_unit_test(a_clock_before_the_start_is_the_start),
		cmocka_unit_test(no_window_holds_more_than_the_rate_allows),
		cmocka_unit_test(the_rate_bounds_forced_packets_too),
		cmocka_unit_test(threads_share_one_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
