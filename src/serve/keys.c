/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "serve/sign.h"

struct held {
	struct cs_key key;
	char name[CS_KEY_NAME + 1];
	char owner[CS_KEY_NAME + 1];
	uint8_t secret[CS_KEY_SECRET];
	size_t secret_len; /* 0: not given yet */
};

struct cs_keys {
	struct held *at;
	size_t n, cap;
};

struct reading {
	struct cs_keys *keys;
	const char *name;
	unsigned line;
	char *why;
};

/* --- one line --- */

static enum cs_err wrong(const struct reading *r, unsigned line, const char *what)
{
	(void)snprintf(r->why, CS_KEYS_WHY, "%.300s:%u: %.190s", r->name, line, what);
	return CS_ERR_SYNTAX;
}

static struct cs_span trim(struct cs_span s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = cs_span_of(s.ptr + 1, s.len - 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' ||
			 s.ptr[s.len - 1] == '\r'))
		s.len--;
	return s;
}

static bool is_word(struct cs_span s, const char *also)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || (c && strchr(also, c))))
			return false;
	}
	return s.len > 0 && s.len <= CS_KEY_NAME;
}

static struct held *find(const struct cs_keys *keys, struct cs_span name)
{
	struct held *found = NULL;

	for (size_t i = 0; i < keys->n; i++)
		if (cs_span_eq(name, cs_span_str(keys->at[i].name)))
			found = &keys->at[i];
	return found;
}

/* A realloc() would leave secrets behind in what it gives back. */
static enum cs_err grow(struct cs_keys *keys)
{
	size_t cap = keys->cap ? 2 * keys->cap : 16;
	struct held *at = calloc(cap, sizeof(*at));

	if (!at)
		return CS_ERR_NOMEM;
	if (keys->n)
		memcpy(at, keys->at, keys->n * sizeof(*at));
	if (keys->at)
		explicit_bzero(keys->at, keys->n * sizeof(*at));
	free(keys->at);
	keys->at = at;
	keys->cap = cap;
	return CS_OK;
}

/* The section that ends here has both of its keys. */
static enum cs_err check_last(const struct reading *r)
{
	const struct held *last = r->keys->n ? &r->keys->at[r->keys->n - 1] : NULL;

	if (last && last->secret_len == 0)
		return wrong(r, last->key.line,
			     "this section has no secret: want secret = TEXT");
	if (last && !last->owner[0])
		return wrong(r, last->key.line,
			     "this section has no owner: want owner = SECTION of the "
			     "owners file, or owner = *");
	return CS_OK;
}

static enum cs_err take_section(struct reading *r, struct cs_span line)
{
	struct cs_keys *keys = r->keys;
	struct cs_span name = cs_span_of(line.ptr + 1, line.len - 1);
	enum cs_err err = check_last(r);

	if (err)
		return err;
	if (!name.len || name.ptr[name.len - 1] != ']')
		return wrong(r, r->line, "a section without its end: want [KEY]");
	name.len--;
	if (!is_word(name, "._-"))
		return wrong(r, r->line,
			     "the name of a key: want 1 to 64 letters, digits, . _ or -");
	if (find(keys, name))
		return wrong(r, r->line, "this key stands here twice");
	if (keys->n == CS_KEYS_MOST)
		return wrong(r, r->line, "too many keys: want at most 10000");
	if (keys->n == keys->cap && grow(keys))
		return CS_ERR_NOMEM;
	memcpy(keys->at[keys->n].name, name.ptr, name.len);
	keys->at[keys->n++].key.line = r->line;
	return CS_OK;
}

/* The message must not have the secret in it. */
static enum cs_err take_secret(struct reading *r, struct held *held, struct cs_span value)
{
	if (held->secret_len)
		return wrong(r, r->line, "secret: a second time in this section");
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] <= 0x20 || value.ptr[i] == 0x7f)
			return wrong(r, r->line,
				     "secret: want no blanks or control bytes in it");
	if (value.len == 0 || value.len > CS_KEY_SECRET)
		return wrong(r, r->line, "secret: want 1 to 256 bytes");
	memcpy(held->secret, value.ptr, value.len);
	held->secret_len = value.len;
	held->key.is_short = value.len < CS_KEY_SHORT;
	return CS_OK;
}

static enum cs_err take_owner(struct reading *r, struct held *held, struct cs_span value)
{
	held->key.sees_all = cs_span_eq(value, cs_span_str("*"));
	if (held->owner[0])
		return wrong(r, r->line, "owner: a second time in this section");
	if (!held->key.sees_all && !is_word(value, "_"))
		return wrong(r, r->line,
			     "owner: want a section of the owners file, or *");
	memcpy(held->owner, value.ptr, value.len);
	held->key.owner_line = r->line;
	return CS_OK;
}

static enum cs_err take_line(struct reading *r, struct cs_span line)
{
	const uint8_t *equals;

	line = trim(line);
	if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
		return CS_OK;
	if (line.ptr[0] == '[')
		return take_section(r, line);
	equals = memchr(line.ptr, '=', line.len);
	if (!equals)
		return wrong(r, r->line, "want [KEY], secret = TEXT or owner = SECTION");
	if (r->keys->n == 0)
		return wrong(r, r->line, "before any section: want [KEY] above it");

