/* SPDX-License-Identifier: Apache-2.0 */
/* What was named: texts become ranges, or a line that says why not. */
#include <stdarg.h>
#include <stdio.h>

#include "base/shown.h"
#include "net/scope.h"
#include "net/special.h"

enum {
	WIDEST_V6_BITS = 32,
	TEXT_SHOWN = 96,  /* characters of a wrong text in a message */
	FILE_SHOWN = 160, /* characters of a file's name */
	NAME_MAX_LEN = 253,
};

#define WANT                                                                        \
	": want an address, a prefix (10.0.0.0/24), a range (10.0.0.1-10.0.0.99), " \
	"a host name or 'local'"

void cs_scope_draft_clear(struct cs_scope_draft *draft)
{
	cs_ranges_clear(&draft->targets);
	cs_ranges_clear(&draft->excludes);
	draft->why[0] = '\0';
}

void cs_scope_complain(struct cs_scope_draft *draft, const struct cs_source *source,
		       struct cs_span text, const char *format, ...)
{
	char file[FILE_SHOWN], shown[TEXT_SHOWN];
	size_t at = 0;
	va_list args;

	if (source && source->file) {
		(void)cs_shown(cs_span_str(source->file), file, sizeof(file));
		at = (size_t)snprintf(draft->why, sizeof(draft->why), "%s:%llu: ", file,
				      (unsigned long long)source->line);
	}
	(void)cs_shown(text, shown, sizeof(shown));
	at += (size_t)snprintf(draft->why + at, sizeof(draft->why) - at, "'%s'", shown);
	va_start(args, format);
	(void)vsnprintf(draft->why + at, sizeof(draft->why) - at, format, args);
	va_end(args);
}

/* The last address before and the first one behind the IPv4-mapped ones. */
static const struct cs_addr before_v4 = {
	.b = { [10] = 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff }
};
static const struct cs_addr behind_v4 = { .b = { [9] = 1 } };

/* Adds @r less the IPv4 addresses that it would hold in their mapped form. */
static enum cs_err add_own_family(struct cs_ranges *to, const struct cs_range *r)
{
	if (cs_addr_is_v4(&r->lo) || cs_addr_cmp(&r->hi, &before_v4) <= 0 ||
	    cs_addr_cmp(&r->lo, &behind_v4) >= 0)
		return cs_ranges_add(to, r);

	struct cs_range low = { r->lo, before_v4 }, high = { behind_v4, r->hi };
	enum cs_err err = cs_ranges_add(to, &low);

	if (!err && cs_addr_cmp(&r->hi, &behind_v4) >= 0)
		err = cs_ranges_add(to, &high);
	return err;
}

static bool too_wide(const struct cs_range *r)
{
	return cs_addr_distance(&r->lo, &r->hi) >= UINT64_C(1) << WIDEST_V6_BITS;
}

/* Adds @r, which @text stood for. */
static enum cs_err add(struct cs_scope_draft *draft, const struct cs_range *r,
		       bool exclude, struct cs_span text, const struct cs_source *source)
{
	if (!exclude && too_wide(r)) {
		cs_scope_complain(draft, source, text,
				  ": an IPv6 target holds at most 2^32 addresses: want "
				  "a /96 or longer prefix");
		return CS_ERR_RANGE;
	}
	if (!exclude && cs_special_never(r)) {
		cs_scope_complain(draft, source, text,
				  ": nothing is ever sent to multicast, broadcast or "
				  "unspecified addresses");
		return CS_ERR_REFUSED;
	}

	enum cs_err err = add_own_family(exclude ? &draft->excludes : &draft->targets, r);

	if (err)
		cs_scope_complain(draft, source, text, ": %s", cs_strerror(err));
	return err;
}

/* LOW-HIGH, whose "-" stands at @dash. */
static enum cs_err read_ends(struct cs_scope_draft *draft, struct cs_span text,
			     const uint8_t *dash, const struct cs_source *source,
			     struct cs_range *out)
{
	size_t low_len = (size_t)(dash - text.ptr);
	struct cs_span low = cs_span_of(text.ptr, low_len);
	struct cs_span high = cs_span_of(dash + 1, text.len - low_len - 1);

