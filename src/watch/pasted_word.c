/* SPDX-License-Identifier: Apache-2.0 */
/* One word: an address, a prefix, an endpoint, a URI, a name. */
#include <strings.h>

#include "base/num.h"
#include "watch/pasted_own.h"

enum { NAME_MAX_LEN = 253, LABEL_MAX = 63, WORD_MAX = 1024, ADDRESS_MAX = 64 };

static struct cs_span before(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr, n);
}

static struct cs_span from(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr + n, s.len - n);
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

/* Where the last @c is; s.len: nowhere. */
static size_t last(struct cs_span s, char c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == (uint8_t)c)
			return i - 1;
	return s.len;
}

static size_t first(struct cs_span s, char c)
{
	const uint8_t *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return at ? (size_t)(at - s.ptr) : s.len;
}

static bool read_port(struct cs_span text, uint16_t *port)
{
	uint64_t n;

	if (text.len == 0 || text.len > 5 || !cs_num_u64(text, 0, UINT16_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool read_address(struct cs_span text, struct cs_pasted *out)
{
	text = before(text, first(text, '%')); /* the zone of a link-local one */
	if (!cs_addr_read(text, &out->what.addr))
		return false;
	out->what.bits = 128;
	return true;
}

static bool read_prefix(struct cs_span text, struct cs_pasted *out)
{
	enum cs_err err = cs_prefix_read(text, &out->what);

	return !err || err == CS_ERR_RANGE;
}

static bool is_v4(const struct cs_pasted *pasted)
{
	return cs_addr_is_v4(&pasted->what.addr);
}

/* "[2001:db8::7]:5683", "[2001:db8::7]", "[2001:db8::]/32". */
static bool read_bracketed(struct cs_span text, struct cs_pasted *out)
{
	size_t end = first(text, ']');

	if (text.len < 2 || text.ptr[0] != '[' || end == text.len)
		return false;

	struct cs_span inner = before(from(text, 1), end - 1);
	struct cs_span rest = from(text, end + 1);

	if (!read_address(inner, out))
		return false;
	if (rest.len == 0)
		return true;
	return (rest.ptr[0] == ':' || rest.ptr[0] == '.') &&
	       read_port(from(rest, 1), &out->port);
}

/* "192.0.2.7:5683": of IPv6 it would be a part of the address. */
static bool read_colon(struct cs_span text, struct cs_pasted *out)
{
	size_t at = last(text, ':');

	return at < text.len && read_port(from(text, at + 1), &out->port) &&
	       read_address(before(text, at), out) && is_v4(out);
}

/* "192.0.2.7.5683". */
static bool read_dotted(struct cs_span text, struct cs_pasted *out)
{
	size_t at = last(text, '.');

	return at < text.len && read_port(from(text, at + 1), &out->port) &&
	       read_address(before(text, at), out);
}

/* "192.0.2.7(5683)". */
static bool read_called(struct cs_span text, struct cs_pasted *out)
{
	size_t at = first(text, '(');

	return text.len > 2 && at < text.len && text.ptr[text.len - 1] == ')' &&
	       read_port(before(from(text, at + 1), text.len - at - 2), &out->port) &&
	       read_address(before(text, at), out);
}

static bool is_word(struct cs_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i] | 0x20;

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      text.ptr[i] == '-' || text.ptr[i] == '_'))
			return false;
	}
	return text.len > 0;
}

/* "outside:192.0.2.7/4751": an interface, an address, a port. */
static bool read_interface(struct cs_span text, struct cs_pasted *out)
{
	size_t colon = first(text, ':'), slash = last(text, '/');

	if (colon == text.len || !is_word(before(text, colon)))
		return false;
	text = from(text, colon + 1);
	if (slash > colon && slash < colon + 1 + text.len) {
		slash -= colon + 1;
		return read_port(from(text, slash + 1), &out->port) &&
		       read_address(before(text, slash), out) && is_v4(out);
	}
	return read_address(text, out) && is_v4(out);
}

/* "192.0.2.7/4751", where that is at least @least. */
static bool read_slash(struct cs_span text, uint16_t least, struct cs_pasted *out)
{
	size_t at = last(text, '/');

	return at < text.len && read_port(from(text, at + 1), &out->port) &&
	       out->port >= least && read_address(before(text, at), out) && is_v4(out);
}

