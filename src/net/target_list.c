/* SPDX-License-Identifier: Apache-2.0 */
/* Files of targets and excludes: lines become words. */
#include "net/scope.h"

enum { LINE_MAX_LEN = 255 /* without comment and blanks: a name has 253 */ };

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct cs_span trim(struct cs_span s)
{
	while (s.len > 0 && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* What stands before @end or before the end of @s. */
static struct cs_span until(struct cs_span s, char end)
{
	const uint8_t *at = s.len ? memchr(s.ptr, end, s.len) : NULL;

	if (at)
		s.len = (size_t)(at - s.ptr);
	return s;
}

static struct cs_span without_mark(struct cs_span text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; /* U+FEFF in UTF-8 */

	if (text.len < sizeof(mark) || memcmp(text.ptr, mark, sizeof(mark)) != 0)
		return text;
	return cs_span_of(text.ptr + sizeof(mark), text.len - sizeof(mark));
}

enum cs_err cs_scope_read_list(struct cs_scope_draft *draft, struct cs_span text,
			       const char *file, bool exclude, cs_scope_name_fn *name,
			       void *arg)
{
	struct cs_source source = { .file = file };
	struct cs_span left = without_mark(text);
	enum cs_err err = CS_OK;

	while (left.len > 0 && !err) {
		struct cs_span line = until(left, '\n');
		struct cs_span word = trim(until(line, '#'));
		size_t taken = line.len < left.len ? line.len + 1 : line.len;

		left = cs_span_of(left.ptr + taken, left.len - taken);
		source.line++;
		if (word.len > LINE_MAX_LEN) {
			cs_scope_complain(draft, &source, word,
					  ": want at most %d bytes a line", LINE_MAX_LEN);
			err = CS_ERR_SYNTAX;
		} else if (word.len > 0) {
			err = cs_scope_add_word(draft, word, &source, exclude, name, arg);
		}
	}
	return err;
}