	struct cs_span name = trim(cs_span_of(line.ptr, (size_t)(equals - line.ptr)));
	struct cs_span value =
		trim(cs_span_of(equals + 1, (size_t)(line.ptr + line.len - equals) - 1));
	struct held *held = &r->keys->at[r->keys->n - 1];

	if (cs_span_eq(name, cs_span_str("secret")))
		return take_secret(r, held, value);
	if (cs_span_eq(name, cs_span_str("owner")))
		return take_owner(r, held, value);
	return wrong(r, r->line, "unknown word before the =: want secret or owner");
}

/* --- all of it --- */

/* What outsiders see points into what will not move any more. */
static void settle(struct cs_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++) {
		keys->at[i].key.name = keys->at[i].name;
		keys->at[i].key.owner = keys->at[i].owner;
	}
}

enum cs_err cs_keys_read_text(struct cs_span text, const char *name, struct cs_keys **out,
			      char why[CS_KEYS_WHY])
{
	struct reading r = { .name = name, .why = why };
	enum cs_err err = CS_OK;

	*out = NULL;
	r.keys = calloc(1, sizeof(*r.keys));
	if (!r.keys)
		return CS_ERR_NOMEM;
	while (!err && text.len > 0) {
		const uint8_t *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		r.line++;
		err = memchr(text.ptr, '\0', len)
			      ? wrong(&r, r.line, "a NUL byte: want text")
			      : take_line(&r, cs_span_of(text.ptr, len));
		len += end != NULL;
		text = cs_span_of(text.ptr + len, text.len - len);
	}
	if (!err)
		err = check_last(&r);
	if (!err && r.keys->n == 0)
		err = wrong(&r, r.line ? r.line : 1,
			    "no key in it: want a section [KEY]");
	if (err) {
		cs_keys_free(r.keys);
		return err;
	}
	settle(r.keys);
	*out = r.keys;
	return CS_OK;
}

static enum cs_err check_file(int fd, const char *path, size_t *size,
			      char why[CS_KEYS_WHY])
{
	struct stat is;
	const char *what = NULL;

	if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode))
		what = "want a regular file";
	else if (is.st_uid != geteuid() && is.st_uid != 0)
		what = "it belongs to another user: want our own or root's file";
	else if (is.st_mode & 077)
		what = "others may read it: want mode 0600 (chmod 600)";
	else if (is.st_size > CS_KEYS_FILE)
		what = "too large: want at most 1 MiB";
	if (!what) {
		*size = (size_t)is.st_size;
		return CS_OK;
	}
	(void)snprintf(why, CS_KEYS_WHY, "%.300s: %s", path, what);
	return CS_ERR_DENIED;
}

/* All of it with read(): stdio would keep a copy. */
static ssize_t read_whole(int fd, uint8_t *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, to + len, size - len)) != 0) {
		if (n < 0)
			return -1;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

enum cs_err cs_keys_read(const char *path, struct cs_keys **out, char why[CS_KEYS_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t size = 0;
	uint8_t *text = NULL;
	enum cs_err err;

	*out = NULL;
	if (fd < 0) {
		(void)snprintf(why, CS_KEYS_WHY, "%.300s: %s", path, strerror(errno));
		return CS_ERR_IO;
	}
	err = check_file(fd, path, &size, why);
	if (!err && !(text = malloc(size + 1)))
		err = CS_ERR_NOMEM;

	ssize_t len = err ? 0 : read_whole(fd, text, size);

	if (len < 0) {
		(void)snprintf(why, CS_KEYS_WHY, "%.300s: %s", path, strerror(errno));
		err = CS_ERR_IO;
	}
	if (!err)
		err = cs_keys_read_text(cs_span_of(text, (size_t)len), path, out, why);
	if (text)
		explicit_bzero(text, size);
	free(text);
	(void)close(fd); /* only read from */
	return err;
}

void cs_keys_free(struct cs_keys *keys)
{
	if (!keys)
		return;
	if (keys->at)
		explicit_bzero(keys->at, keys->cap * sizeof(*keys->at));
	free(keys->at);
	free(keys);
}

size_t cs_keys_count(const struct cs_keys *keys)
{
	return keys ? keys->n : 0;
}

struct cs_key *cs_keys_at(struct cs_keys *keys, size_t i)
{
	return &keys->at[i].key;
}

/* --- asking --- */

/* For a name that nobody has: the same work, never the right answer. */
static const struct held nobody = { .secret = "no secret at all", .secret_len = 16 };

const struct cs_key *cs_keys_signed(const struct cs_keys *keys, struct cs_span name,
				    struct cs_span body, struct cs_span mac)
{
	const struct held *held = find(keys, name);
	const struct held *with = held ? held : &nobody;
	uint8_t ours[CS_HMAC];

	if (cs_hmac(cs_span_of(with->secret, with->secret_len), body, ours) ||
	    !cs_hmac_is(ours, mac) || !held)
		return NULL;
	return &held->key;
}

const struct cs_key *cs_keys_basic(const struct cs_keys *keys, struct cs_span name,
				   struct cs_span secret)
{
	const struct held *held = find(keys, name);
	const struct held *with = held ? held : &nobody;

	if (!cs_secret_eq(secret, cs_span_of(with->secret, with->secret_len)) || !held)
		return NULL;
	return &held->key;
}
