/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_tuple.h"

#include "base/num.h"
#include "protect/rules_span.h"
#include "protect/text_index.h"

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

/* A key in the making; what is put fits, as its room comes from the tuple's own length. */
struct key {
	uint8_t *bytes;
	size_t len;
};

/* No field has a blank in it. */
static void put_field(struct key *key, struct cs_span field)
{
	if (field.len)
		memcpy(key->bytes + key->len, field.ptr, field.len);
	key->len += field.len;
	key->bytes[key->len++] = ' ';
}

static void put_prefix(struct key *key, const struct cs_prefix *prefix)
{
	memcpy(key->bytes + key->len, prefix->addr.b, sizeof(prefix->addr.b));
	key->len += sizeof(prefix->addr.b);
	key->bytes[key->len++] = prefix->bits;
}

/*
 * The tuples of one application rule have one number together: those that are the same but
 * for protocol, action and the profile's ports. Without bytes: memory is out.
 */
static struct key app_key(const struct cs_ufw_tuple *t, struct cs_arena *arena)
{
	const struct cs_span none = { 0 };
	struct key key = { .bytes = cs_arena_alloc(arena, 2 * t->line.len + 64) };

	if (!key.bytes)
		return key;
	put_field(&key, t->to_app);
	put_field(&key, t->from_app);
	put_field(&key, t->to_app.len ? none : t->to_port);
	put_field(&key, t->from_app.len ? none : t->from_port);
	put_prefix(&key, &t->to);
	put_prefix(&key, &t->from);
	put_field(&key, t->in);
	put_field(&key, t->on_out);
	if (!t->in.len && !t->on_out.len)
		key.bytes[key.len++] = t->out ? 'o' : 'i';
	return key;
}

/* Gives the tuple its number: *@last is the one given last. */
static enum cs_err give_number(struct cs_text_index *apps, struct cs_ufw_tuple *t,
			       uint32_t *last)
{
	struct key key;
	size_t number;

	t->number = *last + 1;
	if (t->to_app.len || t->from_app.len) {
		key = app_key(t, apps->arena);
		if (!key.bytes)
			return CS_ERR_NOMEM;
		if (cs_text_index_find(apps, cs_span_of(key.bytes, key.len), &number)) {
			t->number = (uint32_t)number;
			return CS_OK;
		}
		if (!cs_text_index_add(apps, cs_span_of(key.bytes, key.len), t->number))
			return CS_ERR_NOMEM;
	}
	*last = t->number;
	return CS_OK;
}

static enum cs_err read_family(struct cs_span text, bool v6, struct cs_arena *arena,
			       struct cs_ufw_tuples *all)
{
	struct cs_text_index apps = { .arena = arena };
	uint32_t before = v6 ? all->count4 : 0, last = before;
	struct cs_ufw_tuple t;
	enum cs_err err = CS_OK;

	for (struct cs_span line; !err && cs_text_line(&text, &line);) {
		if (cs_ufw_tuple_read(line, v6, &t))
			continue;
		err = give_number(&apps, &t, &last);
		all->at[all->n++] = t;
	}
	if (v6)
		all->count6 = last - before;
	else
		all->count4 = last;
	return err;
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
	enum cs_err err;

	*out = (struct cs_ufw_tuples){ .at = cs_arena_array(arena, n ? n : 1,
							    sizeof(*out->at)) };
	if (!out->at)
		return CS_ERR_NOMEM;
	err = read_family(user, false, arena, out);
	return err ? err : read_family(user6, true, arena, out);
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
