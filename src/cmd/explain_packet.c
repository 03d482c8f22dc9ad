/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_packet.h"

#include <stdarg.h>
#include <string.h>

#include "base/num.h"
#include "base/wr.h"
#include "coap/block.h"
#include "coap/code.h"
#include "coap/content_format.h"
#include "coap/msg.h"
#include "coap/option_rule.h"
#include "out/json.h"
#include "out/term.h"
#include "watch/hexdump.h"
#include "watch/message.h"
#include "wire/packet.h"

enum {
	MOST = 65535 + 64, /* bytes of a frame */
	FLAWS = 32,
	SHOWN = 16, /* bytes of a field in hex */
	WORDS = 400,
};

/* What is written of one field. */
struct field {
	size_t at, len;
	const char *reference;
	char words[WORDS]; /* may have a stranger's bytes */
	size_t n;
};

struct explaining {
	FILE *to;
	struct cs_json *j; /* NULL: text */
	struct cs_span bytes;
};

/* --- one field --- */

static void put_hex(const struct explaining *e, const struct field *f)
{
	size_t n = f->len < SHOWN ? f->len : SHOWN;
	char hex[2 * SHOWN + 1];

	cs_hex_text(cs_span_of(e->bytes.ptr + f->at, n), hex);
	(void)fprintf(e->to, "%5zu  %s%s", f->at, hex, n < f->len ? ".." : "");
	for (size_t i = 2 * n + (n < f->len ? 2 : 0); i < 2 * SHOWN + 2; i++)
		(void)fputc(' ', e->to);
	(void)fputc(' ', e->to);
}

static void put_field(const struct explaining *e, const struct field *f)
{
	struct cs_span words = cs_span_of(f->words, f->n);

	if (!e->j) {
		put_hex(e, f);
		cs_term_text(e->to, words);
		(void)fprintf(e->to, "  [%s]\n", f->reference);
		return;
	}
	cs_json_object(e->j);
	cs_json_key(e->j, "at");
	cs_json_uint(e->j, f->at);
	cs_json_key(e->j, "hex");
	cs_json_hex(e->j, cs_span_of(e->bytes.ptr + f->at, f->len));
	cs_json_key(e->j, "what");
	cs_json_string(e->j, words);
	cs_json_key(e->j, "reference");
	cs_json_word(e->j, f->reference);
	cs_json_object_end(e->j);
}

static void say(struct field *f, const char *fmt, ...) CS_PRINTF(2, 3);

static void say(struct field *f, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(f->words + f->n, sizeof(f->words) - f->n, fmt, args);
	va_end(args);
	if (n > 0)
		f->n += (size_t)n;
	if (f->n >= sizeof(f->words))
		f->n = sizeof(f->words) - 1;
}

/* A stranger's text; an encoder is between it and people. */
static void quote(struct field *f, struct cs_span text)
{
	size_t room = sizeof(f->words) - f->n - 8;
	bool cut = text.len > room;

	say(f, "\"");
	memcpy(f->words + f->n, text.ptr, cut ? room : text.len);
	f->n += cut ? room : text.len;
	say(f, cut ? "...\"" : "\"");
}

/* --- header --- */

static const char *const type_words[] = {
	"CON: wants to be acknowledged",
	"NON: is not acknowledged",
	"ACK: acknowledges",
	"RST: rejects",
};

static void put_code(const struct explaining *e, uint8_t code)
{
	const char *name = cs_code_name(code);
	struct field f = { .at = 1, .len = 1, .reference = "RFC 7252 section 12.1" };
	char text[CS_CODE_TEXT];

	cs_code_text(code, text);
	if (code == CS_CODE_EMPTY)
		name = "Empty: neither a request nor a response";
	say(&f, "code %s %s", text, name ? name : "(not registered)");
	if (cs_code_is_request(code))
		say(&f, ", a request");
	else if (cs_code_is_response(code))
		say(&f, ", a response");
	put_field(e, &f);
}

static void put_header(const struct explaining *e, struct cs_span bytes)
{
	struct field first = { .len = 1, .reference = "RFC 7252 section 3" };
	struct field mid = { .at = 2, .len = 2, .reference = "RFC 7252 sections 3, 4.4" };
	unsigned tkl;

	if (bytes.len < CS_MSG_HEADER)
		return;
	tkl = bytes.ptr[0] & 15;
	say(&first, "version %d, %s, token length %u", bytes.ptr[0] >> 6,
	    type_words[bytes.ptr[0] >> 4 & 3], tkl);
	put_field(e, &first);
	put_code(e, bytes.ptr[1]);
	say(&mid, "Message ID %d", bytes.ptr[2] << 8 | bytes.ptr[3]);
	put_field(e, &mid);
}

