/* SPDX-License-Identifier: Apache-2.0 */
/* Queries beside a filter that looks at every row's columns as text. */
#include "model_fixture.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "report/owners.h"

enum { ROWS = 1500, TEXT = 96 };

static struct model_row *rows;
static size_t n_rows;
static struct cs_model *model;

static int make(void **state)
{
	(void)state;
	uint64_t seed = 77;

	rows = calloc(ROWS, sizeof(*rows));
	for (size_t i = 0; i < ROWS; i++)
		rows[i] = model_row(&seed);
	model = model_of(rows, ROWS);
	n_rows = model_unique(rows, ROWS);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	cs_model_free(model);
	free(rows);
	return 0;
}

static const char *const column_names[] = {
	"timestamp",
	"severity",
	"ip",
	"protocol",
	"port",
	"hostname",
	"tag",
	"version",
	"asn",
	"geo",
	"region",
	"city",
	"naics",
	"hostname_source",
	"response",
	"response_size",
	"amplification",
	"sector",
	"stack",
	"as_name",
	"owner",
};
enum { COLUMNS = sizeof(column_names) / sizeof(column_names[0]) };

static void put(char out[TEXT], struct cs_span text)
{
	(void)snprintf(out, TEXT, "%.*s", (int)text.len,
		       text.len ? (const char *)text.ptr : "");
}

static void put_known(char out[TEXT], uint64_t number)
{
	if (number)
		(void)snprintf(out, TEXT, "%llu", (unsigned long long)number);
}

static void put_size(char out[TEXT], const struct cs_result *r, bool amplification)
{
	uint64_t hundredths;

	if (r->match == CS_MATCH_REPORT && r->response_size == 0)
		return;
	if (!amplification)
		(void)snprintf(out, TEXT, "%u", r->response_size);
	else if (cs_result_amplification(r, &hundredths))
		(void)snprintf(out, TEXT, "%.2f", (double)hundredths / 100);
}

/* A column of a row, as a report would write it. */
static void column(const struct model_row *row, const char *name, char out[TEXT])
{
	const struct cs_result *r = &row->result;
	const struct cs_enriched *e = &row->enriched;
	const struct cs_judgement *j = &e->judgement;
	char time[CS_TIME_TEXT];

	out[0] = '\0';
	cs_time_text(r->time_us, time);
	if (!strcmp(name, "timestamp"))
		(void)snprintf(out, TEXT, "%.10s %.8s", time, time + 11);
	else if (!strcmp(name, "severity"))
		put(out,
		    cs_span_str(e->judged ? cs_severity_name(j->severity) : "medium"));
	else if (!strcmp(name, "ip"))
		cs_addr_text(&r->ip, out);
	else if (!strcmp(name, "protocol"))
		put(out, SPAN("udp"));
	else if (!strcmp(name, "port"))
		(void)snprintf(out, TEXT, "%u", r->reply_port);
	else if (!strcmp(name, "hostname"))
		put(out, e->hostname);
	else if (!strcmp(name, "tag"))
		put(out, e->judged ? j->tags : SPAN("coap;iot"));
	else if (!strcmp(name, "version"))
		(void)snprintf(out, TEXT, "%u", cs_result_version(r));
	else if (!strcmp(name, "asn"))
		put_known(out, e->place.asn);
	else if (!strcmp(name, "naics"))
		put_known(out, e->place.naics);
	else if (!strcmp(name, "response_size"))
		put_size(out, r, false);
	else if (!strcmp(name, "amplification"))
		put_size(out, r, true);
	else if (!strcmp(name, "geo"))
		put(out, e->place.geo);
	else if (!strcmp(name, "region"))
		put(out, e->place.region);
	else if (!strcmp(name, "city"))
		put(out, e->place.city);
	else if (!strcmp(name, "hostname_source"))
		put(out, e->hostname_source);
	else if (!strcmp(name, "response"))
		put(out, r->body);
	else if (!strcmp(name, "sector"))
		put(out, e->place.sector);
	else if (!strcmp(name, "stack"))
		put(out, j->stack);
	else if (!strcmp(name, "as_name"))
		put(out, e->place.as_name);
	else if (!strcmp(name, "owner"))
		put(out, e->place.owner);
}

