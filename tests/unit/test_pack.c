/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/pack.h"

static const int64_t EPOCH_US = INT64_C(1700000000000000);

static uint64_t seed = 88172645463325252u;

static uint32_t chance(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

/* Numbers of every length, the small ones often. */
static uint32_t some(void)
{
	uint32_t bits = chance(33);

	return bits ? (uint32_t)(((uint64_t)chance(UINT32_MAX) * 2 + chance(2)) &
				 ((UINT64_C(1) << bits) - 1))
		    : 0;
}

static struct cs_source any_source(unsigned most)
{
	struct cs_source s = { .ip = cs_addr_v4(chance(UINT32_MAX)),
			       .bits = (uint8_t)(chance(9) ? 128 : chance(129)) };

	if (chance(4) == 0)
		for (size_t i = 0; i < sizeof(s.ip.b); i++)
			s.ip.b[i] = (uint8_t)chance(256);
	s.first_us = EPOCH_US + some();
	s.last_us = s.first_us + (int64_t)some() * chance(16000);
	s.bytes_in = (uint64_t)some() * (chance(3) ? 1 : some());
	s.bytes_out = (uint64_t)some() * chance(3);
	s.packets = some();
	s.requests = chance(2) ? s.packets : some();
	s.unproved = chance(2) ? s.requests : some();
	s.most_out = chance(2) ? some() : 0;
	s.most_in = chance(2) ? some() : 0;
	s.addresses = chance(3) ? chance(2) : some();
	s.flooded = chance(3) ? 0 : some();
	s.token = chance(2) ? some() : 0;
	s.payload = chance(2) ? some() : 0;
	s.port = (uint16_t)(chance(2) ? chance(65536) : 0);
	s.mid = (uint16_t)(chance(2) ? chance(65536) : 0);
	s.obs_lost = (uint8_t)(chance(5) ? 0 : chance(256));
	s.pairs_lost = (uint8_t)(chance(5) ? 0 : chance(256));
	s.paths_lost = (uint8_t)(chance(5) ? 0 : chance(256));
	s.hop_low = (uint8_t)chance(256);
	s.hop_high = (uint8_t)(chance(2) ? s.hop_low : chance(256));
	s.no_token = (uint8_t)(chance(2) ? 0 : chance(256));
	s.run_now = (uint16_t)(chance(2) ? s.requests : some());
	s.run_most = (uint16_t)(chance(2) ? s.run_now : some());
	s.run_seen = (uint16_t)(chance(2) ? 0xff : some());
	s.run_targets = (uint8_t)(chance(2) ? chance(9) : 255);
	s.is_peer = chance(2) & 1;
	s.mids_differ = chance(2) & 1;
	s.mids_rise = chance(2) & 1;
	s.ports_differ = chance(2) & 1;
	s.tokens_differ = chance(2) & 1;
	s.port_known = chance(2) & 1;
	s.payload_same = chance(2) & 1;
	s.group_only = chance(2) & 1;
	s.n_obs = (uint8_t)chance(most < CS_SOURCE_OBS ? most + 1 : CS_SOURCE_OBS + 1);
	s.n_pairs =
		(uint8_t)chance(most < CS_SOURCE_PAIRS ? most + 1 : CS_SOURCE_PAIRS + 1);
	s.n_paths =
		(uint8_t)chance(most < CS_SOURCE_PATHS ? most + 1 : CS_SOURCE_PATHS + 1);
	for (size_t i = 0; i < s.n_obs; i++)
		s.obs[i] = (struct cs_source_obs){ some(), some(),
						   (uint8_t)chance(CS_OBS_KINDS) };
	for (size_t i = 0; i < s.n_pairs; i++)
		s.pair[i] = (struct cs_source_pair){ some(), some(), some(), some() };
	for (size_t i = 0; i < s.n_paths; i++)
		s.path[i] = chance(3) ? chance(20) * 77777777u : some();
	return s;
}

static void assert_same(const struct cs_source *a, const struct cs_source *b)
{
	/* Up to the flags, which are one byte. */
	const size_t head = offsetof(struct cs_source, no_token) + 2;

	assert_memory_equal(a, b, head);
	assert_memory_equal(a->path, b->path, a->n_paths * sizeof(a->path[0]));
	assert_memory_equal(a->pair, b->pair, a->n_pairs * sizeof(a->pair[0]));
	for (size_t i = 0; i < a->n_obs; i++) {
		assert_int_equal(a->obs[i].kind, b->obs[i].kind);
		assert_int_equal(a->obs[i].count, b->obs[i].count);
		assert_int_equal(a->obs[i].first_ms, b->obs[i].first_ms);
	}
}

/* Packs, reads back and compares; how long it was. */
static size_t round_trip(struct cs_pack *pack, const struct cs_source *s)
{
	uint8_t space[CS_PACK_SPACE];
	unsigned weight = s->packets & 15;
	size_t len = cs_pack_write(pack, s, weight, space);
	struct cs_source back = { 0 };
	uint8_t *bytes;

	if (len == 0)
		return 0;
	assert_true(len <= CS_PACK_MAX);
	bytes = calloc(1, len + CS_PACK_SLACK);
	memcpy(bytes, space, len);
	cs_pack_read(pack, bytes, &back);
	assert_same(s, &back);
	assert_true(cs_pack_is(bytes, &s->ip));
	assert_int_equal(cs_pack_weight(bytes), weight);
	assert_true(cs_pack_last(pack, bytes) == s->last_us);
	free(bytes);
	return len;
}

static void whatever_is_packed_is_read_back_the_same(void **state)
{
	struct cs_pack pack = { .epoch_us = EPOCH_US };
	unsigned packed = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct cs_source s = any_source(i % 24);

		packed += round_trip(&pack, &s) > 0;
	}
	assert_true(packed > 50000);
	assert_true(packed < 200000);
}

