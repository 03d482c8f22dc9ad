/* SPDX-License-Identifier: Apache-2.0 */
/* What is written of answers: for programs and for people. */
#include "addresses.h"

#include <stdio.h>

#include <cjson/cJSON.h>

#include "out/json.h"
#include "protect/meaning.h"

static const struct cs_rule allow = { .tool = CS_RULE_UFW,
				      .table = "ip filter",
				      .chain = "ufw-user-input",
				      .handle = 1,
				      .text = "5683 ALLOW IN Anywhere" };
static const struct cs_rule deny = { .tool = CS_RULE_UFW,
				     .table = "ip filter",
				     .chain = "ufw-user-input",
				     .handle = 2,
				     .text = "5683/udp DENY IN Anywhere" };
static const struct cs_rule policy = { .tool = CS_RULE_NFT,
				       .table = "inet filter",
				       .chain = "input",
				       .text = "policy drop",
				       .place = SIZE_MAX };
static const struct cs_rule hostile = { .tool = CS_RULE_NFT,
					.table = "inet filter",
					.chain = "input",
					.handle = 7,
					.text = "accept comment \"\x1b[2J\\x\"" };
static const struct cs_listener listener = { .port = 5683,
					     .process = "coap-server",
					     .pid = 4711 };

/* The trap of the usual advice: allow, then deny. */
static struct cs_meaning trap(void)
{
	return (struct cs_meaning){
		.asker = CS_ASKER_INTERNET,
		.from = "internet",
		.ask = { .from = addr("91.37.142.77"),
			 .to = addr("93.184.77.10"),
			 .port = 5683,
			 .flow = CS_FLOW_NEW },
		.told = { .verdict = CS_MEANING_OPEN,
			  .sent = 16,
			  .answered = 16,
			  .rule = &allow },
		.shadowed = { &deny },
		.n_shadowed = 1,
		.listener = &listener,
		.exposed = true,
	};
}

static struct cs_meaning closed(void)
{
	return (struct cs_meaning){
		.asker = CS_ASKER_LOCAL,
		.from = "192.168.1.0/24",
		.ask = { .from = addr("192.168.1.77"),
			 .to = addr("192.168.1.1"),
			 .port = 5684,
			 .tcp = true,
			 .flow = CS_FLOW_ESTABLISHED },
		.told = { .verdict = CS_MEANING_DROP, .sent = 16, .rule = &policy },
	};
}

/* A published container port. */
static struct cs_meaning published(void)
{
	struct cs_meaning row = trap();

	row.told.rule = NULL;
	row.told.forwarded = true;
	row.told.forward_to = addr("172.17.0.2");
	row.told.forward_port = 15683;
	row.forward = true;
	row.listener = NULL;
	return row;
}

/* --- for programs --- */

static cJSON *written(const struct cs_meaning *row, const struct cs_probe_told *flood)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	struct cs_json json = cs_json_to(to);
	cJSON *object;

	cs_meaning_write(&json, row, flood);
	cs_json_line(&json);
	(void)fclose(to);
	assert_int_equal(text[len - 1], '\n');
	assert_memory_equal(text, "{\"schema\":\"coapscope.meaning/1\",", 32);
	object = cJSON_Parse(text);
	assert_non_null(object);
	free(text);
	return object;
}

static void assert_text(const cJSON *object, const char *key, const char *want)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsString(item))
		fail_msg("%s is no string", key);
	assert_string_equal(item->valuestring, want);
}

static void assert_number(const cJSON *object, const char *key, int want)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsNumber(item) || item->valueint != want)
		fail_msg("%s is not %d", key, want);
}

