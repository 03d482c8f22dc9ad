/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over a link-format text. Two grammars are read at once: the one of
 * RFC 6690 section 2, and what devices make of it (blanks and line ends around
 * separators, unquoted values with any byte but a separator, empty elements).
 */
#include "coap/link.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool at_end(const struct cs_rd *rd)
{
	return rd->pos == rd->len;
}

static bool stands(const struct cs_rd *rd, char c)
{
	return !at_end(rd) && rd->base[rd->pos] == (uint8_t)c;
}

static bool skip_one(struct cs_rd *rd, char c)
{
	if (!stands(rd, c))
		return false;
	rd->pos++;
	return true;
}

static void skip_blanks(struct cs_rd *rd)
{
	while (!at_end(rd) && is_blank(rd->base[rd->pos]))
		rd->pos++;
}

static struct cs_span between(const struct cs_rd *rd, size_t from, size_t to)
{
	return cs_span_of(rd->base + from, to - from);
}

static size_t behind(const struct cs_rd *rd, struct cs_span s)
{
	return (size_t)(s.ptr - rd->base) + s.len;
}

/* As strchr(), but to be inlined, and a NUL is a byte like others. */
static inline bool is_one_of(uint8_t c, const char *set)
{
	for (; *set; set++)
		if (c == (uint8_t)*set)
			return true;
	return false;
}

/* Takes the run up to a byte of @stop or the end, less the blanks behind it. */
static struct cs_span take_run(struct cs_rd *rd, const char *stop)
{
	size_t from = rd->pos;
	size_t to = from;

	for (; !at_end(rd); rd->pos++) {
		uint8_t c = rd->base[rd->pos];

		if (is_one_of(c, stop))
			break;
		if (!is_blank(c))
			to = rd->pos + 1;
	}
	return between(rd, from, to);
}

/* Takes a quoted string whose opening quote has been taken; false when cut. */
static bool take_quoted(struct cs_rd *rd, struct cs_span *value)
{
	size_t from = rd->pos;

	for (; !at_end(rd); rd->pos++) {
		if (rd->base[rd->pos] == '"') {
			*value = between(rd, from, rd->pos++);
			return true;
		}
		if (rd->base[rd->pos] == '\\' && rd->pos + 1 < rd->len)
			rd->pos++;
	}
	return false;
}

/* Takes one attribute behind its semicolon; false when a quote stays open. */
static bool take_attr(struct cs_rd *rd, struct cs_link_attr *attr)
{
	*attr = (struct cs_link_attr){ 0 };
	skip_blanks(rd);
	attr->name = take_run(rd, ";,=\"<");
	attr->has_value = skip_one(rd, '=');
	if (!attr->has_value)
		return true;

	skip_blanks(rd);
	attr->quoted = skip_one(rd, '"');
	if (attr->quoted)
		return take_quoted(rd, &attr->value);
	attr->value = take_run(rd, ";,");
	return true;
}

/* A text that ends behind ";" or "=" cannot have been meant to. */
static bool is_cut(const struct cs_rd *rd, const struct cs_link_attr *attr)
{
	if (!at_end(rd) || attr->quoted)
		return false;
	return attr->has_value ? attr->value.len == 0 : attr->name.len == 0;
}

struct cs_links cs_links_over(struct cs_span text)
{
	return (struct cs_links){ .rd = cs_rd_over(text.ptr, text.len) };
}

/* Ends the walk for good. */
static bool end(struct cs_links *w, enum cs_err err, size_t at)
{
	w->err = err;
	w->at = at;
	w->rd.pos = w->rd.len;
	cs_rd_fail(&w->rd, err ? err : CS_ERR_SHORT);
	return false;
}

static bool take_target(struct cs_rd *rd, struct cs_span *target)
{
	const uint8_t *from = rd->base + rd->pos;
	const uint8_t *close = at_end(rd) ? NULL : memchr(from, '>', rd->len - rd->pos);

	if (!close)
		return false;
	*target = cs_span_of(from, (size_t)(close - from));
	rd->pos += target->len + 1;
	return true;
}

/* Takes all attributes of a link; false when the text ends inside one. */
static bool take_attrs(struct cs_rd *rd, struct cs_span *attrs)
{
	size_t from = rd->pos;
	struct cs_link_attr attr;

	*attrs = between(rd, from, from);
	for (;;) {
		skip_blanks(rd);
		if (!skip_one(rd, ';'))
			return true;
		if (!take_attr(rd, &attr) || is_cut(rd, &attr))
			return false;
		*attrs = between(rd, from, rd->pos);
	}
}

bool cs_links_next(struct cs_links *w, struct cs_link *link)
{
	struct cs_rd *rd = &w->rd;

	if (rd->err)
		return false;
	do
		skip_blanks(rd);
	while (skip_one(rd, ','));

	size_t from = rd->pos;

	if (at_end(rd))
		return end(w, CS_OK, from);
	if (!skip_one(rd, '<'))
		return end(w, CS_ERR_SYNTAX, from);
	if (!take_target(rd, &link->target))
		return end(w, CS_ERR_SHORT, from);

	bool whole = take_attrs(rd, &link->attrs);

	link->text = between(rd, from, whole ? behind(rd, link->attrs) : rd->len);
	if (!whole)
		(void)end(w, CS_ERR_SHORT, from);
	else if (!at_end(rd) && !stands(rd, ','))
		(void)end(w, CS_ERR_SYNTAX, rd->pos);
	return true;
}

struct cs_link_attrs cs_link_attrs_over(const struct cs_link *link)
{
	return (struct cs_link_attrs){ .rd = cs_rd_over(link->attrs.ptr,
							link->attrs.len) };
}

bool cs_link_attrs_next(struct cs_link_attrs *w, struct cs_link_attr *attr)
{
	struct cs_rd *rd = &w->rd;

	/* Empty ones, as in ";;", say nothing. */
	do {
		skip_blanks(rd);
		if (!skip_one(rd, ';') || !take_attr(rd, attr))
			return false;
	} while (attr->name.len == 0 && !attr->has_value);
	return true;
}
