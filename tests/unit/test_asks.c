/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "coap/option_rule.h"
#include "resources/asks.h"

static const uint16_t one_port[] = { 5683 };

/* A resolver that knows two names. */
static enum cs_err resolve(void *arg, struct cs_scope_draft *draft, struct cs_span name,
			   const struct cs_source *source)
{
	struct cs_addr a = cs_addr_v4(0xc0000207); /* 192.0.2.7 */
	struct cs_range r = { a, a };

	(void)arg;
	if (cs_span_eq(name, SPAN("multi")))
		r.lo = r.hi = cs_addr_v4(0xe00001bb);
	else if (!cs_span_eq(name, SPAN("thing"))) {
		cs_scope_complain(draft, source, name, ": no such name");
		return CS_ERR_NOT_FOUND;
	}
	return cs_scope_add_range(draft, &r, false);
}

static enum cs_err add(struct cs_asks *asks, const char *word)
{
	const struct cs_source command_line = { 0 };
	uint8_t *copy = heap_copy(word, strlen(word));
	enum cs_err err = cs_asks_add(asks, cs_span_of(copy, strlen(word)), &command_line,
				      resolve, NULL);

	free(copy);
	return err;
}

/* "URI ADDRESS:PORT OPTIONS" of each ask; options as /path ?query @host. */
static void tell(const struct cs_asks *asks, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < asks->n; i++) {
		const struct cs_ask *ask = &asks->at[i];
		struct cs_opts w = cs_opts_over(ask->question->options);
		struct cs_opt opt;
		char ip[CS_ADDR_TEXT];
		uint32_t last = 0;

		cs_addr_text(&ask->peer.ip, ip);
		at += (size_t)snprintf(out + at, cap - at, "%s%.*s %s:%u ", i ? "\n" : "",
				       (int)ask->question->uri.len,
				       (const char *)ask->question->uri.ptr, ip,
				       ask->peer.port);
		while (cs_opts_next(&w, &opt)) {
			char mark = opt.number == CS_OPT_URI_HOST    ? '@'
				    : opt.number == CS_OPT_URI_QUERY ? '?'
								     : '/';

			at += (size_t)snprintf(
				out + at, cap - at, "%c%.*s", mark, (int)opt.value.len,
				opt.value.len ? (const char *)opt.value.ptr : "");
			last = opt.number;
		}
		assert_int_equal(w.fault, CS_FAULT_NONE);
		assert_int_equal(last, ask->question->last);
	}
}

#define CORE "/.well-known/core"

static const struct {
	const char *words[4];
	const char *want;
} good[] = {
	{ { "192.0.2.1" }, "coap://192.0.2.1" CORE " 192.0.2.1:5683 " CORE },
	{ { "2001:db8::1" }, "coap://[2001:db8::1]" CORE " 2001:db8::1:5683 " CORE },
	{ { "192.0.2.1:7" }, "coap://192.0.2.1:7" CORE " 192.0.2.1:7 " CORE },
	{ { "[2001:db8::1]:7" }, "coap://[2001:db8::1]:7" CORE " 2001:db8::1:7 " CORE },
	{ { "[2001:db8::1]" }, "coap://[2001:db8::1]" CORE " 2001:db8::1:5683 " CORE },
	/* URIs are shown as they were written. */
	{ { "coap://192.0.2.1" }, "coap://192.0.2.1 192.0.2.1:5683 " CORE },
	{ { "coap://192.0.2.1/" }, "coap://192.0.2.1/ 192.0.2.1:5683 " CORE },
	{ { "coap://192.0.2.1/rd-lookup/res?rt=a&b" },
	  "coap://192.0.2.1/rd-lookup/res?rt=a&b 192.0.2.1:5683 /rd-lookup/res?rt=a?b" },
	{ { "coap://192.0.2.1?rt=a" },
	  "coap://192.0.2.1?rt=a 192.0.2.1:5683 " CORE "?rt=a" },
	{ { "coap://[2001:db8::1]:9/x" }, "coap://[2001:db8::1]:9/x 2001:db8::1:9 /x" },
	/* Only a URI's name goes to the device. */
	{ { "thing" }, "coap://192.0.2.7" CORE " 192.0.2.7:5683 " CORE },
	{ { "thing:8" }, "coap://192.0.2.7:8" CORE " 192.0.2.7:8 " CORE },
	{ { "coap://thing/a" }, "coap://thing/a 192.0.2.7:5683 @thing/a" },
	/* Prefixes and ranges, in order. */
	{ { "192.0.2.6/31", "192.0.2.1-192.0.2.2" },
	  "coap://192.0.2.6" CORE " 192.0.2.6:5683 " CORE "\ncoap://192.0.2.7" CORE
	  " 192.0.2.7:5683 " CORE "\ncoap://192.0.2.1" CORE " 192.0.2.1:5683 " CORE
	  "\ncoap://192.0.2.2" CORE " 192.0.2.2:5683 " CORE },
	/* The same once; all of one address together. */
	{ { "192.0.2.1", "192.0.2.0/30", "192.0.2.1:5683" },
	  "coap://192.0.2.1" CORE " 192.0.2.1:5683 " CORE "\ncoap://192.0.2.0" CORE
	  " 192.0.2.0:5683 " CORE "\ncoap://192.0.2.2" CORE " 192.0.2.2:5683 " CORE
	  "\ncoap://192.0.2.3" CORE " 192.0.2.3:5683 " CORE },
	{ { "192.0.2.2", "192.0.2.1", "coap://192.0.2.2/x" },
	  "coap://192.0.2.2" CORE " 192.0.2.2:5683 " CORE
	  "\ncoap://192.0.2.2/x 192.0.2.2:5683 /x"
	  "\ncoap://192.0.2.1" CORE " 192.0.2.1:5683 " CORE },
};

