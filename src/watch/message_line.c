/* SPDX-License-Identifier: Apache-2.0 */
/* What a message is, in one line for people. */
#include "watch/message.h"

#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"
#include "coap/block.h"
#include "coap/code.h"
#include "coap/content_format.h"
#include "coap/option_rule.h"

enum {
	SHOWN_VALUE = 32,   /* bytes of an option's value */
	SHOWN_PAYLOAD = 64, /* bytes of a text payload */
	WORD = 64,          /* a few words of ours with a number in them */
};

/* --- parts --- */

/* As much as fits: a line is cut, never refused. */
static void put(struct cs_wr *w, struct cs_span s)
{
	size_t room = cs_wr_room(w);

	cs_wr_bytes(w, s.ptr, s.len < room ? s.len : room);
}

static void put_word(struct cs_wr *w, const char *text)
{
	put(w, cs_span_str(text));
}

static void put_number(struct cs_wr *w, const char *before, uint32_t n)
{
	char text[WORD];

	(void)snprintf(text, sizeof(text), "%s%u", before, n);
	put_word(w, text);
}

/* Hex, of a long value the first bytes and dots. */
static void put_hex(struct cs_wr *w, struct cs_span value)
{
	char text[2 * SHOWN_VALUE + 1];
	bool cut = value.len > SHOWN_VALUE;

	cs_hex_text(cs_span_of(value.ptr, cut ? SHOWN_VALUE : value.len), text);
	put_word(w, text);
	if (cut)
		put_word(w, "...");
}

