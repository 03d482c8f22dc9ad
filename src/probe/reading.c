/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/reading.h"

#include "coap/code.h"
#include "coap/content_format.h"
#include "coap/link.h"
#include "coap/option_rule.h"

enum {
	PAYLOAD_MARKER = 0xff,
	HEADERS_IPV4 = 20 + 8, /* IP without options, and UDP */
	HEADERS_IPV6 = 40 + 8,
};

/* The datagram without the marker, which alone would be a format error (M11). */
static struct cs_span without_marker(const struct cs_result *result)
{
	struct cs_span head = result->header;

	if (result->body.len > 0 && head.len > 0 &&
	    head.ptr[head.len - 1] == PAYLOAD_MARKER)
		head.len--;
	return head;
}

static bool token_is_whole(enum cs_fault fault)
{
	return fault != CS_FAULT_SHORT && fault != CS_FAULT_VERSION &&
	       fault != CS_FAULT_TKL && fault != CS_FAULT_TOKEN_CUT &&
	       fault != CS_FAULT_EMPTY;
}

static void read_content_format(const struct cs_msg *msg, struct cs_reading *reading)
{
	struct cs_opt opt;

	reading->has_content_format = cs_msg_option(msg, CS_OPT_CONTENT_FORMAT, &opt) &&
				      cs_opt_uint(opt.value, &reading->content_format);
}

static bool looks_like_links(struct cs_span body, bool complete)
{
	struct cs_links w = cs_links_over(body);
	struct cs_link link;
	bool any = false;

	while (cs_links_next(&w, &link))
		any = true;
	return any && (w.err == CS_OK || (w.err == CS_ERR_SHORT && !complete));
}

static bool body_is_links(const struct cs_result *result,
			  const struct cs_reading *reading)
{
	if (reading->has_content_format)
		return reading->content_format == CS_FORMAT_LINK;
	return looks_like_links(result->body, result->complete);
}

/* A row of somebody's report: its body is all that there is. */
static void read_reported(const struct cs_result *result, struct cs_reading *reading)
{
	*reading = (struct cs_reading){ .reported = true };
	if (cs_result_version(result) > 1 &&
	    looks_like_links(result->body, result->complete))
		reading->links = result->body;
}

unsigned cs_result_version(const struct cs_result *result)
{
	enum { BARE_HEADER = 4 }; /* the request of version 1 */

	return result->match == CS_MATCH_REPORT && result->request_size == BARE_HEADER
		       ? 1
		       : 2;
}

void cs_result_read(const struct cs_result *result, struct cs_reading *reading)
{
	struct cs_msg msg;
	struct cs_flaw flaw;

	if (result->match == CS_MATCH_REPORT) {
		read_reported(result, reading);
		return;
	}

	enum cs_err err = cs_msg_decode(without_marker(result), &msg, &flaw);

	*reading = (struct cs_reading){
		.has_header =
			flaw.fault != CS_FAULT_SHORT && flaw.fault != CS_FAULT_VERSION,
		.type = msg.type,
		.code = msg.code,
		.mid = msg.mid,
		.has_token = token_is_whole(flaw.fault),
		.token = msg.token,
		.options = msg.tail,
		.format_error = err != CS_OK,
	};
	read_content_format(&msg, reading);
	if (body_is_links(result, reading))
		reading->links = result->body;
}

bool cs_reading_is_content(const struct cs_reading *reading)
{
	return reading->reported || (reading->has_header && !reading->format_error &&
				     reading->code == CS_CODE_CONTENT);
}

/* In two steps, so that no product can wrap. */
static bool ratio(uint64_t n, uint64_t d, uint64_t *hundredths)
{
	if (d == 0)
		return false;
	*hundredths = n / d * 100 + (n % d * 100 + d / 2) / d;
	return true;
}

bool cs_result_amplification(const struct cs_result *result, uint64_t *hundredths)
{
	if (result->match == CS_MATCH_REPORT && result->response_size == 0)
		return false;
	return ratio(result->response_size, result->request_size, hundredths);
}

bool cs_result_amplification_wire(const struct cs_result *result, unsigned probes,
				  uint64_t *hundredths)
{
	uint64_t headers = cs_addr_is_v4(&result->ip) ? HEADERS_IPV4 : HEADERS_IPV6;

	if (result->request_size == 0 || result->match == CS_MATCH_REPORT)
		return false;
	return ratio(result->bytes + result->datagrams * headers,
		     probes * (result->request_size + headers), hundredths);
}
