/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/uri.h"

#include "base/num.h"
#include "coap/option.h"
#include "coap/option_rule.h"

static bool is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* RFC 3986 appendix A: unreserved and sub-delims, without "%". */
static bool is_plain(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=");
}

static struct cs_span from(struct cs_span s, size_t at)
{
	return cs_span_of(s.ptr + at, s.len - at);
}

/* The offset of the first byte of @s that is in @set; s.len when none is. */
static size_t find(struct cs_span s, const char *set)
{
	size_t at = 0;

	while (at < s.len && !is_one_of(s.ptr[at], set))
		at++;
	return at;
}

/* Takes what stands before the first byte of @set off @s. */
static struct cs_span cut(struct cs_span *s, const char *set)
{
	size_t at = find(*s, set);
	struct cs_span head = cs_span_of(s->ptr, at);

	*s = from(*s, at);
	return head;
}

bool cs_uri_looks(struct cs_span text, struct cs_span *scheme)
{
	size_t at = 0;

	while (at < text.len && (is_alpha(text.ptr[at]) || is_digit(text.ptr[at]) ||
				 is_one_of(text.ptr[at], "+-.")))
		at++;
	if (at == 0 || !is_alpha(text.ptr[0]) || text.len - at < 3 ||
	    memcmp(text.ptr + at, "://", 3) != 0)
		return false;
	*scheme = cs_span_of(text.ptr, at);
	return true;
}

static bool is_coap(struct cs_span scheme)
{
	static const char name[] = "coap";

	if (scheme.len != sizeof(name) - 1)
		return false;
	for (size_t i = 0; i < scheme.len; i++)
		if (lower(scheme.ptr[i]) != (uint8_t)name[i])
			return false;
	return true;
}

/* Takes one byte, decoded, off @s. False when a "%" has no two hex digits. */
static bool next_byte(struct cs_span *s, uint8_t *byte)
{
	if (s->ptr[0] != '%') {
		*byte = s->ptr[0];
		*s = from(*s, 1);
		return true;
	}
	if (s->len < 3 || !cs_hex_read(cs_span_of(s->ptr + 1, 2), byte, 1))
		return false;
	*s = from(*s, 3);
	return true;
}

/* A decoded component; it was checked by check() before. */
struct component {
	uint8_t bytes[CS_URI_COMPONENT_MAX];
	size_t len;
};

/*
 * Decodes @s, in which also the bytes of @more may stand as they are.
 * CS_ERR_SYNTAX, CS_ERR_RANGE (too long); *@want says what would be right.
 */
static enum cs_err decode(struct cs_span s, const char *more, struct component *to,
			  const char **want)
{
	*want = "want at most 255 bytes in a host, path segment or query argument";
	to->len = 0;
	while (s.len > 0) {
		bool raw = s.ptr[0] != '%';
		uint8_t byte;

		if (raw && !is_plain(s.ptr[0]) && !is_one_of(s.ptr[0], more)) {
			*want = "want other bytes than letters, digits and "
				"-._~!$&'()*+,;=:@/? percent-encoded (%20 for a blank)";
			return CS_ERR_SYNTAX;
		}
		if (!next_byte(&s, &byte)) {
			*want = "want two hex digits after each %";
			return CS_ERR_SYNTAX;
		}
		if (to->len == sizeof(to->bytes))
			return CS_ERR_RANGE;
		to->bytes[to->len++] = byte;
	}
	return CS_OK;
}

#define PATH_BYTES  ":@"
#define QUERY_BYTES ":@/?"

static bool is_dots(const struct component *c)
{
	struct cs_span s = cs_span_of(c->bytes, c->len);

	return cs_span_eq(s, cs_span_str(".")) || cs_span_eq(s, cs_span_str(".."));
}

/* Takes the next segment, with its slash, off @path; false when none is left. */
static bool next_segment(struct cs_span *path, struct cs_span *segment)
{
	if (path->len == 0)
		return false;
	*path = from(*path, 1);
	*segment = cut(path, "/");
	return true;
}

/* Likewise an argument; @first starts true: an empty query has an empty one. */
static bool next_argument(struct cs_span *query, bool *first, struct cs_span *argument)
{
	if (!*first) {
		if (query->len == 0)
			return false;
		*query = from(*query, 1);
	}
	*first = false;
	*argument = cut(query, "&");
	return true;
}

static enum cs_err check_path(struct cs_span path, const char **want)
{
	struct component decoded;
	struct cs_span segment;
	enum cs_err err = CS_OK;

