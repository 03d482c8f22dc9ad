/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ufw.h"

#include <stdio.h>

#include "protect/rules_span.h"

enum { FIELD_DST = 3, FIELD_SRC = 5 /* of a tuple's words, from 0 */ };

/* A text under way; what does not fit is a bug, as @cap comes from the tuple's own length. */
struct words {
	char *text;
	size_t len, cap;
};

static void put(struct words *w, struct cs_span part)
{
	for (size_t i = 0; part.ptr && i < part.len && w->len + 1 < w->cap; i++) {
		uint8_t c = part.ptr[i];

		w->text[w->len++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
	}
}

static void put_text(struct words *w, const char *text)
{
	put(w, cs_span_str(text));
}

/* A profile's name has its blanks as %20. */
static void put_app(struct words *w, struct cs_span app)
{
	for (size_t i = 0; i < app.len; i++) {
		bool blank = cs_text_starts(cs_text_after(app, i), "%20");

		put(w, blank ? cs_span_str(" ") : cs_span_of(app.ptr + i, 1));
		i += blank ? 2 : 0;
	}
}

/* An address as the tuple has it: ufw shows that. */
static struct cs_span field(const struct cs_ufw_tuple *t, size_t n)
{
	struct cs_span rest = cs_text_after(t->line, sizeof("### tuple ###") - 1), word;

	for (size_t i = 0; i <= n; i++)
		if (!cs_text_word(&rest, &word))
			return cs_span_of(NULL, 0);
	return word;
}

static bool is_anywhere(struct cs_span address)
{
	return cs_text_is(address, "0.0.0.0/0") || cs_text_is(address, "::/0") ||
	       cs_text_is(address, "any");
}

/* One side of a rule: ufw's get_status() makes it so. */
struct side {
	struct cs_span address, other, port, other_port, app, interface;
};

static void put_proto(struct words *w, const struct cs_ufw_tuple *t)
{
	if (t->to_app.len || t->from_app.len || cs_text_is(t->protocol, "any"))
		return;
	put_text(w, "/");
	put(w, t->protocol);
}

static void put_side(struct words *w, const struct cs_ufw_tuple *t, struct side s)
{
	bool anywhere = is_anywhere(s.address), any_port = cs_text_is(s.port, "any");
	bool v6 = false, same_ports = cs_span_eq(s.port, s.other_port);

	if (!anywhere)
		put(w, s.address);
	if (s.app.len || !any_port) {
		put_text(w, anywhere ? "" : " ");
		if (s.app.len)
			put_app(w, s.app);
		else
			put(w, s.port), put_proto(w, t);
		v6 = t->v6 && anywhere && (s.app.len || is_anywhere(s.other));
	} else if (anywhere) {
		put_text(w, "Anywhere");
		if (is_anywhere(s.other) && same_ports)
			put_proto(w, t);
		v6 = t->v6;
	} else if (same_ports) {
		put_proto(w, t);
	}
	put_text(w, v6 ? " (v6)" : "");
	if (s.interface.len) {
		put_text(w, " on ");
		put(w, s.interface);
	}
}

static void put_comment(struct words *w, struct cs_span hex)
{
	put_text(w, hex.len ? " # " : "");
	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		uint8_t byte;

		if (!cs_hex_read(cs_span_of(hex.ptr + i, 2), &byte, 1))
			return;
		put(w, cs_span_of(&byte, 1));
	}
}

static void put_remarks(struct words *w, const struct cs_ufw_tuple *t)
{
	if (!t->log.len && !t->out)
		return;
	put_text(w, " (");
	put(w, t->log);
	put_text(w, t->log.len && t->out ? ", " : "");
	put_text(w, t->out ? "out)" : ")");
}

const char *cs_ufw_words(const struct cs_ufw_tuple *t, struct cs_arena *arena)
{
	static const char *const actions[] = { "ALLOW", "DENY", "REJECT", "LIMIT" };
	struct words w = { .cap = t->line.len + 64 };
	struct cs_span dst = field(t, FIELD_DST), src = field(t, FIELD_SRC);

	w.text = cs_arena_alloc(arena, w.cap);
	if (!w.text)
		return NULL;
	put_side(&w, t,
		 (struct side){ dst, src, t->to_port, t->from_port, t->to_app,
				t->route ? t->on_out : t->in });
	put_text(&w, " ");
	put_text(&w, actions[t->action]);
	put_text(&w, t->route ? " FWD " : t->out ? " OUT " : " IN ");
	put_side(&w, t,
		 (struct side){ src, dst, t->from_port, t->to_port, t->from_app,
				t->route ? t->in : t->on_out });
	put_remarks(&w, t);
	put_comment(&w, t->comment);
	return w.text;
}
