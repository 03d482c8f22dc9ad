/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "protect/ufw_standing.h"

static int64_t now_ns;

static int64_t mono(void *arg)
{
	(void)arg;
	return now_ns;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return INT64_C(1800000000) * CS_US_PER_S;
}

static const struct cs_clock clock_of_ours = { mono, wall, NULL };

/* A folder of its own, and what a change works with. */
struct ground {
	char dir[64];
	struct cs_state state;
	struct cs_arena arena;
	struct cs_change change;
	struct cs_kept pending;
};

static void begin(struct ground *g)
{
	*g = (struct ground){ .state.boot = "boot-1", .state.lock = -1 };
	(void)snprintf(g->dir, sizeof(g->dir), "/tmp/ufw-standing-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	(void)snprintf(g->state.dir.text, sizeof(g->state.dir.text), "%s", g->dir);
	g->change = (struct cs_change){ .state = &g->state,
					.clock = &clock_of_ours,
					.arena = &g->arena };
	g->pending = (struct cs_kept){ .there = true,
				       .id = "0123456789abcdef",
				       .since_us = wall(NULL),
				       .policy = cs_policy_preset };
	assert_int_equal(cs_policy_write(&cs_policy_preset, &g->arena, &g->pending.text),
			 CS_OK);
	now_ns = 5 * CS_NS_PER_S;
}

static void end(struct ground *g)
{
	for (int i = 0; i < CS_UFW_RECORDS; i++)
		assert_int_equal(cs_ufw_forget(&g->change, (enum cs_ufw_record)i), CS_OK);
	assert_int_equal(rmdir(g->dir), 0); /* nothing else is left there */
	cs_arena_clear(&g->arena);
}

static const struct cs_ufw_shot shot = {
	.files = { { (const uint8_t *)"user\xff\n", 6 }, .ipv6 = true },
	.save4 = { (const uint8_t *)"*filter\n", 8 },
};

static void put_all(struct ground *g, const char *left_id)
{
	assert_int_equal(cs_ufw_put_first(&g->change, &shot), CS_OK);
	assert_int_equal(cs_ufw_put_pending(&g->change, &g->pending, &shot), CS_OK);
	assert_int_equal(cs_ufw_put_left(&g->change, left_id, 60, &shot), CS_OK);
}

static struct cs_ufw_standing standing(struct ground *g)
{
	struct cs_ufw_standing s;

	assert_int_equal(cs_ufw_standing_read(&g->change, &s), CS_OK);
	return s;
}

static void what_is_pending_has_its_time_and_the_way_back(void **state)
{
	struct cs_ufw_standing s;
	struct ground g;

	(void)state;
	begin(&g);
	s = standing(&g);
	assert_false(s.pending.there || s.kept.there || s.is_first);
	put_all(&g, g.pending.id);
	now_ns += 10 * CS_NS_PER_S;
	s = standing(&g);
	assert_true(s.pending.there && s.complete && s.is_first);
	assert_int_equal(s.left_ms, 50000);
	assert_int_equal(s.before.files.user.len, 6);
	assert_true(s.before.files.ipv6);
	assert_true(cs_span_eq(s.left.save4, shot.save4));
	end(&g);
}

/* It is due: over, of another boot, or never all put in. */
static void what_is_over_is_due(void **state)
{
	struct ground g;

	(void)state;
	begin(&g);
	put_all(&g, g.pending.id);
	now_ns += 60 * CS_NS_PER_S;
	assert_int_equal(standing(&g).left_ms, 0);
	now_ns -= 1 * CS_NS_PER_MS;
	assert_int_equal(standing(&g).left_ms, 1);
	(void)snprintf(g.state.boot, sizeof(g.state.boot), "boot-2");
	assert_int_equal(standing(&g).left_ms, 0);
	assert_true(standing(&g).pending.there);
	(void)snprintf(g.state.boot, sizeof(g.state.boot), "boot-1");
	assert_int_equal(cs_ufw_put_left(&g.change, "another", 60, &shot), CS_OK);
	assert_false(standing(&g).complete);
	assert_int_equal(standing(&g).left_ms, 0);
	assert_int_equal(standing(&g).left.save4.len, 0);
	end(&g);
}

static void a_confirmation_that_was_killed_half_way_is_one(void **state)
{
	struct ground g;

	(void)state;
	begin(&g);
	put_all(&g, g.pending.id);
	assert_int_equal(cs_ufw_put_kept(&g.change, &g.pending), CS_OK);
	assert_true(standing(&g).kept.there);
	assert_false(standing(&g).pending.there);
	end(&g);
}

static void a_damaged_file_is_named(void **state)
{
	struct cs_ufw_standing s;
	char path[96];
	struct ground g;

	(void)state;
	begin(&g);
	put_all(&g, g.pending.id);
	(void)snprintf(path, sizeof(path), "%s/ufw-pending", g.dir);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(cs_ufw_standing_read(&g.change, &s), CS_ERR_DAMAGED);
	assert_non_null(strstr(g.change.why, "ufw-pending"));
	end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pending_has_its_time_and_the_way_back),
		cmocka_unit_test(what_is_over_is_due),
		cmocka_unit_test(a_confirmation_that_was_killed_half_way_is_one),
		cmocka_unit_test(a_damaged_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
