/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several words: which of them is asked about. */
#include "watch/pasted.h"

#include <strings.h>

#include "watch/pasted_own.h"

enum { TEXT_MAX = 16384 /* of a line that is looked at */ };

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct cs_span behind(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr + n, s.len - n);
}

static struct cs_span skip_blanks(struct cs_span s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = behind(s, 1);
	return s;
}

/* Takes the next word off @left. False at the end. */
static bool next_word(struct cs_span *left, struct cs_span *word)
{
	size_t n = 0;

	*left = skip_blanks(*left);
	while (n < left->len && !is_blank(left->ptr[n]))
		n++;
	*word = cs_span_of(left->ptr, n);
	*left = behind(*left, n);
	return n > 0;
}

/* --- behind a key --- */

static bool is_of_key(uint8_t c)
{
	uint8_t low = c | 0x20;

	return (low >= 'a' && low <= 'z') || c == '_' || c == '-';
}

/* What a key may go on with: "srcip", "src_ip", "src_addr", "source". */
static bool is_key(struct cs_span key, const char *stem)
{
	static const char *const ends[] = { "",      "ip",  "_ip",     "addr",
					    "_addr", "-ip", "address", "_address" };
	size_t n = strlen(stem);

	if (key.len < n || strncasecmp((const char *)key.ptr, stem, n) != 0)
		return false;
	key = behind(key, n);
	for (size_t i = 0; i < CS_LEN(ends); i++)
		if (key.len == strlen(ends[i]) &&
		    strncasecmp((const char *)key.ptr, ends[i], key.len) == 0)
			return true;
	return false;
}

static bool is_any_key(struct cs_span key, const char *const stems[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_key(key, stems[i]))
			return true;
	return false;
}

/* The value behind "=", ":", quotes and blanks, up to a blank, comma or quote. */
static struct cs_span value_at(struct cs_span s)
{
	size_t n = 0;

	while (s.len > 0 && (is_blank(s.ptr[0]) || strchr("=:\"'", s.ptr[0])))
		s = behind(s, 1);
	while (n < s.len && !is_blank(s.ptr[n]) && !strchr(",\"'", s.ptr[n]))
		n++;
	return cs_span_of(s.ptr, n);
}

static bool find_key(struct cs_span text, const char *const stems[], size_t n_stems,
		     struct cs_pasted *out)
{
	for (size_t at = 0; at < text.len;) {
		size_t n = 0;

		while (at + n < text.len && is_of_key(text.ptr[at + n]))
			n++;
		if (n > 0 && is_any_key(cs_span_of(text.ptr + at, n), stems, n_stems) &&
		    cs_pasted_word(value_at(behind(text, at + n)), false, out))
			return true;
		at += n ? n : 1;
	}
	return false;
}

/* --- around an arrow, or anywhere --- */

static bool is_arrow(struct cs_span word)
{
	return cs_span_eq(word, cs_span_str(">")) || cs_span_eq(word, cs_span_str("->"));
}

/* "A > B": tcpdump's, pf's and Cisco's. */
static bool find_arrow(struct cs_span text, struct cs_pasted *source,
		       struct cs_pasted *to)
{
	struct cs_span word, before = { 0 };

	while (next_word(&text, &word)) {
		if (is_arrow(word) && cs_pasted_word(before, false, source)) {
			struct cs_pasted other;

			if (next_word(&text, &word) &&
			    cs_pasted_word(word, false, &other))
				*to = other;
			return true;
		}
		before = word;
	}
	return false;
}

static bool find_first(struct cs_span text, struct cs_pasted *out)
{
	struct cs_span word;

	while (next_word(&text, &word))
		if (cs_pasted_word(word, false, out))
			return true;
	return false;
}

static bool read_line(struct cs_span text, struct cs_pasted *out)
{
	static const char *const source[] = { "src", "source" };
	static const char *const target[] = { "dst", "dest", "destination" };
	struct cs_pasted to = { 0 };

	if (find_key(text, source, CS_LEN(source), out))
		(void)find_key(text, target, CS_LEN(target), &to); /* it may lack */
	else if (!find_arrow(text, out, &to) && !find_first(text, out))
		return false;
	out->of_line = true;
	out->has_to = to.what.bits == 128;
	out->to = to.what.addr;
	return true;
}

/* --- the whole --- */

enum cs_err cs_pasted_read(struct cs_span text, struct cs_pasted *out)
{
	struct cs_span left, word, more;

	*out = (struct cs_pasted){ 0 };
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	left = text;
	if (!next_word(&left, &word))
		return CS_ERR_SYNTAX;
	if (!next_word(&left, &more) && cs_pasted_word(word, true, out))
		return CS_OK;
	return read_line(text, out) ? CS_OK : CS_ERR_SYNTAX;
}