static void put_token(const struct explaining *e, const struct cs_msg *msg)
{
	struct field f = { .len = msg->token.len, .reference = "RFC 7252 section 5.3.1" };

	if (msg->token.len == 0)
		return;
	f.at = (size_t)(msg->token.ptr - e->bytes.ptr);
	say(&f, "token, %zu bytes: tells which answer belongs to which request",
	    msg->token.len);
	if (msg->token.len > CS_TOKEN_MAX)
		f.reference = "RFC 8974 section 2.1";
	put_field(e, &f);
}

/* --- options --- */

static void say_block(struct field *f, struct cs_span value)
{
	struct cs_block block;

	if (cs_block_read(value, &block))
		return;
	say(f, "block %u of %u bytes%s", block.num, cs_block_size(block.szx),
	    block.more ? ", more follow" : "");
}

static void say_uint(struct field *f, const struct cs_opt *opt)
{
	const char *name;
	uint32_t n;

	if (!cs_opt_uint(opt->value, &n))
		return;
	say(f, "%u", n);
	if (opt->number == CS_OPT_CONTENT_FORMAT || opt->number == CS_OPT_ACCEPT) {
		name = cs_content_format_name(n);
		say(f, " (%s)", name ? name : "not registered");
	}
	if (opt->number == CS_OPT_OBSERVE && opt->value.len == 0)
		say(f, " (in a request: register)");
}

static void say_value(struct field *f, const struct cs_opt *opt,
		      enum cs_opt_format format)
{
	switch (format) {
	case CS_OPT_EMPTY:
		break;
	case CS_OPT_OPAQUE:
		say(f, "%zu bytes", opt->value.len);
		break;
	case CS_OPT_UINT:
		say_uint(f, opt);
		break;
	case CS_OPT_STRING:
		quote(f, opt->value);
		break;
	case CS_OPT_BLOCK:
		say_block(f, opt->value);
		break;
	}
}

static void put_option(const struct explaining *e, const struct cs_opt *opt, size_t at)
{
	const struct cs_opt_rule *rule = cs_opt_rule_find(opt->number);
	const char *name = cs_opt_name(opt->number);
	struct field f = { .at = at, .reference = "RFC 7252 section 5.4.1" };

	f.len = (size_t)(opt->value.ptr - e->bytes.ptr) + opt->value.len - at;
	if (opt->value.len == 0)
		f.len = f.len ? f.len : 1;
	say(&f, "option %u %s, %s: ", opt->number, name ? name : "(not registered)",
	    cs_opt_is_critical(opt->number) ? "critical" : "elective");
	say_value(&f, opt, rule ? rule->format : CS_OPT_OPAQUE);
	if (!rule)
		say(&f, cs_opt_is_critical(opt->number)
				? "; whoever does not know it must refuse the message"
				: "; whoever does not know it ignores it");
	if (rule)
		f.reference = rule->reference;
	put_field(e, &f);
}

/* Where the option that ends at @next began is where the one before ended. */
static void put_options(const struct explaining *e, const struct cs_msg *msg)
{
	size_t base = msg->tail.ptr ? (size_t)(msg->tail.ptr - e->bytes.ptr) : 0;
	struct cs_opts walk = cs_opts_over(msg->tail);
	struct cs_opt opt;

	while (cs_opts_next(&walk, &opt)) {
		if (opt.value.len == 0) /* an empty span points nowhere */
			opt.value.ptr = e->bytes.ptr + base + walk.rd.pos;
		put_option(e, &opt, base + walk.at);
	}
}

static bool is_text(struct cs_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if ((bytes.ptr[i] < ' ' && !strchr("\t\r\n", bytes.ptr[i])) ||
		    bytes.ptr[i] == 0x7f || bytes.ptr[i] == 0)
			return false;
	return true;
}

static void put_payload(const struct explaining *e, const struct cs_msg *msg)
{
	struct field f = { .len = msg->payload.len + 1,
			   .reference = "RFC 7252 sections 3, 5.5" };

	if (msg->payload.len == 0)
		return;
	f.at = (size_t)(msg->payload.ptr - e->bytes.ptr) - 1;
	say(&f, "payload marker and %zu bytes", msg->payload.len);
	if (is_text(msg->payload)) {
		say(&f, ": ");
		quote(&f, msg->payload);
	}
	put_field(e, &f);
}

