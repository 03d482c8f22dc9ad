/* SPDX-License-Identifier: Apache-2.0 */
/* Requests without a socket: paths and routes, hosts, fields, links, answers. */
#include "test.h"

#include "serve/auth.h"
#include "serve/fields.h"
#include "serve/link.h"
#include "serve/route.h"

static const struct {
	const char *target, *path, *query, *host; /* path NULL: refused */
} targets[] = {
	{ "/", "/", "", "" },
	{ "/healthz", "/healthz", "", "" },
	{ "/a/b?c=d&e=/../%00?", "/a/b", "c=d&e=/../%00?", "" },
	{ "/a?", "/a", "", "" },
	{ "http://h:1/a?b", "/a", "b", "h:1" },
	{ "HTTPS://h/", "/", "", "h" },
	{ "", NULL, NULL, NULL },
	{ "*", NULL, NULL, NULL },
	{ "a", NULL, NULL, NULL },
	{ "?a", NULL, NULL, NULL },
	{ "http://h", NULL, NULL, NULL },
	{ "ftp://h/", NULL, NULL, NULL },
	{ "//", NULL, NULL, NULL },
	{ "/a//b", NULL, NULL, NULL },
	{ "/a/", "/a/", "", "" },
	{ "/.", NULL, NULL, NULL },
	{ "/..", NULL, NULL, NULL },
	{ "/a/../b", NULL, NULL, NULL },
	{ "/...", "/...", "", "" },
	{ "/.a", "/.a", "", "" },
	{ "/%2e", NULL, NULL, NULL },
	{ "/a\\b", NULL, NULL, NULL },
	{ "/a b", NULL, NULL, NULL },
	{ "/a\x7f", NULL, NULL, NULL },
	{ "/\xc3\xa4", NULL, NULL, NULL },
	{ "/a\x01", NULL, NULL, NULL },
};

static void a_target_is_split_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(targets); i++) {
		struct cs_request r = { .target = cs_span_str(targets[i].target) };
		const char *why = NULL, *want = targets[i].path;
		bool good = cs_target_split(&r, &why);

		if (good != (want != NULL))
			fail_msg("%s", targets[i].target);
		if (!good)
			continue;
		assert_true(cs_span_eq(r.path, cs_span_str(want)));
		assert_true(cs_span_eq(r.query, cs_span_str(targets[i].query)));
		assert_true(cs_span_eq(r.host, cs_span_str(targets[i].host)));
	}
}

/* An API route before the one that takes all that are unknown, and so on. */
static void every_route_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < cs_n_routes; i++) {
		const struct cs_route *route = &cs_routes[i];
		struct cs_request r = { .method = route->method,
					.path = cs_span_str(route->path) };

		assert_int_equal(cs_route_find(&r), 0);
		assert_ptr_equal(r.route, route);
		assert_int_equal(r.rest.len, 0);
		r.method = CS_METHOD_OTHER;
		assert_int_equal(cs_route_find(&r), 405);
		assert_string_equal(r.answer.allow, route->method == CS_METHOD_POST
							    ? "POST"
							    : "GET, HEAD");
		/* Whatever has data of the store wants somebody to be known. */
		assert_true(route->auth != CS_AUTH_NONE ||
			    strcmp(route->path, "/healthz") == 0);
	}
}

static void what_is_behind_a_prefix_is_the_rest(void **state)
{
	struct cs_request r = { .method = CS_METHOD_HEAD,
				.path = cs_span_str("/download/abc") };

	(void)state;
	assert_int_equal(cs_route_find(&r), 0);
	assert_true(cs_span_eq(r.rest, cs_span_str("abc")));
	r.path = cs_span_str("/downloads");
	assert_int_equal(cs_route_find(&r), 404);
	r.path = cs_span_str("/healthz2");
	assert_int_equal(cs_route_find(&r), 404);
}

static void near_hosts_are_addresses_and_localhost(void **state)
{
	static const char *const near[] = { "localhost",      "LocalHost:80", "127.0.0.1",
					    "127.0.0.1:5580", "[::1]",        "[::1]:80",
					    "192.0.2.1:1" };
	static const char *const far[] = { "",
					   ":80",
					   "example.org",
					   "localhost.example.org:80",
					   "127.0.0.1.example.org",
					   "localhostx",
					   "[::1",
					   "[localhost]",
					   "127.0.0.1:80:80",
					   "a@127.0.0.1" };

	(void)state;
	for (size_t i = 0; i < CS_LEN(near); i++)
		assert_true(cs_host_is_near(cs_span_str(near[i])));
	for (size_t i = 0; i < CS_LEN(far); i++)
		if (cs_host_is_near(cs_span_str(far[i])))
			fail_msg("%s", far[i]);
}

