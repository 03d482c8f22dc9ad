/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/table_parts.h"

static const struct cs_sipkey KEY = { 1, 2 };

static struct cs_table *opened(size_t budget)
{
	struct cs_table *table = NULL;

	assert_int_equal(cs_table_open(budget, &KEY, &table), CS_OK);
	return table;
}

/* One packet of the source @n at @us. */
static void touch(struct cs_table *table, uint32_t n, int64_t us)
{
	struct cs_addr ip = cs_addr_v4(n * 2654435761u);
	bool is_new;
	struct cs_source *s = cs_table_take(table, &ip, us, &is_new);

	assert_true(is_new == (s->packets == 0));
	assert_int_equal(cs_addr_cmp(&s->ip, &ip), 0);
	s->packets++;
	s->bytes_in += n;
	s->last_us = us;
	cs_table_put(table, s);
}

static bool holds(struct cs_table *table, uint32_t n, uint32_t packets)
{
	struct cs_addr ip = cs_addr_v4(n * 2654435761u);
	struct cs_source s;

	return cs_table_find(table, &ip, &s) && s.packets == packets &&
	       s.bytes_in == (uint64_t)packets * n;
}

enum { SMALL = 1 << 20 /* bytes */ };

static void a_source_is_found_as_it_was_put(void **state)
{
	struct cs_table *table = opened(SMALL);

	(void)state;
	for (uint32_t round = 1; round <= 3; round++)
		for (uint32_t n = 0; n < 1000; n++) {
			touch(table, n, round);
			assert_true(holds(table, n, round));
		}
	assert_int_equal(cs_table_counted(table).sources, 1000);
	assert_int_equal(cs_table_counted(table).evicted, 0);
	assert_false(holds(table, 1001, 1));
	cs_table_close(table);
}

static void dropped_sources_are_gone_and_the_others_stay(void **state)
{
	struct cs_table *table = opened(SMALL);

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		touch(table, n, 1);
	for (uint32_t n = 0; n < 1000; n += 2) {
		struct cs_addr ip = cs_addr_v4(n * 2654435761u);

		cs_table_drop(table, &ip);
	}
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(holds(table, n, 1), n % 2);
	assert_int_equal(cs_table_counted(table).sources, 500);
	assert_int_equal(cs_table_counted(table).evicted, 0);
	cs_table_close(table);
}

static void a_flood_of_sources_leaves_the_heavy_ones(void **state)
{
	struct cs_table *table = opened(SMALL);

	(void)state;
	for (uint32_t n = 0; n < 50; n++)
		for (uint32_t i = 0; i < 100; i++)
			touch(table, n, i);
	for (uint32_t n = 1000; n < 301000; n++)
		touch(table, n, 100 + n);
	for (uint32_t n = 0; n < 50; n++)
		assert_true(holds(table, n, 100));
	assert_true(cs_table_counted(table).evicted > 200000);
	assert_true(cs_table_counted(table).bytes <= SMALL);
	cs_table_close(table);
}

struct walk {
	struct cs_addr last;
	uint32_t n, stop;
};

static bool step(void *arg, const struct cs_source *source)
{
	struct walk *walk = arg;

	if (walk->n > 0)
		assert_true(cs_addr_cmp(&walk->last, &source->ip) < 0);
	walk->last = source->ip;
	return ++walk->n != walk->stop;
}

static void all_come_in_the_order_of_their_addresses(void **state)
{
	struct cs_table *table = opened(SMALL);
	struct walk all = { 0 }, some = { .stop = 5 };

	(void)state;
	assert_int_equal(cs_table_each(table, step, &all), CS_OK);
	assert_int_equal(all.n, 0);
	for (uint32_t n = 0; n < 1000; n++)
		touch(table, n, 1);
	assert_int_equal(cs_table_each(table, step, &all), CS_OK);
	assert_int_equal(all.n, 1000);
	assert_int_equal(cs_table_each(table, step, &some), CS_OK);
	assert_int_equal(some.n, 5);
	cs_table_close(table);
}

