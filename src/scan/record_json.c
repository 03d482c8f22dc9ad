/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope.scan/1: one JSON object a line. The names and their order are an
 * interface: new ones may be added, none is renamed.
 */
#include "coap/code.h"
#include "coap/option_rule.h"
#include "out/json.h"
#include "out/json_links.h"
#include "scan/record.h"
#include "scan/record_parts.h"

enum { RTT_DECIMALS = 3 /* of a millisecond, of which a microsecond is one */ };

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

/* Who was asked, when, and who answered. */
static void put_question(struct cs_json *j, const char *scan,
			 const struct cs_result *result)
{
	char ip[CS_ADDR_TEXT];

	cs_addr_text(&result->ip, ip);
	cs_json_put_word(j, "schema", "coapscope.scan/1");
	cs_json_key(j, "time");
	cs_json_time(j, result->time_us);
	cs_json_put_word(j, "scan", scan);
	cs_json_put_word(j, "ip", ip);
	cs_json_put_uint(j, "port", result->port);
	cs_json_put_uint(j, "reply_port", result->reply_port);
	cs_json_put_word(j, "transport", "udp");
	cs_json_put_word(j, "match", cs_match_name(result->match));
}

/* The four bytes and the token of the first datagram. */
static void put_header(struct cs_json *j, const struct cs_reading *reading)
{
	char code[CS_CODE_TEXT];

	cs_code_text(reading->code, code);
	cs_json_put_word(j, "type",
			 reading->has_header ? cs_type_name(reading->type) : NULL);
	cs_json_put_word(j, "code", reading->has_header ? code : NULL);
	cs_json_put_uint_if(j, "message_id", reading->has_header, reading->mid);
	put_hex_if(j, "token_hex", reading->has_token, reading->token);
}

/* A report tells of one datagram, and the oldest not even its size. */
static void put_sizes(struct cs_json *j, const struct cs_result *result, unsigned probes)
{
	uint64_t first = 0, wire = 0;
	bool ours = result->match != CS_MATCH_REPORT;
	bool known = cs_result_amplification(result, &first);
	bool wire_known = cs_result_amplification_wire(result, probes, &wire);

	cs_json_put_uint_if(j, "probes", ours, probes);
	cs_json_put_uint(j, "request_size", result->request_size);
	cs_json_put_uint_if(j, "response_size", ours || result->response_size > 0,
			    result->response_size);
	cs_json_put_uint_if(j, "datagrams", ours, result->datagrams);
	cs_json_put_uint_if(j, "bytes", ours, result->bytes);
	put_fixed_if(j, "amplification", known, first, 2);
	put_fixed_if(j, "amplification_wire", wire_known, wire, 2);
	put_fixed_if(j, "rtt_ms", result->rtt_us >= 0, (uint64_t)result->rtt_us,
		     RTT_DECIMALS);
}

static void put_option(struct cs_json *j, const struct cs_opt *opt)
{
	cs_json_object(j);
	cs_json_put_uint(j, "number", opt->number);
	cs_json_put_word(j, "name", cs_opt_name(opt->number));
	put_hex_if(j, "value_hex", true, opt->value);
	cs_json_object_end(j);
}

static void put_options(struct cs_json *j, const struct cs_reading *reading)
{
	struct cs_opts w = cs_opts_over(reading->options);
	struct cs_opt opt;

	cs_json_put_uint_if(j, "content_format", reading->has_content_format,
			    reading->content_format);
	cs_json_key(j, "options");
	if (reading->reported) {
		cs_json_null(j);
		return;
	}
	cs_json_array(j);
	while (cs_opts_next(&w, &opt))
		put_option(j, &opt);
	cs_json_array_end(j);
}

/* Of a report's row, payload_hex is its response cell, decoded. */
static void put_body(struct cs_json *j, const struct cs_result *result,
		     const struct cs_reading *reading)
{
	bool ours = !reading->reported;

	put_hex_if(j, "header_hex", ours, result->header);
	put_hex_if(j, "payload_hex", true, result->body);
	cs_json_key(j, "complete");
	if (ours)
		cs_json_bool(j, result->complete);
	else
		cs_json_null(j);
	cs_json_put_uint_if(j, "blocks", ours, result->blocks);
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
	cs_json_put_word(j, "reason", cs_fault_name(flaw->fault));
	cs_json_put_uint(j, "offset", flaw->at);
	cs_json_object_end(j);
}

static void put_place(struct cs_json *j, const struct cs_enriched *enriched)
{
	const struct cs_place *place = &enriched->place;

	cs_json_put_text(j, "hostname", enriched->hostname);
	cs_json_put_text(j, "hostname_source", enriched->hostname_source);
	cs_json_put_uint_if(j, "asn", place->asn > 0, place->asn);
	cs_json_put_text(j, "as_name", place->as_name);
	cs_json_put_text(j, "geo", place->geo);
	cs_json_put_text(j, "region", place->region);
	cs_json_put_text(j, "city", place->city);
	cs_json_put_uint_if(j, "naics", place->naics > 0, place->naics);
	cs_json_put_text(j, "sector", place->sector);
	cs_json_put_text(j, "owner", place->owner);
}

/* A row that was not judged has no severity here: CSV's medium is made up. */
static void put_judgement(struct cs_json *j, const struct cs_enriched *enriched)
{
	static const struct cs_judgement unknown;
	bool judged = enriched->judged;
	const struct cs_judgement *judgement = judged ? &enriched->judgement : &unknown;

	cs_json_put_stack(j, judgement);
	cs_json_put_word(j, "severity",
			 judged ? cs_severity_name(judgement->severity) : NULL);
	cs_json_put_text(j, "severity_because", judgement->severity_because);
	cs_json_put_tags(j, judged ? judgement->tags : cs_span_str(CS_TAGS_PLAIN));
}

static void row(const struct cs_record_out *out, const struct cs_result *result,
		const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	struct cs_json j = cs_json_to(out->to);

	cs_json_object(&j);
	put_question(&j, out->scan, result);
	put_header(&j, reading);
	put_sizes(&j, result, out->probes > 0 ? out->probes : 1);
	put_options(&j, reading);
	put_body(&j, result, reading);
	put_malformed(&j, &result->malformed);
	if (enriched) {
		put_place(&j, enriched);
		put_judgement(&j, enriched);
	}
	if (out->seen) {
		cs_json_put_time_if(&j, "first_seen", out->seen->first_us != 0,
				    out->seen->first_us);
		cs_json_put_time_if(&j, "last_seen", out->seen->last_us != 0,
				    out->seen->last_us);
	}
	cs_json_object_end(&j);
	cs_json_line(&j);
}

const struct cs_record_format cs_record_jsonl = {
	.name = "jsonl",
	.every_code = true,
	.row = row,
};
