/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope.scan/1: one JSON object a line. The names and their order are an
 * interface: new ones may be added at the end, none is renamed.
 */
#include "coap/code.h"
#include "coap/option_rule.h"
#include "out/json.h"
#include "out/json_links.h"
#include "scan/record.h"

enum { RTT_DECIMALS = 3 /* of a millisecond, of which a microsecond is one */ };

static void put_word(struct cs_json *j, const char *key, const char *text)
{
	cs_json_key(j, key);
	cs_json_word(j, text);
}

static void put_uint(struct cs_json *j, const char *key, uint64_t value)
{
	cs_json_key(j, key);
	cs_json_uint(j, value);
}

static void put_uint_if(struct cs_json *j, const char *key, bool known, uint64_t value)
{
	cs_json_key(j, key);
	if (known)
		cs_json_uint(j, value);
	else
		cs_json_null(j);
}

static void put_fixed_if(struct cs_json *j, const char *key, bool known, uint64_t value,
			 unsigned decimals)
{
	cs_json_key(j, key);
	if (known)
		cs_json_fixed(j, value, decimals);
	else
		cs_json_null(j);
}

static void put_hex_if(struct cs_json *j, const char *key, bool known,
		       struct cs_span bytes)
{
	cs_json_key(j, key);
	if (known)
		cs_json_hex(j, bytes);
	else
		cs_json_null(j);
}

static void put_bool(struct cs_json *j, const char *key, bool value)
{
	cs_json_key(j, key);
	cs_json_bool(j, value);
}

/* Who was asked, when, and who answered. */
static void put_question(struct cs_json *j, const char *scan,
			 const struct cs_result *result)
{
	char ip[CS_ADDR_TEXT];

	cs_addr_text(&result->ip, ip);
	put_word(j, "schema", "coapscope.scan/1");
	cs_json_key(j, "time");
	cs_json_time(j, result->time_us);
	put_word(j, "scan", scan);
	put_word(j, "ip", ip);
	put_uint(j, "port", result->port);
	put_uint(j, "reply_port", result->reply_port);
	put_word(j, "transport", "udp");
	put_word(j, "match", result->match == CS_MATCH_FULL ? "full" : "port");
}

/* The four bytes and the token of the first datagram. */
static void put_header(struct cs_json *j, const struct cs_reading *reading)
{
	char code[CS_CODE_TEXT];

	cs_code_text(reading->code, code);
	put_word(j, "type", reading->has_header ? cs_type_name(reading->type) : NULL);
	put_word(j, "code", reading->has_header ? code : NULL);
	put_uint_if(j, "message_id", reading->has_header, reading->mid);
	put_hex_if(j, "token_hex", reading->has_token, reading->token);
}

static void put_sizes(struct cs_json *j, const struct cs_result *result, unsigned probes)
{
	uint64_t first = 0, wire = 0;
	bool known = cs_result_amplification(result, &first) &&
		     cs_result_amplification_wire(result, probes, &wire);

	put_uint(j, "probes", probes);
	put_uint(j, "request_size", result->request_size);
	put_uint(j, "response_size", result->response_size);
	put_uint(j, "datagrams", result->datagrams);
	put_uint(j, "bytes", result->bytes);
	put_fixed_if(j, "amplification", known, first, 2);
	put_fixed_if(j, "amplification_wire", known, wire, 2);
	put_fixed_if(j, "rtt_ms", result->rtt_us >= 0, (uint64_t)result->rtt_us,
		     RTT_DECIMALS);
}

static void put_options(struct cs_json *j, const struct cs_reading *reading)
{
	struct cs_opts w = cs_opts_over(reading->options);
	struct cs_opt opt;

	put_uint_if(j, "content_format", reading->has_content_format,
		    reading->content_format);
	cs_json_key(j, "options");
	cs_json_array(j);
	while (cs_opts_next(&w, &opt)) {
		cs_json_object(j);
		put_uint(j, "number", opt.number);
		put_word(j, "name", cs_opt_name(opt.number));
		put_hex_if(j, "value_hex", true, opt.value);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
}

static void put_body(struct cs_json *j, const struct cs_result *result,
		     const struct cs_reading *reading)
{
	put_hex_if(j, "header_hex", true, result->header);
	put_hex_if(j, "payload_hex", true, result->body);
	put_bool(j, "complete", result->complete);
	put_uint(j, "blocks", result->blocks);
	cs_json_key(j, "links");
	cs_json_links(j, reading->links);
}

static void put_malformed(struct cs_json *j, const struct cs_flaw *flaw)
{
	cs_json_key(j, "malformed");
	if (flaw->fault == CS_FAULT_NONE) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	put_word(j, "reason", cs_fault_name(flaw->fault));
	put_uint(j, "offset", flaw->at);
	cs_json_object_end(j);
}

static void row(const struct cs_record_out *out, const struct cs_result *result,
		const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	(void)enriched;
	struct cs_json j = cs_json_to(out->to);

	cs_json_object(&j);
	put_question(&j, out->scan, result);
	put_header(&j, reading);
	put_sizes(&j, result, out->probes > 0 ? out->probes : 1);
	put_options(&j, reading);
	put_body(&j, result, reading);
	put_malformed(&j, &result->malformed);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

const struct cs_record_format cs_record_jsonl = {
	.name = "jsonl",
	.every_code = true,
	.row = row,
};
