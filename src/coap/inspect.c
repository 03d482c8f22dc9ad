/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cs_msg_inspect(): what is odd about a message that decodes. One walk over the
 * options; each check looks at one option and reports at its first byte, so
 * that the flaws come out in the order of their offsets.
 */
#include <string.h>

#include "coap/block.h"
#include "coap/code.h"
#include "coap/msg.h"
#include "coap/option_rule.h"

enum {
	TOKEN_SANE = 32, /* bytes; longer ones are legal but nobody needs them */
	OPTIONS_SANE = 64,
	HOST_MAX = 255, /* bytes; RFC 7252 section 5.10.1 */
	CODE_AT = 1,    /* offset of the code in a message */
	BLOCK_LEN_MAX = 3,
};

/* OSCORE's flag byte (RFC 8613 section 6.1). */
enum {
	OSCORE_RESERVED = 0xe0,
	OSCORE_KID_CONTEXT = 0x10,
	OSCORE_KID = 0x08,
	OSCORE_PIV_LEN = 0x07,
	OSCORE_PIV_MAX = 5,
};

struct inspection {
	const struct cs_msg *msg;
	struct cs_flaw *flaws;
	size_t max;
	size_t n;
	size_t at;     /* what is being looked at */
	uint32_t seen; /* bit i: fault i was reported */
};

static void report(struct inspection *in, enum cs_fault fault)
{
	if (in->seen >> fault & 1)
		return;
	in->seen |= UINT32_C(1) << fault;
	if (in->n < in->max)
		in->flaws[in->n] = (struct cs_flaw){ .fault = fault, .at = in->at };
	in->n++;
}

static void check_rule(struct inspection *in, const struct cs_opt *opt, bool again)
{
	const struct cs_opt_rule *rule = cs_opt_rule_find(opt->number);

	if (!rule)
		return;
	if (opt->value.len < rule->min_len || opt->value.len > rule->max_len)
		report(in, CS_FAULT_OPTION_LENGTH);

	bool once = !rule->repeatable ||
		    (rule->once_in_response && cs_code_is_response(in->msg->code));

	if (again && once)
		report(in, CS_FAULT_REPEATED);
}

/*
 * RFC 7959 section 2.2: where a Block option describes the payload of its own
 * message, all blocks but the last are exactly of the size that it says.
 */
static bool size_contradicts(const struct inspection *in, const struct cs_block *block)
{
	size_t len = in->msg->payload.len;
	size_t size = cs_block_size(block->szx);

	return block->more ? len != size : len > size;
}

static void check_block(struct inspection *in, const struct cs_opt *opt, bool descriptive)
{
	struct cs_block block;

	if (opt->value.len > BLOCK_LEN_MAX)
		return; /* the option's length says it already */
	if (cs_block_read(opt->value, &block))
		report(in, CS_FAULT_BLOCK);
	else if (descriptive && size_contradicts(in, &block))
		report(in, CS_FAULT_BLOCK);
	if (opt->value.len == 0)
		report(in, CS_FAULT_BLOCK_EMPTY);
}

/* RFC 8613 section 6.1, figure 10: flags, PIV, kid context, kid. */
static bool oscore_is_legible(struct cs_span value)
{
	struct cs_rd rd = cs_rd_over(value.ptr, value.len);

	if (value.len == 0)
		return true;

	uint8_t flags = cs_rd_u8(&rd);

	/* No flags at all would have been the empty value. */
	if (flags == 0 || flags & OSCORE_RESERVED ||
	    (flags & OSCORE_PIV_LEN) > OSCORE_PIV_MAX)
		return false;

	(void)cs_rd_take(&rd, flags & OSCORE_PIV_LEN);
	if (flags & OSCORE_KID_CONTEXT)
		(void)cs_rd_take(&rd, cs_rd_u8(&rd));
	return !rd.err && (flags & OSCORE_KID || cs_rd_left(&rd) == 0);
}

static struct cs_span part(struct cs_span s, size_t from, size_t to)
{
	return cs_span_of(s.ptr + from, to - from);
}

