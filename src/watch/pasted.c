/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several words: which of them is asked about. */
#include "watch/pasted.h"

#include <strings.h>

#include "watch/pasted_own.h"

enum {
	TEXT_MAX = 16384, /* of a line that is looked at */
	DIGITS_LEAST =
		8, /* of an address without dots in a line: ports and times are shorter */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct cs_span behind(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr + n, s.len - n);
}

/* What no address has in it; of a name's dash it is an arrow's tail. */
static bool is_between(struct cs_span s)
{
	uint8_t c = s.ptr[0];

	if (c == '-')
		return s.len > 1 && s.ptr[1] == '>';
	return is_blank(c) || c >= 0x80 || (c && strchr(",;|\"'`=#<>{}", c));
}

/* "unknown[192.0.2.7]": what stands in brackets is a word; "192[.]0" is one, too. */
static bool opens_bracket(struct cs_span s)
{
	return s.ptr[0] == '[' && s.len > 1 && s.ptr[1] != '.' && s.ptr[1] != ':';
}

enum arrow { ARROW_NONE, ARROW_RIGHT, ARROW_LEFT };

/* Takes off what stands before the next word: the arrow, if that is all but blanks. */
static enum arrow skip_between(struct cs_span *left)
{
	enum arrow arrow = ARROW_NONE;
	bool other = false;

	for (; left->len > 0 && is_between(*left); *left = behind(*left, 1)) {
		uint8_t c = left->ptr[0];

		if (c == '>')
			arrow = ARROW_RIGHT;
		else if (c == '<')
			arrow = ARROW_LEFT;
		else
			other = other || !(is_blank(c) || c == '-' || c == '=');
		/* "<-": that dash is no name's. */
		if (c == '<' && left->len > 1 && left->ptr[1] == '-')
			*left = behind(*left, 1);
	}
	return other ? ARROW_NONE : arrow;
}

struct word {
	struct cs_span text;
	enum arrow arrow; /* that stands before it */
};

/* Takes the next word off @left. False at the end. */
static bool next_word(struct cs_span *left, struct word *word)
{
	size_t n = 0;

	word->arrow = skip_between(left);
	while (n < left->len && !is_between(behind(*left, n)) &&
	       (n == 0 || !opens_bracket(behind(*left, n))))
		n++;
	word->text = cs_span_of(left->ptr, n);
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

/* Whether @word is @text, in letters of any case. */
static bool says(struct cs_span word, const char *text)
{
	return word.len == strlen(text) &&
	       strncasecmp((const char *)word.ptr, text, word.len) == 0;
}

/* The value behind a key: the next word, or, where it is an object's "ip", the one after it. */
static struct cs_span value_at(struct cs_span left)
{
	struct word word;

	while (left.len > 0 && (is_between(left) || left.ptr[0] == ':'))
		left = behind(left, 1);
	if (next_word(&left, &word) &&
	    (says(word.text, "ip") || says(word.text, "address")))
		return value_at(left);
	return word.text;
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

/* --- around an arrow, behind "from", or anywhere --- */

/* "A > B": tcpdump's, pf's, Cisco's and MikroTik's; "B < A". */
static bool find_arrow(struct cs_span text, struct cs_pasted *source,
		       struct cs_pasted *to)
{
	struct word before = { 0 }, word;

	for (; next_word(&text, &word); before = word) {
		bool left = word.arrow == ARROW_LEFT;
		struct cs_pasted other;

		if (word.arrow == ARROW_NONE ||
		    !cs_pasted_word(left ? word.text : before.text, false, source))
			continue;
		if (cs_pasted_word(left ? before.text : word.text, false, &other))
			*to = other;
		return true;
	}
	return false;
}

/* The first address; of what follows @key alone, unless that is NULL. */
static bool find_first(struct cs_span text, const char *key, struct cs_pasted *out)
{
	bool begun = !key;
	struct word word;

	while (next_word(&text, &word)) {
		if (begun && cs_pasted_word(word.text, false, out))
			return true;
		begun = begun || says(word.text, key);
	}
	return false;
}

static bool find_source(struct cs_span text, struct cs_pasted *out, struct cs_pasted *to)
{
	static const char *const source[] = { "src", "source" };
	static const char *const target[] = { "dst", "dest", "destination" };

	if (find_key(text, source, CS_LEN(source), out)) {
		(void)find_key(text, target, CS_LEN(target), to); /* it may lack */
		return true;
	}
	if (find_arrow(text, out, to))
		return true;
	if (find_first(text, "from", out)) {
		(void)find_first(text, "to", to); /* it may lack, too */
		return true;
	}
	return find_first(text, NULL, out);
}

/* A line without any address: digits that can have been one, and are no port's. */
static bool find_digits(struct cs_span text, struct cs_pasted *out)
{
	struct word word;

	while (next_word(&text, &word))
		if (word.text.len >= DIGITS_LEAST && cs_pasted_digits(word.text, out))
			return true;
	return false;
}

static bool read_line(struct cs_span text, struct cs_pasted *out)
{
	struct cs_pasted to = { 0 };

	if (!find_source(text, out, &to) && !find_digits(text, out))
		return false;
	out->of_line = true;
	out->has_to = to.what.bits == 128;
	out->to = to.what.addr;
	return true;
}

/* --- the whole --- */

static struct cs_span trim(struct cs_span s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = behind(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static bool is_one_word(struct cs_span s)
{
	size_t n = 0;

	while (n < s.len && !is_blank(s.ptr[n]))
		n++;
	return n == s.len;
}

enum cs_err cs_pasted_read(struct cs_span text, struct cs_pasted *out)
{
	*out = (struct cs_pasted){ 0 };
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	text = trim(text);
	if ((is_one_word(text) && cs_pasted_word(text, true, out)) ||
	    cs_pasted_numbers(text, out) || read_line(text, out))
		return CS_OK;
	return CS_ERR_SYNTAX;
}
