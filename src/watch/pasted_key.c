/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a key: SRC=192.0.2.7, "source":{"ip":"192.0.2.7"}, ip saddr 192.0.2.7. */
#include <strings.h>

#include "watch/pasted_own.h"

enum {
	KEY_MAX = 64,
	VALUE_WORDS = 4,
	OBJECT_WORDS = 128, /* of an object that are looked at */
	OBJECT_MAX = 2048,  /* bytes of it */
};

static struct cs_span behind(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr + n, s.len - n);
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_of_key(uint8_t c)
{
	return is_letter(c) || c == '_' || c == '-' || c == '.';
}

/* "src_ip", "srcIp" and "src.ip" are one: letters alone, small ones. */
static size_t plain_key(struct cs_span key, char out[KEY_MAX])
{
	size_t n = 0;

	if (key.len >= KEY_MAX || (key.len > 0 && !is_letter(key.ptr[0])))
		key.len = 0;
	for (size_t i = 0; i < key.len; i++)
		if (is_letter(key.ptr[i]))
			out[n++] = (char)(key.ptr[i] | 0x20);
	out[n] = '\0';
	return n;
}

/* What a key may go on with: "srcip", "src_addr", "source", "sourceIPAddress". */
static bool is_key(const char *key, const char *stem)
{
	static const char *const ends[] = { "",     "ip",      "addr",   "address",
					    "ipv4", "ipv6",    "ipaddr", "ipaddress",
					    "iip",  "iaddress" };
	size_t n = strlen(stem);

	if (strncmp(key, stem, n) != 0)
		return false;
	for (size_t i = 0; i < CS_LEN(ends); i++)
		if (strcmp(key + n, ends[i]) == 0)
			return true;
	return false;
}

/* The key itself, or its last parts: "event.src_ip". */
static bool is_any_key(struct cs_span key, const char *const stems[], size_t n)
{
	char plain[KEY_MAX];

	for (;;) {
		const uint8_t *dot;

		if (plain_key(key, plain) > 0)
			for (size_t i = 0; i < n; i++)
				if (is_key(plain, stems[i]))
					return true;
		dot = key.len ? memchr(key.ptr, '.', key.len) : NULL;
		if (!dot)
			return false;
		key = behind(key, (size_t)(dot - key.ptr) + 1);
	}
}

/* "Source Address:", "Source Network Address" */
static bool is_of_it(struct cs_span word)
{
	static const char *const words[] = { "ip", "address", "addr", "network" };

	while (word.len > 0 && word.ptr[word.len - 1] == ':')
		word.len--;
	for (size_t i = 0; i < CS_LEN(words); i++)
		if (word.len == strlen(words[i]) &&
		    strncasecmp((const char *)word.ptr, words[i], word.len) == 0)
			return true;
	return false;
}

/* "[2001:db8::7]" is a value, '["192.0.2.7"]' a list of some; "::1" is one, too. */
static bool is_before_value(struct cs_span s)
{
	uint8_t c = s.ptr[0], next = s.len > 1 ? s.ptr[1] : 'x';

	if (c == ':')
		return next != ':';
	if (c == '[')
		return next && strchr("\"' ", next);
	return c && strchr(" \t=\"'", c);
}

static struct cs_span value_text(struct cs_span left)
{
	while (left.len > 0 && is_before_value(left))
		left = behind(left, 1);
	return left;
}

/* An object's text, if @left is one: to its closing brace. */
static bool is_object(struct cs_span left, struct cs_span *object)
{
	size_t depth = 0;

	left = value_text(left);
	if (left.len == 0 || left.ptr[0] != '{')
		return false;
	if (left.len > OBJECT_MAX)
		left.len = OBJECT_MAX;
	for (size_t i = 0; i < left.len; i++) {
		depth += left.ptr[i] == '{';
		if (left.ptr[i] == '}' && --depth == 0) {
			left.len = i;
			break;
		}
	}
	*object = left;
	return true;
}

static bool read_object(struct cs_span object, struct cs_pasted *out,
			struct cs_span *word)
{
	struct cs_pasted_token token;

	for (size_t i = 0; i < OBJECT_WORDS && cs_pasted_next(&object, &token); i++)
		if (cs_pasted_word(token.text, CS_WORD_OF_LINE, out)) {
			*word = token.text;
			return true;
		}
	return false;
}

/* The value behind a key: the next word that is none of "ip" and the like. */
static bool read_value(struct cs_span left, struct cs_pasted *out, struct cs_span *word)
{
	struct cs_pasted_token token = { 0 };
	struct cs_span object;

	*word = token.text;
	if (is_object(left, &object))
		return read_object(object, out, word);
	for (size_t i = 0; i < VALUE_WORDS; i++) {
		left = value_text(left);
		if (!cs_pasted_next(&left, &token) || !is_of_it(token.text))
			break;
	}
	*word = token.text;
	return cs_pasted_word(token.text, CS_WORD_OF_LINE, out);
}

bool cs_pasted_is_somebody(struct cs_span word)
{
	size_t dots = 0, colons = 0, letters = 0;

	while (word.len > 0 &&
	       strchr("\"'`,;:.!?)]}",
		      word.ptr[word.len - 1] ? word.ptr[word.len - 1] : 'x'))
		word.len--;
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.ptr[i];

		if (!(is_of_key(c) || (c >= '0' && c <= '9') || c == ':'))
			return false;
		dots += c == '.';
		colons += c == ':';
		letters += is_letter(c);
	}
	return colons <= 2 && (letters ? dots + colons > 0 : dots >= 3);
}

bool cs_pasted_key(struct cs_span text, const char *const stems[], size_t n_stems,
		   struct cs_pasted *out, struct cs_span *word, struct cs_span *unread)
{
	for (size_t at = 0; at < text.len;) {
		size_t n = 0;

		while (at + n < text.len && is_of_key(text.ptr[at + n]))
			n++;
		if (n > 0 && is_any_key(cs_span_of(text.ptr + at, n), stems, n_stems)) {
			if (read_value(behind(text, at + n), out, word))
				return true;
			if (unread->len == 0 && cs_pasted_is_somebody(*word))
				*unread = *word;
		}
		at += n ? n : 1;
	}
	return false;
}
