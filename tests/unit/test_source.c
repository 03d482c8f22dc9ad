/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/source.h"

enum { GAP_US = 600 * 1000000 };

static int64_t at_s(int64_t s)
{
	return INT64_C(1700000000000000) + s * 1000000;
}

static struct cs_source made(void)
{
	return (struct cs_source){ .ip = cs_addr_v4(0xc0000201),
				   .bits = 128,
				   .first_us = at_s(0),
				   .last_us = at_s(0) };
}

static void observations_are_counted_by_kind_with_when_they_began(void **state)
{
	struct cs_source s = made();

	(void)state;
	assert_non_null(cs_source_note(&s, CS_OBS_DISCOVERY, at_s(0)));
	assert_non_null(cs_source_note(&s, CS_OBS_WRITE, at_s(3)));
	assert_non_null(cs_source_note(&s, CS_OBS_WRITE, at_s(5)));
	assert_int_equal(s.n_obs, 2);
	assert_int_equal(cs_source_count(&s, CS_OBS_WRITE), 2);
	assert_int_equal(cs_source_find(&s, CS_OBS_WRITE)->first_ms, 3000);
	assert_int_equal(cs_source_count(&s, CS_OBS_READ), 0);
	assert_null(cs_source_find(&s, CS_OBS_READ));
	assert_int_equal(cs_source_count_range(&s, CS_OBS_DISCOVERY, CS_OBS_WRITE), 3);
}

static void what_came_before_the_first_packet_began_with_it(void **state)
{
	struct cs_source s = made();

	(void)state;
	assert_int_equal(cs_source_note(&s, CS_OBS_READ, at_s(-5))->first_ms, 0);
}

static void counts_stop_at_their_largest(void **state)
{
	struct cs_source s = made();

	(void)state;
	cs_source_note(&s, CS_OBS_READ, at_s(0))->count = UINT32_MAX;
	assert_int_equal(cs_source_note(&s, CS_OBS_READ, at_s(0))->count, UINT32_MAX);
}

static void details_make_room_for_what_says_more(void **state)
{
	struct cs_source s = made();

	(void)state;
	for (unsigned i = 0; i < CS_SOURCE_OBS; i++)
		assert_non_null(
			cs_source_note(&s, (enum cs_obs)(CS_OBS_FAULT + i), at_s(i)));
	assert_null(cs_source_note(&s, CS_OBS_ALIEN + CS_ALIEN_DNS, at_s(30)));
	for (unsigned i = 0; i < CS_SOURCE_OBS; i++)
		assert_non_null(cs_source_note(&s, (enum cs_obs)i, at_s(40 + i)));
	assert_null(cs_source_note(&s, CS_OBS_PEER, at_s(90)));
	assert_int_equal(s.n_obs, CS_SOURCE_OBS);
	assert_int_equal(s.obs_lost, CS_SOURCE_OBS + 2);
	for (unsigned i = 0; i < CS_SOURCE_OBS; i++)
		assert_int_equal(s.obs[i].kind, i);
}

static void requests_that_are_alike_stay_alike(void **state)
{
	struct cs_source s = made();
	const struct cs_source_marks same = { 4000, 7, 0, 99 };

	(void)state;
	for (s.requests = 0; s.requests < 5; s.requests++)
		cs_source_compare(&s, &same);
	assert_true(s.payload_same && s.mids_rise);
	assert_false(s.mids_differ || s.ports_differ || s.tokens_differ);
}

static void what_differs_once_differs_and_is_forgotten(void **state)
{
	struct cs_source s = made();

	(void)state;
	cs_source_compare(&s, &(struct cs_source_marks){ 1, 100, 3, 4 });
	s.requests = 1;
	cs_source_compare(&s, &(struct cs_source_marks){ 2, 90, 5, 6 });
	s.requests = 2;
	cs_source_compare(&s, &(struct cs_source_marks){ 2, 90, 5, 6 });
	assert_true(s.mids_differ && s.ports_differ && s.tokens_differ);
	assert_false(s.payload_same || s.mids_rise);
	assert_int_equal(s.port | s.mid, 0);
	assert_int_equal(s.token | s.payload, 0);
}

static void message_ids_that_rise_by_a_little_rise_over_the_end(void **state)
{
	struct cs_source s = made();

	(void)state;
	for (s.requests = 0; s.requests < 5; s.requests++)
		cs_source_compare(&s,
				  &(struct cs_source_marks){
					  .mid = (uint16_t)(65500 + 20 * s.requests) });
	assert_true(s.mids_differ && s.mids_rise);
}

static const struct cs_source_pair *pair_of(const struct cs_source *s, uint32_t host)
{
	for (size_t i = 0; i < s->n_pairs; i++)
		if (s->pair[i].host == host)
			return &s->pair[i];
	return NULL;
}

static void a_gap_ends_a_run_and_the_longest_is_kept(void **state)
{
	struct cs_source s = made();

	(void)state;
	for (int i = 0; i < 7; i++)
		cs_source_asked(&s, 1, at_s(600 * i), GAP_US);
	for (int i = 0; i < 3; i++)
		cs_source_asked(&s, 1, at_s(4201 + i), GAP_US);
	assert_int_equal(pair_of(&s, 1)->run_most, 7);
	assert_int_equal(pair_of(&s, 1)->run, 3);
}

