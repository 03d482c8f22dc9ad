/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/visit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coap/code.h"
#include "coap/option_rule.h"

#define NS_PER_S INT64_C(1000000000)

enum { ROOM_FIRST = 2048 /* bytes: most lists need no more */ };

static void end(struct cs_visit *v, const char *fmt, ...) CS_PRINTF(2, 3);

/* Ends the visit without a whole body; says in which block where that tells. */
static void end(struct cs_visit *v, const char *fmt, ...)
{
	size_t at = 0;
	va_list args;

	if (v->later)
		at = (size_t)snprintf(v->error, sizeof(v->error),
				      "block %u: ", v->body.next.num + 1);
	va_start(args, fmt);
	(void)vsnprintf(v->error + at, sizeof(v->error) - at, fmt, args);
	va_end(args);
	v->ended = true;
}

/* The next number that nobody can guess. */
static uint64_t draw(struct cs_visit *v)
{
	return cs_siphash_u64(&v->key, v->requests++);
}

/* Opens the request for the first block, or (v->later) for body.next. */
static void ask(struct cs_visit *v)
{
	uint64_t random = draw(v), token_bits = draw(v);
	uint8_t token[CS_TOKEN_MAX];
	/* One after the other: none comes again within the 247 s that it counts. */
	uint16_t mid = (uint16_t)(v->x.mid + 1);

	memcpy(token, &token_bits, sizeof(token));
	if (v->x.peer.port == 0)
		mid = (uint16_t)random;
	cs_exchange_start(&v->x, &v->limits->exchange, &v->ask->peer, mid, token,
			  (uint32_t)(random >> 32));
}

void cs_visit_begin(struct cs_visit *v, const struct cs_ask *asked,
		    const struct cs_visit_limits *limits, const struct cs_sipkey *key)
{
	*v = (struct cs_visit){
		.ask = asked,
		.limits = limits,
		.key = *key,
		.end_ns = INT64_MAX,
		.content_format = -1,
	};
	ask(v);
}

void cs_visit_clear(struct cs_visit *v)
{
	free(v->bytes);
	v->bytes = NULL;
	v->room = 0;
}

/* For all requests together: a device may answer each as late as it can. */
static int64_t whole_patience(const struct cs_visit *v)
{
	return v->limits->exchange.give_up_ns * CS_VISIT_PATIENCE;
}

static void say_silent(struct cs_visit *v)
{
	int64_t seconds = v->limits->exchange.give_up_ns / NS_PER_S;

	if (v->other_port && !v->x.acked && !v->strange)
		/* Behind address translation, or broken: scan would have found it. */
		end(v, "no answer within %lld s, only datagrams from port %u",
		    (long long)seconds, v->other_port);
	else
		end(v, "no answer within %lld s%s", (long long)seconds,
		    v->x.acked   ? " after it was acknowledged"
		    : v->strange ? ", only datagrams that do not belong to the request"
				 : "");
}

enum cs_exchange_step cs_visit_step(struct cs_visit *v, int64_t now_ns, int64_t *wake_ns)
{
	if (v->ended)
		return CS_EXCHANGE_OVER;

	if (now_ns >= v->end_ns) {
		end(v, "not at its end after %lld s",
		    (long long)(whole_patience(v) / NS_PER_S));
		return CS_EXCHANGE_OVER;
	}

	enum cs_exchange_step step = cs_exchange_step(&v->x, now_ns, wake_ns);

	if (step == CS_EXCHANGE_OVER)
		say_silent(v);
	else if (step == CS_EXCHANGE_WAIT && *wake_ns > v->end_ns)
		*wake_ns = v->end_ns;
	return step;
}