/* What the table must agree with: the sources as they were put, one beside the other. */
struct model {
	struct cs_source *source;
	uint32_t n, known;
	uint64_t seed;
};

static uint32_t chance(struct model *m, uint32_t n)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (uint32_t)(m->seed >> 16) % n;
}

static struct model model_of(uint32_t n)
{
	struct model m = { calloc(n, sizeof(struct cs_source)), n, 0,
			   88172645463325252u };

	assert_non_null(m.source);
	return m;
}

/* Every fourth is IPv6, half of those in one /64. */
static struct cs_addr address_of(uint32_t n)
{
	struct cs_addr ip = cs_addr_v4(n * 2654435761u);

	if (n % 4 == 0) {
		memset(ip.b, 0, 12);
		ip.b[0] = 0x20;
		ip.b[1] = 0x01;
		ip.b[7] = n % 8 ? ip.b[14] : 0;
	}
	return ip;
}

/* One packet of any kind, the same to both. */
static void work_on(struct cs_source *s, struct model *m, int64_t us, unsigned kinds)
{
	struct cs_source_marks marks = { (uint16_t)(1024 + chance(m, 60000)),
					 (uint16_t)chance(m, 65536), chance(m, 3),
					 chance(m, 4) };
	uint32_t host = 1 + chance(m, 2), path = 1000 * chance(m, 3), len = chance(m, 60);

	s->last_us = us;
	s->hop_low = s->hop_high = 64;
	cs_source_compare(s, &marks);
	s->packets++;
	s->requests++;
	s->bytes_in += len;
	cs_source_note(s, (enum cs_obs)chance(m, kinds), us);
	cs_source_asked(s, host, us, 600000000);
	cs_source_target(s, path);
}

static void packet(struct cs_table *table, struct model *m, uint32_t n, int64_t us,
		   unsigned kinds)
{
	struct cs_addr ip = address_of(n);
	struct cs_source *mine = &m->source[n], *its;
	struct model again = *m;
	bool is_new;

	its = cs_table_take(table, &ip, us, &is_new);
	if (is_new) {
		m->known += mine->packets == 0;
		*mine = (struct cs_source){
			.ip = ip, .bits = 128, .first_us = us, .last_us = us
		};
	}
	assert_int_equal(its->packets, mine->packets);
	work_on(its, &again, us, kinds);
	work_on(mine, m, us, kinds);
	cs_table_put(table, its);
}

static void assert_as(const struct cs_source *a, const struct cs_source *b)
{
	/* Up to the flags, which are one byte. */
	assert_memory_equal(a, b, offsetof(struct cs_source, no_token) + 2);
	assert_memory_equal(a->path, b->path, a->n_paths * sizeof(a->path[0]));
	assert_memory_equal(a->pair, b->pair, a->n_pairs * sizeof(a->pair[0]));
	for (size_t i = 0; i < a->n_obs; i++) {
		assert_int_equal(a->obs[i].kind, b->obs[i].kind);
		assert_int_equal(a->obs[i].count, b->obs[i].count);
		assert_int_equal(a->obs[i].first_ms, b->obs[i].first_ms);
	}
}

/* How many of the model's sources the table has; each of them as it must be. */
static uint32_t agreed(struct cs_table *table, const struct model *m)
{
	struct cs_source s;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		struct cs_addr ip = address_of(i);

		if (!cs_table_find(table, &ip, &s))
			continue;
		assert_as(&s, &m->source[i]);
		n++;
	}
	return n;
}

static void agree_on(uint32_t sources, unsigned packets, unsigned kinds, size_t budget,
		     bool all)
{
	struct cs_table *table = opened(budget);
	struct model m = model_of(sources);
	struct walk walk = { 0 };
	struct cs_table_counts counts;

	for (uint32_t i = 0; i < sources * packets; i++)
		packet(table, &m, chance(&m, sources), 1000000 + i * 777, kinds);
	counts = cs_table_counted(table);
	print_message("# %u sources: %u known, %u whole, %u evicted\n", sources,
		      (unsigned)counts.sources, (unsigned)counts.whole,
		      (unsigned)counts.evicted);
	assert_true(counts.bytes <= budget);
	assert_int_equal(agreed(table, &m), counts.sources);
	assert_int_equal(counts.evicted > 0, !all);
	if (all)
		assert_int_equal(counts.sources, m.known);
	assert_int_equal(cs_table_each(table, step, &walk), CS_OK);
	assert_int_equal(walk.n, counts.sources);
	cs_table_close(table);
	free(m.source);
}

