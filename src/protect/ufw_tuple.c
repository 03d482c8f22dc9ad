/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_tuple.h"

#include "base/num.h"
#include "protect/rules_span.h"

#define MARK "### tuple ###"

enum { FIELDS_MIN = 6, FIELDS_MAX = 9 };

/* Up to @c; what follows it stays in @rest. */
static struct cs_span take_until(struct cs_span *rest, char c)
{
	const uint8_t *at = rest->len ? memchr(rest->ptr, c, rest->len) : NULL;
	struct cs_span head =
		at ? cs_span_of(rest->ptr, (size_t)(at - rest->ptr)) : *rest;

	*rest = cs_text_after(*rest, at ? head.len + 1 : head.len);
	return head;
}

/* "route:allow_log-all". Whatever is no other action is a deny to ufw. */
static void read_action(struct cs_span word, struct cs_ufw_tuple *out)
{
	static const struct {
		const char *name;
		enum cs_ufw_action action;
	} names[] = { { "allow", CS_UFW_ALLOW },
		      { "reject", CS_UFW_REJECT },
		      { "limit", CS_UFW_LIMIT } };

	out->route = memchr(word.ptr, ':', word.len) != NULL;
	if (out->route)
		(void)take_until(&word, ':');

	struct cs_span action = take_until(&word, '_');

	out->action = CS_UFW_DENY;
	out->log = word;
	for (size_t i = 0; i < CS_LEN(names); i++)
		if (cs_text_is(action, names[i].name))
			out->action = names[i].action;
}

static void read_address(struct cs_span word, struct cs_ufw_tuple *out,
			 struct cs_prefix *to)
{
	enum cs_err err = cs_prefix_read(word, to);

	if (err == CS_OK || err == CS_ERR_RANGE)
		return;
	out->odd = !cs_text_is(word, "any");
	*to = (struct cs_prefix){ .bits = 0 };
	if (!out->v6) {
		to->addr = cs_addr_v4(0);
		to->bits = 96;
	}
}

/* "in", "out_eth0" or "in_eth0!out_eth1". */
static enum cs_err read_way(struct cs_span word, struct cs_ufw_tuple *out)
{
	bool interfaces = memchr(word.ptr, '_', word.len) != NULL;

	out->out = cs_text_starts(word, "out");
	if (!interfaces)
		return CS_OK;
	for (struct cs_span part; word.len > 0;) {
		part = take_until(&word, '!');
		if (cs_text_starts(part, "in_"))
			out->in = cs_text_after(part, 3);
		else if (cs_text_starts(part, "out_"))
			out->on_out = cs_text_after(part, 4);
		else
			return CS_ERR_SYNTAX;
	}
	return CS_OK;
}

static struct cs_span app_of(struct cs_span word)
{
	return cs_text_is(word, "-") ? cs_span_of(NULL, 0) : word;
}

/* The comment is always last. */
static struct cs_span cut_comment(struct cs_span *line)
{
	static const char mark[] = " comment=";
	const uint8_t *at = memmem(line->ptr, line->len, mark, sizeof(mark) - 1);

	if (!at)
		return cs_span_of(NULL, 0);

	size_t n = (size_t)(at - line->ptr);
	struct cs_span comment = cs_text_after(*line, n + sizeof(mark) - 1);

	line->len = n;
	return cs_text_trim(comment);
}

enum cs_err cs_ufw_tuple_read(struct cs_span line, bool v6, struct cs_ufw_tuple *out)
{
	struct cs_ufw_tuple t = { .line = line, .v6 = v6 };
	struct cs_span fields[FIELDS_MAX + 1];
	size_t n = 0;

	if (!cs_text_starts(line, MARK))
		return CS_ERR_NOT_FOUND;
	t.comment = cut_comment(&line);
	line = cs_text_after(line, sizeof(MARK) - 1);
	while (n <= FIELDS_MAX && cs_text_word(&line, &fields[n]))
		n++;
	if (n < FIELDS_MIN || n > FIELDS_MAX)
		return CS_ERR_SYNTAX;