/* "192.0.2.7:5683:X1": an address, a port, an interface. */
static bool read_tagged(struct cs_span text, struct cs_pasted *out)
{
	size_t tag = last(text, ':');

	return tag < text.len && (tag + 1 == text.len || is_word(from(text, tag + 1))) &&
	       read_colon(before(text, tag), out);
}

/* "inside/192.0.2.7(5683)", "/192.0.2.7:5683", "sensor.example/192.0.2.7:5683". */
static bool read_behind_slash(struct cs_span text, struct cs_pasted *out)
{
	size_t at = first(text, '/');
	bool letter = at == 0;
	struct cs_span rest;

	for (size_t i = 0; i < at && i < text.len; i++) {
		if (text.ptr[i] != '.' && !is_word(before(from(text, i), 1)))
			return false;
		letter = letter || (text.ptr[i] | 0x20) >= 'a';
	}
	if (!letter || at == text.len)
		return false;
	rest = from(text, at + 1);
	return read_address(rest, out) || read_bracketed(rest, out) ||
	       read_colon(rest, out) || read_called(rest, out);
}

/* "192.0.2.7.http", as tcpdump writes a port that has a name. */
static bool read_service(struct cs_span text, struct cs_pasted *out)
{
	size_t at = last(text, '.');

	return at < text.len && is_word(from(text, at + 1)) &&
	       (text.ptr[at + 1] | 0x20) >= 'a' && read_address(before(text, at), out);
}

typedef bool form(struct cs_span text, struct cs_pasted *out);

static form *const forms[] = {
	read_address, read_prefix, read_bracketed, read_colon,        read_dotted,
	read_called,  read_tagged, read_interface, read_behind_slash,
};

/* "[.]", "(:)", "[dot]": how many bytes stand for the one dot or colon; 0: none do. */
static size_t guarded(struct cs_span s, uint8_t *c)
{
	if (s.len < 3 || !is_one_of(s.ptr[0], "[("))
		return 0;
	*c = s.ptr[1];
	if (is_one_of(s.ptr[1], ".:") && is_one_of(s.ptr[2], "])"))
		return 3;
	*c = '.';
	return s.len >= 5 && strncasecmp((const char *)s.ptr + 1, "dot", 3) == 0 &&
			       is_one_of(s.ptr[4], "])")
		       ? 5
		       : 0;
}

/* "192[.]0[.]2[.]7" as it was before somebody made sure that nobody clicks it; or nothing. */
static struct cs_span without_guards(struct cs_span text, uint8_t out[ADDRESS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len;) {
		uint8_t c;
		size_t width = guarded(from(text, i), &c);

		if (n == ADDRESS_MAX)
			return (struct cs_span){ 0 };
		out[n++] = width ? c : text.ptr[i];
		i += width ? width : 1;
	}
	return n < text.len ? cs_span_of(out, n) : (struct cs_span){ 0 };
}

/* "192.0.2.7:5683/udp" without its end. */
static struct cs_span without_protocol(struct cs_span text)
{
	size_t at = text.len < 4 ? 0 : text.len - 4;

	if (at > 0 && (strncasecmp((const char *)text.ptr + at, "/udp", 4) == 0 ||
		       strncasecmp((const char *)text.ptr + at, "/tcp", 4) == 0))
		return before(text, at);
	return text;
}

static bool read_one(struct cs_span text, unsigned how, struct cs_pasted *out)
{
	uint16_t least = how & CS_WORD_OF_LINE ? 33 : 129; /* no length is that long */

	if ((how & CS_WORD_ENDPOINT) && read_slash(text, 0, out))
		return true;
	for (size_t i = 0; i < CS_LEN(forms); i++) {
		*out = (struct cs_pasted){ .kind = CS_PASTED_PREFIX };
		if (forms[i](text, out))
			return true;
	}
	*out = (struct cs_pasted){ .kind = CS_PASTED_PREFIX };
	return read_slash(text, least, out) ||
	       ((how & CS_WORD_OF_LINE) && read_service(text, out)) ||
	       cs_pasted_arpa(text, &out->what);
}

