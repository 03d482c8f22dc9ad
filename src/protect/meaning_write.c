/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope.meaning/1. */
#include <string.h>

#include "out/json.h"
#include "protect/meaning.h"

enum { COAP = 5683 };

const char *cs_meaning_verdict_text(enum cs_meaning_verdict verdict)
{
	static const char *const texts[] = { [CS_MEANING_OPEN] = "open",
					     [CS_MEANING_LIMIT] = "limit",
					     [CS_MEANING_REJECT] = "reject",
					     [CS_MEANING_DROP] = "drop" };

	return texts[verdict];
}

static void put_addr(struct cs_json *j, const char *key, const struct cs_addr *a)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(a, text);
	cs_json_put_word(j, key, text);
}

/* Texts of rules and names of processes are anybody's bytes: see cs_json_put_text(). */
static void put_rule(struct cs_json *j, const struct cs_rule *rule)
{
	if (!rule) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_word(j, "tool", cs_rule_tool_names[rule->tool]);
	cs_json_put_text(j, "table", cs_span_str(rule->table));
	cs_json_put_text(j, "chain", cs_span_str(rule->chain));
	cs_json_put_uint(j, "handle", rule->handle);
	cs_json_put_text(j, "text", cs_span_str(rule->text));
	cs_json_object_end(j);
}

static void put_listener(struct cs_json *j, const struct cs_listener *listener)
{
	cs_json_key(j, "listener");
	if (!listener) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	put_addr(j, "address", &listener->address);
	cs_json_put_text(j, "process", cs_span_str(listener->process));
	cs_json_put_uint(j, "port", listener->port);
	cs_json_put_uint_if(j, "pid", listener->pid > 0, (uint64_t)listener->pid);
	cs_json_object_end(j);
}

static void put_question(struct cs_json *j, const struct cs_meaning *row)
{
	cs_json_put_word(j, "schema", "coapscope.meaning/1");
	cs_json_put_word(j, "from", row->from);
	put_addr(j, "to", &row->ask.to);
	cs_json_put_uint(j, "family", cs_addr_is_v4(&row->ask.to) ? 4 : 6);
	cs_json_put_word(j, "proto", row->ask.tcp ? "tcp" : "udp");
	cs_json_put_uint(j, "port", row->ask.port);
	cs_json_put_word(j, "flow", row->ask.flow == CS_FLOW_NEW ? "new" : "established");
	cs_json_put_word(j, "path", row->forward ? "forward" : "input");
}

/* What the rules sent it on to: another address or port. */
static void put_sent_on(struct cs_json *j, const struct cs_probe_told *told)
{
	static const struct cs_addr none;

	cs_json_key(j, "sent_on");
	if (!told->forward_port) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	if (cs_addr_cmp(&told->forward_to, &none) == 0)
		cs_json_put_word(j, "address", NULL);
	else
		put_addr(j, "address", &told->forward_to);
	cs_json_put_uint(j, "port", told->forward_port);
	cs_json_object_end(j);
}

/* What was seen: of the address that stands for the asker. */
static void put_seen(struct cs_json *j, const struct cs_meaning *row)
{
	put_addr(j, "source", &row->ask.from);
	cs_json_put_uint_if(j, "source_port", row->source_port != 0, row->source_port);
	cs_json_put_uint(j, "sent", row->told.sent);
	cs_json_put_uint(j, "answered", row->told.answered);
	cs_json_put_uint(j, "errors", row->told.errors);
	put_sent_on(j, &row->told);
}

static void put_flood(struct cs_json *j, const struct cs_probe_told *flood)
{
	cs_json_key(j, "flood");
	if (!flood) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_uint(j, "sent", flood->sent);
	cs_json_put_uint(j, "answered", flood->answered);
	cs_json_put_uint(j, "bytes_in", flood->bytes_in);
	cs_json_put_uint(j, "bytes_out", flood->bytes_out);
	cs_json_object_end(j);
}

void cs_meaning_write(struct cs_json *json, const struct cs_meaning *row,
		      const struct cs_probe_told *flood)
{
	cs_json_object(json);
	put_question(json, row);
	cs_json_put_word(json, "verdict", cs_meaning_verdict_text(row->told.verdict));
	cs_json_key(json, "rule");
	put_rule(json, row->told.rule);
	cs_json_key(json, "shadowed");
	cs_json_array(json);
	for (size_t i = 0; i < row->n_shadowed; i++)
		put_rule(json, row->shadowed[i]);
	cs_json_array_end(json);
	put_listener(json, row->listener);
	cs_json_put_bool(json, "exposed", row->exposed);
	put_seen(json, row);
	put_flood(json, flood);
	cs_json_object_end(json);
}

/* The flood was of new requests from the internet to the CoAP port. */
static bool is_of_flood(const struct cs_meaning *row)
{
	const struct cs_addr *to = &row->ask.to;
	bool group = cs_addr_is_v4(to) ? to->b[12] >= 224 : to->b[0] == 0xff;

	return row->asker == CS_ASKER_INTERNET && !row->ask.tcp &&
	       row->ask.port == COAP && row->ask.flow == CS_FLOW_NEW && !group;
}

void cs_meanings_write(const struct cs_meanings *meanings, FILE *to)
{
	const struct cs_probe_told *floods[] = { &meanings->flood6, &meanings->flood4 };
	bool said[2] = { false };
	struct cs_json json = cs_json_to(to);

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];
		bool v4 = cs_addr_is_v4(&row->ask.to);
		bool flood = floods[v4]->sent > 0 && !said[v4] && is_of_flood(row);

		said[v4] |= flood;
		cs_meaning_write(&json, row, flood ? floods[v4] : NULL);
		cs_json_line(&json);
	}
}
