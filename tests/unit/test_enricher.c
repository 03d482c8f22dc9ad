/* SPDX-License-Identifier: Apache-2.0 */
/* What comes together of a row; the resolver is a stand-in. */
#include "enrich/enricher.h"
#include "result.h"

/* What it is asked, and says: by the last byte of the address. */
static enum cs_err resolver_fails;
static size_t asked;

enum cs_err __wrap_cs_ptr_resolve(struct cs_ptr *ptr, struct cs_ptr_answer *answers,
				  size_t n);

enum { NAMED = 1, NAMELESS, SILENT };

enum cs_err __wrap_cs_ptr_resolve(struct cs_ptr *ptr, struct cs_ptr_answer *answers,
				  size_t n)
{
	assert_non_null(ptr);
	asked += n;
	for (size_t i = 0; i < n; i++) {
		uint8_t how = answers[i].ip.b[15];

		assert_false(answers[i].known);
		answers[i].known = how == NAMED || how == NAMELESS;
		if (how == NAMED)
			answers[i].name = SPAN("a.example");
	}
	return resolver_fails;
}

/* Never looked into. */
static struct cs_ptr *some_ptr(void)
{
	static char it;

	return (struct cs_ptr *)(void *)&it;
}

static void must_be(struct cs_span got, const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("'%.*s', want '%s'", (int)got.len, (const char *)got.ptr, want);
}

static struct cs_result row(uint8_t last)
{
	struct cs_result result = result_of(RESULT_LINKS, SPAN("</fw>;title=\"x\""));

	result.ip = cs_addr_v4(0x7f000000 | last);
	return result;
}

static void a_name_comes_stays_or_goes(void **state)
{
	const struct cs_enricher_want want = { .ptr = some_ptr() };
	const struct {
		uint8_t how;
		const char *name, *source, *want, *want_source;
	} cases[] = {
		{ NAMED, "", "", "a.example", "ptr" },
		{ NAMED, "old", "ptr", "a.example", "ptr" },
		{ NAMED, "theirs", "", "a.example", "ptr" },
		{ NAMELESS, "", "", "", "" },
		{ NAMELESS, "old", "ptr", "", "" },
		{ NAMELESS, "theirs", "", "theirs", "" },
		{ SILENT, "old", "ptr", "old", "ptr" },
	};
	struct cs_result rows[CS_LEN(cases)];
	struct cs_enriched out[CS_LEN(cases)] = { 0 };
	struct cs_enricher *e;

	(void)state;
	asked = 0;
	assert_int_equal(cs_enricher_open(&want, &e), CS_OK);
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		rows[i] = row(cases[i].how);
		out[i].hostname = cs_span_str(cases[i].name);
		out[i].hostname_source = cs_span_str(cases[i].source);
	}
	assert_int_equal(cs_enricher_fill(e, rows, out, CS_LEN(cases)), CS_OK);
	assert_int_equal(asked, CS_LEN(cases));
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		must_be(out[i].hostname, cases[i].want);
		must_be(out[i].hostname_source, cases[i].want_source);
		assert_false(out[i].judged);
	}
	cs_enricher_close(e);
}

static void a_resolver_that_fails_is_passed_on(void **state)
{
	const struct cs_enricher_want want = { .ptr = some_ptr() };
	struct cs_result one = row(NAMED);
	struct cs_enriched out = { 0 };
	struct cs_enricher *e;

	(void)state;
	assert_int_equal(cs_enricher_open(&want, &e), CS_OK);
	resolver_fails = CS_ERR_IO;
	assert_int_equal(cs_enricher_fill(e, &one, &out, 1), CS_ERR_IO);
	resolver_fails = CS_OK;
	cs_enricher_close(e);
}