static const cJSON *at(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void a_row_has_the_names_of_its_schema(void **state)
{
	const struct cs_meaning row = trap();
	cJSON *o = written(&row, NULL);
	const cJSON *rule = at(o, "rule"), *shadowed = at(o, "shadowed");

	(void)state;
	assert_text(o, "from", "internet");
	assert_text(o, "to", "93.184.77.10");
	assert_number(o, "family", 4);
	assert_text(o, "proto", "udp");
	assert_number(o, "port", 5683);
	assert_text(o, "flow", "new");
	assert_text(o, "path", "input");
	assert_text(o, "verdict", "open");
	assert_text(rule, "tool", "ufw");
	assert_text(rule, "table", "ip filter");
	assert_text(rule, "chain", "ufw-user-input");
	assert_number(rule, "handle", 1);
	assert_text(rule, "text", "5683 ALLOW IN Anywhere");
	assert_int_equal(cJSON_GetArraySize(shadowed), 1);
	assert_number(cJSON_GetArrayItem(shadowed, 0), "handle", 2);
	assert_text(cJSON_GetArrayItem(shadowed, 0), "text", "5683/udp DENY IN Anywhere");
	assert_text(at(o, "listener"), "process", "coap-server");
	assert_text(at(o, "listener"), "address", "::");
	assert_true(cJSON_IsTrue(at(o, "exposed")));
	assert_text(o, "source", "91.37.142.77");
	assert_true(cJSON_IsNull(at(o, "source_port")));
	assert_true(cJSON_IsNull(at(o, "sent_on")));
	assert_true(cJSON_IsNull(at(o, "flood")));
	cJSON_Delete(o);
}

static void what_is_not_there_is_null(void **state)
{
	struct cs_meaning row = closed();
	cJSON *o;

	(void)state;
	row.told.rule = NULL;
	o = written(&row, NULL);
	assert_text(o, "proto", "tcp");
	assert_text(o, "flow", "established");
	assert_text(o, "verdict", "drop");
	assert_true(cJSON_IsNull(at(o, "rule")));
	assert_true(cJSON_IsNull(at(o, "listener")));
	assert_true(cJSON_IsFalse(at(o, "exposed")));
	assert_int_equal(cJSON_GetArraySize(at(o, "shadowed")), 0);
	cJSON_Delete(o);
}

static void a_listener_whose_process_is_not_told_has_no_name(void **state)
{
	const struct cs_listener unknown = { .port = 5683 };
	struct cs_meaning row = trap();
	cJSON *o;

	(void)state;
	row.listener = &unknown;
	o = written(&row, NULL);
	assert_true(cJSON_IsNull(at(at(o, "listener"), "process")));
	assert_true(cJSON_IsNull(at(at(o, "listener"), "pid")));
	cJSON_Delete(o);
}

static void what_is_sent_on_goes_forward(void **state)
{
	const struct cs_meaning row = published();
	cJSON *o = written(&row, NULL);

	(void)state;
	assert_text(o, "path", "forward");
	assert_text(at(o, "sent_on"), "address", "172.17.0.2");
	assert_number(at(o, "sent_on"), "port", 15683);
	cJSON_Delete(o);
}

static void each_verdict_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(cs_meaning_verdict_text(CS_MEANING_OPEN), "open");
	assert_string_equal(cs_meaning_verdict_text(CS_MEANING_LIMIT), "limit");
	assert_string_equal(cs_meaning_verdict_text(CS_MEANING_REJECT), "reject");
	assert_string_equal(cs_meaning_verdict_text(CS_MEANING_DROP), "drop");
}

static void the_flood_is_told_with_the_row_that_it_is_about(void **state)
{
	struct cs_meaning rows[] = { closed(), trap(), trap() };
	const struct cs_meanings m = { .rows = rows,
				       .n = 3,
				       .flood4 = { .sent = 20000,
						   .answered = 400,
						   .bytes_in = 80000,
						   .bytes_out = 1600 } };
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	const char *flood;

	(void)state;
	cs_meanings_write(&m, to);
	(void)fclose(to);
	flood = strstr(text, "\"flood\":{\"sent\":20000,\"answered\":400,\"bytes_in\":"
			     "80000,\"bytes_out\":1600}");
	assert_non_null(flood);
	assert_null(strstr(flood, "\"flood\":{\"sent\":20000,\"answered\":401"));
	assert_null(strstr(flood + 1, "\"flood\":{"));
	free(text);
}

/* --- for people --- */

static char *table_for(struct cs_meaning_request request, struct cs_meaning *rows,
		       size_t n, bool assumed, size_t width)
{
	const struct cs_host host = { .assumed = assumed };
	struct cs_meanings m = { .rows = rows, .n = n, .n_peers = 3 };
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	request.host = &host;
	for (size_t i = 0; i < n; i++)
		m.exposed += rows[i].exposed;
	assert_int_equal(cs_meanings_write_table(&m, &request, to, width, false), CS_OK);
	(void)fclose(to);
	return text;
}

static char *table_of(struct cs_meaning *rows, size_t n, bool assumed, size_t width)
{
	return table_for((struct cs_meaning_request){ 0 }, rows, n, assumed, width);
}

