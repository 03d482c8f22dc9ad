/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/pace.h"
#include "net/special.h"
#include "scan/plan.h"

static struct cs_plan plan_of(const char *target, uint32_t shards, uint32_t shard,
			      uint64_t max_targets)
{
	static const uint16_t ports[] = { 5683, 5693, 7000 };
	struct cs_scope_draft draft = { 0 };
	struct cs_source source = { 0 };
	struct cs_plan plan = { .n_ports = 3,
				.seed = 7,
				.shards = shards,
				.shard = shard,
				.probes = 1,
				.max_targets = max_targets,
				.rate_pps = 1000,
				.cooldown_s = 8,
				.follow = true };

	plan.ports = malloc(sizeof(ports));
	assert_non_null(plan.ports);
	memcpy(plan.ports, ports, sizeof(ports));
	assert_int_equal(cs_scope_add_target(&draft, cs_span_str(target), &source),
			 CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &plan.scope), CS_OK);
	cs_scope_draft_clear(&draft);
	return plan;
}

/* Every address and port is asked by exactly one slot of one shard. */
static void shards_cover_everything_once(void **state)
{
	enum { SHARDS = 7, ASKED = 256 * 3 };
	uint8_t seen[256][3] = { { 0 } };
	uint64_t slots = 0;

	(void)state;
	for (uint32_t shard = 0; shard < SHARDS; shard++) {
		struct cs_plan plan = plan_of("10.0.0.0/24", SHARDS, shard, 0);

		assert_int_equal(cs_plan_ready(&plan), CS_OK);
		slots += plan.slots;
		for (uint64_t slot = 0; slot < plan.slots; slot++) {
			struct cs_target t = cs_plan_target(&plan, slot);
			unsigned port = t.port == 5683 ? 0 : t.port == 5693 ? 1 : 2;
			uint64_t back;

			assert_int_equal(seen[t.ip.b[15]][port]++, 0);
			assert_true(cs_plan_slot(&plan, &t.ip, t.port, &back));
			assert_true(back == slot);
		}
		cs_plan_clear(&plan);
	}
	assert_int_equal(slots, ASKED);
}

static void max_targets_bounds_all_shards_together(void **state)
{
	uint64_t slots = 0;

	(void)state;
	for (uint32_t shard = 0; shard < 3; shard++) {
		struct cs_plan plan = plan_of("10.0.0.0/24", 3, shard, 100);

		assert_int_equal(cs_plan_ready(&plan), CS_OK);
		slots += plan.slots;
		cs_plan_clear(&plan);
	}
	assert_int_equal(slots, 100);
}

static void a_shard_with_nothing_to_ask_is_refused(void **state)
{
	struct cs_plan plan = plan_of("10.0.0.0/24", 200, 150, 100);

	(void)state;
	assert_int_equal(cs_plan_ready(&plan), CS_ERR_REFUSED);
	cs_plan_clear(&plan);
}

static void what_is_not_asked_has_no_slot(void **state)
{
	struct cs_plan plan = plan_of("10.0.0.0/24", 1, 0, 0);
	struct cs_addr outside = cs_addr_v4(0x0a000100), inside = cs_addr_v4(0x0a000001);
	uint64_t slot;

	(void)state;
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	assert_false(cs_plan_slot(&plan, &outside, 5683, &slot));
	assert_false(cs_plan_slot(&plan, &inside, 5684, &slot));
	assert_true(cs_plan_slot(&plan, &inside, 7000, &slot));
	cs_plan_clear(&plan);
}

static void a_stored_plan_reads_back_the_same(void **state)
{
	struct cs_plan plan = plan_of("2001:db8::/96", 5, 2, 1000), back;
	struct cs_arena arena = { 0 };
	uint8_t hash[CS_PLAN_HASH], hash_back[CS_PLAN_HASH];
	struct cs_span stored;

	(void)state;
	plan.token_len = 8;
	plan.probes = 3;
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	assert_int_equal(cs_plan_write(&plan, &arena, &stored), CS_OK);
	assert_int_equal(cs_plan_read(stored, 2, &back), CS_OK);
	assert_int_equal(back.slots, plan.slots);
	assert_int_equal(back.probes, 3);
	assert_int_equal(back.token_len, 8);
	assert_int_equal(back.cooldown_s, 8);
	assert_true(back.follow);
	for (uint64_t slot = 0; slot < plan.slots; slot++) {
		struct cs_target a = cs_plan_target(&plan, slot);
		struct cs_target b = cs_plan_target(&back, slot);

		assert_int_equal(cs_addr_cmp(&a.ip, &b.ip), 0);
		assert_int_equal(a.port, b.port);
		assert_int_equal(cs_plan_cookie(&plan, &a.ip, a.port).mid,
				 cs_plan_cookie(&back, &b.ip, b.port).mid);
	}
	cs_plan_hash(&plan, hash);
	cs_plan_hash(&back, hash_back);
	assert_memory_equal(hash, hash_back, sizeof(hash));
	back.seed++;
	cs_plan_hash(&back, hash_back);
	assert_memory_not_equal(hash, hash_back, sizeof(hash));

	for (size_t cut = 0; cut < stored.len; cut++) {
		uint8_t *copy = heap_copy(stored.ptr, cut);
		struct cs_plan bad;

		assert_int_not_equal(cs_plan_read(cs_span_of(copy, cut), 2, &bad), CS_OK);
		free(copy);
	}
	cs_plan_clear(&plan);
	cs_plan_clear(&back);
	cs_arena_clear(&arena);
}

