/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "coap/option.h"
#include "coap/option_rule.h"
#include "coap/uri.h"

static enum cs_err read_copy(const char *text, size_t n, char *out, size_t cap,
			     const char **want)
{
	uint8_t *copy = heap_copy(text, n);
	uint8_t room[2048], name[CS_URI_COMPONENT_MAX];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_uri uri;
	enum cs_err err = cs_uri_read(cs_span_of(copy, n), &uri, want);
	size_t at = 0;

	out[0] = '\0';
	if (!err) {
		size_t len = cs_uri_host_name(&uri, name);

		at = (size_t)snprintf(out, cap, "%s%.*s%s %u", uri.literal ? "[" : "",
				      (int)len, (const char *)name,
				      uri.literal ? "]" : "", uri.port);
		(void)cs_uri_options(&uri, &w, 0);
		assert_int_equal(w.err, CS_OK);

		struct cs_opts walk = cs_opts_over(cs_wr_done(&w));
		struct cs_opt opt;

		while (cs_opts_next(&walk, &opt))
			at += (size_t)snprintf(out + at, cap - at, " %c%.*s",
					       opt.number == CS_OPT_URI_PATH ? '/' : '?',
					       (int)opt.value.len,
					       opt.value.len ? (const char *)opt.value.ptr
							     : "");
	}
	free(copy);
	return err;
}

static const struct {
	const char *text;
	const char *want; /* host, port and options; NULL: an error */
	enum cs_err err;
} rows[] = {
	/* RFC 7252 section 6.3: all three are the same. */
	{ "coap://example.com:5683/~sensors/temp.xml",
	  "example.com 5683 /~sensors /temp.xml", 0 },
	{ "coap://EXAMPLE.com/%7Esensors/temp.xml",
	  "example.com 5683 /~sensors /temp.xml", 0 },
	{ "coap://EXAMPLE.com:/%7esensors/temp.xml",
	  "example.com 5683 /~sensors /temp.xml", 0 },
	/* Appendix B. */
	{ "coap://[2001:db8::2:1]/", "[2001:db8::2:1] 5683", 0 },
	{ "coap://example.net/", "example.net 5683", 0 },
	{ "coap://example.net/.well-known/core", "example.net 5683 /.well-known /core",
	  0 },
	{ "coap://xn--18j4d.example/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF",
	  "xn--18j4d.example 5683 "
	  "/\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf",
	  0 },
	{ "coap://198.51.100.1:61616//%2F//?%2F%2F&?%26",
	  "198.51.100.1 61616 / // / / ?// ??&", 0 },
	/* Paths and queries at their edges. */
	{ "coap://h", "h 5683", 0 },
	{ "coap://h?", "h 5683 ?", 0 },
	{ "coap://h/?", "h 5683 ?", 0 },
	{ "coap://h?a=b&c", "h 5683 ?a=b ?c", 0 },
	{ "coap://h/a?b/c?d", "h 5683 /a ?b/c?d", 0 },
	{ "coap://h/a/", "h 5683 /a /", 0 },
	{ "coap://h//", "h 5683 / /", 0 },
	{ "coap://h/a%2fb", "h 5683 /a/b", 0 },
	{ "coap://h/a:@!$&'()*+,;=-._~", "h 5683 /a:@!$&'()*+,;=-._~", 0 },
	{ "coap://h/...", "h 5683 /...", 0 },
	{ "COAP://h/A", "h 5683 /A", 0 },
	/* Ports. */
	{ "coap://h:1", "h 1", 0 },
	{ "coap://h:65535/x", "h 65535 /x", 0 },
	{ "coap://h:05683", "h 5683", 0 },
	{ "coap://[::1]:7?q", "[::1] 7 ?q", 0 },
	{ "coap://h:0", NULL, CS_ERR_RANGE },
	{ "coap://h:65536", NULL, CS_ERR_RANGE },
	{ "coap://h:5a", NULL, CS_ERR_RANGE },
	{ "coap://h:-1", NULL, CS_ERR_RANGE },
	{ "coap://[::1]5683", NULL, CS_ERR_SYNTAX },
	/* Hosts. */
	{ "coap://", NULL, CS_ERR_SYNTAX },
	{ "coap:///a", NULL, CS_ERR_SYNTAX },
	{ "coap://:5683", NULL, CS_ERR_SYNTAX },
	{ "coap://[]", NULL, CS_ERR_SYNTAX },
	{ "coap://[::1", NULL, CS_ERR_SYNTAX },
	{ "coap://[", NULL, CS_ERR_SYNTAX },
	{ "coap://user@h/", NULL, CS_ERR_SYNTAX },
	{ "coap://a b/", NULL, CS_ERR_SYNTAX },
	{ "coap://a%zz/", NULL, CS_ERR_SYNTAX },
	/* What must be encoded, or may not be there. */
	{ "coap://h/a b", NULL, CS_ERR_SYNTAX },
	{ "coap://h/\xc3\xa9", NULL, CS_ERR_SYNTAX },
	{ "coap://h/a\"b", NULL, CS_ERR_SYNTAX },
	{ "coap://h/%", NULL, CS_ERR_SYNTAX },
	{ "coap://h/%4", NULL, CS_ERR_SYNTAX },
	{ "coap://h/%4g", NULL, CS_ERR_SYNTAX },
	{ "coap://h/?a=%", NULL, CS_ERR_SYNTAX },
	{ "coap://h/?a b", NULL, CS_ERR_SYNTAX },
	{ "coap://h/a#b", NULL, CS_ERR_SYNTAX },
	{ "coap://h/a?b#", NULL, CS_ERR_SYNTAX },
	{ "coap://h/a/../b", NULL, CS_ERR_SYNTAX },
	{ "coap://h/.", NULL, CS_ERR_SYNTAX },
	{ "coap://h/%2e%2E", NULL, CS_ERR_SYNTAX },
	/* Other schemes and none. */
	{ "", NULL, CS_ERR_NOT_FOUND },
	{ "coaps://h/", NULL, CS_ERR_NOT_FOUND },
	{ "coap+tcp://h/", NULL, CS_ERR_NOT_FOUND },
	{ "coa://h/", NULL, CS_ERR_NOT_FOUND },
	{ "coap:h", NULL, CS_ERR_NOT_FOUND },
	{ "coap:/h", NULL, CS_ERR_NOT_FOUND },
	{ "//h/", NULL, CS_ERR_NOT_FOUND },
	{ "192.0.2.1", NULL, CS_ERR_NOT_FOUND },
};