void cs_visit_request(const struct cs_visit *v, struct cs_wr *w)
{
	struct cs_block block = { .szx = v->limits->szx };
	uint32_t last = v->ask->question->last;
	uint8_t value[4];

	cs_msg_header(w, CS_CON, CS_CODE_GET, v->x.mid,
		      cs_span_of(v->x.token, sizeof(v->x.token)));
	cs_wr_span(w, v->ask->question->options);
	if (v->later)
		block = v->body.next;
	if (v->later || v->limits->asks_size) {
		cs_opt_write(w, last, CS_OPT_BLOCK2,
			     cs_span_of(value, cs_block_write(&block, value)));
		last = CS_OPT_BLOCK2;
	}
	if (v->echo_len > 0)
		cs_opt_write(w, last, CS_OPT_ECHO, cs_span_of(v->echo, v->echo_len));
}

void cs_visit_sent(struct cs_visit *v, int64_t now_ns)
{
	if (v->end_ns == INT64_MAX)
		v->end_ns = now_ns + whole_patience(v);
	cs_exchange_sent(&v->x, now_ns);
}

/* Room for @more bytes behind the first @len; false when memory is out. */
static bool make_room(struct cs_visit *v, size_t len, size_t more)
{
	size_t want = v->room ? v->room : ROOM_FIRST;

	while (want < len + more)
		want *= 2; /* at most twice CS_VISIT_BODY: the body is bounded */
	if (want == v->room)
		return true;

	uint8_t *grown = realloc(v->bytes, want);

	if (!grown)
		return false;
	v->bytes = grown;
	v->room = want;
	return true;
}

/* Keeps @bytes, which are the body's last ones. */
static void keep(struct cs_visit *v, struct cs_span bytes)
{
	size_t before = v->body.len - bytes.len;

	if (bytes.len == 0)
		return;
	if (make_room(v, before, bytes.len)) {
		memcpy(v->bytes + before, bytes.ptr, bytes.len);
		return;
	}
	v->body.len = (uint32_t)before;
	end(v, "out of memory");
}

static int32_t content_format_of(const struct cs_msg *msg)
{
	struct cs_opt opt;
	uint32_t number;

	if (!cs_msg_option(msg, CS_OPT_CONTENT_FORMAT, &opt) ||
	    !cs_opt_uint(opt.value, &number) || number > UINT16_MAX)
		return -1;
	return (int32_t)number;
}

/*
 * RFC 7252 section 5.4.1: a response with a critical option that we do not
 * understand is to be rejected. False, and @number, for such a one.
 */
static bool is_understood(const struct cs_msg *msg, uint32_t *number)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		*number = opt.number;
		if (cs_opt_is_critical(opt.number) && opt.number != CS_OPT_BLOCK2 &&
		    opt.number != CS_OPT_BLOCK1)
			return false;
	}
	return true;
}

/* The representation is another one now: once from the start, then no more. */
static void start_over(struct cs_visit *v)
{
	if (v->restarted) {
		end(v, "changed while it was read");
		return;
	}
	v->restarted = true;
	v->later = false;
	v->body = (struct cs_body){ 0 };
	ask(v);
}

static void go_on(struct cs_visit *v, enum cs_body_state state)
{
	switch (state) {
	case CS_BODY_MORE:
		v->later = true;
		ask(v);
		break;
	case CS_BODY_COMPLETE:
		v->complete = true;
		v->ended = true;
		break;
	case CS_BODY_CHANGED:
		start_over(v);
		break;
	case CS_BODY_LIMIT:
		end(v, "longer than %d blocks or %d bytes", CS_VISIT_BLOCKS,
		    CS_VISIT_BODY);
		break;
	case CS_BODY_REPEATED:
	case CS_BODY_BROKEN:
		end(v, "another block came than was asked for");
		break;
	case CS_BODY_REFUSED:
		end(v, "the answer has no Block2 option");
		break;
	}
}

