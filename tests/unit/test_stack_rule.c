/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/stack_rule.h"
#include "result.h"

#define BYTES(literal)                                          \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define LINKS BYTES("\x60\x45\x73\x6a\xc1\x28\xff")
#define TEXT  BYTES("\x60\x45\x73\x6a\xff")

/* A row a rule, in their order: an answer that shows it, and one that nearly does. */
static const struct {
	const char *family;
	struct cs_span head;
	const char *yes, *no;
	struct cs_span no_head; /* empty: as head */
} cases[CS_STACK_RULES] = {
	{ "QLINK", LINKS, "</qlink/request>", "</qlinks/request>", { 0 } },
	{ "QLINK",
	  LINKS,
	  "</device/inform/boot>,</device/inform/heartbeat>",
	  "</device/inform/boot>,</device/inform/heart>",
	  { 0 } },
	{ "QLINK",
	  TEXT,
	  ";title=qlink/request,;title=qlink/success",
	  ";title=q-link/a",
	  { 0 } },
	{ "Efento", LINKS, "</efento>", "</x/efento>", { 0 } },
	{ "ThingsBoard",
	  LINKS,
	  "</api/v1>,</fw>,</sw>",
	  "</api/v1>,</fw>,</swx>",
	  { 0 } },
	{ "ThingsBoard",
	  LINKS,
	  "</api>,</api/v1>,</.well-known/core>",
	  "</api>,</api/v2>,</.well-known/core>",
	  { 0 } },
	{ "Californium",
	  TEXT,
	  "using the Eclipse Californium (Cf) CoAP framework",
	  "using the Eclipse Californium CoAP framework",
	  { 0 } },
	{ "Californium", TEXT, "Californium (Cf)", "californium (cf)", { 0 } },
	{ "Californium",
	  LINKS,
	  "</helloWorld>;title=\"Hello-World Resource\"",
	  "</helloWorld>;title=\"Hello\"",
	  { 0 } },
	{ "Californium",
	  LINKS,
	  "</mycontext>;title=\"Communication Context\"",
	  "</mycontext>;rt=\"Communication Context\"",
	  { 0 } },
	{ "Californium",
	  LINKS,
	  "</reverse-request>,</reverse-observe>",
	  "</reverse-request>",
	  { 0 } },
	{ "Californium",
	  LINKS,
	  "</obs-reset>,</multi-format>;ct=\"0 41 50 60\"",
	  "</obs>,</multi-format>;ct=\"0 41\"",
	  { 0 } },
	{ "Californium", LINKS, "</coap2coap>,</coap2http>", "</coap2http>", { 0 } },
	{ "libcoap",
	  LINKS,
	  "</>;title=\"General Info\";ct=0,</example_data>;title=\"Example "
	  "Data\";ct=0;obs",
	  "</>;title=\"General Info\";ct=0,</example_data>;ct=0",
	  { 0 } },
	{ "libcoap",
	  LINKS,
	  "</time>;if=\"clock\";rt=\"ticks\"",
	  "</time>;if=\"clock\",</times>;rt=\"ticks\"",
	  { 0 } },
	{ "libcoap",
	  LINKS,
	  "</>;title=\"General Info\",</async>;ct=0",
	  "</>;title=\"General Info\",</async>;ct=40",
	  { 0 } },
	{ "libcoap",
	  LINKS,
	  "</>;title=\"General Info\"",
	  "</a>;title=\"General Info\"",
	  { 0 } },
	{ "libcoap",
	  TEXT,
	  "This is a test server made with libcoap (see",
	  "This is a test server made with libcap",
	  { 0 } },
	{ "libcoap",
	  TEXT,
	  "libcoap server for ETSI CoAP Plugtest",
	  "libcoap server of ETSI",
	  { 0 } },
	{ "libcoap",
	  LINKS,
	  "</rd>;ct=40;rt=\"core.rd\";ins=\"default\"",
	  "</rd>;ct=40;rt=\"core.rd\";ins=\"other\"",
	  { 0 } },
	{ "libcoap", BYTES("\x60\x45\x73\x6a\x41\x01\x81\x28\xb1\x0e\x52\x0a\x66\xff"),
	  "</a>", "</a>", BYTES("\x60\x45\x73\x6a\x41\x01\x81\x28\xb1\x0e\xff") },
	{ "node-coap",
	  BYTES("\x60\x45\x73\x6a\x42\x5d\x11\x81\x28\xb1\x06\xff"),
	  "</a>",
	  "</b>",
	  { 0 } },
	{ "aiocoap",
	  LINKS,
	  "<https://christian.amsuess.com/tools/aiocoap/#version-0.4>;rel=\"impl-info\"",
	  "<https://christian.amsuess.com/tools/>;rel=\"impl-info\"",
	  { 0 } },
	{ "aiocoap",
	  LINKS,
	  "<http://christian.amsuess.com/tools/aiocoap/#version-0.4>;rel=\"impl-info\"",
	  "<https://christian.amsuess.com/tools/aiocoap/>",
	  { 0 } },
	{ "CoAPthon",
	  LINKS,
	  "</advanced>;obs,</advancedSeparate>;obs,",
	  "</advanced>;obs,</advanced-separate>",
	  { 0 } },
	{ "CoAPthon", LINKS, "</a>;obs,", "</a>;obs", { 0 } },
	{ "Contiki-NG",
	  LINKS,
	  "</test/hello>;title=\"Hello world: ?len=0..\";rt=\"Text\"",
	  "</test/hello>;title=\"Hello world\";rt=\"Text\"",
	  { 0 } },
	{ "Contiki-NG",
	  LINKS,
	  "</actuators/toggle>;title=\"Red LED\";rt=\"Control\"",
	  "</actuators/toggle>;title=\"Control\"",
	  { 0 } },
	{ "Contiki-NG", LINKS, "</sen/batmon/temp>", "</sen/batmon>", { 0 } },
	{ "Contiki-NG",
	  LINKS,
	  "</.well-known/core>;ct=40,</a>",
	  "</.well-known/core>,</a>;ct=40",
	  { 0 } },
	{ "RIOT", LINKS, "</cli/stats>;ct=0,</riot/board>", "</riot/boards>", { 0 } },
	{ "RIOT", LINKS, "</riot/value>", "</riot>", { 0 } },
	{ "Zephyr",
	  LINKS,
	  "</core1>;title=\"Core 1\";rt=core1,</core2>;title=\"Core 2\"",
	  "</core1>;title=\"Core 1\";rt=core1",
	  { 0 } },
	{ "OpenThread", LINKS, "</a/aq>,</c/ag>", "</a/aq>,</c/a>", { 0 } },
	{ "OpenThread", LINKS, "</d/dg>,</d/dr>", "</d/dg>,</x/dr>", { 0 } },
	{ "LwM2M",
	  LINKS,
	  "</>;rt=\"oma.lwm2m\";ct=110,</1/0>",
	  "</>;rt=\"oma.lwm2m2\",</1/0>",
	  { 0 } },
	{ "LwM2M", LINKS, "</1/0>,</3/0>", "</1/0>,</3/1>", { 0 } },
	{ "OCF",
	  LINKS,
	  "<coaps://[fe80::b1d6]:1111/oic/res>;rt=\"oic.wk.res oic.d.sensor\"",
	  "</res>;rt=\"oic.wk.resx\"",
	  { 0 } },
	{ "OCF", LINKS, "<coaps://[fe80::b1d6]:1111/oic/res>", "</oic/resource>", { 0 } },
	{ "Shelly", BYTES("\x60\x45\x73\x6a\xe1\x0b\xf7\x61\xff"), "{}", "{}",
	  BYTES("\x60\x45\x73\x6a\xe1\x0b\xf8\x61\xff") },
	{ "Shelly", LINKS, "</cit/d>,</cit/s>", "</cit/d>,</cit>", { 0 } },
	{ "Tradfri",
	  LINKS,
	  "<//15001>;ct=0;obs,<//15004>;ct=0;obs",
	  "</15001>;ct=0;obs,</15004>;ct=0;obs",
	  { 0 } },
	{ "USP",
	  LINKS,
	  "</uspagent>;if=\"bbf.usp.a\";rt=\"bbf.usp.endpoint\"",
	  "</uspagent>;if=\"bbf.usp.endpoint\"",
	  { 0 } },
};