static void each_uri_is_read_as_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		const char *want = NULL;
		char got[512];
		enum cs_err err = read_copy(rows[i].text, strlen(rows[i].text), got,
					    sizeof(got), &want);

		if (err != rows[i].err ||
		    strcmp(got, rows[i].want ? rows[i].want : "") != 0)
			fail_msg("%s: %s, \"%s\"", rows[i].text, cs_strerror(err), got);
		if (err && strncmp(want, "want ", 5) != 0)
			fail_msg("%s: says '%s'", rows[i].text, want);
	}
}

static void every_prefix_is_read_without_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		for (size_t n = 0; n < strlen(rows[i].text); n++) {
			const char *want;
			char got[512];

			(void)read_copy(rows[i].text, n, got, sizeof(got), &want);
		}
}

/* coap://h/ and @n letters, or n / 3 of them percent-encoded. */
static enum cs_err read_long(const char *before, size_t n, bool encoded)
{
	char text[1200], got[1200];
	const char *want;
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", before);

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       encoded ? "%%41" : "A");
	return read_copy(text, at, got, sizeof(got), &want);
}

static void a_component_has_at_most_255_bytes_once_decoded(void **state)
{
	(void)state;
	for (int encoded = 0; encoded < 2; encoded++) {
		assert_int_equal(read_long("coap://h/x/", 255, encoded), CS_OK);
		assert_int_equal(read_long("coap://h/x/", 256, encoded), CS_ERR_RANGE);
		assert_int_equal(read_long("coap://h/?a&", 255, encoded), CS_OK);
		assert_int_equal(read_long("coap://h/?a&", 256, encoded), CS_ERR_RANGE);
		assert_int_equal(read_long("coap://", 255, encoded), CS_OK);
		assert_int_equal(read_long("coap://", 256, encoded), CS_ERR_RANGE);
	}
}

static void options_that_do_not_fit_are_said(void **state)
{
	uint8_t room[4];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	const char *want;
	struct cs_uri uri;

	(void)state;
	assert_int_equal(cs_uri_read(SPAN("coap://h/abcd"), &uri, &want), CS_OK);
	(void)cs_uri_options(&uri, &w, CS_OPT_URI_HOST);
	assert_int_equal(w.err, CS_ERR_FULL);
}

static void options_follow_the_one_before(void **state)
{
	uint8_t room[32];
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	const char *want;
	struct cs_uri uri;

	(void)state;
	assert_int_equal(cs_uri_read(SPAN("coap://h/a?b"), &uri, &want), CS_OK);
	assert_int_equal(cs_uri_options(&uri, &w, CS_OPT_URI_HOST), CS_OPT_URI_QUERY);
	assert_true(cs_span_eq(cs_wr_done(&w), SPAN("\x81"
						    "a"
						    "\x41"
						    "b")));
}

static void a_scheme_is_told_from_other_text(void **state)
{
	struct cs_span scheme;

	(void)state;
	assert_true(cs_uri_looks(SPAN("coap+tcp://h"), &scheme));
	assert_true(cs_span_eq(scheme, SPAN("coap+tcp")));
	assert_true(cs_uri_looks(SPAN("x-1.y://"), &scheme));
	assert_false(cs_uri_looks(SPAN("://h"), &scheme));
	assert_false(cs_uri_looks(SPAN("1a://h"), &scheme));
	assert_false(cs_uri_looks(SPAN("a_b://h"), &scheme));
	assert_false(cs_uri_looks(SPAN("coap:/"), &scheme));
	assert_false(cs_uri_looks(SPAN("2001:db8::1"), &scheme));
	assert_false(cs_uri_looks((struct cs_span){ 0 }, &scheme));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_uri_is_read_as_meant),
		cmocka_unit_test(every_prefix_is_read_without_harm),
		cmocka_unit_test(a_component_has_at_most_255_bytes_once_decoded),
		cmocka_unit_test(options_that_do_not_fit_are_said),
		cmocka_unit_test(options_follow_the_one_before),
		cmocka_unit_test(a_scheme_is_told_from_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
