/* SPDX-License-Identifier: Apache-2.0 */
/* Lists as text: an address or prefix a line, comments behind #. */
#include <strings.h>

#include "base/shown.h"
#include "enrich/scanner_list.h"

struct reading {
	const struct cs_scanner_sink *sink;
	struct cs_scanner_fault *fault;
	struct cs_scanner_head head;
	int64_t other_date_us; /* of a comment that is not "date:" */
};

/* What comes before @end; *@behind is what comes after it. */
static struct cs_span cut(struct cs_span text, char end, struct cs_span *behind)
{
	const uint8_t *at = text.len ? memchr(text.ptr, end, text.len) : NULL;

	*behind = (struct cs_span){ 0 };
	if (!at)
		return text;
	*behind = cs_span_of(at + 1, text.len - (size_t)(at - text.ptr) - 1);
	text.len = (size_t)(at - text.ptr);
	return text;
}

/* Whether @text begins with "@key:"; then *@value is the rest. */
static bool says(struct cs_span text, const char *key, struct cs_span *value)
{
	size_t n = strlen(key);

	if (text.len <= n || text.ptr[n] != ':' ||
	    strncasecmp((const char *)text.ptr, key, n) != 0)
		return false;
	*value = cs_scanner_trim(cs_span_of(text.ptr + n + 1, text.len - n - 1));
	return true;
}

/* A line that is only a comment may say things of the list; the first wins. */
static void read_comment(struct reading *r, struct cs_span text)
{
	struct cs_span value;
	int64_t date = cs_scanner_date_in(text);

	if (says(text, "name", &value)) {
		if (r->head.name.len == 0)
			r->head.name = value;
	} else if (says(text, "date", &value)) {
		if (r->head.date_us == 0)
			r->head.date_us = date;
	} else if (date > r->other_date_us) {
		r->other_date_us = date;
	}
}

/* "census4.shodan.io." loses its last dot; an address is nobody's name. */
static struct cs_span name_of(struct cs_span comment)
{
	struct cs_addr ip;

	while (comment.len > 0 && comment.ptr[comment.len - 1] == '.')
		comment.len--;
	if (cs_addr_read(comment, &ip))
		return (struct cs_span){ 0 };
	return comment;
}

static enum cs_err read_line(struct reading *r, struct cs_span line)
{
	struct cs_span comment, entry = cs_scanner_trim(cut(line, '#', &comment));
	struct cs_prefix prefix;

	comment = cs_scanner_trim(comment);
	if (entry.len == 0) {
		read_comment(r, comment);
		return CS_OK;
	}

	enum cs_err err = cs_scanner_prefix_read(entry, &prefix, r->fault);

	return err ? err : r->sink->prefix(r->sink->arg, &prefix, name_of(comment));
}

enum cs_err cs_scanner_text_read(struct cs_span text, const struct cs_scanner_sink *sink,
				 struct cs_scanner_fault *fault)
{
	struct reading r = { .sink = sink, .fault = fault };
	enum cs_err err = CS_OK;

	while (!err && text.len > 0) {
		struct cs_span line = cut(text, '\n', &text);

		fault->line++;
		err = read_line(&r, line);
	}
	if (r.head.date_us == 0)
		r.head.date_us = r.other_date_us;
	return err ? err : sink->head(sink->arg, &r.head);
}
