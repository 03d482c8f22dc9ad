/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/clock.h"
#include "wire/fragment.h"

static uint8_t room[CS_FRAGS_ROOM];
static uint8_t text[CS_FRAGS_SIZE]; /* the datagram whose parts are sent */
static struct cs_frags frags;
static struct cs_ip whole;

static int start(void **state)
{
	(void)state;
	cs_frags_init(&frags, room);
	memset(room, 0xee, sizeof(room));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	whole = (struct cs_ip){ 0 };
	return 0;
}

static struct cs_ip part(uint32_t id, uint32_t offset, size_t len, bool more)
{
	return (struct cs_ip){
		.from = cs_addr_v4(0xc0000201),
		.to = cs_addr_v4(0xc0000202),
		.protocol = CS_IPPROTO_UDP,
		.is_fragment = true,
		.more = more,
		.offset = offset,
		.id = id,
		.payload = cs_span_of(text + offset, len),
	};
}

static enum cs_frags_step give(struct cs_ip p)
{
	/* An exact-size heap copy lets ASan see a one-byte over-read. */
	uint8_t *copy = heap_copy(p.payload.ptr, p.payload.len);

	p.payload.ptr = copy;

	enum cs_frags_step step = cs_frags_take(&frags, &p, 0, &whole);

	free(copy);
	return step;
}

static void assert_whole(size_t len)
{
	assert_int_equal(whole.payload.len, len);
	assert_memory_equal(whole.payload.ptr, text, len);
	assert_false(whole.is_fragment);
	assert_int_equal(whole.protocol, CS_IPPROTO_UDP);
	assert_int_equal(frags.lost, 0);
}

static void parts_in_order_make_the_datagram(void **state)
{
	(void)state;
	assert_int_equal(give(part(1, 0, 1480, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 1480, 1480, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 2960, 13, false)), CS_FRAGS_WHOLE);
	assert_whole(2973);
}

static void any_order_does(void **state)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		for (unsigned j = 0; j < 3; j++) {
			unsigned k = orders[i][j];
			enum cs_frags_step step =
				give(part(i, k * 16, k == 2 ? 1 : 16, k != 2));

			assert_int_equal(step, j == 2 ? CS_FRAGS_WHOLE : CS_FRAGS_WAIT);
			if (j == 2)
				assert_whole(33);
		}
}

static void the_largest_datagram_fits_and_one_more_byte_does_not(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 65528; at += 8)
		assert_int_equal(give(part(1, at, 8, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 65528, 7, false)), CS_FRAGS_WHOLE);
	assert_whole(65535);
	assert_int_equal(give(part(2, 65528, 8, false)), CS_FRAGS_WRONG);
	assert_int_equal(give(part(2, 65528, 8, true)), CS_FRAGS_WRONG);
	assert_int_equal(frags.lost, 2);
}

static void what_can_be_no_part_is_refused(void **state)
{
	(void)state;
	assert_int_equal(give(part(1, 0, 0, true)), CS_FRAGS_WRONG);
	assert_int_equal(give(part(1, 8, 0, false)), CS_FRAGS_WRONG);
	assert_int_equal(give(part(1, 0, 7, true)), CS_FRAGS_WRONG);
	assert_int_equal(give(part(1, 4, 8, true)), CS_FRAGS_WRONG);
	assert_int_equal(frags.lost, 4);
	for (unsigned i = 0; i < CS_FRAGS_SLOTS; i++)
		assert_false(frags.slot[i].used);
}

static void an_exact_repetition_is_harmless(void **state)
{
	(void)state;
	assert_int_equal(give(part(1, 16, 5, false)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 16, 5, false)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 0, 8, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 0, 8, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 8, 8, true)), CS_FRAGS_WHOLE);
	assert_whole(21);
}