static void what_is_known_does_not_depend_on_how_it_is_kept(void **state)
{
	(void)state;
	agree_on(1000, 20, 12, SMALL, true); /* all whole */
	agree_on(8000, 10, 6, SMALL, true);  /* most packed */
	agree_on(30000, 10, 12, 4 * SMALL, true);
}

static void a_full_table_forgets_whole_sources_and_nothing_else(void **state)
{
	(void)state;
	agree_on(60000, 6, 6, SMALL, false);
	agree_on(12000, 40, CS_SOURCE_OBS, SMALL, false);
}

static void dropped_sources_leave_the_others_whatever_form_they_have(void **state)
{
	struct cs_table *table = opened(SMALL);
	struct model m = model_of(8000);
	struct cs_source s;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t n = chance(&m, m.n);
		struct cs_addr ip = address_of(n);

		if (i % 5) {
			packet(table, &m, n, 1000000 + i, 8);
			continue;
		}
		cs_table_drop(table, &ip);
		assert_false(cs_table_find(table, &ip, &s));
		m.source[n].packets = 0;
	}
	assert_int_equal(agreed(table, &m), cs_table_counted(table).sources);
	assert_int_equal(cs_table_counted(table).evicted, 0);
	cs_table_close(table);
	free(m.source);
}

/* Whoever knows the hash without the key finds addresses of one bucket, of no use. */
static void addresses_that_fall_together_under_another_key_are_all_kept(void **state)
{
	struct cs_table *known = opened(SMALL), *table = NULL;
	const struct cs_sipkey other = { 7, 8 };
	uint32_t n = 0, chosen[1000];
	struct cs_source s;

	(void)state;
	assert_int_equal(cs_table_open(SMALL, &other, &table), CS_OK);
	for (uint32_t i = 0; n < CS_LEN(chosen); i++) {
		struct cs_addr ip = cs_addr_v4(i);

		if ((cs_table_hash(known, &ip) >> 32) * known->buckets >> 32 == 5)
			chosen[n++] = i;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct cs_addr ip = cs_addr_v4(chosen[i]);
		bool is_new;

		cs_table_put(table, cs_table_take(table, &ip, i, &is_new));
		cs_table_put(known, cs_table_take(known, &ip, i, &is_new));
	}
	for (uint32_t i = 0; i < n; i++) {
		struct cs_addr ip = cs_addr_v4(chosen[i]);

		assert_true(cs_table_find(table, &ip, &s));
	}
	assert_int_equal(cs_table_counted(table).evicted, 0);
	cs_table_close(known);
	cs_table_close(table);
}

static void a_budget_below_the_least_is_refused(void **state)
{
	struct cs_table *table = NULL;

	(void)state;
	assert_int_equal(cs_table_open(CS_TABLE_BUDGET_MIN - 1, &KEY, &table),
			 CS_ERR_RANGE);
	cs_table_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_found_as_it_was_put),
		cmocka_unit_test(dropped_sources_are_gone_and_the_others_stay),
		cmocka_unit_test(a_flood_of_sources_leaves_the_heavy_ones),
		cmocka_unit_test(all_come_in_the_order_of_their_addresses),
		cmocka_unit_test(what_is_known_does_not_depend_on_how_it_is_kept),
		cmocka_unit_test(a_full_table_forgets_whole_sources_and_nothing_else),
		cmocka_unit_test(
			dropped_sources_leave_the_others_whatever_form_they_have),
		cmocka_unit_test(
			addresses_that_fall_together_under_another_key_are_all_kept),
		cmocka_unit_test(a_budget_below_the_least_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
