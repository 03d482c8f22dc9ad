/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devices say when they are asked: the habits of real stacks (RST or 4.04 to a
 * ping, the Message ID of a NON answer, separate responses, block sizes, refusals).
 */
#include <stdio.h>
#include <stdlib.h>

#include "coap/block.h"
#include "scene.h"

static const char *const pool[] = {
	"/time",   "/sensors/temp", "/light", "/config",  "/3/0",           "/big",
	"/status", "/store/log",    "/fw",    "/oic/res", "/actuators/led", "/rd",
};

enum { POOL = sizeof(pool) / sizeof(pool[0]) };

/* What a request is about, read back from the message itself. */
struct question {
	bool list, big, known, writes, ping, proxied, observes, has_block;
	struct cs_block block;
};

static bool same_path(const char *path, const char *name)
{
	size_t len = strcspn(path, "?");

	return strlen(name) == len && memcmp(path, name, len) == 0;
}

static bool knows(const struct device *d, const char *path)
{
	for (size_t i = 0; i < POOL; i++)
		if (same_path(path, pool[i]))
			return d->has >> i & 1;
	return same_path(path, "/");
}

static struct question understand(const struct device *d, const struct mesg *m)
{
	const char *path = m->path ? m->path : "/";
	struct question q = { .ping = m->code == CS_CODE_EMPTY };

	q.list = same_path(path, "/.well-known/core");
	q.big = strncmp(path, "/big", 4) == 0 || same_path(path, "/store/log");
	q.known = q.list || strncmp(path, "/big/", 5) == 0 || knows(d, path);
	q.writes = m->code != CS_CODE_GET && m->code != CS_CODE_FETCH;
	q.proxied = mesg_has(m, OPT_PROXY_URI) || mesg_has(m, OPT_PROXY_SCHEME);
	for (size_t i = 0; i < m->n; i++) {
		struct cs_span v = cs_span_of(m->text + m->opt[i].at, m->opt[i].len);

		if (m->opt[i].number == OPT_OBSERVE)
			q.observes = v.len == 0;
		if (m->opt[i].number == OPT_BLOCK2)
			q.has_block = !cs_block_read(v, &q.block);
	}
	return q;
}

struct cs_span filler(bool links, size_t len)
{
	static const char list[] = "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\","
				   "</light>;rt=\"oic.r.switch\";obs,</config>;ct=60,"
				   "</3/0>,</store/log>;sz=9000;title=\"Log\",";
	static const char value[] = "{\"t\":21.5,\"h\":40,\"unit\":\"C\",\"n\":17} ";
	static uint8_t room[8192];
	const char *from = links ? list : value;
	size_t period = links ? sizeof(list) - 1 : sizeof(value) - 1;

	for (size_t i = 0; i < len; i++)
		room[i] = (uint8_t)from[i % period];
	return cs_span_of(room, len);
}

/* The header of an answer, with the Message ID as this stack gives it. */
static struct mesg head_of(struct device *d, const struct mesg *m, uint8_t code,
			   bool separate)
{
	struct mesg a = mesg_new(CS_ACK, code, m->mid);

	if (m->type == CS_NON) {
		a.type = CS_NON;
		if (d->stack != STACK_LIBCOAP && d->stack != STACK_NODE)
			a.mid = ++d->mid;
	} else if (separate) {
		a.type = CS_CON;
		a.mid = ++d->mid;
	}
	mesg_token(&a, m->token, m->tkl);
	return a;
}

static void add_body(struct mesg *a, const struct device *d, const struct question *q,
		     struct heard *heard)
{
	size_t size = q->list ? d->list_size : q->big ? d->big_size : d->value_size;
	uint8_t szx = q->has_block && q->block.szx < d->szx ? q->block.szx : d->szx;
	size_t from = (size_t)cs_block_size(szx) * (q->has_block ? q->block.num : 0);
	size_t left;

	if (from >= size)
		from = size - 1;
	left = size - from;
	mesg_opt_uint(a, OPT_FORMAT, q->list ? 40 : 50);
	if (q->has_block || left > cs_block_size(szx)) {
		heard->more = left > cs_block_size(szx);
		heard->block = q->has_block ? q->block.num : 0;
		heard->szx = szx;
		mesg_block(a, OPT_BLOCK2, heard->block, heard->more, szx);
	}
	if (left > cs_block_size(szx))
		left = cs_block_size(szx);
	a->payload = filler(q->list, left);
}

static uint8_t write_code(const struct device *d, const struct mesg *m)
{
	static const uint8_t refusals[] = { CS_CODE(4, 5), CS_CODE(4, 1), CS_CODE(4, 3),
					    CS_CODE(4, 4), CS_CODE(4, 0) };

	if (d->writes == WRITES_REFUSED)
		return refusals[d->mid % sizeof(refusals)];
	if (mesg_has(m, OPT_BLOCK1)) {
		for (size_t i = 0; i < m->n; i++)
			if (m->opt[i].number == OPT_BLOCK1 && m->opt[i].len &&
			    m->text[m->opt[i].at + m->opt[i].len - 1] & 8)
				return CS_CODE(2, 31);
	}
	if (m->code == CS_CODE_DELETE)
		return CS_CODE(2, 2);
	return m->code == CS_CODE_POST ? CS_CODE(2, 1) : CS_CODE(2, 4);
}

static void send_from(struct scene *s, struct device *d, const struct end *to,
		      struct heard *heard, const struct mesg *a)
{
	struct cs_span bytes = mesg_bytes(a);