static bool has_tag(const char *list, const char *asked)
{
	char text[TEXT + 4], want[TEXT + 4];

	(void)snprintf(text, sizeof(text), ";%s;", list);
	(void)snprintf(want, sizeof(want), ";%s;", asked);
	return strstr(text, want);
}

static bool matches(const struct model_row *row, const char *name, const char *asked)
{
	char text[TEXT];

	column(row, name, text);
	if (!strcmp(name, "tag"))
		return has_tag(text, asked);
	if (!strcmp(name, "geo") || !strcmp(name, "hostname"))
		return !strcasecmp(text, asked);
	return !strcmp(text, asked);
}

static struct cs_query query_all(void)
{
	return (struct cs_query){ .limit = ROWS };
}

static void with(struct cs_query *query, const char *name, const char *value)
{
	query->field[query->n_fields].name = cs_span_str(name);
	query->field[query->n_fields++].value = cs_span_str(value);
}

struct answer {
	uint32_t found[ROWS];
	size_t n;
	uint64_t total;
};

static struct answer *ask(const struct cs_query *query)
{
	static struct answer answer;
	char why[CS_QUERY_WHY];

	if (cs_query_run(model, query, answer.found, &answer.n, &answer.total, why))
		fail_msg("%s", why);
	return &answer;
}

/* Exactly those rows that @wanted has, each once. */
static void expect_rows(const struct answer *got, const uint8_t *wanted)
{
	uint8_t seen[ROWS] = { 0 };
	uint64_t want = 0;

	for (size_t i = 0; i < n_rows; i++)
		want += wanted[i];
	assert_int_equal(got->total, want);
	assert_int_equal(got->n, want);
	for (size_t i = 0; i < got->n; i++) {
		assert_true(wanted[got->found[i]]);
		assert_false(seen[got->found[i]]++);
	}
}

static void every_value_of_every_column_finds_its_rows(void **state)
{
	(void)state;
	uint8_t wanted[ROWS];
	char value[TEXT];

	for (size_t c = 0; c < COLUMNS; c++)
		for (size_t i = 0; i < n_rows; i += 7) {
			struct cs_query query = query_all();

			column(&rows[i], column_names[c], value);
			if (!strcmp(column_names[c], "tag") && strchr(value, ';'))
				*strchr(value, ';') = '\0';
			for (size_t k = 0; k < n_rows; k++)
				wanted[k] = matches(&rows[k], column_names[c], value);
			with(&query, column_names[c], value);
			expect_rows(ask(&query), wanted);
		}
}

static void several_conditions_hold_together(void **state)
{
	(void)state;
	uint64_t seed = 5;
	uint8_t wanted[ROWS];
	char value[3][TEXT];

	for (int round = 0; round < 300; round++) {
		struct cs_query query = query_all();

		memset(wanted, 1, sizeof(wanted));
		for (size_t f = 0; f < 3; f++) {
			const char *name = column_names[model_random(&seed, COLUMNS)];
			uint32_t like = model_random(&seed, (uint32_t)n_rows);

			if (!strcmp(name, "tag"))
				name = "geo";
			column(&rows[like], name, value[f]);
			with(&query, name, value[f]);
			for (size_t k = 0; k < n_rows; k++)
				wanted[k] &= matches(&rows[k], name, value[f]);
		}
		expect_rows(ask(&query), wanted);
	}
}

static void an_address_may_be_a_prefix(void **state)
{
	(void)state;
	static const char *const prefixes[] = {
		"192.0.2.0/24", "192.0.3.7",  "2001::/16", "2001:0:0:1::/64", "0.0.0.0/0",
		"::/0",         "10.0.0.0/8", "ffff::/16", "192.0.4.128/25"
	};
	uint8_t wanted[ROWS];

	for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
		struct cs_query query = query_all();
		struct cs_prefix prefix;

		assert_int_equal(cs_prefix_read(cs_span_str(prefixes[p]), &prefix),
				 CS_OK);
		for (size_t k = 0; k < n_rows; k++)
			wanted[k] = cs_prefix_has(&prefix, &rows[k].result.ip);
		with(&query, "ip", prefixes[p]);
		expect_rows(ask(&query), wanted);
	}
}