static struct cs_stack_seen look(struct cs_span head, const char *body)
{
	struct cs_result result = result_of(head, cs_span_str(body));
	struct cs_stack_seen seen = { 0 };
	struct cs_link_view view;
	struct cs_reading reading;
	struct cs_link link;

	cs_result_read(&result, &reading);
	cs_stack_look_answer(&seen, &result, &reading);
	for (struct cs_links w = cs_links_over(reading.links);
	     cs_links_next(&w, &link);) {
		cs_link_view(&link, &view);
		cs_stack_look_link(&seen, &view);
	}
	return seen;
}

static void each_rule_holds_for_its_answer_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		struct cs_span no_head =
			cases[i].no_head.len ? cases[i].no_head : cases[i].head;
		struct cs_stack_seen yes = look(cases[i].head, cases[i].yes);
		struct cs_stack_seen no = look(no_head, cases[i].no);

		assert_string_equal(cs_stack_rules[i].family, cases[i].family);
		if (!cs_stack_holds(&yes, i))
			fail_msg("rule %zu, %s: not for %s", i, cases[i].family,
				 cases[i].yes);
		if (cs_stack_holds(&no, i))
			fail_msg("rule %zu, %s: also for %s", i, cases[i].family,
				 cases[i].no);
	}
}

/* Whether one answer of that header shows the family. */
static bool shows(struct cs_span head, const char *body, const char *family)
{
	struct cs_stack_seen seen = look(head, body);

	for (size_t i = 0; i < CS_STACK_RULES; i++)
		if (cs_stack_holds(&seen, i) &&
		    strcmp(cs_stack_rules[i].family, family) == 0)
			return true;
	return false;
}