	read_action(fields[0], &t);
	t.protocol = fields[1];
	t.to_port = fields[2];
	read_address(fields[3], &t, &t.to);
	t.from_port = fields[4];
	read_address(fields[5], &t, &t.from);
	if (n >= 8) {
		t.to_app = app_of(fields[6]);
		t.from_app = app_of(fields[7]);
	}
	/* The oldest form has no direction: it is about what comes in. */
	if (n % 2 == 1 && read_way(fields[n - 1], &t))
		return CS_ERR_SYNTAX;
	*out = t;
	return CS_OK;
}

/* The tuples of one application rule have one number together. */
static bool same_app(const struct cs_ufw_tuple *a, const struct cs_ufw_tuple *b)
{
	struct cs_span none = { 0 };
	struct cs_span a_to = a->to_app.len ? a->to_app : a->to_port;
	struct cs_span b_to = b->to_app.len ? b->to_app : b->to_port;
	struct cs_span a_from = a->from_app.len ? none : a->from_port;
	struct cs_span b_from = b->from_app.len ? none : b->from_port;

	return (b->to_app.len || b->from_app.len) && cs_span_eq(a->to_app, b->to_app) &&
	       cs_span_eq(a->from_app, b->from_app) && cs_span_eq(a_to, b_to) &&
	       cs_span_eq(a_from, b_from) && a->to.bits == b->to.bits &&
	       cs_addr_cmp(&a->to.addr, &b->to.addr) == 0 &&
	       a->from.bits == b->from.bits &&
	       cs_addr_cmp(&a->from.addr, &b->from.addr) == 0 &&
	       cs_span_eq(a->in, b->in) && cs_span_eq(a->on_out, b->on_out) &&
	       (a->in.len || a->on_out.len || a->out == b->out);
}

static uint32_t number_for(const struct cs_ufw_tuples *all, size_t from,
			   const struct cs_ufw_tuple *t, uint32_t next)
{
	for (size_t i = from; i < all->n; i++)
		if (same_app(&all->at[i], t))
			return all->at[i].number;
	return next;
}

static void read_family(struct cs_span text, bool v6, struct cs_ufw_tuples *all)
{
	uint32_t before = v6 ? all->count4 : 0, *count = v6 ? &all->count6 : &all->count4;
	size_t from = all->n;
	struct cs_ufw_tuple t;

	for (struct cs_span line; cs_text_line(&text, &line);) {
		if (cs_ufw_tuple_read(line, v6, &t))
			continue;
		t.number = number_for(all, from, &t, before + *count + 1);
		if (t.number > before + *count)
			++*count;
		all->at[all->n++] = t;
	}
}

static size_t count_marks(struct cs_span text)
{
	size_t n = 0;

	for (struct cs_span line; cs_text_line(&text, &line);)
		n += cs_text_starts(line, MARK);
	return n;
}

enum cs_err cs_ufw_tuples_read(struct cs_span user, struct cs_span user6,
			       struct cs_arena *arena, struct cs_ufw_tuples *out)
{
	size_t n = count_marks(user) + count_marks(user6);

	*out = (struct cs_ufw_tuples){ .at = cs_arena_array(arena, n ? n : 1,
							    sizeof(*out->at)) };
	if (!out->at)
		return CS_ERR_NOMEM;
	read_family(user, false, out);
	read_family(user6, true, out);
	return CS_OK;
}

bool cs_ufw_ports_have(struct cs_span list, uint16_t port)
{
	if (cs_text_is(list, "any"))
		return true;
	while (list.len > 0) {
		struct cs_span part = take_until(&list, ',');
		struct cs_span first = take_until(&part, ':');
		uint64_t lo, hi;

		if (!cs_num_u64(first, 0, 65535, &lo))
			continue;
		if (part.len == 0)
			hi = lo;
		else if (!cs_num_u64(part, 0, 65535, &hi))
			continue;
		if (lo <= port && port <= hi)
			return true;
	}
	return false;
}