static void each_word_becomes_its_asks(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(good); i++) {
		struct cs_asks asks = { 0 };
		char got[2048];

		for (size_t k = 0; k < 4 && good[i].words[k]; k++)
			assert_int_equal(add(&asks, good[i].words[k]), CS_OK);
		assert_int_equal(cs_asks_settle(&asks, one_port, 1, NULL, 0), CS_OK);
		tell(&asks, got, sizeof(got));
		if (strcmp(got, good[i].want) != 0)
			fail_msg("%s: got\n%s\nwant\n%s", good[i].words[0], got,
				 good[i].want);
		cs_asks_clear(&asks);
	}
}

static const struct {
	const char *word;
	enum cs_err err;
	const char *says; /* a part of it */
} bad[] = {
	{ "224.0.1.187", CS_ERR_REFUSED, "'224.0.1.187': nothing is ever sent" },
	{ "coap://224.0.1.187/", CS_ERR_REFUSED, "nothing is ever sent" },
	{ "coap://[ff02::fd]/", CS_ERR_REFUSED, "nothing is ever sent" },
	{ "[ff02::fd]:5683", CS_ERR_REFUSED, "nothing is ever sent" },
	{ "255.255.255.255", CS_ERR_REFUSED, "nothing is ever sent" },
	{ "coap://multi/", CS_ERR_REFUSED, "" },
	{ "coaps://192.0.2.1/", CS_ERR_NOT_FOUND, "coaps is not supported yet" },
	{ "coap+tcp://192.0.2.1", CS_ERR_NOT_FOUND, "coap+tcp is not supported yet" },
	{ "http://192.0.2.1/", CS_ERR_NOT_FOUND, "want coap://HOST" },
	{ "coap://unknown/", CS_ERR_NOT_FOUND, "'unknown': no such name" },
	{ "coap://local/", CS_ERR_SYNTAX, "want an address or a name" },
	{ "coap://192.0.2.256/", CS_ERR_SYNTAX, "want an address or a name" },
	{ "coap://[192.0.2.1]/", CS_ERR_SYNTAX, "an IPv6 address in brackets" },
	{ "coap://2001:db8::1/", CS_ERR_RANGE, "want a port" },
	{ "coap://192.0.2.1/a b", CS_ERR_SYNTAX, "percent-encoded" },
	{ "192.0.2.1:0", CS_ERR_RANGE, "want a port from 1 to 65535" },
	{ "192.0.2.1:65536", CS_ERR_RANGE, "want a port from 1 to 65535" },
	{ "192.0.2.1/24", CS_ERR_RANGE, "" },
	{ "", CS_ERR_SYNTAX, "want an address" },
	{ "\x1b[2J", CS_ERR_SYNTAX, "'\\x1b[2J'" },
};

static void each_wrong_word_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(bad); i++) {
		struct cs_asks asks = { 0 };
		enum cs_err err = add(&asks, bad[i].word);

		if (err != bad[i].err || !asks.draft.why[0] ||
		    !strstr(asks.draft.why, bad[i].says))
			fail_msg("%s: %s: %s", bad[i].word, cs_strerror(err),
				 asks.draft.why);
		cs_asks_clear(&asks);
	}
}