static void assert_says(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text ? text : "");
}

static void people_are_told_who_what_and_why(void **state)
{
	struct cs_meaning rows[] = { trap() };
	char *text = table_of(rows, 1, false, 0);

	(void)state;
	assert_says(text,
		    "EXPOSED to the internet: UDP 5683 at 93.184.77.10 is answered by "
		    "coap-server\n");
	assert_says(text, "  decided by ufw rule 1: 5683 ALLOW IN Anywhere\n");
	assert_says(text, "  shadowed, without effect: ufw rule 2: 5683/udp DENY IN "
			  "Anywhere\n");
	assert_says(text, "Next: coapscope protect plan --strangers drop\n");
	free(text);
}

static void a_source_port_that_it_takes_is_told(void **state)
{
	struct cs_meaning rows[] = { trap(), closed(), trap() };
	cJSON *o;
	char *text;

	(void)state;
	rows[0].source_port = 53;
	o = written(&rows[0], NULL);
	assert_number(o, "source_port", 53);
	cJSON_Delete(o);
	rows[1].source_port = 53;
	rows[1].told.verdict = CS_MEANING_OPEN;
	text = table_of(rows, 3, false, 0);
	assert_says(text,
		    "UDP 5683 at 93.184.77.10 is answered when asked from source port "
		    "53 by coap-server\n");
	assert_says(text, "UDP 5683 at 93.184.77.10 is answered by coap-server\n");
	assert_says(text, "\ninternet port 53 ");
	assert_says(text, "Next: coapscope protect plan --strangers drop\n");
	free(text);
}

static void who_is_answered_at_home_shall_be_so_afterwards(void **state)
{
	struct cs_meaning rows[] = { closed(), closed(), trap() };
	char *text;

	(void)state;
	rows[0].told.verdict = rows[1].told.verdict = CS_MEANING_OPEN;
	text = table_of(rows, 3, false, 0);
	assert_says(text, "Next: coapscope protect plan --strangers drop "
			  "--allow 192.168.1.0/24\n\n");
	free(text);
}

/* Networks of another host that nobody named were made up. */
static void elsewhere_what_is_named_shall_be_answered_afterwards(void **state)
{
	static const char next[] = "Next, on that host: coapscope protect plan "
				   "--strangers drop --allow 192.168.1.0/24\n\n";
	static const char unnamed[] =
		"coapscope protect plan --strangers drop\n  with "
		"--allow PREFIX for each peer and local network that "
		"is to be answered\n\n";
	static const struct {
		const char *text;
		bool named;
	} cases[] = {
		{ "ip saddr { 10.0.0.0/8, 192.168.1.0/24 } accept", true },
		{ "192.168.1.0/24", true },
		{ "192.168.1.0/240 ip saddr 2192.168.1.0/24 1.192.168.1.0/24", false },
		{ "2192.168.1.0/24 192.168.1.0/24", true },
		{ "192.168.1.0/25", false },
		{ "192.168.1.0/2", false },
		{ "", false },
	};
	const struct cs_prefix local = { cs_addr_v4(0xc0a80100), 120 };
	struct cs_meaning rows[] = { closed(), trap() };
	char *text;

	(void)state;
	rows[0].told.verdict = CS_MEANING_OPEN;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const struct cs_rules rules = { .nft = cs_span_str(cases[i].text) };

		text = table_for((struct cs_meaning_request){ .rules = &rules }, rows, 2,
				 true, 0);
		assert_says(text, cases[i].named ? next : unnamed);
		free(text);
	}
	text = table_for((struct cs_meaning_request){ .locals = &local, .n_locals = 1 },
			 rows, 2, true, 0);
	assert_says(text, next);
	free(text);
	rows[0].asker = CS_ASKER_PEER;
	text = table_of(rows, 2, true, 0);
	assert_says(text, next);
	free(text);
}

static void of_many_peers_it_is_said_how_many_were_asked(void **state)
{
	struct cs_meaning rows[] = { trap() };
	char *text = table_for((struct cs_meaning_request){ .n_peers = 20000 }, rows, 1,
			       false, 0);

	(void)state;
	assert_says(text, "\n3 of 20000 peers asked\n");
	free(text);
	text = table_for((struct cs_meaning_request){ .n_peers = 3 }, rows, 1, false, 0);
	assert_null(strstr(text, "peers asked"));
	free(text);
}