static void fields_are_decoded(void **state)
{
	struct cs_arena arena = { 0 };
	struct cs_fields fields;
	char why[CS_FIELDS_WHY];

	(void)state;
	assert_int_equal(
		cs_fields_read(SPAN("a=1+2%2b&&b&c%3D=%c3%A4=&"), &arena, &fields, why),
		CS_OK);
	assert_int_equal(fields.n, 3);
	assert_true(cs_span_eq(cs_fields_get(&fields, "a"), SPAN("1 2+")));
	assert_int_equal(cs_fields_get(&fields, "b").len, 0);
	assert_true(cs_span_eq(cs_fields_get(&fields, "c="), SPAN("\xc3\xa4=")));
	assert_int_equal(cs_fields_get(&fields, "d").len, 0);
	assert_int_equal(cs_fields_read(SPAN("a=%0"), &arena, &fields, why),
			 CS_ERR_SYNTAX);
	assert_int_equal(cs_fields_read(SPAN("a=%"), &arena, &fields, why),
			 CS_ERR_SYNTAX);
	assert_int_equal(cs_fields_read(SPAN("a=%0g"), &arena, &fields, why),
			 CS_ERR_SYNTAX);
	assert_int_equal(cs_fields_read(SPAN("a=%00"), &arena, &fields, why),
			 CS_ERR_SYNTAX);
	assert_int_equal(cs_fields_read(SPAN("a=1&%61=2"), &arena, &fields, why),
			 CS_ERR_SYNTAX);
	cs_arena_clear(&arena);
}

static void a_link_is_what_was_written_until_its_time(void **state)
{
	const uint8_t secret[CS_HMAC] = { 1 }, other[CS_HMAC] = { 2 }, random[16] = { 3 };
	const struct cs_link link = { .day = -3, .owner = CS_LINK_ALL, .until = 1000 };
	char text[CS_LINK_TEXT];
	struct cs_link got;

	(void)state;
	assert_int_equal(cs_link_write(secret, random, &link, text), CS_OK);
	assert_int_equal(strlen(text), CS_LINK_TEXT - 1);
	assert_int_equal(cs_link_read(secret, cs_span_str(text), 1000, &got), CS_OK);
	assert_true(got.day == -3 && got.owner == CS_LINK_ALL && got.until == 1000);
	assert_int_equal(cs_link_read(secret, cs_span_str(text), 1001, &got),
			 CS_ERR_RANGE);
	assert_int_equal(cs_link_read(other, cs_span_str(text), 0, &got),
			 CS_ERR_NOT_FOUND);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		text[i] ^= 1;
		assert_int_equal(cs_link_read(secret, cs_span_str(text), 0, &got),
				 CS_ERR_NOT_FOUND);
		text[i] ^= 1;
		assert_int_equal(cs_link_read(secret, cs_span_of(text, i), 0, &got),
				 CS_ERR_NOT_FOUND);
	}
}

static void an_error_is_a_json_object(void **state)
{
	struct cs_request r = { 0 };

	(void)state;
	cs_answer_error(&r, 400, "%s", "a \"b\"\n");
	assert_int_equal(r.answer.status, 400);
	assert_string_equal(r.answer.text, "{\"error\":\"a \\\"b\\\"\\u000a\"}\n");
	assert_int_equal(cs_answer_begin(&r, CS_TYPE_TEXT), CS_OK);
	(void)fputs("x", r.answer.to);
	cs_answer_error(&r, 503, "y");
	assert_string_equal(r.answer.text, "{\"error\":\"y\"}\n");
	cs_request_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_is_split_or_refused),
		cmocka_unit_test(every_route_is_found),
		cmocka_unit_test(what_is_behind_a_prefix_is_the_rest),
		cmocka_unit_test(near_hosts_are_addresses_and_localhost),
		cmocka_unit_test(fields_are_decoded),
		cmocka_unit_test(a_link_is_what_was_written_until_its_time),
		cmocka_unit_test(an_error_is_a_json_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