static void numbers_are_compared_as_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *same;
	} cases[] = {
		{ "port", "5683", "05683" },
		{ "asn", "64512", "AS64512" },
		{ "asn", "64512", "as64512" },
		{ "asn", "", "0" },
		{ "naics", "", "0" },
		{ "amplification", "0.52", "0.520" },
		{ "amplification", "1.50", "1.5" },
		{ "geo", "DE", "de" },
		{ "hostname", "node.example.com", "Node.Example.COM" },
		{ "timestamp", "2024-10-04 00:00:01", "2024-10-04T00:00:01Z" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cs_query query = query_all(), other = query_all();
		uint64_t total;

		with(&query, cases[i].name, cases[i].value);
		total = ask(&query)->total;
		with(&other, cases[i].name, cases[i].same);
		if (total == 0 || ask(&other)->total != total)
			fail_msg("%s: %s and %s", cases[i].name, cases[i].value,
				 cases[i].same);
	}
}

static void what_is_no_value_is_said(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *why;
	} cases[] = {
		{ "port", "x", "port 'x': want 0 to 65535" },
		{ "port", "65536", "port '65536': want 0 to 65535" },
		{ "asn", "AS", "asn 'AS': want a number, with or without AS" },
		{ "asn", "4294967296",
		  "asn '4294967296': want a number, with or without AS" },
		{ "severity", "bad",
		  "severity 'bad': want critical, high, medium, low or info" },
		{ "ip", "192.0.2.1/24",
		  "ip '192.0.2.1/24': want an address or ADDRESS/BITS" },
		{ "amplification", "1.234",
		  "amplification '1.234': want a number with at most two decimals" },
		{ "amplification", ".5",
		  "amplification '.5': want a number with at most two decimals" },
		{ "timestamp", "today",
		  "timestamp 'today': want YYYY-MM-DD or YYYY-MM-DD HH:MM:SS" },
		{ "x\033", "1",
		  "field 'x\\x1b': want one of the report's columns, stack, as_name or "
		  "owner" },
	};
	char why[CS_QUERY_WHY];
	struct answer answer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cs_query query = query_all();

		with(&query, cases[i].name, cases[i].value);
		assert_int_equal(cs_query_run(model, &query, answer.found, &answer.n,
					      &answer.total, why),
				 CS_ERR_USAGE);
		assert_string_equal(why, cases[i].why);
	}
}

static bool contains(const char *text, const char *needle)
{
	return strcasestr(text, needle) != NULL;
}

static void a_search_looks_in_five_places(void **state)
{
	(void)state;
	static const char *const needles[] = { "2.1",    "EXAMPLE", "efento", "uLM",
					       "2001::", "zzz",     "c",      "|B\nC",
					       "::2",    "Other" };
	static const char *const places[] = { "ip", "hostname", "response", "as_name",
					      "city" };
	uint8_t wanted[ROWS];
	char text[TEXT];

	for (size_t s = 0; s < sizeof(needles) / sizeof(needles[0]); s++) {
		struct cs_query query = query_all();

		memset(wanted, 0, sizeof(wanted));
		for (size_t k = 0; k < n_rows; k++)
			for (size_t p = 0; p < 5; p++) {
				column(&rows[k], places[p], text);
				wanted[k] |= contains(text, needles[s]);
			}
		query.search = cs_span_str(needles[s]);
		expect_rows(ask(&query), wanted);
	}
}

/* <0, 0, >0: severity and amplification falling. */
static int worse(const struct model_row *a, const struct model_row *b)
{
	unsigned x =
		a->enriched.judged ? a->enriched.judgement.severity : CS_SEVERITY_MEDIUM;
	unsigned y =
		b->enriched.judged ? b->enriched.judgement.severity : CS_SEVERITY_MEDIUM;
	uint64_t p = 0, q = 0;
	bool known_p = cs_result_amplification(&a->result, &p);
	bool known_q = cs_result_amplification(&b->result, &q);

	if (x != y)
		return x > y ? -1 : 1;
	if (known_p != known_q)
		return known_p ? -1 : 1;
	return (p < q) - (p > q);
}

static void the_worst_come_first_then_by_address(void **state)
{
	(void)state;
	struct cs_query query = query_all();
	const struct answer *got = ask(&query);

	assert_int_equal(got->n, n_rows);
	for (size_t i = 1; i < got->n; i++) {
		uint32_t a = got->found[i - 1], b = got->found[i];
		int order = worse(&rows[a], &rows[b]);

		assert_true(order < 0 || (order == 0 && a < b));
	}
}