	tape_udp(&s->tape, heard->at_us, &d->end, to, bytes);
	heard->anything = true;
	heard->bytes += (uint32_t)bytes.len;
	heard->type = a->type;
	heard->mid = a->mid;
	if (a->code >= CS_CODE(2, 0)) {
		heard->response = true;
		heard->code = a->code;
	}
}

static void say_empty(struct scene *s, struct device *d, const struct end *to,
		      struct heard *heard, enum cs_type type, uint16_t mid)
{
	struct mesg a = mesg_new(type, CS_CODE_EMPTY, mid);

	send_from(s, d, to, heard, &a);
}

static void answer_write(struct scene *s, struct device *d, const struct end *to,
			 const struct mesg *m, struct heard *heard)
{
	struct mesg a = head_of(d, m, write_code(d, m), false);

	switch (d->writes) {
	case WRITES_DONE:
	case WRITES_REFUSED:
		for (size_t i = 0; i < m->n; i++)
			if (m->opt[i].number == OPT_BLOCK1)
				mesg_opt(&a, OPT_BLOCK1, m->text + m->opt[i].at,
					 m->opt[i].len);
		if (a.code == CS_CODE(2, 1))
			mesg_opt_text(&a, OPT_LOCATION, "new");
		send_from(s, d, to, heard, &a);
		break;
	case WRITES_EMPTY_ACK:
		if (m->type == CS_CON)
			say_empty(s, d, to, heard, CS_ACK, m->mid);
		break;
	case WRITES_RESET:
		say_empty(s, d, to, heard, CS_RST, m->mid);
		break;
	case WRITES_SILENT:
		break;
	}
}

static void answer_read(struct scene *s, struct device *d, const struct end *to,
			const struct mesg *m, const struct question *q,
			struct heard *heard)
{
	bool separate = d->separate && m->type == CS_CON && !q->list;
	uint8_t code = q->known ? CS_CODE_CONTENT : CS_CODE(4, 4);
	struct mesg a;

	if (q->proxied)
		code = d->open_proxy ? CS_CODE_CONTENT : CS_CODE(5, 5);
	if (separate) {
		say_empty(s, d, to, heard, CS_ACK, m->mid);
		heard->at_us += 200000 + d->latency_us * 4;
	}
	a = head_of(d, m, code, separate);
	if (code == CS_CODE_CONTENT && q->observes && d->observes && !q->proxied)
		mesg_opt_uint(&a, OPT_OBSERVE, d->mid);
	if (code == CS_CODE_CONTENT)
		add_body(&a, d, q, heard);
	else if (d->stack == STACK_LIBCOAP)
		a.payload = cs_span_of("Not Found", 9);
	send_from(s, d, to, heard, &a);
}

static void answer_ping(struct scene *s, struct device *d, const struct end *to,
			const struct mesg *m, struct heard *heard)
{
	if (d->stack == STACK_NODE) {
		struct mesg a = mesg_new(CS_ACK, CS_CODE(4, 4), m->mid);

		send_from(s, d, to, heard, &a);
	} else if (m->type == CS_CON || d->stack == STACK_LIBCOAP) {
		say_empty(s, d, to, heard, CS_RST, m->mid);
	}
}

struct heard device_answer(struct scene *s, struct device *d, const struct end *to,
			   int64_t at_us, const struct mesg *m)
{
	struct heard heard = { .at_us = at_us + d->latency_us };
	struct question q = understand(d, m);

	if (d->serves != SERVES_COAP || (d->dead_from_us && at_us >= d->dead_from_us))
		return heard;
	if (d->limits && d->budget == 0)
		return heard;
	if (d->limits)
		d->budget--;
	if (q.ping)
		answer_ping(s, d, to, m, &heard);
	else if (q.writes && !q.proxied)
		answer_write(s, d, to, m, &heard);
	else
		answer_read(s, d, to, m, &q, &heard);
	return heard;
}

void say(struct scene *s, struct actor *who, const struct end *to, int64_t at_us,
	 struct cs_span bytes)
{
	if (!who->packets || at_us < who->first_us)
		who->first_us = at_us;
	if (at_us > who->last_us)
		who->last_us = at_us;
	who->packets++;
	who->bytes_in += bytes.len;
	tape_udp(&s->tape, at_us, &who->end, to, bytes);
}

void knock(struct scene *s, struct actor *who, struct device *device, int64_t at_us,
	   struct cs_span bytes)
{
	say(s, who, &device->end, at_us, bytes);
	if (device->serves == SERVES_CLOSED)
		tape_icmp(&s->tape, at_us + 300, &device->end.ip, TAPE_PORT_CLOSED,
			  &who->end, &device->end, bytes);
}

struct heard ask(struct scene *s, struct actor *who, struct device *device, int64_t at_us,
		 const struct mesg *m)
{
	bool writes = m->code != CS_CODE_GET && m->code != CS_CODE_FETCH;
	struct heard heard;

	knock(s, who, device, at_us, mesg_bytes(m));
	heard = device_answer(s, device, &who->end, at_us, m);
	who->bytes_out += heard.bytes;
	who->answered |= heard.response;
	if (heard.response && heard.code >> 5 == 2) {
		bool proxied =
			mesg_has(m, OPT_PROXY_URI) || mesg_has(m, OPT_PROXY_SCHEME);

		who->write_done |= writes && !proxied;
		who->proxied |= proxied;
		who->observe_granted |= mesg_has(m, OPT_OBSERVE);
	}
	who->write_taken |= writes && m->code && heard.anything && !heard.response &&
			    heard.type == CS_ACK;
	return heard;
}
