/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ini.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct cs_span trimmed(struct cs_span s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = cs_span_of(s.ptr + 1, s.len - 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Up to a ; that stands behind a blank, or begins it. */
static struct cs_span uncommented(struct cs_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ';' && (i == 0 || is_blank(s.ptr[i - 1])))
			return trimmed(cs_span_of(s.ptr, i));
	}
	return trimmed(s);
}

struct cs_ini cs_ini_over(struct cs_span text)
{
	static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };

	if (text.len >= sizeof(mark) && memcmp(text.ptr, mark, sizeof(mark)) == 0)
		text = cs_span_of(text.ptr + sizeof(mark), text.len - sizeof(mark));
	return (struct cs_ini){ .rest = text };
}

static struct cs_span take_line(struct cs_ini *ini)
{
	const uint8_t *end = memchr(ini->rest.ptr, '\n', ini->rest.len);
	size_t len = end ? (size_t)(end - ini->rest.ptr) : ini->rest.len;
	struct cs_span line = cs_span_of(ini->rest.ptr, len);

	len += end != NULL;
	ini->rest = cs_span_of(ini->rest.ptr + len, ini->rest.len - len);
	ini->line++;
	return line;
}

static void wrong(struct cs_ini *ini, struct cs_ini_item *item, const char *why)
{
	item->kind = CS_INI_WRONG;
	ini->why = why;
}

/* @line begins with [. */
static void read_section(struct cs_ini *ini, struct cs_span line,
			 struct cs_ini_item *item)
{
	const uint8_t *end = memchr(line.ptr, ']', line.len);
	size_t len = end ? (size_t)(end - line.ptr) : 0;

	ini->under_key = false;
	item->kind = CS_INI_SECTION;
	if (!end) {
		wrong(ini, item, "want [NAME] with both brackets");
		return;
	}
	item->name = trimmed(cs_span_of(line.ptr + 1, len - 1));
	if (uncommented(trimmed(cs_span_of(end + 1, line.len - len - 1))).len > 0)
		wrong(ini, item, "text behind ]: want nothing or a comment");
}

static void read_key(struct cs_ini *ini, struct cs_span line, struct cs_ini_item *item)
{
	size_t at = 0;

	while (at < line.len && line.ptr[at] != '=' && line.ptr[at] != ':')
		at++;
	item->kind = CS_INI_KEY;
	item->name = trimmed(cs_span_of(line.ptr, at));
	if (at == line.len || item->name.len == 0) {
		wrong(ini, item, "want [NAME], KEY = VALUE or a comment");
		return;
	}
	item->value = uncommented(cs_span_of(line.ptr + at + 1, line.len - at - 1));
	ini->under_key = true;
}

bool cs_ini_next(struct cs_ini *ini, struct cs_ini_item *item)
{
	while (ini->rest.len > 0) {
		struct cs_span whole = take_line(ini), line = trimmed(whole);

		*item = (struct cs_ini_item){ 0 };
		if (memchr(whole.ptr, '\0', whole.len)) {
			wrong(ini, item, "a NUL byte: want text");
			return true;
		}
		if (line.len == 0 || line.ptr[0] == ';' || line.ptr[0] == '#')
			continue;
		if (ini->under_key && line.ptr > whole.ptr) {
			item->kind = CS_INI_MORE;
			item->value = uncommented(line);
		} else if (line.ptr[0] == '[') {
			read_section(ini, line, item);
		} else {
			read_key(ini, line, item);
		}
		return true;
	}
	return false;
}

static bool parts_words(uint8_t c)
{
	return c == ',' || is_blank(c);
}

bool cs_ini_word(struct cs_span *list, struct cs_span *word)
{
	size_t from = 0, to;

	while (from < list->len && parts_words(list->ptr[from]))
		from++;
	for (to = from; to < list->len && !parts_words(list->ptr[to]);)
		to++;
	if (from == list->len)
		return false;
	*word = cs_span_of(list->ptr + from, to - from);
	*list = cs_span_of(list->ptr + to, list->len - to);
	return true;
}
