/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/asks.h"
#include "base/wr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coap/option_rule.h"
#include "coap/uri.h"

#define WELL_KNOWN "/.well-known/core"

/* One word: which addresses, which port, what is asked of each. */
struct cs_asks_target {
	struct cs_asks_target *next;
	struct cs_range range;
	bool has_port;
	uint16_t port;
	struct cs_question question; /* uri empty: made for each address */
};

void cs_asks_clear(struct cs_asks *asks)
{
	cs_scope_draft_clear(&asks->draft);
	cs_arena_clear(&asks->arena);
	*asks = (struct cs_asks){ 0 };
}

/*
 * The options that ask for the URI's resource; @host is the Uri-Host, or
 * empty. CS_ERR_RANGE when they are more than a request has room for.
 */
static enum cs_err make_question(struct cs_asks *asks, struct cs_uri *uri,
				 struct cs_span host, struct cs_question *q)
{
	uint8_t *bytes = cs_arena_alloc(&asks->arena, CS_VISIT_OPTIONS);
	struct cs_wr w = cs_wr_over(bytes, CS_VISIT_OPTIONS);

	if (!bytes)
		return CS_ERR_NOMEM;
	q->last = 0;
	if (host.len > 0) {
		cs_opt_write(&w, 0, CS_OPT_URI_HOST, host);
		q->last = CS_OPT_URI_HOST;
	}
	if (uri->path.len <= 1)
		uri->path = cs_span_str(WELL_KNOWN);
	q->last = cs_uri_options(uri, &w, q->last);
	q->options = cs_wr_done(&w);
	return w.err ? CS_ERR_RANGE : CS_OK;
}

/* One target for each range that the draft has got since it had @before. */
static enum cs_err add_targets(struct cs_asks *asks, size_t before,
			       const struct cs_uri *uri,
			       const struct cs_question *question)
{
	const struct cs_ranges *named = &asks->draft.targets;

	for (size_t i = before; i < named->n; i++) {
		struct cs_asks_target *t = cs_arena_alloc(&asks->arena, sizeof(*t));

		if (!t)
			return CS_ERR_NOMEM;
		*t = (struct cs_asks_target){ .range = named->at[i],
					      .has_port = uri->has_port,
					      .port = uri->port,
					      .question = *question };
		if (asks->last)
			asks->last->next = t;
		else
			asks->first = t;
		asks->last = t;
	}
	return CS_OK;
}

/* What is being added, from the word as it was written to its options. */
struct naming {
	struct cs_span word;
	const struct cs_source *source;
	cs_scope_name_fn *resolve;
	void *arg;
	bool bare; /* no URI was written, only what is like a part of one */
	struct cs_uri uri;
	struct cs_question question;
};

/* The addresses of the URI's host into the draft; *@is_name if it has a name. */
static enum cs_err add_host(struct cs_asks *asks, const struct naming *n, bool *is_name)
{
	struct cs_span host = n->uri.host;
	bool local = cs_span_eq(host, cs_span_str("local"));
	struct cs_addr ip;

	*is_name = false;
	if (cs_addr_read(host, &ip) && n->uri.literal != cs_addr_is_v4(&ip))
		return cs_scope_add_target(&asks->draft, host, n->source);
	if (n->uri.literal || !cs_scope_is_name(host) || !n->resolve ||
	    (local && !cs_span_eq(n->word, host))) {
		cs_scope_complain(&asks->draft, n->source, n->word,
				  ": want an address or a name as host%s",
				  n->uri.literal ? ", an IPv6 address in brackets" : "");
		return CS_ERR_SYNTAX;
	}
	*is_name = true;
	return n->resolve(n->arg, &asks->draft, host, n->source);
}

/* Reads @text, which is the word or stands for it. */
static enum cs_err add_uri(struct cs_asks *asks, struct naming *n, struct cs_span text)
{
	uint8_t name[CS_URI_COMPONENT_MAX];
	size_t before = asks->draft.targets.n;
	struct cs_span host = { 0 };
	bool is_name;
	const char *want;
	enum cs_err err = cs_uri_read(text, &n->uri, &want);

	if (err) {
		cs_scope_complain(&asks->draft, n->source, n->word, ": %s", want);
		return err;
	}
	err = add_host(asks, n, &is_name);
	if (err)
		return err;
	if (is_name && !n->bare)
		host = cs_span_of(name, cs_uri_host_name(&n->uri, name));
	if (!n->bare)
		n->question.uri = text;
	err = make_question(asks, &n->uri, host, &n->question);
	if (err == CS_ERR_RANGE)
		cs_scope_complain(&asks->draft, n->source, n->word,
				  ": want a path and query of at most %d bytes",
				  CS_VISIT_OPTIONS);
	return err ? err : add_targets(asks, before, &n->uri, &n->question);
}