static bool is_number(const char *name)
{
	static const char *const numbers[] = {
		"port", "version", "asn", "naics", "response_size", "amplification"
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(name, numbers[i]))
			return true;
	return false;
}

/* As they are to be sorted; -2: the test does not know. */
static int column_order(const char *name, uint32_t a, uint32_t b)
{
	char x[TEXT], y[TEXT];

	column(&rows[a], name, x);
	column(&rows[b], name, y);
	if (is_number(name)) {
		double p = x[0] ? atof(x) : -1, q = y[0] ? atof(y) : -1;

		return (p > q) - (p < q);
	}
	if (!strcmp(name, "ip"))
		return cs_addr_cmp(&rows[a].result.ip, &rows[b].result.ip);
	if (!strcmp(name, "timestamp"))
		return (rows[a].result.time_us > rows[b].result.time_us) -
		       (rows[a].result.time_us < rows[b].result.time_us);
	if (!strcmp(name, "severity"))
		return -2;
	int order = strcmp(x, y);

	return (order > 0) - (order < 0);
}

static void sorted_by_each_column_both_ways(void **state)
{
	(void)state;
	char sort[TEXT];

	for (size_t c = 0; c < COLUMNS; c++)
		for (int down = 0; down < 2; down++) {
			struct cs_query query = query_all();
			const struct answer *got;

			(void)snprintf(sort, sizeof(sort), "%s%s", down ? "-" : "",
				       column_names[c]);
			query.sort = cs_span_str(sort);
			got = ask(&query);
			assert_int_equal(got->n, n_rows);
			for (size_t i = 1; i < got->n; i++) {
				uint32_t a = got->found[i - 1], b = got->found[i];
				int order = column_order(column_names[c], a, b);

				if (order == -2)
					break;
				if (down)
					order = -order;
				if (order > 0 || (order == 0 && a > b))
					fail_msg("%s: %u before %u", sort, a, b);
			}
		}
}

static void pages_put_together_are_the_whole(void **state)
{
	(void)state;
	static const char *const sorts[] = { "", "ip", "-hostname", "-amplification" };
	uint32_t whole[ROWS];

	for (size_t s = 0; s < 4; s++) {
		struct cs_query query = query_all();
		size_t n;

		query.sort = cs_span_str(sorts[s]);
		with(&query, "version", "2");
		n = ask(&query)->n;
		memcpy(whole, ask(&query)->found, sizeof(whole));
		query.limit = 37;
		for (query.offset = 0; query.offset < n + 37; query.offset += 37) {
			const struct answer *got = ask(&query);
			size_t left = query.offset < n ? n - query.offset : 0;

			assert_int_equal(got->total, n);
			assert_int_equal(got->n, left < 37 ? left : 37);
			assert_memory_equal(got->found, whole + (left ? query.offset : 0),
					    got->n * sizeof(whole[0]));
		}
	}
	struct cs_query far = { .offset = UINT64_MAX, .limit = 5, .sort = SPAN("geo") };

	assert_int_equal(ask(&far)->n, 0);
}

static void a_sort_that_is_none_is_said(void **state)
{
	(void)state;
	struct cs_query query = { .sort = SPAN("-nothing") };
	char why[CS_QUERY_WHY];
	struct answer answer;

	assert_int_equal(
		cs_query_run(model, &query, answer.found, &answer.n, &answer.total, why),
		CS_ERR_USAGE);
	assert_string_equal(why, "sort '-nothing': want a column, or - and a column");
	query.sort = SPAN("-");
	assert_int_equal(
		cs_query_run(model, &query, answer.found, &answer.n, &answer.total, why),
		CS_ERR_USAGE);
}

/* How many rows have a facet's key. */
static uint64_t count(const char *name, struct cs_span key)
{
	uint64_t n = 0;
	char text[TEXT], value[TEXT];

	put(value, key);
	for (size_t i = 0; i < n_rows; i++) {
		column(&rows[i], name, text);
		n += !strcmp(name, "tag") ? has_tag(text, value) : !strcmp(text, value);
	}
	return n;
}

