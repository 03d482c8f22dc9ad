/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <pthread.h>

#include "base/ring.h"

static void records_come_out_as_they_went_in(void **state)
{
	struct cs_ring ring;

	(void)state;
	assert_int_equal(cs_ring_init(&ring, 1), CS_OK);
	assert_int_equal(ring.cap, 4096);
	assert_null(cs_ring_peek(&ring).ptr);
	assert_int_equal(cs_ring_put(&ring, SPAN("ab"), SPAN("cde")), CS_OK);
	assert_int_equal(cs_ring_put(&ring, SPAN("x"), cs_span_of(NULL, 0)), CS_OK);
	assert_true(cs_span_eq(cs_ring_peek(&ring), SPAN("abcde")));
	cs_ring_drop(&ring);
	assert_true(cs_span_eq(cs_ring_peek(&ring), SPAN("x")));
	cs_ring_drop(&ring);
	assert_null(cs_ring_peek(&ring).ptr);
	assert_int_equal(cs_ring_used(&ring), 0);
	cs_ring_clear(&ring);
}

static void a_full_ring_refuses_and_keeps_what_it_has(void **state)
{
	uint8_t bytes[1000] = { 7 };
	struct cs_ring ring;
	unsigned n = 0;

	(void)state;
	assert_int_equal(cs_ring_init(&ring, 4096), CS_OK);
	while (cs_ring_put(&ring, cs_span_of(bytes, sizeof(bytes)), SPAN("")) == CS_OK)
		n++;
	assert_int_equal(n, 4);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(cs_ring_peek(&ring).len, sizeof(bytes));
		cs_ring_drop(&ring);
	}
	assert_null(cs_ring_peek(&ring).ptr);
	cs_ring_clear(&ring);
}

static void a_record_larger_than_the_ring_is_refused(void **state)
{
	static uint8_t bytes[8192];
	struct cs_ring ring;

	(void)state;
	assert_int_equal(cs_ring_init(&ring, 4096), CS_OK);
	assert_int_equal(cs_ring_put(&ring, cs_span_of(bytes, 4096), SPAN("")),
			 CS_ERR_FULL);
	assert_int_equal(cs_ring_put(&ring, cs_span_of(bytes, SIZE_MAX), SPAN("")),
			 CS_ERR_FULL);
	assert_int_equal(cs_ring_put(&ring, cs_span_of(bytes, 4088), SPAN("")), CS_OK);
	assert_int_equal(cs_ring_peek(&ring).len, 4088);
	cs_ring_clear(&ring);
}

enum { MESSAGES = 200000 };

static void *write_all(void *arg)
{
	struct cs_ring *ring = arg;
	uint8_t bytes[600];

	for (uint32_t i = 0; i < MESSAGES; i++) {
		size_t len = i % sizeof(bytes);

		memset(bytes, (int)(i & 0xff), len);
		while (cs_ring_put(ring, cs_span_of(&i, sizeof(i)),
				   cs_span_of(bytes, len)) != CS_OK)
			;
	}
	return NULL;
}

static void two_threads_lose_and_mix_nothing(void **state)
{
	struct cs_ring ring;
	pthread_t writer;

	(void)state;
	assert_int_equal(cs_ring_init(&ring, 16384), CS_OK);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &ring), 0);
	for (uint32_t i = 0; i < MESSAGES;) {
		struct cs_span got = cs_ring_peek(&ring);
		uint32_t number;

		if (!got.ptr)
			continue;
		memcpy(&number, got.ptr, sizeof(number));
		assert_int_equal(number, i);
		assert_int_equal(got.len, sizeof(number) + i % 600);
		if (got.len > sizeof(number))
			assert_int_equal(got.ptr[got.len - 1], i & 0xff);
		cs_ring_drop(&ring);
		i++;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	cs_ring_clear(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_as_they_went_in),
		cmocka_unit_test(a_full_ring_refuses_and_keeps_what_it_has),
		cmocka_unit_test(a_record_larger_than_the_ring_is_refused),
		cmocka_unit_test(two_threads_lose_and_mix_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
