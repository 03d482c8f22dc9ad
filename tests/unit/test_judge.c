/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/clue.h"
#include "enrich/judge.h"

#include <stdio.h>

#include "result.h"

static struct cs_judge_room room;

static struct cs_judgement judge_by(const struct cs_result *result, enum cs_judge_by by)
{
	struct cs_judgement out;
	struct cs_reading reading;

	cs_result_read(result, &reading);
	memset(&room, 0xaa, sizeof(room));
	cs_judge(result, &reading, by, &room, &out);
	return out;
}

static struct cs_judgement judge(const struct cs_result *result)
{
	return judge_by(result, CS_JUDGE_OWN);
}

static struct cs_judgement judge_links(const char *links)
{
	struct cs_result result = result_of(RESULT_LINKS, cs_span_str(links));

	result.response_size = RESULT_REQUEST; /* not for its size */
	return judge(&result);
}

static void must_be(const char *name, const char *what, struct cs_span got,
		    const char *want)
{
	if (!cs_span_eq(got, cs_span_str(want)))
		fail_msg("%s: %s is '%.*s', not '%s'", name, what, (int)got.len,
			 (const char *)got.ptr, want);
}

/* The rows that Shadowserver published, by their sizes; texts as the devices have them. */
#define ROUTER                                                                           \
	"</>;title=\"General Info\";ct=0,"                                               \
	"</qlink/searchfh>;title=qlink/searchfh,</qlink/searchgw>;title=qlink/searchgw," \
	"</qlink/request>;title=qlink/request,</qlink/success>;title=qlink/success,"     \
	"</device/inform/bootstrap>;title=device/inform/bootstrap,"                      \
	"</device/inform/boot>;title=device/inform/boot,"                                \
	"</device/inform/syncreq>;title=device/inform/syncreq,"                          \
	"</device/inform/offline>;title=device/inform/offline,"                          \
	"</device/inform/heartbeat>;title=device/inform/heartbeat,"                      \
	"</device/inform/data>;title=device/inform/data,</async>;ct=0"

static const struct {
	const char *name, *body;
	const char *stack, *stack_because;
	unsigned confidence;
	enum cs_severity severity;
	const char *because, *tags;
} samples[] = {
	{ "43 bytes", "</api>,</api/v1>,</.well-known/core>", "ThingsBoard",
	  "resources /api and /api/v1", 60, CS_SEVERITY_LOW,
	  "lists its resources to strangers", "coap;iot;thingsboard" },
	{ "113 bytes",
	  "</fw>,</efento>,</efento/c>,</efento/i>,</efento/m>,</efento/t>,</sw>,</api>,"
	  "</api/v1>,</.well-known/core>",
	  "Efento", "resources /efento/...", 95, CS_SEVERITY_MEDIUM,
	  "a name of firmware or software (/fw); amplification 5.38; "
	  "lists its resources to strangers",
	  "coap;iot;efento;thingsboard;firmware" },
	{ "516 bytes", ROUTER, "QLINK",
	  "resources /qlink/...; resources /device/inform/...", 95, CS_SEVERITY_MEDIUM,
	  "a management interface (/qlink/searchfh); amplification 24.57; "
	  "lists its resources to strangers",
	  "coap;iot;qlink;libcoap;management;amplifier" },
	{ "104 bytes",
	  "</find>;title=\"find all\",</light/1>;rt=lamp,</light/2>;rt=lamp,"
	  "</light/3>;rt=lamp;if=core.a;ct=40",
	  "", "", 0, CS_SEVERITY_HIGH,
	  "declared as an actuator (/light/3); "
	  "a name of lights, sounds or displays (/light/1); amplification 4.95",
	  "coap;iot;actuator" },
	{ "an empty 2.05", "", "", "", 0, CS_SEVERITY_LOW,
	  "answers strangers, with nothing", "coap;iot" },
};

static void published_rows_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(samples); i++) {
		struct cs_span body = cs_span_str(samples[i].body);
		struct cs_result result =
			result_of(body.len ? RESULT_LINKS : RESULT_EMPTY, body);
		struct cs_judgement got = judge(&result);

		must_be(samples[i].name, "stack", got.stack, samples[i].stack);
		must_be(samples[i].name, "its reason", got.stack_because,
			samples[i].stack_because);
		must_be(samples[i].name, "reason", got.severity_because,
			samples[i].because);
		must_be(samples[i].name, "tag", got.tags, samples[i].tags);
		assert_int_equal(got.confidence, samples[i].confidence);
		assert_int_equal(got.severity, samples[i].severity);
	}
}

