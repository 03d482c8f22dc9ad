/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_fixture.h"

#include <cjson/cJSON.h>

#include "watch/write_verdict.h"

static char *line_of(const struct cs_verdict *verdict)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	cs_write_verdict(to, verdict);
	assert_int_equal(fclose(to), 0);
	return text;
}

/* The line through another reader. */
static cJSON *read_back(const struct cs_verdict *verdict)
{
	char *text = line_of(verdict);
	cJSON *object = cJSON_Parse(text);

	assert_non_null(object);
	free(text);
	return object;
}

static void a_line_has_the_pinned_fields(void **state)
{
	struct made_verdict m;
	char *text;

	(void)state;
	make_verdict(&m);
	text = line_of(&m.verdict);
	assert_string_equal(
		text,
		"{\"schema\":\"coapscope.verdict/1\",\"source\":\"192.0.2.7\","
		"\"prefix\":null,\"addresses\":1,"
		"\"first\":\"2026-11-21T20:00:00.123456Z\","
		"\"last\":\"2026-11-21T20:00:01.623456Z\",\"packets\":3,"
		"\"bytes_in\":63,\"bytes_out\":516,\"answered\":true,"
		"\"unproved\":2,"
		"\"amplification\":24.57,\"class\":\"B\",\"classes\":[\"F\",\"B\"],"
		"\"actor\":{\"name\":\"Shodan\",\"kind\":\"search engine\","
		"\"by\":\"both\",\"date\":\"2026-11-21T20:00:00.123456Z\"},"
		"\"victim\":false,\"worry\":\"note\",\"confidence\":0.80,"
		"\"what\":\"A scan.\",\"evidence\":["
		"{\"what\":\"answered\",\"count\":1,"
		"\"first\":\"2026-11-21T20:00:00.125456Z\","
		"\"sample_hex\":null,\"decoded\":null},"
		"{\"what\":\"discovery\",\"count\":3,"
		"\"first\":\"2026-11-21T20:00:00.123456Z\","
		"\"sample_hex\":\"400101cebb2e77656c6c2d6b6e6f776e04636f7265\","
		"\"decoded\":\"CON GET /.well-known/core, MID 0x01ce, no token\"}],"
		"\"would_change\":\"A write.\",\"next\":\"coapscope scan 198.51.100.5\","
		"\"hostname\":\"a.shodan.io\",\"asn\":64500,\"as_name\":\"EXAMPLE\","
		"\"geo\":\"NL\"}\n");
	free(text);
}

static void a_prefix_has_no_source(void **state)
{
	struct made_verdict m;
	cJSON *line;

	(void)state;
	make_verdict(&m);
	m.source.ip = cs_addr_v4(0xcb007100);
	m.source.bits = 120;
	m.source.addresses = 200;
	m.finding.victim = true;
	line = read_back(&m.verdict);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(line, "source")));
	assert_string_equal(cJSON_GetObjectItem(line, "prefix")->valuestring,
			    "203.0.113.0/24");
	assert_int_equal(cJSON_GetObjectItem(line, "addresses")->valueint, 200);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(line, "victim")));
	cJSON_Delete(line);
}

static void what_is_not_known_is_null(void **state)
{
	static const char *const nulls[] = { "prefix",       "actor", "asn",
					     "as_name",      "geo",   "hostname",
					     "amplification" };
	struct made_verdict m;
	cJSON *line;

	(void)state;
	make_verdict(&m);
	m.verdict.actor = NULL;
	m.verdict.place = NULL;
	m.verdict.n_samples = 0;
	m.source.bytes_out = m.source.most_out = 0;
	m.finding.answered = false;
	line = read_back(&m.verdict);
	for (size_t i = 0; i < CS_LEN(nulls); i++)
		assert_true(cJSON_IsNull(cJSON_GetObjectItem(line, nulls[i])));
	cJSON_Delete(line);
	/* Nobody's name is no actor, but a name that was confirmed is told. */
	m.actor.name = SPAN("");
	m.verdict.actor = &m.actor;
	line = read_back(&m.verdict);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(line, "actor")));
	assert_string_equal(cJSON_GetObjectItem(line, "hostname")->valuestring,
			    "a.shodan.io");
	cJSON_Delete(line);
}

static void an_actor_is_known_by_list_or_by_name(void **state)
{
	struct made_verdict m;
	cJSON *line;

	(void)state;
	make_verdict(&m);
	m.actor.by_name = false;
	m.actor.date_us = 0;
	line = read_back(&m.verdict);
	assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(line, "actor"), "by")
				    ->valuestring,
			    "list");
	assert_true(cJSON_IsNull(
		cJSON_GetObjectItem(cJSON_GetObjectItem(line, "actor"), "date")));
	cJSON_Delete(line);
	m.actor.by_name = true;
	m.actor.by_list = false;
	line = read_back(&m.verdict);
	assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(line, "actor"), "by")
				    ->valuestring,
			    "name");
	cJSON_Delete(line);
}

static void no_control_byte_gets_through(void **state)
{
	static const uint8_t hostile[] = "\x40\x01\x01\xce\xb9\x1b[2J\"\n\x00\\\xff"
					 "\xff\x07</script>";
	struct made_verdict m;
	char *text;
	cJSON *line, *evidence;

	(void)state;
	make_verdict(&m);
	m.sample.bytes = cs_span_of(hostile, sizeof(hostile) - 1);
	m.actor.name = SPAN("A\x1b]0;x\x07\n\xc2\x9b");
	m.place.as_name = SPAN("\x01\xfe");
	text = line_of(&m.verdict);
	for (const char *c = text; c[1]; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	line = cJSON_Parse(text);
	assert_non_null(line);
	evidence = cJSON_GetArrayItem(cJSON_GetObjectItem(line, "evidence"), 1);
	assert_string_equal(cJSON_GetObjectItem(evidence, "decoded")->valuestring,
			    "CON GET /\x1b[2J\"\n\\x00\\x5c\\xff, MID 0x01ce, no token, "
			    "payload 10 bytes; M20 path segment of an odd kind (RFC 7252 "
			    "section 5.10.1)");
	cJSON_Delete(line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_the_pinned_fields),
		cmocka_unit_test(a_prefix_has_no_source),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(an_actor_is_known_by_list_or_by_name),
		cmocka_unit_test(no_control_byte_gets_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