static size_t find(struct cs_span s, size_t from, const char *any)
{
	while (from < s.len && (s.ptr[from] == '\0' || !strchr(any, s.ptr[from])))
		from++;
	return from;
}

/* The host of scheme://user@host:port/path; empty when there is none. */
static struct cs_span uri_host(struct cs_span uri)
{
	size_t colon = find(uri, 0, ":/?#");

	if (uri.len - colon < 3 || memcmp(uri.ptr + colon, "://", 3) != 0)
		return (struct cs_span){ 0 };

	size_t from = colon + 3;
	struct cs_span authority = part(uri, from, find(uri, from, "/?#"));
	size_t at = find(authority, 0, "@");
	struct cs_span host =
		at < authority.len ? part(authority, at + 1, authority.len) : authority;

	if (host.len > 0 && host.ptr[0] == '[')
		return part(host, 0, find(host, 0, "]"));
	return part(host, 0, find(host, 0, ":"));
}

static bool span_is(struct cs_span s, const char *text)
{
	return cs_span_eq(s, cs_span_str(text));
}

/* @rest is the walk that stands behind this segment. */
static bool segment_is_odd(struct cs_span segment, struct cs_opts rest)
{
	struct cs_opt after;

	if (segment.len == 0)
		return cs_opts_next(&rest, &after) && after.number == CS_OPT_URI_PATH;
	return memchr(segment.ptr, '\0', segment.len) || span_is(segment, "(null)") ||
	       span_is(segment, ".") || span_is(segment, "..");
}

static void check_meaning(struct inspection *in, const struct cs_opt *opt,
			  const struct cs_opts *rest)
{
	switch (opt->number) {
	case CS_OPT_BLOCK1:
	case CS_OPT_Q_BLOCK1:
		check_block(in, opt, cs_code_is_request(in->msg->code));
		break;
	case CS_OPT_BLOCK2:
	case CS_OPT_Q_BLOCK2:
		check_block(in, opt, cs_code_is_response(in->msg->code));
		break;
	case CS_OPT_OSCORE:
		if (!oscore_is_legible(opt->value))
			report(in, CS_FAULT_OSCORE);
		break;
	case CS_OPT_URI_HOST:
		if (opt->value.len > HOST_MAX)
			report(in, CS_FAULT_HOST_LONG);
		break;
	case CS_OPT_PROXY_URI:
		if (uri_host(opt->value).len > HOST_MAX)
			report(in, CS_FAULT_HOST_LONG);
		break;
	case CS_OPT_URI_PATH:
		if (segment_is_odd(opt->value, *rest))
			report(in, CS_FAULT_PATH);
		break;
	default:
		break;
	}
}

static void inspect_options(struct inspection *in, size_t tail_at)
{
	struct cs_opts w = cs_opts_over(in->msg->tail);
	uint32_t previous = 0;
	uint32_t seen = 0;
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		in->at = tail_at + w.at;
		check_rule(in, &opt, seen > 0 && opt.number == previous);
		check_meaning(in, &opt, &w);
		if (++seen == OPTIONS_SANE + 1)
			report(in, CS_FAULT_OPTIONS_MANY);
		previous = opt.number;
	}
}

size_t cs_msg_inspect(struct cs_span datagram, const struct cs_msg *msg,
		      struct cs_flaw *flaws, size_t max)
{
	struct inspection in = { .msg = msg, .flaws = flaws, .max = max };

	/* Classes 1, 3 and 6 are reserved; 7 is signalling, which UDP has not. */
	in.at = CODE_AT;
	if (cs_code_class(msg->code) != 0 && !cs_code_is_response(msg->code))
		report(&in, CS_FAULT_CODE);

	in.at = CS_MSG_HEADER;
	if (msg->token.len > TOKEN_SANE)
		report(&in, CS_FAULT_TOKEN_LONG);

	inspect_options(&in, datagram.len - msg->tail.len);
	return in.n;
}