static void a_banner_of_a_report_is_a_strong_reflector(void **state)
{
	struct cs_result result = result_of(
		SPAN(""),
		SPAN("`EsjAy****\nCoAP RFC 7252\n****\nThis server is using the Eclipse "
		     "Californium (Cf) CoAP framework\n"));
	struct cs_judgement got;

	(void)state;
	result.match = CS_MATCH_REPORT;
	result.request_size = 4;
	result.response_size = 454;
	got = judge(&result);
	must_be("banner", "stack", got.stack, "Californium");
	assert_int_equal(got.confidence, 95);
	assert_int_equal(got.severity, CS_SEVERITY_HIGH);
	must_be("banner", "reason", got.severity_because,
		"amplification 113.50; answers strangers, with text");
	must_be("banner", "tag", got.tags, "coap;iot;californium;amplifier");
}

static void shadowservers_severity_is_flat(void **state)
{
	static const uint32_t sizes[] = { 4, 1000 };

	(void)state;
	for (size_t i = 0; i < CS_LEN(sizes); i++) {
		struct cs_result result = result_of(RESULT_LINKS, SPAN("</psk>"));
		struct cs_judgement got;

		result.response_size = sizes[i];
		got = judge_by(&result, CS_JUDGE_SHADOWSERVER);
		assert_int_equal(got.severity, CS_SEVERITY_MEDIUM);
		must_be("flat", "reason", got.severity_because,
			"flat, as in Shadowserver's reports");
		assert_non_null(memmem(got.tags.ptr, got.tags.len, ";credentials", 12));
	}
}

static const struct {
	uint32_t size; /* of the answer to 100 bytes */
	uint32_t datagrams;
	enum cs_severity severity;
	const char *because;
} traffic[] = {
	{ 299, 1, CS_SEVERITY_LOW, "answers strangers, with text" },
	{ 300, 1, CS_SEVERITY_LOW, "amplification 3.00; answers strangers, with text" },
	{ 999, 1, CS_SEVERITY_LOW, "amplification 9.99; answers strangers, with text" },
	{ 1000, 1, CS_SEVERITY_MEDIUM,
	  "amplification 10.00; answers strangers, with text" },
	{ 2999, 1, CS_SEVERITY_MEDIUM,
	  "amplification 29.99; answers strangers, with text" },
	{ 3000, 1, CS_SEVERITY_HIGH,
	  "amplification 30.00; answers strangers, with text" },
	{ 100, 2, CS_SEVERITY_LOW, "answers strangers, with text" },
	{ 100, 3, CS_SEVERITY_LOW,
	  "3 datagrams for one question; answers strangers, with text" },
	{ 100, 8, CS_SEVERITY_MEDIUM,
	  "8 datagrams for one question; answers strangers, with text" },
	{ 100, 31, CS_SEVERITY_MEDIUM,
	  "31 datagrams for one question; answers strangers, with text" },
	{ 100, 32, CS_SEVERITY_HIGH,
	  "32 datagrams for one question; answers strangers, with text" },
	{ 3000, 4294967295, CS_SEVERITY_HIGH,
	  "amplification 30.00; 4294967295 datagrams for one question; "
	  "answers strangers, with text" },
};

static void more_than_was_asked_for_is_worse(void **state)
{
	char name[32];

	(void)state;
	for (size_t i = 0; i < CS_LEN(traffic); i++) {
		struct cs_result result =
			result_of(SPAN("\x60\x45\x01\x02\xff"), SPAN("hi"));
		struct cs_judgement got;

		result.request_size = 100;
		result.response_size = traffic[i].size;
		result.datagrams = traffic[i].datagrams;
		got = judge(&result);
		(void)snprintf(name, sizeof(name), "row %zu", i);
		must_be(name, "reason", got.severity_because, traffic[i].because);
		assert_int_equal(got.severity, traffic[i].severity);
	}
}

