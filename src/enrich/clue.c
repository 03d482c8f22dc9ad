/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/clue.h"

#include "coap/option.h"

/* Where the path begins: behind "coap://host:port" if a target has it. */
static struct cs_span without_authority(struct cs_span target)
{
	const uint8_t *mark = memmem(target.ptr, target.len, "://", 3);
	const uint8_t *end = target.ptr + target.len, *slash;

	if (!mark)
		return target;
	mark += 3;
	slash = memchr(mark, '/', (size_t)(end - mark));
	if (!slash)
		slash = end;
	return cs_span_of(slash, (size_t)(end - slash));
}

static struct cs_span trimmed(struct cs_span path)
{
	if (path.len > 0 && path.ptr[0] == '/')
		path = cs_span_of(path.ptr + 1, path.len - 1);
	if (path.len > 0 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

void cs_link_view(const struct cs_link *link, struct cs_link_view *view)
{
	struct cs_span target = link->target, rest;

	if (target.len > 0)
		target = without_authority(target);
	*view = (struct cs_link_view){ .link = link, .path = trimmed(target) };
	rest = view->path;
	while (rest.len > 0 && view->n_segments < CS_CLUE_SEGMENTS) {
		const uint8_t *slash = memchr(rest.ptr, '/', rest.len);
		size_t n = slash ? (size_t)(slash - rest.ptr) : rest.len;

		view->segments[view->n_segments++] = cs_span_of(rest.ptr, n);
		n += slash ? 1 : 0;
		rest = cs_span_of(rest.ptr + n, rest.len - n);
	}
}

static bool begins_with(struct cs_span text, struct cs_span with)
{
	return text.len >= with.len &&
	       (with.len == 0 || memcmp(text.ptr, with.ptr, with.len) == 0);
}

static bool is_below(struct cs_span path, struct cs_span top)
{
	return begins_with(path, top) &&
	       (path.len == top.len || path.ptr[top.len] == '/');
}

/* With or without a value; cs_link_matches() answers for one. */
static bool has_attr(const struct cs_link *link, const char *name, const char *value)
{
	struct cs_link_attrs w = cs_link_attrs_over(link);
	struct cs_link_attr attr;

	if (value)
		return cs_link_matches(link, cs_span_str(name), cs_span_str(value));
	while (cs_link_attrs_next(&w, &attr))
		if (cs_span_eq(attr.name, cs_span_str(name)))
			return true;
	return false;
}

static bool is_of_link(const struct cs_clue *clue)
{
	return clue->path || clue->below || clue->target || clue->attr;
}

bool cs_clue_is_set(const struct cs_clue *clue)
{
	return is_of_link(clue) || clue->option || clue->text || clue->habit;
}

bool cs_clue_in_link(const struct cs_clue *clue, const struct cs_link_view *view)
{
	if (!is_of_link(clue))
		return false;
	if (clue->path && !cs_span_eq(view->path, cs_span_str(clue->path)))
		return false;
	if (clue->below && !is_below(view->path, cs_span_str(clue->below)))
		return false;
	if (clue->target && !begins_with(view->link->target, cs_span_str(clue->target)))
		return false;
	return !clue->attr || has_attr(view->link, clue->attr, clue->value);
}

static bool has_option(const struct cs_reading *reading, uint32_t number)
{
	struct cs_opts w = cs_opts_over(reading->options);
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt))
		if (opt.number == number)
			return true;
	return false;
}

static bool has_text(const struct cs_result *result, const char *text)
{
	size_t len =
		result->body.len < CS_CLUE_TEXT_MAX ? result->body.len : CS_CLUE_TEXT_MAX;

	return len > 0 && memmem(result->body.ptr, len, text, strlen(text));
}

bool cs_clue_in_answer(const struct cs_clue *clue, const struct cs_result *result,
		       const struct cs_reading *reading)
{
	if (is_of_link(clue) || !cs_clue_is_set(clue))
		return false;
	if (clue->option && !has_option(reading, clue->option))
		return false;
	if (clue->habit && !clue->habit(result, reading))
		return false;
	return !clue->text || (reading->links.len == 0 && has_text(result, clue->text));
}
