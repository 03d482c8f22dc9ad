/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_fixture.h"

#include <cjson/cJSON.h>

#include "watch/message.h"
#include "watch/write_eve.h"

static struct cs_eve *eve;

static int open_eve(void **state)
{
	(void)state;
	return cs_eve_open(&eve) ? -1 : 0;
}

static int close_eve(void **state)
{
	(void)state;
	cs_eve_close(eve);
	return 0;
}

static struct cs_post_message arrived(struct cs_span bytes,
				      uint8_t options[CS_MESSAGE_OPTIONS])
{
	struct cs_post_message m;

	cs_message_of(bytes, options, &m);
	m.wall_us = SEEN_US;
	m.from = cs_addr_v4(0xc0000207);
	m.to = cs_addr_v4(0xc6336405);
	m.from_port = 40000;
	m.to_port = 5683;
	m.hop_limit = 64;
	return m;
}

static char *event_of(const struct cs_post_message *m)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	cs_eve_message(eve, to, m);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void a_message_is_an_event_of_suricatas_form(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m = arrived(SPAN(discovery), options);
	char *text;

	(void)state;
	m.way = CS_WAY_IN;
	text = event_of(&m);
	assert_string_equal(
		text,
		"{\"timestamp\":\"2026-11-21T20:00:00.123456+0000\","
		"\"flow_id\":1502355456979426,\"event_type\":\"coap\","
		"\"src_ip\":\"192.0.2.7\",\"src_port\":40000,"
		"\"dest_ip\":\"198.51.100.5\",\"dest_port\":5683,\"proto\":\"UDP\","
		"\"app_proto\":\"coap\","
		"\"community_id\":\"1:qsxMat48WEBA67r7cEg1OPQTL9c=\","
		"\"coap\":{\"kind\":\"request\",\"version\":1,\"type\":\"CON\","
		"\"code\":\"0.01\",\"code_name\":\"GET\",\"mid\":462,\"token\":\"\","
		"\"uri_path\":[\".well-known\",\"core\"],\"uri_query\":[],"
		"\"observe\":null,\"content_format\":null,\"block1\":null,"
		"\"block2\":null,\"options\":["
		"{\"number\":11,\"name\":\"Uri-Path\","
		"\"value_hex\":\"2e77656c6c2d6b6e6f776e\"},"
		"{\"number\":11,\"name\":\"Uri-Path\",\"value_hex\":\"636f7265\"}],"
		"\"payload_len\":0,\"faults\":[],\"way\":\"in\",\"secure\":false,"
		"\"multicast\":false,\"ttl\":64,\"len\":21,\"repeated\":false,"
		"\"matched\":false}}\n");
	free(text);
}

static cJSON *coap_of(const struct cs_post_message *m)
{
	char *text = event_of(m);
	cJSON *event = cJSON_Parse(text);
	cJSON *coap;

	assert_non_null(event);
	coap = cJSON_DetachItemFromObject(event, "coap");
	cJSON_Delete(event);
	free(text);
	return coap;
}

static int number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	assert_true(cJSON_IsNumber(item));
	return item->valueint;
}

static const char *word(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	assert_true(cJSON_IsString(item));
	return item->valuestring;
}

static void a_response_has_what_it_answers_and_its_block(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m =
		arrived(SPAN("\x61\x45\x12\x34\x01\x62\x01\x00\x61\x28\xb1\x1e\xff</a>"),
			options);
	cJSON *coap;

	(void)state;
	m.matched = true;
	m.request_us = m.wall_us - 1500;
	m.request_len = 21;
	coap = coap_of(&m);
	assert_string_equal(word(coap, "kind"), "response");
	assert_string_equal(word(coap, "code"), "2.05");
	assert_string_equal(word(coap, "token"), "01");
	assert_int_equal(number(coap, "observe"), 256);
	assert_int_equal(number(coap, "content_format"), 40);
	assert_int_equal(number(cJSON_GetObjectItem(coap, "block2"), "num"), 1);
	assert_true(cJSON_IsTrue(
		cJSON_GetObjectItem(cJSON_GetObjectItem(coap, "block2"), "more")));
	assert_int_equal(number(cJSON_GetObjectItem(coap, "block2"), "size"), 1024);
	assert_int_equal(number(coap, "payload_len"), 4);
	assert_int_equal(number(coap, "request_len"), 21);
	assert_string_equal(word(coap, "request_time"), "2026-11-21T20:00:00.121956Z");
	assert_true(cJSON_GetObjectItem(coap, "response_ms")->valuedouble == 1.5);
	cJSON_Delete(coap);
}

static void what_is_wrong_and_what_is_not_coap_is_named(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m = arrived(SPAN("\x44\x01\x00\x01\x01"), options);
	cJSON *coap = coap_of(&m);
	const cJSON *fault = cJSON_GetArrayItem(cJSON_GetObjectItem(coap, "faults"), 0);

	(void)state;
	assert_string_equal(word(fault, "reason"), "M4");
	assert_int_equal(number(fault, "offset"), 4);
	assert_string_equal(word(fault, "reference"), "RFC 7252 section 3");
	cJSON_Delete(coap);
	m = arrived(SPAN("\0\0\0\0\0\0\0\0"), options);
	coap = coap_of(&m);
	assert_string_equal(word(coap, "kind"), "not_coap");
	assert_string_equal(word(coap, "not_coap"), "zeros");
	assert_null(cJSON_GetObjectItem(coap, "code"));
	cJSON_Delete(coap);
}

