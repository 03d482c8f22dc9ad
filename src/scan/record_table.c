/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table for people: a line a result as it comes, in columns of fixed
 * width; the last takes what the terminal has left. Where results come with
 * their enrichment, severity and stack take the place of size and round trip,
 * and whose it is stands before the resources. A summary is the caller's.
 */
#include <inttypes.h>

#include "coap/code.h"
#include "coap/link.h"
#include "out/term.h"
#include "scan/record.h"

enum {
	IPV4_WIDTH = 15,
	IPV6_WIDTH = 39,
	NUMBERS = sizeof("  _PORT  CODE  _SIZE  __AMPL  __RTT_ms  ") - 1,
	VERDICTS = sizeof("  _PORT  CODE  __AMPL  SEVERITY  STACK______  ") - 1,
	SEVERITY_WIDTH = 8,
	STACK_WIDTH = 11,
	REST_LEAST = 19,        /* columns of the last one, however narrow the terminal */
	REST_UNLIMITED = 1000,  /* where nothing limits it: bodies may be megabytes */
	MUCH_HUNDREDTHS = 1000, /* amplification by ten is drawn to the eye */
	NUMBER_TEXT = 32,
};

static int address_width(const struct cs_record_out *out)
{
	return out->ipv6 ? IPV6_WIDTH : IPV4_WIDTH;
}

static size_t rest_width(const struct cs_record_out *out)
{
	size_t used =
		(size_t)address_width(out) + (size_t)(out->enriched ? VERDICTS : NUMBERS);

	if (out->width == 0 || out->width > used + REST_UNLIMITED)
		return REST_UNLIMITED;
	return out->width < used + REST_LEAST ? REST_LEAST : out->width - used;
}

static void begin(const struct cs_record_out *out)
{
	cs_term_style(out->to, out->colour, CS_TERM_BOLD);
	(void)fprintf(out->to, "%-*s  %5s  %-4s", address_width(out), "ADDRESS", "PORT",
		      "CODE");
	if (out->enriched)
		(void)fprintf(out->to, "  %6s  %-*s  %-*s  %s", "AMPL", SEVERITY_WIDTH,
			      "SEVERITY", STACK_WIDTH, "STACK", "WHOSE, RESOURCES");
	else
		(void)fprintf(out->to, "  %5s  %6s  %8s  %s", "SIZE", "AMPL", "RTT ms",
			      "RESOURCES");
	cs_term_style(out->to, out->colour, CS_TERM_PLAIN);
	(void)fputc('\n', out->to);
}

/*
 * The code; of what has none, the type; of what does not decode, the fault. A
 * report's row does not tell.
 */
static const char *code_text(const struct cs_result *result,
			     const struct cs_reading *reading, char buf[CS_CODE_TEXT])
{
	if (reading->reported)
		return "-";
	if (reading->format_error)
		return cs_fault_name(result->malformed.fault);
	if (reading->code == CS_CODE_EMPTY)
		return cs_type_name(reading->type);
	cs_code_text(reading->code, buf);
	return buf;
}

static void put_code(const struct cs_record_out *out, const struct cs_result *result,
		     const struct cs_reading *reading)
{
	char buf[CS_CODE_TEXT];
	bool content = cs_reading_is_content(reading);

	cs_term_style(out->to, out->colour, content ? CS_TERM_GREEN : CS_TERM_DIM);
	(void)fprintf(out->to, "  %-4s", code_text(result, reading, buf));
	cs_term_style(out->to, out->colour, CS_TERM_PLAIN);
}

static void put_amplification(const struct cs_record_out *out,
			      const struct cs_result *result)
{
	char text[NUMBER_TEXT] = "-";
	uint64_t n = 0;
	bool colour;

	if (cs_result_amplification(result, &n))
		(void)snprintf(text, sizeof(text), "%" PRIu64 ".%02u", n / 100,
			       (unsigned)(n % 100));
	colour = out->colour && n >= MUCH_HUNDREDTHS;
	cs_term_style(out->to, colour, CS_TERM_RED);
	(void)fprintf(out->to, "  %6s", text);
	cs_term_style(out->to, colour, CS_TERM_PLAIN);
}

static void put_size(const struct cs_record_out *out, const struct cs_result *result)
{
	if (result->match == CS_MATCH_REPORT && result->response_size == 0)
		(void)fprintf(out->to, "  %5s", "-");
	else
		(void)fprintf(out->to, "  %5" PRIu32, result->response_size);
}