static uint32_t best_of(const struct cs_source *s, unsigned *n_busy)
{
	uint32_t best = 0;

	*n_busy = 0;
	for (size_t i = 0; i < s->n_pairs; i++) {
		*n_busy += s->pair[i].run_most >= CS_SOURCE_BUSY;
		if (s->pair[i].run_most > best)
			best = s->pair[i].run_most;
	}
	return best;
}

static void a_sweep_leaves_no_busy_pair(void **state)
{
	struct cs_source s = made();
	unsigned busy;

	(void)state;
	for (uint32_t i = 0; i < 60000; i++)
		cs_source_asked(&s, i + 1, at_s(i / 100), GAP_US);
	assert_int_equal(best_of(&s, &busy), 1);
	assert_int_equal(s.pairs_lost, 255);
}

static void rounds_over_many_destinations_are_counted_on_some(void **state)
{
	unsigned busy;

	(void)state;
	for (uint32_t n = 9; n < 300; n++) {
		struct cs_source s = made();

		for (uint32_t i = 0; i < n * 6; i++)
			cs_source_asked(&s, i % n + 1, at_s(i / 100), GAP_US);
		assert_int_equal(best_of(&s, &busy), 6);
		assert_true(busy >= CS_SOURCE_PAIRS - 1);
	}
}

static void a_flood_after_a_sweep_finds_its_place(void **state)
{
	(void)state;
	for (uint32_t targets = 1; targets <= 4; targets++) {
		struct cs_source s = made();

		for (uint32_t i = 0; i < 600; i++, s.requests++)
			cs_source_asked(&s, i / 2 + 1, at_s(i / 10), GAP_US);
		for (uint32_t i = 0; i < 100 * targets; i++, s.requests++)
			cs_source_asked(&s, 1001 + i % targets, at_s(60 + i / 10),
					GAP_US);
		for (uint32_t i = 0; i < targets; i++) {
			assert_non_null(pair_of(&s, 1001 + i));
			assert_true(pair_of(&s, 1001 + i)->run_most >= 70);
		}
	}
}

static void targets_are_told_apart_and_the_rest_is_counted(void **state)
{
	struct cs_source s = made();

	(void)state;
	for (uint32_t i = 0; i < CS_SOURCE_PATHS + 3; i++) {
		cs_source_target(&s, i);
		cs_source_target(&s, 0);
	}
	assert_int_equal(s.n_paths, CS_SOURCE_PATHS);
	assert_int_equal(s.paths_lost, 3);
}

static void a_prefix_is_the_sum_of_its_sources(void **state)
{
	struct cs_source sum = { .ip = cs_addr_v4(0xc0000200), .bits = 120 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct cs_source s = made();

		s.first_us = at_s(10 - i);
		s.last_us = at_s(20 + i);
		s.packets = 5;
		cs_source_compare(&s, &(struct cs_source_marks){ 80, 7, 0, 99 });
		s.requests = (uint32_t)i + 1;
		cs_source_note(&s, CS_OBS_DISCOVERY, at_s(11 - i));
		cs_source_asked(&s, 1, at_s(15), GAP_US);
		cs_source_fold(&sum, &s, 4);
	}
	assert_int_equal(sum.packets, 20);
	assert_int_equal(sum.requests, 10);
	assert_int_equal(sum.addresses, 4);
	assert_int_equal(sum.flooded, 0);
	assert_true(sum.first_us == at_s(7) && sum.last_us == at_s(23));
	assert_int_equal(cs_source_count(&sum, CS_OBS_DISCOVERY), 4);
	assert_int_equal(cs_source_find(&sum, CS_OBS_DISCOVERY)->first_ms, 1000);
	assert_int_equal(pair_of(&sum, 1)->run_most, 4);
	assert_int_equal(pair_of(&sum, 1)->last_ms, 8000);
	assert_true(sum.payload_same && !sum.ports_differ && !sum.mids_differ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(observations_are_counted_by_kind_with_when_they_began),
		cmocka_unit_test(what_came_before_the_first_packet_began_with_it),
		cmocka_unit_test(counts_stop_at_their_largest),
		cmocka_unit_test(details_make_room_for_what_says_more),
		cmocka_unit_test(requests_that_are_alike_stay_alike),
		cmocka_unit_test(what_differs_once_differs_and_is_forgotten),
		cmocka_unit_test(message_ids_that_rise_by_a_little_rise_over_the_end),
		cmocka_unit_test(a_gap_ends_a_run_and_the_longest_is_kept),
		cmocka_unit_test(a_sweep_leaves_no_busy_pair),
		cmocka_unit_test(rounds_over_many_destinations_are_counted_on_some),
		cmocka_unit_test(a_flood_after_a_sweep_finds_its_place),
		cmocka_unit_test(targets_are_told_apart_and_the_rest_is_counted),
		cmocka_unit_test(a_prefix_is_the_sum_of_its_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