	if (!cs_addr_read(low, &out->lo) || !cs_addr_read(high, &out->hi)) {
		cs_scope_complain(draft, source, text, WANT);
		return CS_ERR_SYNTAX;
	}
	if (cs_addr_is_v4(&out->lo) != cs_addr_is_v4(&out->hi)) {
		cs_scope_complain(draft, source, text,
				  ": want both ends of a range from one family");
		return CS_ERR_RANGE;
	}
	if (cs_addr_cmp(&out->lo, &out->hi) > 0) {
		cs_scope_complain(draft, source, text,
				  ": want the lower end of a range first");
		return CS_ERR_RANGE;
	}
	return CS_OK;
}

static enum cs_err read_prefix(struct cs_scope_draft *draft, struct cs_span text,
			       const struct cs_source *source, struct cs_range *out)
{
	struct cs_prefix prefix;
	enum cs_err err = cs_prefix_read(text, &prefix);

	if (err == CS_ERR_SYNTAX) {
		cs_scope_complain(draft, source, text, WANT);
	} else if (err) {
		const uint8_t *slash = memchr(text.ptr, '/', text.len);
		char meant[CS_PREFIX_TEXT];

		cs_prefix_text(&prefix, meant);
		cs_scope_complain(draft, source, text,
				  " has host bits set: want %s (or %.*s)", meant,
				  (int)(slash - text.ptr), (const char *)text.ptr);
	} else {
		*out = cs_prefix_range(&prefix);
	}
	return err;
}

static enum cs_err add_text(struct cs_scope_draft *draft, struct cs_span text,
			    const struct cs_source *source, bool exclude)
{
	const uint8_t *dash = text.len ? memchr(text.ptr, '-', text.len) : NULL;
	struct cs_range r;
	enum cs_err err = dash ? read_ends(draft, text, dash, source, &r)
			       : read_prefix(draft, text, source, &r);

	return err ? err : add(draft, &r, exclude, text, source);
}

enum cs_err cs_scope_add_target(struct cs_scope_draft *draft, struct cs_span text,
				const struct cs_source *source)
{
	return add_text(draft, text, source, false);
}

enum cs_err cs_scope_add_exclude(struct cs_scope_draft *draft, struct cs_span text,
				 const struct cs_source *source)
{
	return add_text(draft, text, source, true);
}

enum cs_err cs_scope_add_range(struct cs_scope_draft *draft, const struct cs_range *range,
			       bool exclude)
{
	char text[2 * CS_ADDR_TEXT], hi[CS_ADDR_TEXT];
	size_t len;

	cs_addr_text(&range->lo, text);
	if (cs_addr_cmp(&range->lo, &range->hi) != 0) {
		cs_addr_text(&range->hi, hi);
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "-%s", hi);
	}
	if (cs_addr_cmp(&range->lo, &range->hi) > 0 ||
	    cs_addr_is_v4(&range->lo) != cs_addr_is_v4(&range->hi)) {
		cs_scope_complain(draft, NULL, cs_span_str(text),
				  ": want a range that ascends in one family");
		return CS_ERR_RANGE;
	}
	return add(draft, range, exclude, cs_span_str(text), NULL);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
	       c == '_' || c == '.';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* A number as inet_aton() takes them, "0x1f" too. */
static bool is_number(const uint8_t *label, size_t len)
{
	bool hex = len >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x';

	for (size_t i = hex ? 2 : 0; i < len; i++)
		if (hex ? !is_hex(label[i]) : !is_digit(label[i]))
			return false;
	return true;
}

bool cs_scope_is_name(struct cs_span text)
{
	size_t last = 0, end = text.len;
	bool letters = false; /* 10.0.0.1-20 is nmap's range, and nobody's name */

	if (end == 0 || end > NAME_MAX_LEN + 1)
		return false;
	for (size_t i = 0; i < end; i++) {
		if (!is_name_byte(text.ptr[i]))
			return false;
		letters |= !is_digit(text.ptr[i]) && text.ptr[i] != '.' &&
			   text.ptr[i] != '-';
	}
	if (!letters || text.ptr[0] == '-' || text.ptr[0] == '.')
		return false;
	if (text.ptr[end - 1] == '.')
		end--;
	for (size_t i = 0; i < end; i++)
		if (text.ptr[i] == '.')
			last = i + 1;
	return !is_number(text.ptr + last, end - last);
}

enum cs_err cs_scope_add_word(struct cs_scope_draft *draft, struct cs_span text,
			      const struct cs_source *source, bool exclude,
			      cs_scope_name_fn *name, void *arg)
{
	if (name && cs_scope_is_name(text))
		return name(arg, draft, text, source);
	return add_text(draft, text, source, exclude);
}