	while (!err && next_segment(&path, &segment)) {
		err = decode(segment, PATH_BYTES, &decoded, want);
		if (!err && is_dots(&decoded)) {
			*want = "want a path without '.' and '..'";
			err = CS_ERR_SYNTAX;
		}
	}
	return err;
}

static enum cs_err check_query(struct cs_span query, const char **want)
{
	struct component decoded;
	struct cs_span argument;
	enum cs_err err = CS_OK;
	bool first = true;

	while (!err && next_argument(&query, &first, &argument))
		err = decode(argument, QUERY_BYTES, &decoded, want);
	return err;
}

/* [":" [PORT]]: an empty port is the scheme's own (RFC 3986 section 3.2.3). */
static enum cs_err read_port(struct cs_span text, struct cs_uri *uri, const char **want)
{
	uint64_t port;

	uri->port = CS_URI_PORT;
	if (text.len == 0)
		return CS_OK;
	if (text.ptr[0] != ':') {
		*want = "want a port or a path after the host";
		return CS_ERR_SYNTAX;
	}
	text = from(text, 1);
	if (text.len == 0)
		return CS_OK;
	if (!cs_num_u64(text, 1, UINT16_MAX, &port)) {
		*want = "want a port from 1 to 65535";
		return CS_ERR_RANGE;
	}
	uri->has_port = true;
	uri->port = (uint16_t)port;
	return CS_OK;
}

/* Takes "[...]" or all up to ":" off @authority. */
static enum cs_err read_host(struct cs_span *authority, struct cs_uri *uri,
			     const char **want)
{
	struct component decoded;

	if (authority->len > 0 && authority->ptr[0] == '[') {
		*authority = from(*authority, 1);
		uri->literal = true;
		uri->host = cut(authority, "]");
		*want = "want an IPv6 address in brackets";
		if (authority->len == 0 || uri->host.len == 0)
			return CS_ERR_SYNTAX;
		*authority = from(*authority, 1);
		return CS_OK;
	}
	uri->host = cut(authority, ":");
	*want = "want a host after coap://";
	if (uri->host.len == 0)
		return CS_ERR_SYNTAX;
	return decode(uri->host, "", &decoded, want);
}

static enum cs_err read_authority(struct cs_span authority, struct cs_uri *uri,
				  const char **want)
{
	*want = "want no user name";
	if (find(authority, "@") < authority.len)
		return CS_ERR_SYNTAX;

	enum cs_err err = read_host(&authority, uri, want);

	return err ? err : read_port(authority, uri, want);
}

enum cs_err cs_uri_read(struct cs_span text, struct cs_uri *uri, const char **want)
{
	struct cs_span scheme, authority;
	enum cs_err err;

	*uri = (struct cs_uri){ 0 };
	*want = "want coap://HOST[:PORT][/PATH][?QUERY]";
	if (!cs_uri_looks(text, &scheme) || !is_coap(scheme))
		return CS_ERR_NOT_FOUND;

	text = from(text, scheme.len + 3);
	if (find(text, "#") < text.len) {
		*want = "want no fragment (#...)";
		return CS_ERR_SYNTAX;
	}
	authority = cut(&text, "/?");
	uri->path = cut(&text, "?");
	uri->has_query = text.len > 0;
	uri->query = uri->has_query ? from(text, 1) : text;

	err = read_authority(authority, uri, want);
	if (!err)
		err = check_path(uri->path, want);
	if (!err && uri->has_query)
		err = check_query(uri->query, want);
	return err;
}

size_t cs_uri_host_name(const struct cs_uri *uri, uint8_t *name)
{
	struct component decoded;
	const char *want;

	(void)decode(uri->host, ":", &decoded, &want); /* it was checked */
	for (size_t i = 0; i < decoded.len; i++)
		name[i] = lower(decoded.bytes[i]);
	return decoded.len;
}

static void put(struct cs_wr *w, uint32_t *previous, uint32_t number, struct cs_span text)
{
	struct component decoded;
	const char *want;

	(void)decode(text, QUERY_BYTES, &decoded, &want); /* it was checked */
	cs_opt_write(w, *previous, number, cs_span_of(decoded.bytes, decoded.len));
	*previous = number;
}

uint32_t cs_uri_options(const struct cs_uri *uri, struct cs_wr *w, uint32_t previous)
{
	struct cs_span path = uri->path, query = uri->query, part;
	bool first = true;

	if (path.len == 1)
		path.len = 0; /* "/" is the empty path */
	while (next_segment(&path, &part))
		put(w, &previous, CS_OPT_URI_PATH, part);
	while (uri->has_query && next_argument(&query, &first, &part))
		put(w, &previous, CS_OPT_URI_QUERY, part);
	return previous;
}