static bool is_text(struct cs_span bytes)
{
	for (size_t at = 0; at < bytes.len;) {
		uint32_t cp = 0;
		size_t n = cs_utf8_next(cs_span_of(bytes.ptr + at, bytes.len - at), &cp);

		if (n == 0 || (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r'))
			return false;
		at += n;
	}
	return true;
}

static void put_code(struct cs_wr *w, const struct cs_post_message *m)
{
	const char *name = cs_code_name(m->code);
	char text[CS_CODE_TEXT];

	if (m->code == CS_CODE_EMPTY) {
		if (m->type == CS_CON)
			put_word(w, " ping");
		else if (m->type == CS_NON)
			put_word(w, " Empty");
		return;
	}
	put_word(w, " ");
	if (cs_code_is_request(m->code) && name) {
		put_word(w, name);
		return;
	}
	cs_code_text(m->code, text);
	put_word(w, text);
	if (name) {
		put_word(w, " ");
		put_word(w, name);
	}
}

/* All options of @number, each behind @first or, from the second on, @next. */
static bool put_each(struct cs_wr *w, const struct cs_post_message *m, uint32_t number,
		     const char *first, const char *next)
{
	struct cs_rd rd = cs_rd_over(m->options.ptr, m->options.len);
	struct cs_opt opt;
	bool any = false;

	while (cs_message_option_next(&rd, &opt))
		if (opt.number == number) {
			put_word(w, any ? next : first);
			put(w, opt.value);
			any = true;
		}
	return any;
}

static void put_target(struct cs_wr *w, const struct cs_post_message *m)
{
	put_word(w, " ");
	if (put_each(w, m, CS_OPT_PROXY_URI, "", " "))
		return;
	if (put_each(w, m, CS_OPT_PROXY_SCHEME, "", " "))
		put_word(w, ":");
	(void)put_each(w, m, CS_OPT_URI_HOST, "//", "//");
	if (!put_each(w, m, CS_OPT_URI_PATH, "/", "/"))
		put_word(w, "/");
	(void)put_each(w, m, CS_OPT_URI_QUERY, "?", "&");
}

static void put_block(struct cs_wr *w, const struct cs_opt *opt)
{
	struct cs_block block;
	char text[WORD];

	if (cs_block_read(opt->value, &block)) {
		put_hex(w, opt->value);
		return;
	}
	(void)snprintf(text, sizeof(text), "%u/%d/%u", block.num, block.more,
		       cs_block_size(block.szx));
	put_word(w, text);
}

static void put_format(struct cs_wr *w, uint32_t number)
{
	const char *name = cs_content_format_name(number);

	if (name)
		put_word(w, name);
	else
		put_number(w, "", number);
}

static void put_uint(struct cs_wr *w, const struct cs_post_message *m,
		     const struct cs_opt *opt)
{
	uint32_t n;

	if (!cs_opt_uint(opt->value, &n)) {
		put_hex(w, opt->value);
		return;
	}
	if (opt->number == CS_OPT_CONTENT_FORMAT || opt->number == CS_OPT_ACCEPT)
		put_format(w, n);
	else if (opt->number == CS_OPT_OBSERVE && cs_code_is_request(m->code) && n < 2)
		put_word(w, n == 0 ? "register" : "deregister");
	else
		put_number(w, "", n);
}

static void put_value(struct cs_wr *w, const struct cs_post_message *m,
		      const struct cs_opt *opt, enum cs_opt_format format)
{
	size_t shown = opt->value.len < SHOWN_VALUE ? opt->value.len : SHOWN_VALUE;

	switch (format) {
	case CS_OPT_UINT:
		put_uint(w, m, opt);
		break;
	case CS_OPT_BLOCK:
		put_block(w, opt);
		break;
	case CS_OPT_STRING:
		put(w, cs_span_of(opt->value.ptr, shown));
		break;
	case CS_OPT_EMPTY:
	case CS_OPT_OPAQUE:
		put_hex(w, opt->value);
		break;
	}
}

static void put_option(struct cs_wr *w, const struct cs_post_message *m,
		       const struct cs_opt *opt)
{
	const struct cs_opt_rule *rule = cs_message_rule(m, opt->number);

	put_word(w, ", ");
	if (rule) {
		put_word(w, rule->name);
	} else {
		put_number(w, "option ", opt->number);
		put_word(w, cs_opt_is_critical(opt->number) ? " (unknown, critical)"
							    : " (unknown, elective)");
	}
	if (opt->value.len == 0 && (!rule || rule->format != CS_OPT_UINT))
		return;
	put_word(w, " ");
	put_value(w, m, opt, rule ? rule->format : CS_OPT_OPAQUE);
}

/* What stands in the target already. */
static bool is_target(uint32_t number)
{
	return number == CS_OPT_URI_HOST || number == CS_OPT_URI_PATH ||
	       number == CS_OPT_URI_QUERY || number == CS_OPT_PROXY_URI ||
	       number == CS_OPT_PROXY_SCHEME;
}

static void put_options(struct cs_wr *w, const struct cs_post_message *m)
{
	struct cs_rd rd = cs_rd_over(m->options.ptr, m->options.len);
	bool request = cs_code_is_request(m->code);
	struct cs_opt opt;

	while (cs_message_option_next(&rd, &opt))
		if (!request || !is_target(opt.number))
			put_option(w, m, &opt);
}

static void put_token(struct cs_wr *w, const struct cs_post_message *m)
{
	if (m->token.len == 0 && m->code == CS_CODE_EMPTY)
		return;
	put_word(w, m->token.len ? ", token " : ", no token");
	put_hex(w, m->token);
}

static void put_payload(struct cs_wr *w, const struct cs_post_message *m)
{
	bool cut = m->payload.len > SHOWN_PAYLOAD;

	if (m->payload.len == 0)
		return;
	put_number(w, ", payload ", m->payload_len);
	put_word(w, m->payload_len == 1 ? " byte" : " bytes");
	put_word(w, m->part ? " or more" : "");
	if (!is_text(m->payload))
		return;
	put_word(w, ": ");
	put(w, cs_span_of(m->payload.ptr, cut ? SHOWN_PAYLOAD : m->payload.len));
	if (cut)
		put_word(w, "...");
}

/* --- the line --- */

static void put_flaws(struct cs_wr *w, const struct cs_post_message *m)
{
	for (unsigned i = 0; i < m->n_flaws && i < CS_SIGHT_FLAWS; i++) {
		enum cs_fault fault = m->flaw[i].fault;
		const char *reference = cs_fault_reference(fault);

		put_word(w, "; ");
		put_word(w, cs_fault_name(fault));
		put_word(w, " ");
		put_word(w, cs_fault_text(fault));
		if (reference) {
			put_word(w, " (");
			put_word(w, reference);
			put_word(w, ")");
		}
	}
}

static void put_named(struct cs_wr *w, const char *what, struct cs_span value)
{
	if (value.len == 0)
		return;
	put_word(w, what);
	put(w, value);
}

static void put_dtls(struct cs_wr *w, const struct cs_message_dtls *dtls, bool secure)
{
	put_word(w, secure ? "DTLS" : "not CoAP: DTLS");
	if (dtls->version) {
		put_word(w, " ");
		put_word(w, dtls->version);
	}
	for (size_t i = 0; i < dtls->n; i++) {
		put_word(w, i ? ", " : " ");
		put_word(w, dtls->record[i]);
	}
	put_named(w, ", name ", dtls->server_name);
	put_named(w, ", PSK identity ", dtls->psk_identity);
	put_named(w, ", PSK hint ", dtls->psk_hint);
	if (dtls->cid.len) {
		put_word(w, ", connection id ");
		put_hex(w, dtls->cid);
	}
}

static void put_alien(struct cs_wr *w, const struct cs_post_message *m)
{
	struct cs_message_dtls dtls;

	if (cs_message_dtls(m, &dtls)) {
		put_dtls(w, &dtls, m->secure);
	} else {
		put_word(w, "not CoAP: ");
		put_word(w, cs_alien_name(m->alien));
	}
	put_number(w, ", ", m->len);
	put_word(w, m->len == 1 ? " byte" : " bytes");
	put_word(w, m->part ? " or more" : "");
}

static void put_mid(struct cs_wr *w, uint16_t mid)
{
	char text[WORD];

	(void)snprintf(text, sizeof(text), ", MID 0x%04x", (unsigned)mid);
	put_word(w, text);
}

static void put_coap(struct cs_wr *w, const struct cs_post_message *m)
{
	if (m->kind == CS_SIGHT_VERSION) {
		put_number(w, "version ", m->version);
		put_word(w, " ");
	}
	put_word(w, m->tcp ? "TCP" : cs_type_name((enum cs_type)(m->type & 3)));
	put_code(w, m);
	if (cs_code_is_request(m->code))
		put_target(w, m);
	if (!m->tcp)
		put_mid(w, m->mid);
	put_token(w, m);
	put_options(w, m);
	put_payload(w, m);
}

size_t cs_message_line(const struct cs_post_message *message, uint8_t *out, size_t cap)
{
	struct cs_wr w = cs_wr_over(out, cap);

	if (message->kind == CS_SIGHT_ALIEN)
		put_alien(&w, message);
	else if (message->kind == CS_SIGHT_BROKEN)
		put_word(&w, "no message");
	else
		put_coap(&w, message);
	put_flaws(&w, message);
	return w.pos;
}

size_t cs_message_asked(const struct cs_post_message *message, uint8_t *out, size_t cap)
{
	uint8_t line[CS_MESSAGE_LINE];
	struct cs_wr w = cs_wr_over(line, sizeof(line));
	struct cs_span text;

	put_code(&w, message);
	if (cs_code_is_request(message->code))
		put_target(&w, message);
	if (w.pos == 0)
		return 0;
	text = cs_span_of(line + 1, w.pos - 1); /* each word has a blank before it */
	if (text.len > cap)
		text.len = cap;
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.ptr[i];
	return text.len;
}