/* Each second part contradicts the first two: 8..23 of more, 40..44 the last. */
static void a_contradiction_spoils_the_datagram_for_good(void **state)
{
	const struct cs_ip bad[] = {
		part(0, 0, 16, true),  /* overlaps the front */
		part(0, 16, 16, true), /* overlaps the end */
		part(0, 16, 8, true),  /* lies inside, other bytes: see below */
		part(0, 0, 32, true),  /* covers all of it */
		part(0, 48, 8, true),  /* beyond the end */
		part(0, 40, 8, true),  /* on the end, but more is to follow */
		part(0, 40, 4, false), /* another end, nearer */
		part(0, 40, 6, false), /* another end, farther */
		part(0, 48, 8, false), /* a second end */
		part(0, 0, 8, false),  /* an end before what was seen */
	};

	(void)state;
	for (uint32_t i = 0; i < CS_LEN(bad); i++) {
		struct cs_ip p = bad[i];

		assert_int_equal(give(part(i, 8, 16, true)), CS_FRAGS_WAIT);
		assert_int_equal(give(part(i, 40, 5, false)), CS_FRAGS_WAIT);
		p.id = i;
		if (i == 2)
			p.payload.ptr = text + 17;
		if (give(p) != CS_FRAGS_WRONG)
			fail_msg("case %u was taken", i);
		/* What would have completed it no longer does. */
		assert_int_equal(give(part(i, 0, 8, true)), CS_FRAGS_WRONG);
		assert_int_equal(give(part(i, 24, 16, true)), CS_FRAGS_WRONG);
	}
	cs_frags_expire(&frags, (CS_FRAGS_HOLD_S + 1) * CS_NS_PER_S);
	assert_int_equal(frags.lost, 5 * CS_LEN(bad));
}

static void datagrams_are_told_apart_by_all_of_the_key(void **state)
{
	struct cs_ip last = part(1, 8, 8, false), other = last;

	(void)state;
	assert_int_equal(give(part(1, 0, 8, true)), CS_FRAGS_WAIT);
	other.id = 2;
	assert_int_equal(give(other), CS_FRAGS_WAIT);
	other = last;
	other.from.b[15]++;
	assert_int_equal(give(other), CS_FRAGS_WAIT);
	other = last;
	other.to.b[15]++;
	assert_int_equal(give(other), CS_FRAGS_WAIT);
	other = last;
	other.protocol = CS_IPPROTO_TCP;
	assert_int_equal(give(other), CS_FRAGS_WAIT);
	assert_int_equal(give(last), CS_FRAGS_WHOLE);
}

static void ipv6_parts_may_name_other_protocols_and_the_first_counts(void **state)
{
	struct cs_ip a = part(1, 0, 8, true), b = part(1, 8, 8, false);
	static const uint8_t ext[] = "\x11\0\0\0\0\0\0\0";

	(void)state;
	a.from = a.to = b.from = b.to = (struct cs_addr){ .b = { 0x20, 0x01 } };
	a.protocol = 60; /* destination options, then UDP */
	a.payload.ptr = ext;
	b.protocol = 99;
	assert_int_equal(give(b), CS_FRAGS_WAIT);
	assert_int_equal(give(a), CS_FRAGS_WHOLE);
	assert_int_equal(whole.protocol, CS_IPPROTO_UDP);
	assert_int_equal(whole.payload.len, 8);
	assert_memory_equal(whole.payload.ptr, text + 8, 8);
}

static void a_joined_datagram_whose_headers_are_wrong_is_lost(void **state)
{
	struct cs_ip a = part(1, 0, 8, true), b = part(1, 8, 8, false);

	(void)state;
	a.from = a.to = b.from = b.to = (struct cs_addr){ .b = { 0x20, 0x01 } };
	a.protocol = 60;
	a.payload.ptr = (const uint8_t *)"\x11\xff......";
	assert_int_equal(give(a), CS_FRAGS_WAIT);
	assert_int_equal(give(b), CS_FRAGS_WRONG);
	assert_int_equal(frags.lost, 2);
}

static void what_is_held_too_long_is_given_up(void **state)
{
	struct cs_ip first = part(1, 0, 8, true), last = part(1, 8, 8, false);
	int64_t hold = CS_FRAGS_HOLD_S * CS_NS_PER_S;

	(void)state;
	assert_int_equal(cs_frags_take(&frags, &first, 1000, &whole), CS_FRAGS_WAIT);
	cs_frags_expire(&frags, 1000 + hold);
	assert_int_equal(frags.lost, 0);
	assert_int_equal(cs_frags_take(&frags, &last, 1001 + hold, &whole),
			 CS_FRAGS_WAIT);
	assert_int_equal(frags.lost, 1);
	assert_int_equal(cs_frags_take(&frags, &first, 1002 + hold, &whole),
			 CS_FRAGS_WHOLE);
}