static bool read_form(struct cs_span text, unsigned how, struct cs_pasted *out)
{
	struct cs_pasted one = { .kind = CS_PASTED_PREFIX };

	if (!read_one(without_protocol(text), how, &one))
		return false;
	*out = one;
	return true;
}

static bool read_numeric(struct cs_span text, unsigned how, struct cs_pasted *out)
{
	uint8_t plain[ADDRESS_MAX];

	return read_form(text, how, out) ||
	       read_form(without_guards(text, plain), how, out);
}

/* --- names --- */

static bool is_host_name(struct cs_span text)
{
	size_t label = 0;
	bool letter = false;

	if (text.len == 0 || text.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (c != '.' && !is_word(before(from(text, i), 1))))
			return false;
		letter = letter || (c | 0x20) >= 'a';
	}
	return letter && label > 0;
}

static bool read_name(struct cs_span text, struct cs_pasted *out)
{
	struct cs_pasted one = { .kind = CS_PASTED_NAME };
	size_t at = last(text, ':');

	if (at < text.len && read_port(from(text, at + 1), &one.port))
		text = before(text, at);
	if (!is_host_name(text))
		return false;
	one.name = text;
	*out = one;
	return true;
}

/* What stands behind "coap://", or in @rest nothing. */
static bool is_uri(struct cs_span text, struct cs_span *rest)
{
	static const char mark[] = "://";

	for (size_t i = 1; i + sizeof(mark) - 1 <= text.len; i++)
		if (memcmp(text.ptr + i, mark, sizeof(mark) - 1) == 0) {
			*rest = from(text, i + sizeof(mark) - 1);
			return true;
		}
	return false;
}

/* "host:5683/path?query" is "host:5683". */
static struct cs_span host_of(struct cs_span text)
{
	text = before(text, first(text, '/'));
	text = before(text, first(text, '?'));
	return from(text, last(text, '@') < text.len ? last(text, '@') + 1 : 0);
}

/* "site.example/ip/192.0.2.7": the one address in it, where a site is asked about it. */
static bool read_path(struct cs_span text, struct cs_pasted *out)
{
	struct cs_pasted one;
	bool found = false;

	for (size_t n; text.len > 0; text = from(text, n < text.len ? n + 1 : n)) {
		n = 0;
		while (n < text.len && !is_one_of(text.ptr[n], "/?&=#"))
			n++;
		if (!read_numeric(before(text, n), 0, &one))
			continue;
		if (found)
			return false;
		*out = one;
		out->of_path = found = true;
	}
	return found;
}

static bool is_web(struct cs_span text)
{
	return text.len > 4 && (strncasecmp((const char *)text.ptr, "http", 4) == 0 ||
				strncasecmp((const char *)text.ptr, "hxxp", 4) == 0);
}

static bool read_uri(struct cs_span text, struct cs_span rest, unsigned how,
		     struct cs_pasted *out)
{
	struct cs_pasted one;

	if (read_numeric(host_of(rest), how, out))
		return true;
	if (is_web(text) && read_path(rest, &one)) {
		*out = one;
		return true;
	}
	return (how & CS_WORD_NAME) && read_name(host_of(rest), out);
}

static bool read_plain(struct cs_span text, unsigned how, struct cs_pasted *out)
{
	struct cs_pasted digits = { 0 };
	struct cs_span rest;

	if (is_uri(text, &rest))
		return read_uri(text, rest, how, out);
	if (read_numeric(text, how, out))
		return true;
	if (!(how & CS_WORD_NAME))
		return false;
	if (cs_pasted_digits(text, &digits)) {
		*out = digits;
		return true;
	}
	return read_name(text, out);
}

/* --- what stands around it --- */

bool cs_pasted_word(struct cs_span word, unsigned how, struct cs_pasted *out)
{
	if (word.len > WORD_MAX)
		return false;
	while (word.len > 0) {
		if (read_plain(word, how, out))
			return true;
		if (is_one_of(word.ptr[word.len - 1], "\"'`,;:.!?)]}>"))
			word.len--;
		else if (is_one_of(word.ptr[0], "\"'`([{<="))
			word = from(word, 1);
		else
			return false;
	}
	return false;
}