static void a_path_of_control_bytes_stays_a_string(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m =
		arrived(SPAN("\x40\x01\x00\x01\xb6\x1b[2J\n\x00"), options);
	char *text = event_of(&m);
	cJSON *coap = coap_of(&m);

	(void)state;
	for (const char *c = text; c[1]; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	assert_string_equal(
		cJSON_GetArrayItem(cJSON_GetObjectItem(coap, "uri_path"), 0)->valuestring,
		"\x1b[2J\n\\x00");
	cJSON_Delete(coap);
	free(text);
}

static cJSON *alert_of(const struct cs_verdict *v)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	cJSON *event;

	assert_non_null(to);
	cs_eve_alert(eve, to, v);
	assert_int_equal(fclose(to), 0);
	event = cJSON_Parse(text);
	assert_non_null(event);
	free(text);
	return event;
}

static void a_verdict_is_an_alert(void **state)
{
	struct made_verdict m;
	const cJSON *alert;
	cJSON *event;

	(void)state;
	make_verdict(&m);
	event = alert_of(&m.verdict);
	alert = cJSON_GetObjectItem(event, "alert");
	assert_string_equal(word(event, "timestamp"), "2026-11-21T20:00:01.623456+0000");
	assert_string_equal(word(event, "event_type"), "alert");
	assert_string_equal(word(event, "src_ip"), "192.0.2.7");
	assert_int_equal(number(event, "src_port"), 40000);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(event, "dest_ip")));
	assert_int_equal(number(alert, "signature_id"), 1568308);
	assert_int_equal(number(alert, "severity"), 3);
	assert_string_equal(word(alert, "category"), "Detection of a Network Scan");
	assert_string_equal(word(cJSON_GetObjectItem(event, "verdict"), "class"), "B");
	cJSON_Delete(event);
}

static const char *protocol_of(struct made_verdict *m, cJSON **event)
{
	cJSON_Delete(*event);
	*event = alert_of(&m->verdict);
	return word(*event, "proto");
}

static void an_alert_says_tcp_where_all_was_tcp(void **state)
{
	struct made_verdict m;
	cJSON *event = NULL;

	(void)state;
	make_verdict(&m);
	assert_string_equal(protocol_of(&m, &event), "UDP");
	m.source.mid = 0; /* as datagrams may have it */
	assert_string_equal(protocol_of(&m, &event), "UDP");
	(void)cs_source_note(&m.source, CS_OBS_TCP, m.source.last_us);
	assert_string_equal(protocol_of(&m, &event), "TCP");
	m.source.mid = 7;
	assert_string_equal(protocol_of(&m, &event), "UDP");
	m.source.mid = 0;
	m.source.mids_differ = 1;
	assert_string_equal(protocol_of(&m, &event), "UDP");
	cJSON_Delete(event);
}

static void who_blocks_by_source_is_told_of_a_forged_one(void **state)
{
	struct made_verdict m;
	cJSON *event;

	(void)state;
	make_verdict(&m);
	m.finding.primary = CS_CLASS_C1;
	m.finding.victim = true;
	m.answer.worry = CS_WORRY_ACT_NOW;
	event = alert_of(&m.verdict);
	assert_non_null(strstr(word(cJSON_GetObjectItem(event, "alert"), "signature"),
			       "forged source address: do not block"));
	assert_int_equal(number(cJSON_GetObjectItem(event, "alert"), "severity"), 1);
	cJSON_Delete(event);
	m.source.bits = 120;
	event = alert_of(&m.verdict);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(event, "src_ip")));
	cJSON_Delete(event);
}

static void our_own_quiet_traffic_is_no_alert(void **state)
{
	struct made_verdict m;

	(void)state;
	make_verdict(&m);
	assert_true(cs_eve_wants(&m.verdict));
	m.finding.primary = CS_CLASS_H;
	assert_true(cs_eve_wants(&m.verdict));
	m.answer.worry = CS_WORRY_NONE;
	assert_false(cs_eve_wants(&m.verdict));
	m.finding.primary = CS_CLASS_B;
	assert_true(cs_eve_wants(&m.verdict));
}

static void counters_are_an_event(void **state)
{
	const struct cs_post_counts counts = { .frames = 7,
					       .kernel_dropped = 2,
					       .track = { .coap = 5 } };
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	const cJSON *stats;
	cJSON *event;

	(void)state;
	assert_non_null(to);
	cs_eve_stats(eve, to, SEEN_US, 60, &counts, 3);
	assert_int_equal(fclose(to), 0);
	event = cJSON_Parse(text);
	assert_non_null(event);
	stats = cJSON_GetObjectItem(event, "stats");
	assert_int_equal(number(stats, "uptime"), 60);
	assert_int_equal(number(stats, "events_lost"), 3);
	assert_int_equal(number(cJSON_GetObjectItem(stats, "capture"), "kernel_packets"),
			 7);
	assert_int_equal(number(cJSON_GetObjectItem(stats, "capture"), "kernel_drops"),
			 2);
	assert_int_equal(number(cJSON_GetObjectItem(stats, "coap"), "coap"), 5);
	cJSON_Delete(event);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_an_event_of_suricatas_form),
		cmocka_unit_test(a_response_has_what_it_answers_and_its_block),
		cmocka_unit_test(what_is_wrong_and_what_is_not_coap_is_named),
		cmocka_unit_test(a_path_of_control_bytes_stays_a_string),
		cmocka_unit_test(a_verdict_is_an_alert),
		cmocka_unit_test(an_alert_says_tcp_where_all_was_tcp),
		cmocka_unit_test(who_blocks_by_source_is_told_of_a_forged_one),
		cmocka_unit_test(our_own_quiet_traffic_is_no_alert),
		cmocka_unit_test(counters_are_an_event),
	};

	return cmocka_run_group_tests(tests, open_eve, close_eve);
}
