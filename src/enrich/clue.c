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

static void take_segments(struct cs_link_view *view)
{
	struct cs_span rest = view->path;

	view->n_segments = 0;
	while (rest.len > 0 && view->n_segments < CS_CLUE_SEGMENTS) {
		const uint8_t *slash = memchr(rest.ptr, '/', rest.len);
		size_t n = slash ? (size_t)(slash - rest.ptr) : rest.len;

		view->segments[view->n_segments++] = cs_span_of(rest.ptr, n);
		n += slash ? 1 : 0;
		rest = cs_span_of(rest.ptr + n, rest.len - n);
	}
}

static void take_attrs(struct cs_link_view *view)
{
	struct cs_link_attrs w = cs_link_attrs_over(view->link);

	view->n_attrs = 0;
	while (view->n_attrs < CS_CLUE_ATTRS &&
	       cs_link_attrs_next(&w, &view->attrs[view->n_attrs]))
		view->n_attrs++;
}

void cs_link_view(const struct cs_link *link, struct cs_link_view *view)
{
	struct cs_span target = link->target;

	/* Not zeroed as a whole: it is large, and this is done for each link. */
	view->link = link;
	view->path = trimmed(target.len > 0 ? without_authority(target) : target);
	take_segments(view);
	take_attrs(view);
}

/* The first byte settles it nearly always: no length is counted before. */
static bool may_begin(struct cs_span text, const char *with)
{
	return *with == '\0' || (text.len > 0 && text.ptr[0] == (uint8_t)*with);
}

static bool begins_with(struct cs_span text, const char *with)
{
	return may_begin(text, with) && text.len >= strlen(with) &&
	       memcmp(text.ptr, with, strlen(with)) == 0;
}

static bool is_text(struct cs_span text, const char *what)
{
	return may_begin(text, what) && cs_span_eq(text, cs_span_str(what));
}

static bool is_below(struct cs_span path, const char *top)
{
	return begins_with(path, top) &&
	       (path.len == strlen(top) || path.ptr[strlen(top)] == '/');
}

/* One of the words, which blanks part, is @what. */
static bool has_word(struct cs_span text, const char *what)
{
	while (text.len > 0) {
		const uint8_t *blank = memchr(text.ptr, ' ', text.len);
		size_t n = blank ? (size_t)(blank - text.ptr) : text.len;

		if (is_text(cs_span_of(text.ptr, n), what))
			return true;
		n += blank ? 1 : 0;
		text = cs_span_of(text.ptr + n, text.len - n);
	}
	return false;
}

/* Lists of words by RFC 6690 section 3 and RFC 8288 section 3.3. */
static bool is_list(const char *attr)
{
	return strcmp(attr, "rt") == 0 || strcmp(attr, "if") == 0 ||
	       strcmp(attr, "rel") == 0;
}

static bool has_attr(const struct cs_link_view *view, const char *name, const char *value)
{
	for (size_t i = 0; i < view->n_attrs; i++) {
		const struct cs_link_attr *attr = &view->attrs[i];

		if (!is_text(attr->name, name))
			continue;
		if (!value || (is_list(name) ? has_word(attr->value, value)
					     : is_text(attr->value, value)))
			return true;
	}
	return false;
}

bool cs_clue_in_link(const struct cs_clue *clue, const struct cs_link_view *view)
{
	if (clue->path && !is_text(view->path, clue->path))
		return false;
	if (clue->below && !is_below(view->path, clue->below))
		return false;
	if (clue->target && !begins_with(view->link->target, clue->target))
		return false;
	if (clue->attr && !has_attr(view, clue->attr, clue->value))
		return false;
	return cs_clue_is_of_link(clue);
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
	if (cs_clue_is_of_link(clue) || !cs_clue_is_set(clue))
		return false;
	if (clue->option && !has_option(reading, clue->option))
		return false;
	if (clue->habit && !clue->habit(result, reading))
		return false;
	return !clue->text || (reading->links.len == 0 && has_text(result, clue->text));
}