static void the_oldest_makes_room_when_all_slots_are_used(void **state)
{
	(void)state;
	for (uint32_t id = 0; id <= CS_FRAGS_SLOTS; id++) {
		struct cs_ip p = part(id, 0, 8, true);

		assert_int_equal(cs_frags_take(&frags, &p, id + 1, &whole),
				 CS_FRAGS_WAIT);
	}
	assert_int_equal(frags.lost, 1);
	assert_int_equal(give(part(1, 8, 8, false)), CS_FRAGS_WHOLE);
	assert_int_equal(give(part(CS_FRAGS_SLOTS, 8, 8, false)), CS_FRAGS_WHOLE);
	assert_int_equal(give(part(0, 8, 8, false)),
			 CS_FRAGS_WAIT); /* its first is gone */
}

static bool begun_at(int64_t now_ns, size_t len)
{
	int64_t since_ns = 0;
	struct cs_ip begun = { 0 };

	if (!cs_frags_begun(&frags, now_ns, &begun, &since_ns))
		return false;
	assert_int_equal(begun.payload.len, len);
	assert_memory_equal(begun.payload.ptr, text, len);
	assert_true(begun.payload_len > len && !begun.is_fragment);
	assert_true(since_ns < now_ns);
	return true;
}

static void a_begin_whose_rest_does_not_come_soon_is_handed_out_once(void **state)
{
	int64_t soon = CS_FRAGS_SOON_MS * CS_NS_PER_MS;

	(void)state;
	assert_int_equal(give(part(1, 0, 16, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 24, 8, true)), CS_FRAGS_WAIT); /* behind a gap */
	assert_false(begun_at(soon, 16));
	assert_true(begun_at(soon + 1, 16));
	assert_false(begun_at(INT64_MAX, 16));
	assert_int_equal(frags.lost, 2);
}

static void what_is_whole_or_spoilt_or_without_a_begin_is_not_begun(void **state)
{
	(void)state;
	assert_int_equal(give(part(1, 0, 16, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(1, 16, 8, false)), CS_FRAGS_WHOLE);
	assert_int_equal(give(part(2, 8, 16, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(3, 0, 16, true)), CS_FRAGS_WAIT);
	assert_int_equal(give(part(3, 8, 16, true)), CS_FRAGS_WRONG);
	assert_false(begun_at(INT64_MAX, 16));
	assert_int_equal(give(part(2, 0, 8, true)), CS_FRAGS_WAIT);
	assert_true(begun_at(INT64_MAX, 24));
}

static void when_all_slots_are_used_the_oldest_begin_does_not_wait(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < CS_FRAGS_SLOTS; id++) {
		struct cs_ip p = part(id, 0, 8, true);

		assert_int_equal(cs_frags_take(&frags, &p, id, &whole), CS_FRAGS_WAIT);
	}
	assert_true(begun_at(CS_FRAGS_SLOTS, 8));
	assert_false(begun_at(CS_FRAGS_SLOTS, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parts_in_order_make_the_datagram, start),
		cmocka_unit_test_setup(any_order_does, start),
		cmocka_unit_test_setup(
			the_largest_datagram_fits_and_one_more_byte_does_not, start),
		cmocka_unit_test_setup(what_can_be_no_part_is_refused, start),
		cmocka_unit_test_setup(an_exact_repetition_is_harmless, start),
		cmocka_unit_test_setup(a_contradiction_spoils_the_datagram_for_good,
				       start),
		cmocka_unit_test_setup(datagrams_are_told_apart_by_all_of_the_key, start),
		cmocka_unit_test_setup(
			ipv6_parts_may_name_other_protocols_and_the_first_counts, start),
		cmocka_unit_test_setup(a_joined_datagram_whose_headers_are_wrong_is_lost,
				       start),
		cmocka_unit_test_setup(what_is_held_too_long_is_given_up, start),
		cmocka_unit_test_setup(the_oldest_makes_room_when_all_slots_are_used,
				       start),
		cmocka_unit_test_setup(
			a_begin_whose_rest_does_not_come_soon_is_handed_out_once, start),
		cmocka_unit_test_setup(
			what_is_whole_or_spoilt_or_without_a_begin_is_not_begun, start),
		cmocka_unit_test_setup(
			when_all_slots_are_used_the_oldest_begin_does_not_wait, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