static void what_is_sent_on_is_told_with_its_goal(void **state)
{
	struct cs_meaning rows[] = { published() };
	char *text = table_of(rows, 1, false, 0);

	(void)state;
	assert_says(text, "is answered, sent on to 172.17.0.2 port 15683\n");
	assert_says(text, "  decided by no rule\n");
	free(text);
}

static void what_is_routed_is_closed_by_a_router(void **state)
{
	struct cs_meaning rows[] = { published() };
	char *text;

	(void)state;
	rows[0].told.forward_port = 0;
	rows[0].told.forward_to = (struct cs_addr){ 0 };
	text = table_of(rows, 1, false, 0);
	assert_says(text, "plan --strangers drop --router\n");
	free(text);
}

static void nothing_exposed_is_said_first(void **state)
{
	struct cs_meaning rows[] = { closed(), trap() };
	char *text;

	(void)state;
	rows[1].exposed = false;
	rows[1].listener = NULL;
	text = table_of(rows, 2, false, 0);
	assert_memory_equal(text, "Not exposed: ", 13);
	assert_says(text,
		    "The rules let the internet in, and nobody listens: UDP 5683 at "
		    "93.184.77.10\n");
	assert_null(strstr(text, "Next"));
	free(text);
}

static void the_worst_stands_first(void **state)
{
	struct cs_meaning rows[] = { closed(), closed(), trap() };
	char *text, *head;

	(void)state;
	rows[1].from = "10.0.0.0/8";
	rows[1].told.verdict = CS_MEANING_OPEN;
	text = table_of(rows, 3, false, 0);
	head = strstr(text, "FROM ");
	assert_non_null(head);
	assert_true(strstr(head, "internet") < strstr(head, "10.0.0.0/8"));
	assert_true(strstr(head, "10.0.0.0/8") < strstr(head, "192.168.1.0/24"));
	free(text);
}

static void ports_and_flows_that_say_the_same_are_one_line(void **state)
{
	struct cs_meaning rows[8];
	char *text;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		rows[i] = trap();
		rows[i].ask.port = i & 1 ? 5684 : 5683;
		rows[i].ask.tcp = i & 2;
		rows[i].ask.flow = i & 4 ? CS_FLOW_ESTABLISHED : CS_FLOW_NEW;
	}
	text = table_of(rows, 8, false, 0);
	assert_says(text,
		    "UDP 5683, 5684; TCP 5683, 5684 at 93.184.77.10 is answered by");
	assert_says(text, " any ");
	free(text);
}

static void bytes_of_strangers_do_not_reach_the_terminal(void **state)
{
	struct cs_meaning rows[] = { trap() };
	struct cs_listener evil = { .port = 5683, .process = "\x1b]0;x\a" };
	char *text;

	(void)state;
	rows[0].told.rule = rows[0].shadowed[0] = &hostile;
	rows[0].listener = &evil;
	text = table_of(rows, 1, false, 0);
	assert_null(strchr(text, 0x1b));
	assert_null(strchr(text, 0x07));
	assert_says(text, "nft inet filter input handle 7: accept comment");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_the_names_of_its_schema),
		cmocka_unit_test(what_is_not_there_is_null),
		cmocka_unit_test(a_source_port_that_it_takes_is_told),
		cmocka_unit_test(a_listener_whose_process_is_not_told_has_no_name),
		cmocka_unit_test(what_is_sent_on_goes_forward),
		cmocka_unit_test(each_verdict_has_its_word),
		cmocka_unit_test(the_flood_is_told_with_the_row_that_it_is_about),
		cmocka_unit_test(people_are_told_who_what_and_why),
		cmocka_unit_test(who_is_answered_at_home_shall_be_so_afterwards),
		cmocka_unit_test(elsewhere_what_is_named_shall_be_answered_afterwards),
		cmocka_unit_test(of_many_peers_it_is_said_how_many_were_asked),
		cmocka_unit_test(what_is_sent_on_is_told_with_its_goal),
		cmocka_unit_test(what_is_routed_is_closed_by_a_router),
		cmocka_unit_test(nothing_exposed_is_said_first),
		cmocka_unit_test(the_worst_stands_first),
		cmocka_unit_test(ports_and_flows_that_say_the_same_are_one_line),
		cmocka_unit_test(bytes_of_strangers_do_not_reach_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
