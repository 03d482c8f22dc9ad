/* SPDX-License-Identifier: Apache-2.0 */
#include "model_fixture.h"

enum { ROWS = 2000 };

static void expect_span(struct cs_span got, struct cs_span want)
{
	assert_int_equal(got.len, want.len);
	if (want.len)
		assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void expect_result(const struct cs_result *got, const struct cs_result *want)
{
	assert_memory_equal(&got->ip, &want->ip, sizeof(want->ip));
	assert_int_equal(got->port, want->port);
	assert_int_equal(got->reply_port, want->reply_port);
	assert_int_equal(got->time_us, want->time_us);
	assert_int_equal(got->rtt_us, want->rtt_us);
	assert_int_equal(got->match, want->match);
	assert_int_equal(got->request_size, want->request_size);
	assert_int_equal(got->response_size, want->response_size);
	assert_int_equal(got->datagrams, want->datagrams);
	assert_int_equal(got->bytes, want->bytes);
	assert_int_equal(got->complete, want->complete);
	assert_int_equal(got->blocks, want->blocks);
	assert_int_equal(got->malformed.fault, want->malformed.fault);
	assert_int_equal(got->malformed.at, want->malformed.at);
	expect_span(got->header, want->header);
	expect_span(got->body, want->body);
}

static void expect_place(const struct cs_place *got, const struct cs_place *want)
{
	assert_int_equal(got->asn, want->asn);
	assert_int_equal(got->naics, want->naics);
	expect_span(got->geo, want->geo);
	expect_span(got->as_name, want->as_name);
	expect_span(got->region, want->region);
	expect_span(got->city, want->city);
	expect_span(got->sector, want->sector);
	expect_span(got->owner, want->owner);
}

static void expect_judgement(const struct cs_judgement *got,
			     const struct cs_judgement *want)
{
	expect_span(got->stack, want->stack);
	assert_int_equal(got->confidence, want->confidence);
	expect_span(got->stack_because, want->stack_because);
	assert_int_equal(got->severity, want->severity);
	expect_span(got->severity_because, want->severity_because);
	expect_span(got->tags, want->tags);
}

static void expect_service(const struct cs_model *model, size_t i,
			   const struct model_row *want)
{
	struct cs_service got;

	cs_model_get(model, i, &got);
	expect_result(&got.result, &want->result);
	assert_int_equal(got.is_enriched, want->is_enriched);
	expect_span(got.enriched.hostname, want->enriched.hostname);
	expect_span(got.enriched.hostname_source, want->enriched.hostname_source);
	expect_place(&got.enriched.place, &want->enriched.place);
	assert_int_equal(got.enriched.judged, want->enriched.judged);
	expect_judgement(&got.enriched.judgement, &want->enriched.judgement);
}

static void what_comes_back_is_what_was_put(void **state)
{
	(void)state;
	struct model_row *rows = calloc(ROWS, sizeof(*rows));
	uint64_t seed = 1;
	struct cs_model *model;
	size_t n;

	for (size_t i = 0; i < ROWS; i++)
		rows[i] = model_row(&seed);
	model = model_of(rows, ROWS);
	n = model_unique(rows, ROWS);
	assert_int_equal(cs_model_count(model), n);
	assert_true(n > 500 && n < ROWS);
	for (size_t i = 0; i < n; i++)
		expect_service(model, i, &rows[i]);
	cs_model_free(model);
	free(rows);
}

static void only_2_05_counts_unless_every_code_is_asked_for(void **state)
{
	(void)state;
	static const uint8_t not_found[] = { 0x60, 132, 1, 2 };
	static const uint8_t cut[] = { 0x60, 69 };
	struct cs_result row = { .ip = cs_addr_v4(1),
				 .port = 5683,
				 .header = cs_span_of(not_found, sizeof(not_found)) };
	struct cs_loader loader;
	struct cs_model *model;

	for (int every = 0; every < 2; every++) {
		assert_int_equal(cs_loader_begin(&loader, every), CS_OK);
		row.ip = cs_addr_v4(1);
		row.header = cs_span_of(not_found, sizeof(not_found));
		assert_int_equal(cs_loader_add(&loader, &row, NULL), CS_OK);
		row.ip = cs_addr_v4(2);
		row.header = cs_span_of(cut, sizeof(cut));
		row.malformed = (struct cs_flaw){ .fault = CS_FAULT_SHORT, .at = 2 };
		assert_int_equal(cs_loader_add(&loader, &row, NULL), CS_OK);
		assert_int_equal(cs_loader_finish(&loader, &model), CS_OK);
		cs_loader_drop(&loader);
		assert_int_equal(cs_model_count(model), every ? 2 : 0);
		cs_model_free(model);
	}
}

static void an_empty_model_can_be_asked(void **state)
{
	(void)state;
	struct cs_model *model = model_of(NULL, 0);

	assert_int_equal(cs_model_count(model), 0);
	assert_true(cs_model_bytes(model) > 0);
	cs_model_free(model);
	cs_model_free(NULL);
}

static void a_row_takes_a_hundred_bytes_beside_its_texts(void **state)
{
	(void)state;
	enum { MANY = 100000 };
	struct model_row row = {
		.result = { .port = 5683, .match = CS_MATCH_REPORT, .body = SPAN("</a>") }
	};
	struct cs_loader loader;
	struct cs_model *model;

	assert_int_equal(cs_loader_begin(&loader, false), CS_OK);
	for (uint32_t i = 0; i < MANY; i++) {
		row.result.ip = cs_addr_v4(i * 40503);
		assert_int_equal(cs_loader_add(&loader, &row.result, NULL), CS_OK);
	}
	assert_int_equal(cs_loader_finish(&loader, &model), CS_OK);
	cs_loader_drop(&loader);
	assert_int_equal(cs_model_count(model), MANY);
	assert_true(cs_model_bytes(model) / MANY <= 103);
	cs_model_free(model);
}

static void long_texts_and_long_headers_are_kept_whole(void **state)
{
	(void)state;
	enum { LONG = 300000 };
	uint8_t *bytes = malloc(LONG);
	struct model_row rows[3] = { 0 };
	struct cs_model *model;

	for (size_t i = 0; i < LONG; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (uint32_t i = 0; i < 3; i++)
		rows[i].result =
			(struct cs_result){ .ip = cs_addr_v4(i),
					    .match = CS_MATCH_REPORT,
					    .header = cs_span_of(bytes, 70000 * i),
					    .body = cs_span_of(bytes, LONG - i) };
	model = model_of(rows, 3);
	for (size_t i = 0; i < 3; i++)
		expect_service(model, i, &rows[i]);
	cs_model_free(model);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_what_was_put),
		cmocka_unit_test(only_2_05_counts_unless_every_code_is_asked_for),
		cmocka_unit_test(an_empty_model_can_be_asked),
		cmocka_unit_test(a_row_takes_a_hundred_bytes_beside_its_texts),
		cmocka_unit_test(long_texts_and_long_headers_are_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
