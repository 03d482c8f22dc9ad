/* SPDX-License-Identifier: Apache-2.0 */
/* What two rulesets have that the other has not. */
#include <stdlib.h>
#include <string.h>

#include "out/term.h"
#include "protect/rules_span.h"
#include "protect/ruleset.h"

enum { DEPTH_MAX = 8 };

/* A line and where it stands; equal ones in order of @nth. */
struct entry {
	size_t place;        /* which heading, in this text's own count */
	struct cs_span path; /* headings above it, as one run of text */
	struct cs_span text;
	size_t nth;
	bool alone;
};

struct lines {
	struct entry *at;
	size_t n;
};

static size_t count_lines(struct cs_span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* "table inet filter, chain input" from the headings that are open. */
static struct cs_span path_of(struct cs_arena *arena, const struct cs_span *open,
			      size_t n)
{
	size_t len = 0;
	char *path;

	for (size_t i = 0; i < n; i++)
		len += open[i].len + 2;
	path = cs_arena_alloc(arena, len + 1);
	if (!path)
		return cs_span_of(NULL, 0);
	len = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(path + len, open[i].ptr, open[i].len - 2);
		len += open[i].len - 2;
		if (i + 1 < n) {
			path[len++] = ',';
			path[len++] = ' ';
		}
	}
	return cs_span_of(path, len);
}

static bool split(struct cs_span text, struct cs_arena *arena, struct lines *out)
{
	struct cs_span open[DEPTH_MAX], path = cs_span_of("", 0), line;
	size_t depth = 0, place = 0;

	out->n = 0;
	out->at = cs_arena_array(arena, count_lines(text), sizeof(*out->at));
	if (!out->at)
		return false;
	while (cs_text_line(&text, &line)) {
		line = cs_text_trim(line);
		if (cs_text_is(line, "}") && depth > 0) {
			path = path_of(arena, open, --depth);
			place++;
			continue;
		}
		if (line.len == 0)
			continue;
		out->at[out->n] = (struct entry){
			.place = place, .path = path, .text = line, .nth = out->n
		};
		out->n++;
		if (line.len > 2 && cs_text_ends(line, " {") && depth < DEPTH_MAX) {
			open[depth++] = line;
			path = path_of(arena, open, depth);
			place++;
		}
		if (!path.ptr)
			return false;
	}
	return true;
}

static int span_cmp(struct cs_span a, struct cs_span b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.ptr, b.ptr, least) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int same_line(const struct entry *a, const struct entry *b)
{
	int order = span_cmp(a->path, b->path);

	return order ? order : span_cmp(a->text, b->text);
}

static int by_line(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = same_line(x, y);

	return order ? order : (x->nth > y->nth) - (x->nth < y->nth);
}

static int by_nth(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->nth > y->nth) - (x->nth < y->nth);
}

/* Marks what has no partner in the other one; returns how many. */
static size_t match(struct lines *a, struct lines *b)
{
	size_t i = 0, k = 0, n = 0;

	qsort(a->at, a->n, sizeof(*a->at), by_line);
	qsort(b->at, b->n, sizeof(*b->at), by_line);
	while (i < a->n || k < b->n) {
		int order = i == a->n   ? 1
			    : k == b->n ? -1
					: same_line(&a->at[i], &b->at[k]);

		if (order == 0) {
			i++;
			k++;
			continue;
		}
		if (order < 0)
			a->at[i++].alone = true;
		else
			b->at[k++].alone = true;
		n++;
	}
	qsort(a->at, a->n, sizeof(*a->at), by_nth);
	qsort(b->at, b->n, sizeof(*b->at), by_nth);
	return n;
}

/* Where lines may be written, and how many still. */
struct writing {
	FILE *to;
	const char *mark;
	size_t left;
};

static void put_line(struct writing *w, const char *sign, struct cs_span text)
{
	if (w->left == 0)
		return;
	w->left--;
	fprintf(w->to, "%s%s", w->mark, sign);
	cs_term_text(w->to, text);
	fputc('\n', w->to);
}

static void put_alone(struct writing *w, const struct lines *lines, const char *sign)
{
	size_t shown = SIZE_MAX;

	for (size_t i = 0; i < lines->n; i++) {
		const struct entry *e = &lines->at[i];

		if (!e->alone)
			continue;
		if (e->place != shown && e->path.len > 0)
			put_line(w, "  ", e->path);
		shown = e->place;
		put_line(w, sign, e->text);
	}
}

/* The same lines, and not in the same order: what order changes in a chain is its meaning. */
static size_t put_moved(struct writing *w, const struct lines *a, const struct lines *b)
{
	size_t n = 0, i = 0, k = 0, shown = SIZE_MAX;

	while (i < a->n && k < b->n) {
		const struct entry *x = &a->at[i], *y = &b->at[k];

		if (x->alone || y->alone) {
			i += x->alone;
			k += y->alone;
			continue;
		}
		if (same_line(x, y) != 0) {
			if (y->place != shown && y->path.len > 0)
				put_line(w, "  in another order: ", y->path);
			shown = y->place;
			n++;
		}
		i++;
		k++;
	}
	return n;
}

size_t cs_ruleset_difference(struct cs_span old, struct cs_span new, const char *mark,
			     size_t most, struct cs_arena *arena, FILE *to)
{
	struct writing w = { .to = to, .mark = mark, .left = most };
	struct lines a, b;
	size_t n;

	if (!split(old, arena, &a) || !split(new, arena, &b))
		return SIZE_MAX;
	n = match(&a, &b);
	put_alone(&w, &a, "- ");
	put_alone(&w, &b, "+ ");
	n += put_moved(&w, &a, &b);
	if (w.left == 0)
		fprintf(to, "%s  and more\n", mark);
	return n;
}
