/* SPDX-License-Identifier: Apache-2.0 */
/* One word: an address, a prefix, an endpoint, a URI, a name. */
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

/* "192.0.2.7/4751" where that is too large for a length. */
static bool read_slash(struct cs_span text, struct cs_pasted *out)
{
	size_t at = last(text, '/');

	return at < text.len && read_port(from(text, at + 1), &out->port) &&
	       out->port > 128 && read_address(before(text, at), out) && is_v4(out);
}

typedef bool form(struct cs_span text, struct cs_pasted *out);

static form *const forms[] = {
	read_address, read_prefix, read_bracketed, read_colon,
	read_dotted,  read_called, read_interface, read_slash,
};

/* "192[.]0[.]2[.]7" as it was before somebody made sure that nobody clicks it; or nothing. */
static struct cs_span without_guards(struct cs_span text, uint8_t out[ADDRESS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool guarded = i + 2 < text.len && is_one_of(text.ptr[i], "[(") &&
			       is_one_of(text.ptr[i + 1], ".:") &&
			       is_one_of(text.ptr[i + 2], "])");

		if (n == ADDRESS_MAX)
			return (struct cs_span){ 0 };
		out[n++] = text.ptr[guarded ? i + 1 : i];
		i += guarded ? 2 : 0;
	}
	return n < text.len ? cs_span_of(out, n) : (struct cs_span){ 0 };
}

static bool read_form(struct cs_span text, struct cs_pasted *out)
{
	for (size_t i = 0; i < CS_LEN(forms); i++) {
		struct cs_pasted one = { .kind = CS_PASTED_PREFIX };

		if (!forms[i](text, &one))
			continue;
		*out = one;
		return true;
	}
	return false;
}

static bool read_numeric(struct cs_span text, struct cs_pasted *out)
{
	uint8_t plain[ADDRESS_MAX];

	return read_form(text, out) || read_form(without_guards(text, plain), out);
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

/* "coap://host:5683/path?query" is "host:5683". */
static bool host_of_uri(struct cs_span text, struct cs_span *host)
{
	static const char mark[] = "://";

	for (size_t i = 1; i + sizeof(mark) - 1 <= text.len; i++) {
		if (memcmp(text.ptr + i, mark, sizeof(mark) - 1) != 0)
			continue;
		text = from(text, i + sizeof(mark) - 1);
		text = before(text, first(text, '/'));
		text = before(text, first(text, '?'));
		text = from(text, last(text, '@') < text.len ? last(text, '@') + 1 : 0);
		*host = text;
		return true;
	}
	return false;
}

static bool read_plain(struct cs_span text, bool names, struct cs_pasted *out)
{
	struct cs_pasted digits = { 0 };
	struct cs_span host;

	if (host_of_uri(text, &host))
		return read_numeric(host, out) || read_name(host, out);
	if (read_numeric(text, out))
		return true;
	if (!names)
		return false;
	if (cs_pasted_digits(text, &digits)) {
		*out = digits;
		return true;
	}
	return read_name(text, out);
}

/* --- what stands around it --- */

bool cs_pasted_word(struct cs_span word, bool names, struct cs_pasted *out)
{
	if (word.len > WORD_MAX)
		return false;
	while (word.len > 0) {
		if (read_plain(word, names, out))
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
