/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "base/num.h"
#include "coap/code.h"
#include "watch/obs.h"
#include "watch/sights.h"

enum { ROOM = 256 };

#define CORE "bb2e77656c6c2d6b6e6f776e04636f7265" /* .well-known, core */

static struct cs_sights sights;

static int forget(void **state)
{
	(void)state;
	memset(&sights, 0, sizeof(sights));
	return 0;
}

/* What is read of @hex; the bytes that it came in are gone when this returns. */
static const struct cs_sight *see_part(const char *hex, size_t cut)
{
	uint8_t bytes[ROOM];
	size_t n = strlen(hex) / 2;
	struct cs_packet packet = { .to = cs_addr_v4(0xc0000207), .to_port = 5683 };
	const struct cs_sight *sight;

	assert_true(n <= sizeof(bytes) && cs_hex_read(cs_span_str(hex), bytes, n));
	uint8_t *copy = heap_copy(bytes, n - cut);

	packet.payload = cs_span_of(copy, n - cut);
	packet.payload_len = (uint32_t)n;
	sight = cs_sights_read(&sights, &packet);
	free(copy);
	return sight;
}

static const struct cs_sight *see(const char *hex)
{
	return see_part(hex, 0);
}

static void message_id_and_token_are_each_ones_own(void **state)
{
	const struct cs_sight *first, *second;
	uint32_t token, shape;

	(void)state;
	first = see("44010001"
		    "01020304" CORE);
	assert_int_equal(first->msg.mid, 1);
	token = first->token_hash;
	shape = first->shape;
	second = see("4401abcd"
		     "05060708" CORE);
	assert_ptr_equal(second, first);
	assert_int_equal(second->msg.mid, 0xabcd);
	assert_memory_equal(second->msg.token.ptr, "\x05\x06\x07\x08", 4);
	assert_int_not_equal(second->token_hash, token);
	assert_int_equal(second->shape, shape);
	assert_int_equal(second->path, CS_SIGHT_CORE);
	assert_int_equal(see("44010001"
			     "01020304" CORE)
				 ->token_hash,
			 token);
}

static void marks_follow_the_message_id(void **state)
{
	(void)state;
	assert_int_equal(see("40017d70" CORE)->marks, 1);
	assert_int_equal(see("400101ce" CORE)->marks,
			 1 << (CS_OBS_MARK_NMAP - CS_OBS_MARK_ZMAP));
	assert_int_equal(see("40017d70" CORE)->marks, 1);
}

static void one_byte_more_is_another_message(void **state)
{
	(void)state;
	assert_int_equal(see("40010001b161")->kind, CS_SIGHT_REQUEST);
	assert_int_equal(see("40030001b161")->traits, CS_SIGHT_WRITES);
	assert_int_equal(see("40010001b161ff")->traits, CS_SIGHT_FORMAT_ERROR);
	assert_int_equal(see("40010001b162")->traits, 0);
	assert_int_equal(see("60450001b161")->kind, CS_SIGHT_RESPONSE);
	assert_int_equal(see("4101000177b161")->msg.token.len, 1);
}

/* Token 6f6d, which is text, or not: with it all is text. */
static void what_its_token_makes_another_protocol_is_one(void **state)
{
	(void)state;
	assert_int_equal(see("47455401012f2068747470")->kind, CS_SIGHT_RESPONSE);
	assert_int_equal(see("474554202f20687474702f")->kind, CS_SIGHT_ALIEN);
	assert_int_equal(see("47455401012f2068747470")->kind, CS_SIGHT_RESPONSE);
}

static void an_empty_message_has_no_token(void **state)
{
	uint32_t shape = see("4100000177")->shape;

	(void)state;
	assert_int_not_equal(see("4100000178")->shape, shape);
	assert_int_equal(see("4100000177")->shape, shape);
}

static void what_was_cut_is_not_what_was_whole(void **state)
{
	(void)state;
	assert_int_equal(see("40010001b5616263")->traits, CS_SIGHT_FORMAT_ERROR);
	assert_int_equal(see_part("40010001b56162636465", 2)->traits, 0);
	assert_int_equal(see("40010001b5616263")->traits, CS_SIGHT_FORMAT_ERROR);
}

static void more_forms_than_are_kept_are_read(void **state)
{
	char hex[ROOM];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 4 * CS_SIGHTS; i++) {
			(void)snprintf(hex, sizeof(hex), "4001%04xb2%04x", i, 0x6100 + i);
			assert_int_equal(see(hex)->msg.mid, i);
			assert_int_equal(see(hex)->msg.tail.ptr[2], i & 0xff);
		}
}

/* The longest that is kept, and one byte more: a token, and a query. */
static void long_ones_are_read_as_well(void **state)
{
	static const char *const heads[] = { "48010001"
					     "0102030405060708"
					     "dd0230",
					     "48010001"
					     "0102030405060708"
					     "dd0231" };
	char hex[ROOM];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		size_t n = CS_SIGHTS_BYTES + i;

		(void)snprintf(hex, sizeof(hex), "%s%0*d", heads[i],
			       (int)(2 * n - strlen(heads[i])), 0);
		for (unsigned again = 0; again < 2; again++) {
			assert_int_equal(see(hex)->msg.mid, 1);
			assert_int_equal(see(hex)->msg.n_options, 1);
			assert_int_equal(see(hex)->n_flaws, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(message_id_and_token_are_each_ones_own, forget),
		cmocka_unit_test_setup(marks_follow_the_message_id, forget),
		cmocka_unit_test_setup(one_byte_more_is_another_message, forget),
		cmocka_unit_test_setup(what_its_token_makes_another_protocol_is_one,
				       forget),
		cmocka_unit_test_setup(an_empty_message_has_no_token, forget),
		cmocka_unit_test_setup(what_was_cut_is_not_what_was_whole, forget),
		cmocka_unit_test_setup(more_forms_than_are_kept_are_read, forget),
		cmocka_unit_test_setup(long_ones_are_read_as_well, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