static void facets_count_every_value(void **state)
{
	(void)state;
	struct cs_query query = { 0 };
	char why[CS_QUERY_WHY];

	for (size_t c = 0; c < COLUMNS; c++) {
		struct cs_arena arena = { 0 };
		struct cs_facet *facets, *few;
		uint64_t sum = 0;
		size_t n, n_few;

		assert_int_equal(cs_query_facet(model, &query,
						cs_span_str(column_names[c]), SIZE_MAX,
						&arena, &facets, &n, why),
				 CS_OK);
		for (size_t i = 0; i < n; i++) {
			if (strcmp(column_names[c], "timestamp"))
				assert_int_equal(facets[i].n,
						 count(column_names[c], facets[i].key));
			assert_true(i == 0 || facets[i - 1].n >= facets[i].n);
			sum += facets[i].n;
		}
		if (strcmp(column_names[c], "tag"))
			assert_int_equal(sum, n_rows);
		assert_int_equal(cs_query_facet(model, &query,
						cs_span_str(column_names[c]), 2, &arena,
						&few, &n_few, why),
				 CS_OK);
		assert_int_equal(n_few, n < 2 ? n : 2);
		for (size_t i = 0; i < n_few; i++) {
			assert_true(cs_span_eq(few[i].key, facets[i].key));
			assert_int_equal(few[i].n, facets[i].n);
		}
		cs_arena_clear(&arena);
	}
}

static void facets_count_only_what_matches(void **state)
{
	(void)state;
	struct cs_query query = { 0 };
	struct cs_arena arena = { 0 };
	struct cs_facet *facets;
	char why[CS_QUERY_WHY];
	uint64_t want = 0;
	size_t n;

	with(&query, "geo", "DE");
	assert_int_equal(
		cs_query_facet(model, &query, SPAN("geo"), 10, &arena, &facets, &n, why),
		CS_OK);
	for (size_t i = 0; i < n_rows; i++)
		want += matches(&rows[i], "geo", "DE");
	assert_int_equal(n, 1);
	assert_int_equal(facets[0].n, want);
	assert_int_equal(
		cs_query_facet(model, &query, SPAN("nope"), 10, &arena, &facets, &n, why),
		CS_ERR_USAGE);
	assert_string_equal(why, "facet 'nope': want a column");
	cs_arena_clear(&arena);
}

/* Owners of a file that is gone once it is read. */
static struct cs_owners *owners_of(const char *text)
{
	char path[] = "/tmp/cs-owners-XXXXXX", why[CS_OWNERS_WHY];
	int fd = mkstemp(path);
	struct cs_owners *owners;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	if (cs_owners_read(path, NULL, NULL, &owners, why))
		fail_msg("%s", why);
	(void)unlink(path);
	return owners;
}

static void an_owner_sees_its_own_rows_alone(void **state)
{
	(void)state;
	struct cs_owners *owners = owners_of("[a]\nprefixes = 192.0.2.0/25\n"
					     "[b]\nasns = 64512\n"
					     "[c]\ncountries = DE\n");
	struct cs_prefix prefix;
	uint8_t wanted[3][ROWS];

	assert_int_equal(cs_prefix_read(SPAN("192.0.2.0/25"), &prefix), CS_OK);
	for (size_t k = 0; k < n_rows; k++) {
		wanted[0][k] = cs_prefix_has(&prefix, &rows[k].result.ip);
		wanted[1][k] = matches(&rows[k], "asn", "64512");
		wanted[2][k] = matches(&rows[k], "geo", "DE") &&
			       matches(&rows[k], "port", "5684");
	}
	for (uint32_t o = 0; o < 3; o++) {
		struct cs_query query = query_all();

		query.owners = owners;
		query.owner = o;
		if (o == 2)
			with(&query, "port", "5684");
		expect_rows(ask(&query), wanted[o]);
	}
	cs_owners_free(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_every_column_finds_its_rows),
		cmocka_unit_test(several_conditions_hold_together),
		cmocka_unit_test(an_address_may_be_a_prefix),
		cmocka_unit_test(numbers_are_compared_as_numbers),
		cmocka_unit_test(what_is_no_value_is_said),
		cmocka_unit_test(a_search_looks_in_five_places),
		cmocka_unit_test(the_worst_come_first_then_by_address),
		cmocka_unit_test(sorted_by_each_column_both_ways),
		cmocka_unit_test(pages_put_together_are_the_whole),
		cmocka_unit_test(a_sort_that_is_none_is_said),
		cmocka_unit_test(an_owner_sees_its_own_rows_alone),
		cmocka_unit_test(facets_count_every_value),
		cmocka_unit_test(facets_count_only_what_matches),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