/* A rate or wait that would wrap in the pace's or the window's arithmetic. */
static void a_stored_plan_with_a_senseless_rate_or_wait_is_refused(void **state)
{
	static const uint64_t rates[] = { CS_PACE_RATE_MAX + 1, UINT64_C(1) << 58,
					  UINT64_C(1) << 63, UINT64_MAX };
	struct cs_plan plan = plan_of("10.0.0.0/24", 1, 0, 0), back;
	struct cs_arena arena = { 0 };
	struct cs_span stored;

	(void)state;
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	plan.rate_pps = CS_PACE_RATE_MAX;
	plan.cooldown_s = CS_SCAN_COOLDOWN_MAX_S;
	assert_int_equal(cs_plan_write(&plan, &arena, &stored), CS_OK);
	assert_int_equal(cs_plan_read(stored, 0, &back), CS_OK);
	cs_plan_clear(&back);
	for (size_t i = 0; i < CS_LEN(rates); i++) {
		plan.rate_pps = rates[i];
		assert_int_equal(cs_plan_write(&plan, &arena, &stored), CS_OK);
		assert_int_equal(cs_plan_read(stored, 0, &back), CS_ERR_RANGE);
	}
	plan.rate_pps = 0;
	plan.cooldown_s = CS_SCAN_COOLDOWN_MAX_S + 1;
	assert_int_equal(cs_plan_write(&plan, &arena, &stored), CS_OK);
	assert_int_equal(cs_plan_read(stored, 0, &back), CS_ERR_RANGE);
	cs_plan_clear(&plan);
	cs_arena_clear(&arena);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

/* Whatever a damaged catalogue holds: it is refused, or asks nobody it must not. */
static void a_mutated_plan_never_asks_what_is_never_sent_to(void **state)
{
	struct cs_plan plan = plan_of("2001:db8::/96", 5, 0, 1000), back;
	struct cs_arena arena = { 0 };
	struct cs_span stored;
	uint64_t random = 1;

	(void)state;
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	assert_int_equal(cs_plan_write(&plan, &arena, &stored), CS_OK);
	for (unsigned i = 0; i < 50000; i++) {
		uint8_t *copy = heap_copy(stored.ptr, stored.len);
		size_t len = stored.len - (i % 8 == 0 ? next_random(&random) % 40 : 0);

		for (unsigned n = (unsigned)(next_random(&random) % 4); n > 0; n--)
			copy[next_random(&random) % stored.len] =
				(uint8_t)(i % 3 ? next_random(&random)
						: (next_random(&random) & 1) * 255);
		if (cs_plan_read(cs_span_of(copy, len), 0, &back) == CS_OK) {
			const uint64_t slots[] = { 0, back.slots / 2, back.slots - 1 };
			uint64_t slot;

			assert_true(back.rate_pps <= CS_PACE_RATE_MAX);
			assert_true(back.slots >= 1 && back.slots <= back.positions);
			for (size_t k = 0; k < CS_LEN(slots); k++) {
				struct cs_target t = cs_plan_target(&back, slots[k]);
				struct cs_range one = { t.ip, t.ip };

				assert_false(cs_special_never(&one));
				assert_true(cs_plan_slot(&back, &t.ip, t.port, &slot));
				assert_int_equal(slot, slots[k]);
			}
			cs_plan_clear(&back);
		}
		free(copy);
	}
	cs_plan_clear(&plan);
	cs_arena_clear(&arena);
}

static void the_port_stays_for_a_group_and_then_moves(void **state)
{
	struct cs_plan plan = plan_of("10.0.0.0/16", 1, 0, 0);
	unsigned used[256] = { 0 }, ports = 0;

	(void)state;
	assert_int_equal(cs_plan_ready(&plan), CS_OK);
	for (uint64_t group = 0; group < plan.slots / CS_PORT_GROUP; group++) {
		unsigned first = cs_plan_port_index(&plan, group * CS_PORT_GROUP, 256);

		for (uint64_t i = 1; i < CS_PORT_GROUP; i++)
			assert_int_equal(
				cs_plan_port_index(&plan, group * CS_PORT_GROUP + i, 256),
				first);
		ports += used[first]++ == 0;
	}
	assert_int_equal(ports, 256); /* 3,072 groups reach them all */
	cs_plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shards_cover_everything_once),
		cmocka_unit_test(max_targets_bounds_all_shards_together),
		cmocka_unit_test(a_shard_with_nothing_to_ask_is_refused),
		cmocka_unit_test(what_is_not_asked_has_no_slot),
		cmocka_unit_test(a_stored_plan_reads_back_the_same),
		cmocka_unit_test(a_stored_plan_with_a_senseless_rate_or_wait_is_refused),
		cmocka_unit_test(a_mutated_plan_never_asks_what_is_never_sent_to),
		cmocka_unit_test(the_port_stays_for_a_group_and_then_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