static void a_reflector_that_can_be_written_is_critical(void **state)
{
	struct cs_result result = result_of(RESULT_LINKS, SPAN("</relay>"));

	(void)state;
	result.response_size = 30 * RESULT_REQUEST - 1;
	assert_int_equal(judge(&result).severity, CS_SEVERITY_HIGH);
	result.response_size = 30 * RESULT_REQUEST;
	assert_int_equal(judge(&result).severity, CS_SEVERITY_CRITICAL);
	result.body = SPAN("</led>");
	assert_int_equal(judge(&result).severity, CS_SEVERITY_HIGH);
}

#define BYTES(literal)                                          \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

static const struct {
	struct cs_span header;
	enum cs_fault fault;
	enum cs_severity severity;
	const char *because, *tags;
} answers[] = {
	{ BYTES("\x60\x81\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_INFO,
	  "asks who is there (4.01)", "coap;iot;protected" },
	{ BYTES("\x60\x83\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_INFO,
	  "forbids strangers (4.03)", "coap;iot;protected" },
	{ BYTES("\x60\x80\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_LOW,
	  "answers strangers, with an error", "coap;iot" },
	{ BYTES("\x60\x84\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_LOW,
	  "answers strangers, with an error", "coap;iot" },
	{ BYTES("\x60\xa0\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_LOW,
	  "answers strangers, with an error", "coap;iot" },
	{ BYTES("\x70\x00\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_INFO,
	  "no answer but a reset or an empty one", "coap;iot" },
	{ BYTES("\x60\x44\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_LOW, "answers strangers",
	  "coap;iot" },
	{ BYTES("\x60\xff\x01\x02"), CS_FAULT_NONE, CS_SEVERITY_LOW, "answers strangers",
	  "coap;iot" },
	{ BYTES("\x60\x45\x01\x02\xff"), CS_FAULT_MARKER, CS_SEVERITY_LOW,
	  "an answer that is malformed", "coap;iot;malformed" },
	{ BYTES("\x60"), CS_FAULT_SHORT, CS_SEVERITY_LOW, "an answer that is malformed",
	  "coap;iot;malformed" },
};

static void what_tells_nothing_is_little_worry(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(answers); i++) {
		struct cs_result result = result_of(answers[i].header, SPAN(""));
		struct cs_judgement got;
		char name[16];

		result.malformed.fault = answers[i].fault;
		(void)snprintf(name, sizeof(name), "row %zu", i);
		got = judge(&result);
		must_be(name, "reason", got.severity_because, answers[i].because);
		must_be(name, "tag", got.tags, answers[i].tags);
		assert_int_equal(got.severity, answers[i].severity);
		assert_int_equal(got.stack.len, 0);
		assert_int_equal(got.confidence, 0);
	}
}

static void a_devices_bytes_are_shown_as_ascii_and_cut(void **state)
{
	struct cs_judgement got =
		judge_links("</psk/\x1b[2J\xc3\xa9/"
			    "0123456789012345678901234567890123456789>");

	(void)state;
	must_be("escape", "reason", got.severity_because,
		"a name that looks like credentials (/psk/?[2J\?\?/"
		"012345678901234567890123456789012345...); "
		"lists its resources to strangers");
}

static void only_the_first_links_of_a_huge_list_are_looked_at(void **state)
{
	static char list[CS_CLUE_LINKS * 5 + sizeof("</psk>")];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i + 1 < CS_CLUE_LINKS; i++, n += 5)
		memcpy(list + n, "</a>,", 5);
	memcpy(list + n, "</psk>", sizeof("</psk>"));
	assert_int_equal(judge_links(list).severity, CS_SEVERITY_HIGH);
	memcpy(list + n, "</a>,</psk>", sizeof("</a>,</psk>"));
	assert_int_equal(judge_links(list).severity, CS_SEVERITY_LOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_rows_are_told_apart),
		cmocka_unit_test(a_banner_of_a_report_is_a_strong_reflector),
		cmocka_unit_test(shadowservers_severity_is_flat),
		cmocka_unit_test(more_than_was_asked_for_is_worse),
		cmocka_unit_test(a_reflector_that_can_be_written_is_critical),
		cmocka_unit_test(what_tells_nothing_is_little_worry),
		cmocka_unit_test(a_devices_bytes_are_shown_as_ascii_and_cut),
		cmocka_unit_test(only_the_first_links_of_a_huge_list_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