static void habits_are_exact(void **state)
{
	(void)state;
	/* An ETag of two bytes with Size2; one byte, but not in blocks. */
	assert_false(shows(
		SPAN("\x60\x45\x73\x6a\x42\x01\x02\x81\x28\xb1\x0e\x52\x0a\x66\xff"),
		"</a>", "libcoap"));
	assert_false(shows(SPAN("\x60\x45\x73\x6a\x41\x01\x81\x28\xd2\x03\x0a\x66\xff"),
			   "</a>", "libcoap"));
	/* An odd body's last byte stands alone; the ETag alone is no block's. */
	assert_true(shows(SPAN("\x60\x45\x73\x6a\x42\x63\x71\x81\x28\xb1\x06\xff"),
			  "</a^>", "node-coap"));
	assert_false(shows(SPAN("\x60\x45\x73\x6a\x42\x5d\x11\x81\x28\xff"), "</a>",
			   "node-coap"));
}

static void each_rule_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		const struct cs_stack_rule *rule = &cs_stack_rules[i];

		assert_in_range(rule->confidence, 50, 95);
		assert_in_range(strlen(rule->because), 1, 60);
		assert_true(cs_clue_is_set(&rule->clues[0]));
		for (size_t k = 1; k < CS_STACK_CLUES; k++) {
			assert_true(!cs_clue_is_set(&rule->clues[k]) ||
				    cs_clue_is_set(&rule->clues[k - 1]));
			assert_true(!cs_clue_is_set(&rule->clues[k]) ||
				    cs_clue_is_of_link(&rule->clues[k]) ==
					    cs_clue_is_of_link(&rule->clues[0]));
		}
		for (const char *c = rule->family; *c; c++)
			assert_true((*c >= 'a' && *c <= 'z') ||
				    (*c >= 'A' && *c <= 'Z') ||
				    (*c >= '0' && *c <= '9') || *c == '-');
	}
}

static void the_surest_family_comes_first_and_each_once(void **state)
{
	struct cs_stack_seen seen =
		look((struct cs_span)LINKS,
		     "</>;title=\"General Info\",</async>;ct=0,</qlink/a>,"
		     "</device/inform/boot>,</device/inform/heartbeat>");
	const struct cs_stack_rule *best[CS_STACK_FAMILIES];

	(void)state;
	assert_int_equal(cs_stack_best(&seen, best), 2);
	assert_string_equal(best[0]->family, "QLINK");
	assert_int_equal(best[0]->confidence, 95);
	assert_string_equal(best[1]->family, "libcoap");
	assert_int_equal(best[1]->confidence, 80);
}

static void of_many_families_the_surest_are_kept(void **state)
{
	struct cs_stack_seen seen =
		look((struct cs_span)LINKS,
		     "</.well-known/core>;ct=40,</api>,</api/v1>,</1/0>,</3/0>,"
		     "</cit/d>,</cit/s>,</riot/board>,");
	const struct cs_stack_rule *best[CS_STACK_FAMILIES];

	(void)state;
	assert_int_equal(cs_stack_best(&seen, best), CS_STACK_FAMILIES);
	assert_string_equal(best[0]->family, "RIOT");
	assert_string_equal(best[1]->family, "Shelly");
	assert_string_equal(best[2]->family, "LwM2M");
}

static void an_answer_without_clues_has_no_family(void **state)
{
	struct cs_stack_seen seen = look((struct cs_span)LINKS, "</a>;rt=x,</b>");
	const struct cs_stack_rule *best[CS_STACK_FAMILIES];

	(void)state;
	assert_int_equal(cs_stack_best(&seen, best), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_holds_for_its_answer_alone),
		cmocka_unit_test(habits_are_exact),
		cmocka_unit_test(each_rule_is_complete),
		cmocka_unit_test(the_surest_family_comes_first_and_each_once),
		cmocka_unit_test(of_many_families_the_surest_are_kept),
		cmocka_unit_test(an_answer_without_clues_has_no_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