static void take_content(struct cs_visit *v, const struct cs_msg *msg)
{
	struct cs_span bytes = { 0 };
	enum cs_body_state state;

	if (v->later) {
		state = cs_body_next(&v->body, msg, &bytes);
	} else {
		state = cs_body_first(&v->body, msg, CS_VISIT_BLOCKS, CS_VISIT_BODY);
		bytes = cs_span_of(msg->payload.ptr, v->body.len);
		v->content_format = content_format_of(msg);
	}
	keep(v, bytes);
	if (!v->ended)
		go_on(v, state);
}

/*
 * RFC 9175 section 2.3: 4.01 with an Echo option asks for the same request
 * with that value. True when it has been opened.
 */
static bool take_echo(struct cs_visit *v, const struct cs_msg *msg)
{
	struct cs_opt opt;

	if (msg->code != CS_CODE(4, 1) || v->echoes >= CS_VISIT_ECHOES ||
	    !cs_msg_option(msg, CS_OPT_ECHO, &opt) || opt.value.len == 0 ||
	    opt.value.len > sizeof(v->echo))
		return false;
	memcpy(v->echo, opt.value.ptr, opt.value.len);
	v->echo_len = opt.value.len;
	v->echoes++;
	ask(v);
	return true;
}

static void take_response(struct cs_visit *v, const struct cs_msg *msg)
{
	const char *name = cs_code_name(msg->code);
	char code[CS_CODE_TEXT];
	uint32_t number = 0;

	v->has_code = true;
	v->code = msg->code;
	if (take_echo(v, msg))
		return;
	if (msg->code != CS_CODE_CONTENT) {
		cs_code_text(msg->code, code);
		end(v, "%s%s%s", code, name ? " " : "", name ? name : "");
	} else if (!is_understood(msg, &number)) {
		end(v, "the answer needs an option that is not known (%u)", number);
	} else {
		take_content(v, msg);
	}
}

/*
 * Four for each request (a CON is repeated four times), and a few: whoever sends
 * more, in the device's name perhaps, must not make us talk. Two numbers are
 * drawn for a request.
 */
static bool may_reply(struct cs_visit *v)
{
	return v->replies < CS_VISIT_REPLIES + 2 * v->requests && ++v->replies;
}

size_t cs_visit_input(struct cs_visit *v, const struct cs_endpoint *peer,
		      struct cs_span datagram, uint8_t *reply)
{
	struct cs_exchange_in in;

	if (v->ended)
		return 0;
	cs_exchange_input(&v->x, peer, datagram, &in);
	switch (in.kind) {
	case CS_EXCHANGE_RESPONSE:
		take_response(v, &in.msg);
		break;
	case CS_EXCHANGE_RESET:
		end(v, "reset");
		break;
	case CS_EXCHANGE_MALFORMED:
		end(v, "malformed answer (%s, %s)", cs_fault_name(in.flaw.fault),
		    cs_fault_text(in.flaw.fault));
		break;
	case CS_EXCHANGE_FOREIGN:
		if (cs_endpoint_eq(peer, &v->ask->peer))
			v->strange = true;
		else if (cs_addr_cmp(&peer->ip, &v->ask->peer.ip) == 0)
			v->other_port = peer->port;
		break;
	case CS_EXCHANGE_ACKED:
		break;
	}
	if (!in.replies || !may_reply(v))
		return 0;
	memcpy(reply, in.reply, sizeof(in.reply));
	return sizeof(in.reply);
}

static const char *network_says(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return "host unreachable";
	case ENETUNREACH:
	case ENETDOWN:
	case ENONET:
		return "network unreachable";
	case EACCES:
	case EPERM:
		return "prohibited";
	default:
		return strerror(error);
	}
}

void cs_visit_unreachable(struct cs_visit *v, int error, bool from_icmp)
{
	if (!v->ended)
		end(v, "%s%s", network_says(error), from_icmp ? " (ICMP)" : "");
}

void cs_visit_abandon(struct cs_visit *v, const char *why)
{
	if (!v->ended)
		end(v, "%s", why);
}