/* --- what is odd --- */

/* Another version is apart: it is to be ignored, whatever it is. */
static bool is_format_error(const struct cs_flaw *flaw)
{
	return cs_fault_is_format_error(flaw->fault) && flaw->fault != CS_FAULT_VERSION;
}

static void put_flaw(const struct explaining *e, const struct cs_flaw *flaw)
{
	const char *reference = cs_fault_reference(flaw->fault);

	if (!e->j) {
		(void)fprintf(e->to, "%5zu  %s: %s%s  [%s]\n", flaw->at,
			      cs_fault_name(flaw->fault), cs_fault_text(flaw->fault),
			      is_format_error(flaw)
				      ? "; a format error: decoding ends here"
				      : "",
			      reference ? reference : "no RFC sets a limit");
		return;
	}
	cs_json_object(e->j);
	cs_json_key(e->j, "reason");
	cs_json_word(e->j, cs_fault_name(flaw->fault));
	cs_json_key(e->j, "what");
	cs_json_word(e->j, cs_fault_text(flaw->fault));
	cs_json_key(e->j, "offset");
	cs_json_uint(e->j, flaw->at);
	cs_json_key(e->j, "format_error");
	cs_json_bool(e->j, is_format_error(flaw));
	cs_json_key(e->j, "reference");
	cs_json_word(e->j, reference);
	cs_json_object_end(e->j);
}

/* RFC 7252 section 5.4.1: not a fault of the message, but a reason to refuse it. */
static size_t put_unknown(const struct explaining *e, const struct cs_msg *msg, bool put)
{
	size_t base = msg->tail.ptr ? (size_t)(msg->tail.ptr - e->bytes.ptr) : 0, n = 0;
	struct cs_opts walk = cs_opts_over(msg->tail);
	struct cs_opt opt;

	while (cs_opts_next(&walk, &opt)) {
		if (cs_opt_rule_find(opt.number) || !cs_opt_is_critical(opt.number))
			continue;
		n++;
		if (!put)
			continue;
		if (!e->j) {
			(void)fprintf(e->to,
				      "%5zu  unknown critical option %u: is to be "
				      "refused (4.02 or Reset)  [RFC 7252 section "
				      "5.4.1]\n",
				      base + walk.at, opt.number);
			continue;
		}
		cs_json_object(e->j);
		cs_json_key(e->j, "reason");
		cs_json_word(e->j, "unknown_critical");
		cs_json_key(e->j, "what");
		cs_json_word(e->j, "unknown critical option");
		cs_json_key(e->j, "offset");
		cs_json_uint(e->j, base + walk.at);
		cs_json_key(e->j, "format_error");
		cs_json_bool(e->j, false);
		cs_json_key(e->j, "reference");
		cs_json_word(e->j, "RFC 7252 section 5.4.1");
		cs_json_object_end(e->j);
	}
	return n;
}

static void put_flaws(const struct explaining *e, enum cs_err err,
		      const struct cs_flaw *flaw, const struct cs_msg *msg)
{
	struct cs_flaw flaws[FLAWS];
	size_t n = err ? 0 : cs_msg_inspect(e->bytes, msg, flaws, FLAWS);

	if (!e->j)
		(void)fputs(err || n || put_unknown(e, msg, false)
				    ? "\nWhat is odd\n"
				    : "\nNothing is odd about it.\n",
			    e->to);
	if (err)
		put_flaw(e, flaw);
	for (size_t i = 0; i < n && i < FLAWS; i++)
		put_flaw(e, &flaws[i]);
	(void)put_unknown(e, msg, true); /* counted before */
}

/* --- the datagram --- */

static void put_line(const struct explaining *e, const struct cs_packet *packet)
{
	uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
	char from[CS_ADDR_TEXT], to[CS_ADDR_TEXT];
	struct cs_post_message message;
	struct cs_span text;

	cs_message_of(e->bytes, options, &message);
	text = cs_span_of(line, cs_message_line(&message, line, sizeof(line)));
	if (e->j) {
		cs_json_key(e->j, "decoded");
		cs_json_string(e->j, text);
		return;
	}
	if (packet) {
		cs_addr_text(&packet->from, from);
		cs_addr_text(&packet->to, to);
		(void)fprintf(e->to, "UDP from %s port %u to %s port %u\n", from,
			      packet->from_port, to, packet->to_port);
	}
	(void)fprintf(e->to, "%zu bytes: ", e->bytes.len);
	cs_term_text(e->to, text);
	(void)fputs("\n\n", e->to);
}