static void a_full_group_is_judged_and_placed_row_by_row(void **state)
{
	struct cs_result *rows = calloc(CS_ENRICH_GROUP, sizeof(*rows));
	struct cs_enriched *out = calloc(CS_ENRICH_GROUP, sizeof(*out));
	struct cs_enricher_want want = { .judge = true, .ptr = some_ptr() };
	char why[CS_PLACES_WHY] = "";
	struct cs_enricher *e;

	(void)state;
	assert_non_null(rows);
	assert_non_null(out);
	assert_int_equal(cs_places_open(&want.places), CS_OK);
	if (cs_places_add_geoip(want.places, TEST_DATA "/asn.mmdb", why))
		fail_msg("%s", why);
	assert_int_equal(cs_enricher_open(&want, &e), CS_OK);
	for (size_t i = 0; i < CS_ENRICH_GROUP; i++) {
		rows[i] = row((uint8_t)i);
		if (i % 2)
			rows[i].ip.b[12] = 10;
	}
	/* Twice: it can be renewed. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cs_enricher_fill(e, rows, out, CS_ENRICH_GROUP), CS_OK);
		for (size_t i = 0; i < CS_ENRICH_GROUP; i++) {
			assert_int_equal(out[i].place.asn, i % 2 ? 0 : 64496);
			assert_true(out[i].judged);
			assert_true(out[i].judgement.severity_because.len > 0);
			assert_memory_equal(out[i].judgement.tags.ptr, CS_TAGS_PLAIN,
					    strlen(CS_TAGS_PLAIN));
			must_be(out[i].hostname, (uint8_t)i == NAMED ? "a.example" : "");
		}
	}
	cs_enricher_close(e);
	cs_places_close(want.places);
	free(rows);
	free(out);
}

static void what_a_report_said_of_a_row_stays(void **state)
{
	const struct cs_enricher_want want = { .judge = true };
	struct cs_result one = row(1);
	struct cs_enriched out = { .judged = true,
				   .judgement = { .severity = CS_SEVERITY_CRITICAL,
						  .tags = SPAN("coap;theirs") } };
	struct cs_enricher *e;

	(void)state;
	one.match = CS_MATCH_REPORT;
	one.header = (struct cs_span){ 0 };
	one.body = SPAN("</qlink/request>;title=qlink/request,</device/inform/boot>");
	assert_int_equal(cs_enricher_open(&want, &e), CS_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cs_enricher_fill(e, &one, &out, 1), CS_OK);
		assert_int_equal(out.judgement.severity, CS_SEVERITY_CRITICAL);
		assert_int_equal(out.judgement.severity_because.len, 0);
		must_be(out.judgement.tags, "coap;theirs");
		must_be(out.judgement.stack, "QLINK");
	}
	/* It said nothing: then it is ours to judge, again and again. */
	out = (struct cs_enriched){ 0 };
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cs_enricher_fill(e, &one, &out, 1), CS_OK);
		assert_int_not_equal(out.judgement.severity_because.len, 0);
		assert_int_not_equal(out.judgement.severity, CS_SEVERITY_CRITICAL);
		out.judgement.severity = CS_SEVERITY_CRITICAL;
	}
	cs_enricher_close(e);
}

static void shadowservers_severity_is_flat(void **state)
{
	const struct cs_enricher_want want = { .judge = true,
					       .by = CS_JUDGE_SHADOWSERVER };
	struct cs_result one = row(1);
	struct cs_enriched out = { 0 };
	struct cs_enricher *e;

	(void)state;
	one.response_size = 60000;
	assert_int_equal(cs_enricher_open(&want, &e), CS_OK);
	assert_int_equal(cs_enricher_fill(e, &one, &out, 1), CS_OK);
	assert_int_equal(out.judgement.severity, CS_SEVERITY_MEDIUM);
	cs_enricher_close(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_comes_stays_or_goes),
		cmocka_unit_test(a_resolver_that_fails_is_passed_on),
		cmocka_unit_test(a_full_group_is_judged_and_placed_row_by_row),
		cmocka_unit_test(what_a_report_said_of_a_row_stays),
		cmocka_unit_test(shadowservers_severity_is_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