static void a_path_that_is_too_long_for_a_request_is_said(void **state)
{
	struct cs_asks asks = { 0 };
	char word[1200] = "coap://192.0.2.1";

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		size_t at = strlen(word);

		memset(word + at, 'a', 130);
		word[at] = '/';
		word[at + 130] = '\0';
	}
	assert_int_equal(add(&asks, word), CS_ERR_RANGE);
	assert_non_null(strstr(asks.draft.why, "at most 1024 bytes"));
	cs_asks_clear(&asks);
}

static void each_port_is_asked_where_none_is_named(void **state)
{
	static const uint16_t ports[] = { 5683, 61616 };
	struct cs_asks asks = { 0 };
	char got[1024];

	(void)state;
	assert_int_equal(add(&asks, "192.0.2.1"), CS_OK);
	assert_int_equal(add(&asks, "coap://192.0.2.2/x"), CS_OK);
	assert_int_equal(add(&asks, "192.0.2.3:7"), CS_OK);
	assert_int_equal(cs_asks_settle(&asks, ports, 2, NULL, 0), CS_OK);
	tell(&asks, got, sizeof(got));
	assert_string_equal(got, "coap://192.0.2.1" CORE " 192.0.2.1:5683 " CORE
				 "\ncoap://192.0.2.1:61616" CORE " 192.0.2.1:61616 " CORE
				 "\ncoap://192.0.2.2/x 192.0.2.2:5683 /x"
				 "\ncoap://192.0.2.2/x 192.0.2.2:61616 /x"
				 "\ncoap://192.0.2.3:7" CORE " 192.0.2.3:7 " CORE);
	cs_asks_clear(&asks);
}

static void excludes_hold_for_uris_too(void **state)
{
	const struct cs_source file = { .file = "exclude.conf", .line = 1 };
	struct cs_asks asks = { 0 };

	(void)state;
	assert_int_equal(add(&asks, "coap://192.0.2.1/x"), CS_OK);
	assert_int_equal(add(&asks, "192.0.2.0/30"), CS_OK);
	assert_int_equal(cs_scope_add_exclude(&asks.draft, SPAN("192.0.2.1"), &file),
			 CS_OK);
	assert_int_equal(cs_asks_settle(&asks, one_port, 1, NULL, 0), CS_OK);
	assert_int_equal(asks.n, 3);
	assert_int_equal(asks.excluded, 1);
	for (size_t i = 0; i < asks.n; i++)
		assert_int_not_equal(cs_addr_low32(&asks.at[i].peer.ip), 0xc0000201);
	cs_asks_clear(&asks);

	assert_int_equal(add(&asks, "thing"), CS_OK);
	assert_int_equal(cs_scope_add_exclude(&asks.draft, SPAN("192.0.2.7"), &file),
			 CS_OK);
	assert_int_equal(cs_asks_settle(&asks, one_port, 1, NULL, 0), CS_ERR_REFUSED);
	assert_true(asks.draft.why[0]);
	cs_asks_clear(&asks);
}

static void more_than_a_scan_s_worth_is_refused_at_once(void **state)
{
	static const uint16_t ports[] = { 5683, 5684 };
	struct cs_asks asks = { 0 };

	(void)state;
	assert_int_equal(add(&asks, "10.0.0.0/16"), CS_OK);
	assert_int_equal(cs_asks_settle(&asks, one_port, 1, NULL, 0), CS_OK);
	assert_int_equal(asks.n, CS_ASKS_MAX);
	cs_asks_clear(&asks);

	assert_int_equal(add(&asks, "10.0.0.0/16"), CS_OK);
	assert_int_equal(cs_asks_settle(&asks, ports, 2, NULL, 0), CS_ERR_RANGE);
	assert_non_null(strstr(asks.draft.why, "that is a scan"));
	cs_asks_clear(&asks);

	assert_int_equal(add(&asks, "10.0.0.0/8"), CS_OK);
	assert_int_equal(cs_asks_settle(&asks, one_port, 1, NULL, 0), CS_ERR_RANGE);
	cs_asks_clear(&asks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_becomes_its_asks),
		cmocka_unit_test(each_wrong_word_says_why),
		cmocka_unit_test(a_path_that_is_too_long_for_a_request_is_said),
		cmocka_unit_test(each_port_is_asked_where_none_is_named),
		cmocka_unit_test(excludes_hold_for_uris_too),
		cmocka_unit_test(more_than_a_scan_s_worth_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