static void put_rtt(const struct cs_record_out *out, int64_t rtt_us)
{
	char text[NUMBER_TEXT] = "-";

	if (rtt_us >= 0)
		(void)snprintf(text, sizeof(text), "%" PRId64 ".%03u", rtt_us / 1000,
			       (unsigned)(rtt_us % 1000));
	(void)fprintf(out->to, "  %8s", text);
}

/* As much of @bytes as there is room for. */
static void collect(struct cs_wr *w, struct cs_span bytes)
{
	size_t room = cs_wr_room(w);

	cs_wr_bytes(w, bytes.ptr, bytes.len < room ? bytes.len : room);
}

static void put_severity(const struct cs_record_out *out,
			 const struct cs_enriched *enriched)
{
	static const enum cs_term_style styles[CS_SEVERITIES] = {
		[CS_SEVERITY_INFO] = CS_TERM_DIM,      [CS_SEVERITY_LOW] = CS_TERM_PLAIN,
		[CS_SEVERITY_MEDIUM] = CS_TERM_YELLOW, [CS_SEVERITY_HIGH] = CS_TERM_RED,
		[CS_SEVERITY_CRITICAL] = CS_TERM_RED,
	};
	enum cs_severity severity = enriched->judgement.severity;
	bool colour = out->colour && styles[severity] != CS_TERM_PLAIN;

	if (!enriched->judged) {
		(void)fprintf(out->to, "  %-*s", SEVERITY_WIDTH, "-");
		return;
	}
	cs_term_style(out->to, colour, styles[severity]);
	(void)fprintf(out->to, "  %-*s", SEVERITY_WIDTH, cs_severity_name(severity));
	cs_term_style(out->to, colour, CS_TERM_PLAIN);
}

static void put_stack(const struct cs_record_out *out, const struct cs_enriched *enriched)
{
	struct cs_span stack = enriched->judged && enriched->judgement.stack.len > 0
				       ? enriched->judgement.stack
				       : cs_span_str("-");
	size_t used;

	(void)fputs("  ", out->to);
	used = cs_term_text_fit(out->to, stack, STACK_WIDTH);
	(void)fprintf(out->to, "%*s", (int)(STACK_WIDTH - used), "");
}

/* A word after others. */
static void collect_word(struct cs_wr *w, struct cs_span word)
{
	if (w->pos > 0 && word.len > 0)
		collect(w, cs_span_of(" ", 1));
	collect(w, word);
}

/* Country, number of the network, name: what is known of them. */
static void collect_whose(struct cs_wr *w, const struct cs_enriched *enriched)
{
	char asn[NUMBER_TEXT];

	(void)snprintf(asn, sizeof(asn), "AS%" PRIu32, enriched->place.asn);
	collect_word(w, enriched->place.geo);
	if (enriched->place.asn > 0)
		collect_word(w, cs_span_str(asn));
	collect_word(w, enriched->hostname);
}

/* The targets of the links or, where there are none, the body's own text. */
static void collect_resources(struct cs_wr *w, const struct cs_result *result,
			      const struct cs_reading *reading)
{
	struct cs_links links = cs_links_over(reading->links);
	struct cs_link link;

	while (cs_wr_room(w) > 0 && cs_links_next(&links, &link))
		collect_word(w, link.target);
	if (reading->links.len == 0)
		collect_word(w, result->body);
}

static void put_rest(const struct cs_record_out *out, const struct cs_result *result,
		     const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	uint8_t text[REST_UNLIMITED + 1];
	size_t width = rest_width(out);
	/* One more byte than fits, so that what is left out shows as dots. */
	struct cs_wr w = cs_wr_over(text, width + 1);

	if (out->enriched)
		collect_whose(&w, enriched);
	collect_resources(&w, result, reading);
	if (w.pos == 0)
		return;
	(void)fputs("  ", out->to);
	(void)cs_term_text_fit(out->to, cs_wr_done(&w), width);
}

static void row(const struct cs_record_out *out, const struct cs_result *result,
		const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	static const struct cs_enriched unknown;
	char ip[CS_ADDR_TEXT];

	if (!enriched)
		enriched = &unknown;
	cs_addr_text(&result->ip, ip);
	(void)fprintf(out->to, "%-*s  %5u", address_width(out), ip,
		      (unsigned)result->reply_port);
	put_code(out, result, reading);
	if (out->enriched) {
		put_amplification(out, result);
		put_severity(out, enriched);
		put_stack(out, enriched);
	} else {
		put_size(out, result);
		put_amplification(out, result);
		put_rtt(out, result->rtt_us);
	}
	put_rest(out, result, reading, enriched);
	(void)fputc('\n', out->to);
}

const struct cs_record_format cs_record_table = {
	.name = "table",
	.begin = begin,
	.row = row,
};