/* As in the benchmark's capture: ten packets in 100 s, seven kinds, three targets. */
static struct cs_source usual_source(void)
{
	struct cs_source s = { .ip = cs_addr_v4(0xc6336401),
			       .bits = 128,
			       .first_us = EPOCH_US + 5000000,
			       .last_us = EPOCH_US + 95000123,
			       .packets = 10,
			       .requests = 9,
			       .unproved = 9,
			       .bytes_in = 310,
			       .addresses = 1,
			       .hop_low = 64,
			       .hop_high = 64,
			       .no_token = 2,
			       .mids_differ = 1,
			       .ports_differ = 1,
			       .tokens_differ = 1,
			       .n_obs = 7,
			       .n_pairs = 1,
			       .n_paths = 3 };
	static const uint8_t kinds[] = { CS_OBS_DISCOVERY,
					 CS_OBS_READ,
					 CS_OBS_MARK_PLAIN,
					 CS_OBS_WRITE,
					 CS_OBS_PING,
					 CS_OBS_BACKSCATTER,
					 CS_OBS_FAULT + CS_FAULT_TKL };

	for (uint32_t i = 0; i < s.n_obs; i++)
		s.obs[i] = (struct cs_source_obs){ i < 3 ? 3 : 1, i * 12345, kinds[i] };
	for (uint32_t i = 0; i < s.n_paths; i++)
		s.path[i] = 0x9d7c1200 + i * 0x1234567;
	s.pair[0] = (struct cs_source_pair){ 1, 9, 9, 88000 };
	return s;
}

static void a_usual_source_is_small(void **state)
{
	struct cs_pack pack = { .epoch_us = EPOCH_US };
	struct cs_source s = usual_source();

	(void)state;
	print_message("# %zu bytes with seven kinds\n", round_trip(&pack, &s));
	assert_in_range(round_trip(&pack, &s), 1, 56);
	s.n_obs = 4;
	print_message("# %zu bytes with four\n", round_trip(&pack, &s));
	assert_in_range(round_trip(&pack, &s), 1, 48);
	s.n_obs = 1;
	s.n_paths = 1;
	s.last_us = s.first_us;
	s.packets = s.requests = s.unproved = 1;
	s.pair[0] = (struct cs_source_pair){ 1, 1, 1, 0 };
	print_message("# %zu bytes with one packet\n", round_trip(&pack, &s));
	assert_in_range(round_trip(&pack, &s), 1, 32);
}

static void times_that_cannot_be_said_are_refused(void **state)
{
	struct cs_pack pack = { .epoch_us = EPOCH_US };
	struct cs_source s = usual_source();
	const int64_t most = (INT64_C(1) << CS_PACK_LAST_BITS) - 1;

	(void)state;
	s.first_us = EPOCH_US;
	s.last_us = EPOCH_US + most;
	assert_true(round_trip(&pack, &s) > 0);
	s.last_us++;
	assert_int_equal(round_trip(&pack, &s), 0);
	s.first_us = s.last_us = EPOCH_US - 1;
	assert_int_equal(round_trip(&pack, &s), 0);
	s.first_us = EPOCH_US + 2;
	s.last_us = EPOCH_US + 1;
	assert_int_equal(round_trip(&pack, &s), 0);
}

static void a_target_of_hash_zero_is_no_place_in_the_book(void **state)
{
	struct cs_pack pack = { .epoch_us = EPOCH_US };
	struct cs_source s = usual_source();

	(void)state;
	s.path[0] = 0;
	assert_true(round_trip(&pack, &s) > 0);
	assert_int_equal(pack.book[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_packed_is_read_back_the_same),
		cmocka_unit_test(a_usual_source_is_small),
		cmocka_unit_test(times_that_cannot_be_said_are_refused),
		cmocka_unit_test(a_target_of_hash_zero_is_no_place_in_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