static void put_fields(const struct explaining *e, const struct cs_msg *msg)
{
	if (e->j) {
		cs_json_key(e->j, "fields");
		cs_json_array(e->j);
	}
	put_header(e, e->bytes);
	put_token(e, msg);
	put_options(e, msg);
	put_payload(e, msg);
	if (e->j)
		cs_json_array_end(e->j);
}

static void explain(const struct explaining *e, const struct cs_packet *packet)
{
	struct cs_flaw flaw = { 0 };
	struct cs_msg msg;
	enum cs_err err = cs_msg_decode(e->bytes, &msg, &flaw);

	/* Of a few bytes, too, it is said first that they are not version 1. */
	if (err && e->bytes.len > 0 && e->bytes.ptr[0] >> 6 != 1)
		flaw = (struct cs_flaw){ .fault = CS_FAULT_VERSION };

	if (e->j) {
		cs_json_object(e->j);
		cs_json_key(e->j, "schema");
		cs_json_word(e->j, "coapscope.packet/1");
		cs_json_key(e->j, "bytes");
		cs_json_uint(e->j, e->bytes.len);
	}
	put_line(e, packet);
	put_fields(e, &msg);
	if (e->j) {
		cs_json_key(e->j, "odd");
		cs_json_array(e->j);
	}
	put_flaws(e, err, &flaw, &msg);
	if (!e->j)
		return;
	cs_json_array_end(e->j);
	cs_json_object_end(e->j);
	cs_json_line(e->j);
}

/* --- what it is inside of --- */

/* 0x45 begins an IPv4 header and a CON with five bytes of token: the sum tells. */
static bool is_ip(struct cs_span bytes)
{
	if (bytes.len < 28)
		return false;
	if (bytes.ptr[0] >> 4 == 6)
		return bytes.len >= 48;
	return bytes.ptr[0] >> 4 == 4 && (bytes.ptr[0] & 15) >= 5 &&
	       (size_t)(bytes.ptr[0] & 15) * 4 <= bytes.len &&
	       (size_t)(bytes.ptr[2] << 8 | bytes.ptr[3]) <= bytes.len &&
	       (bytes.ptr[9] == 17 || bytes.ptr[9] == 6);
}

static bool read_as(enum cs_link_type link, struct cs_span bytes, struct cs_packet *out)
{
	struct cs_packet_reader reader = { .link = link };

	cs_packet_read(&reader, bytes, (uint32_t)bytes.len, 0, out);
	return out->kind == CS_PACKET_UDP && out->payload_len == out->payload.len;
}

static bool find_packet(struct cs_span bytes, struct cs_packet *out)
{
	struct cs_span inner;

	if (is_ip(bytes) && read_as(CS_LINK_RAW, bytes, out))
		return true;
	return cs_link_strip(CS_LINK_ETHERNET, bytes, &inner) == CS_OK && is_ip(inner) &&
	       read_as(CS_LINK_ETHERNET, bytes, out);
}

int cs_explain_packet(struct cs_ctx *ctx, struct cs_span hex, bool jsonl)
{
	static uint8_t room[MOST]; /* too large for the stack; used once */
	struct cs_json j = cs_json_to(ctx->out);
	struct cs_wr bytes = cs_wr_over(room, sizeof(room));
	struct explaining e = { .to = ctx->out, .j = jsonl ? &j : NULL };
	struct cs_packet packet;
	size_t at;
	enum cs_err err = cs_hexdump_read(hex, &bytes, &at);

	if (err || bytes.err) {
		cs_log(&ctx->log, CS_ERROR,
		       "--packet: at character %zu: want hex, two digits a byte, at "
		       "most %d bytes",
		       at + 1, MOST);
		return CS_EXIT_USAGE;
	}
	e.bytes = cs_wr_done(&bytes);
	if (find_packet(e.bytes, &packet)) {
		e.bytes = packet.payload;
		explain(&e, &packet);
	} else {
		explain(&e, NULL);
	}
	return CS_EXIT_OK;
}