/* ADDRESS, PREFIX or LOW-HIGH. */
static enum cs_err add_range(struct cs_asks *asks, struct naming *n)
{
	size_t before = asks->draft.targets.n;
	enum cs_err err = cs_scope_add_target(&asks->draft, n->word, n->source);

	if (!err)
		err = make_question(asks, &n->uri, (struct cs_span){ 0 }, &n->question);
	return err ? err : add_targets(asks, before, &n->uri, &n->question);
}

/* HOST:PORT or [IPV6] or [IPV6]:PORT: what can stand between :// and a path. */
static bool is_authority(struct cs_span word)
{
	const uint8_t *colon = memchr(word.ptr, ':', word.len);
	const uint8_t *end = word.ptr + word.len;

	if (memchr(word.ptr, '/', word.len))
		return false;
	if (word.ptr[0] == '[')
		return true;
	return colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1));
}

/* A copy of @word with @before in front; empty when memory is out. */
static struct cs_span in_arena(struct cs_asks *asks, const char *before,
			       struct cs_span word)
{
	size_t len = strlen(before);
	size_t room = len + word.len;
	struct cs_wr w = cs_wr_over(cs_arena_alloc(&asks->arena, room), room);

	if (!w.base)
		return (struct cs_span){ 0 };
	cs_wr_bytes(&w, before, len);
	cs_wr_span(&w, word);
	return cs_wr_done(&w);
}

static enum cs_err refuse_scheme(struct cs_asks *asks, struct cs_span word,
				 struct cs_span scheme, const struct cs_source *source)
{
	static const char *const others[] = { "coaps", "coap+tcp", "coaps+tcp", "coap+ws",
					      "coaps+ws" };

	for (size_t i = 0; i < CS_LEN(others); i++)
		if (cs_span_eq(scheme, cs_span_str(others[i]))) {
			cs_scope_complain(&asks->draft, source, word,
					  ": %s is not supported yet, want coap://",
					  others[i]);
			return CS_ERR_NOT_FOUND;
		}
	cs_scope_complain(&asks->draft, source, word,
			  ": want coap://HOST[:PORT][/PATH][?QUERY]");
	return CS_ERR_NOT_FOUND;
}

enum cs_err cs_asks_add(struct cs_asks *asks, struct cs_span word,
			const struct cs_source *source, cs_scope_name_fn *resolve,
			void *arg)
{
	struct naming n = {
		.word = word, .source = source, .resolve = resolve, .arg = arg
	};
	struct cs_span scheme, text;

	if (word.len > 0 && cs_uri_looks(word, &scheme)) {
		if (scheme.len != 4 ||
		    strncasecmp((const char *)scheme.ptr, "coap", 4) != 0)
			return refuse_scheme(asks, word, scheme, source);
		text = in_arena(asks, "", word);
		return text.len ? add_uri(asks, &n, text) : CS_ERR_NOMEM;
	}
	n.bare = true;
	if (word.len == 0 || (!is_authority(word) && !cs_scope_is_name(word)))
		return add_range(asks, &n);
	text = in_arena(asks, "coap://", word);
	return text.len ? add_uri(asks, &n, text) : CS_ERR_NOMEM;
}

/* An ask on its way into the list. */
struct entry {
	struct cs_ask ask;
	size_t order;  /* in which it was named */
	size_t device; /* order of the first ask of the same address */
	bool again;    /* the same has been named before */
};

struct entries {
	struct entry *at; /* owned */
	size_t n, cap;
};

static enum cs_err too_many(struct cs_asks *asks)
{
	(void)snprintf(asks->draft.why, sizeof(asks->draft.why),
		       "more than %d addresses and ports are named: that is a scan; see "
		       "coapscope scan --help",
		       CS_ASKS_MAX);
	return CS_ERR_RANGE;
}

static enum cs_err push(struct cs_asks *asks, struct entries *to,
			const struct cs_ask *ask)
{
	if (to->n == CS_ASKS_MAX)
		return too_many(asks);
	if (to->n == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 64;
		struct entry *at = realloc(to->at, cap * sizeof(*at));

		if (!at)
			return CS_ERR_NOMEM;
		to->at = at;
		to->cap = cap;
	}
	to->at[to->n] = (struct entry){ .ask = *ask, .order = to->n };
	to->n++;
	return CS_OK;
}

/* "coap://192.0.2.1:5684/.well-known/core"; the default port is not written. */
static struct cs_span uri_of(struct cs_asks *asks, const struct cs_endpoint *peer)
{
	char ip[CS_ADDR_TEXT], port[8] = "", text[128];
	bool v4 = cs_addr_is_v4(&peer->ip);
	const char *kept;

	cs_addr_text(&peer->ip, ip);
	if (peer->port != CS_URI_PORT)
		(void)snprintf(port, sizeof(port), ":%u", peer->port);
	(void)snprintf(text, sizeof(text), "coap://%s%s%s%s" WELL_KNOWN, v4 ? "" : "[",
		       ip, v4 ? "" : "]", port);
	kept = cs_arena_text(&asks->arena, cs_span_str(text));
	return kept ? cs_span_str(kept) : (struct cs_span){ 0 };
}

static enum cs_err push_endpoint(struct cs_asks *asks, struct entries *to,
				 const struct cs_asks_target *t,
				 const struct cs_endpoint *peer)
{
	struct cs_ask ask = { .peer = *peer, .question = &t->question };

	if (t->question.uri.len == 0) {
		struct cs_question *own = cs_arena_alloc(&asks->arena, sizeof(*own));

		if (!own)
			return CS_ERR_NOMEM;
		*own = t->question;
		own->uri = uri_of(asks, peer);
		if (own->uri.len == 0)
			return CS_ERR_NOMEM;
		ask.question = own;
	}
	return push(asks, to, &ask);
}

/* All addresses of a target that are in the scope, each with each port. */
static enum cs_err push_target(struct cs_asks *asks, struct entries *to,
			       const struct cs_asks_target *t,
			       const struct cs_scope *scope, const uint16_t *ports,
			       size_t n_ports)
{
	uint64_t last = cs_addr_distance(&t->range.lo, &t->range.hi), index;
	size_t before = to->n;
	enum cs_err err = CS_OK;

	if (last >= CS_ASKS_MAX)
		return too_many(asks);
	for (uint64_t i = 0; !err && i <= last; i++) {
		struct cs_endpoint peer = { .ip = cs_addr_plus(t->range.lo, i) };

		if (!cs_scope_find(scope, &peer.ip, &index))
			continue;
		for (size_t p = 0; !err && p < (t->has_port ? 1 : n_ports); p++) {
			peer.port = t->has_port ? t->port : ports[p];
			err = push_endpoint(asks, to, t, &peer);
		}
	}
	if (!err && to->n == before)
		asks->excluded++;
	return err;
}

static int by_number(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_options(struct cs_span a, struct cs_span b)
{
	if (a.len != b.len)
		return by_number(a.len, b.len);
	return memcmp(a.ptr, b.ptr, a.len);
}

/* The same questions stand together, the one that was named first before. */
static int by_endpoint(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int sign = cs_addr_cmp(&a->ask.peer.ip, &b->ask.peer.ip);

	if (!sign)
		sign = by_number(a->ask.peer.port, b->ask.peer.port);
	if (!sign)
		sign = compare_options(a->ask.question->options,
				       b->ask.question->options);
	return sign ? sign : by_number(a->order, b->order);
}

static int by_device(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int sign = by_number(a->device, b->device);

	return sign ? sign : by_number(a->order, b->order);
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return cs_endpoint_eq(&a->ask.peer, &b->ask.peer) &&
	       cs_span_eq(a->ask.question->options, b->ask.question->options);
}

/* Marks what stands there twice and gives all of an address one number. */
static void group(struct entries *e)
{
	qsort(e->at, e->n, sizeof(*e->at), by_endpoint);
	for (size_t i = 0, end; i < e->n; i = end) {
		size_t device = e->at[i].order;

		for (end = i; end < e->n && cs_addr_cmp(&e->at[end].ask.peer.ip,
							&e->at[i].ask.peer.ip) == 0;
		     end++) {
			if (e->at[end].order < device)
				device = e->at[end].order;
			e->at[end].again =
				end > i && is_same(&e->at[end], &e->at[end - 1]);
		}
		for (size_t k = i; k < end; k++)
			e->at[k].device = device;
	}
	qsort(e->at, e->n, sizeof(*e->at), by_device);
}

static enum cs_err list(struct cs_asks *asks, const struct entries *e)
{
	asks->at = cs_arena_array(&asks->arena, e->n, sizeof(*asks->at));
	if (!asks->at)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < e->n; i++)
		if (!e->at[i].again)
			asks->at[asks->n++] = e->at[i].ask;
	return CS_OK;
}

enum cs_err cs_asks_settle(struct cs_asks *asks, const uint16_t *ports, size_t n_ports,
			   const struct cs_range *never, size_t n_never)
{
	struct entries entries = { 0 };
	struct cs_scope *scope = NULL;
	enum cs_err err = cs_scope_build(&asks->draft, never, n_never, &scope);

	for (const struct cs_asks_target *t = asks->first; !err && t; t = t->next)
		err = push_target(asks, &entries, t, scope, ports, n_ports);
	if (!err && entries.n > 0) {
		group(&entries);
		err = list(asks, &entries);
	}
	free(entries.at);
	cs_scope_free(scope);
	return err;
}
