/* SPDX-License-Identifier: Apache-2.0 */
/* The INI text of owners into their keys. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ini.h"
#include "base/num.h"
#include "base/shown.h"
#include "base/slurp.h"
#include "report/owners_keys.h"

enum {
	NAME_MAX_BYTES = 64, /* of an organisation: it is part of file names */
	DOMAIN_MAX = 253,    /* RFC 1035 section 2.3.4, as text */
	LABEL_MAX = 63,
	SHOWN = 80,
};

struct reading;

/* One key that an organisation may have; a list takes a word at a time. */
struct key {
	const char *name;
	enum cs_err (*take)(struct reading *r, struct cs_span word);
};

struct reading {
	struct cs_owners *owners;
	struct cs_ini ini;
	const char *name; /* of the file */
	const struct key *key;
	unsigned has; /* bits of enum cs_owner_kind: keys of the last owner */
	char *why;
};

static enum cs_err fail(struct reading *r, enum cs_err err, const char *fmt, ...)
	CS_PRINTF(3, 4);

static enum cs_err fail(struct reading *r, enum cs_err err, const char *fmt, ...)
{
	char what[CS_OWNERS_WHY];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	(void)snprintf(r->why, CS_OWNERS_WHY, "%.200s:%u: %.280s", r->name,
		       r->ini.line ? r->ini.line : 1, what);
	return err;
}

/* Makes room for one more item of @size; false when memory is out. */
static bool grow(void *items, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap ? 2 * *cap : 64;
	void *old, *larger;

	if (n < *cap)
		return true;
	memcpy(&old, items, sizeof(old));
	larger = reallocarray(old, more, size);
	if (!larger)
		return false;
	memcpy(items, &larger, sizeof(larger));
	*cap = more;
	/* cppcheck-suppress memleak ; the items have it */
	return true;
}

static struct cs_key_of here(struct reading *r, enum cs_owner_kind kind)
{
	r->has |= 1u << kind;
	return (struct cs_key_of){ (uint32_t)r->owners->n - 1, r->ini.line };
}

static enum cs_err take_asn(struct reading *r, struct cs_span word)
{
	struct cs_owners *o = r->owners;
	struct cs_span digits = word;
	char shown[SHOWN];
	uint64_t n;

	if (word.len > 2 && toupper(word.ptr[0]) == 'A' && toupper(word.ptr[1]) == 'S')
		digits = cs_span_of(word.ptr + 2, word.len - 2);
	if (!cs_num_u64(digits, 1, UINT32_MAX, &n))
		return fail(r, CS_ERR_RANGE,
			    "asns '%s': want numbers from 1 to 4294967295, as 64512",
			    cs_shown(word, shown, sizeof(shown)));
	if (!grow(&o->asns, &o->cap_asns, o->n_asns, sizeof(*o->asns)))
		return CS_ERR_NOMEM;
	o->asns[o->n_asns++] = (struct cs_num_key){ (uint32_t)n, here(r, CS_OWNER_ASN) };
	return CS_OK;
}

static enum cs_err take_prefix(struct reading *r, struct cs_span word)
{
	struct cs_owners *o = r->owners;
	char shown[SHOWN], right[CS_PREFIX_TEXT];
	struct cs_prefix prefix;
	enum cs_err err = cs_prefix_read(word, &prefix);

	if (err == CS_ERR_RANGE) {
		cs_prefix_text(&prefix, right);
		return fail(r, err, "prefixes '%s': host bits are set: want %s",
			    cs_shown(word, shown, sizeof(shown)), right);
	}
	if (err)
		return fail(r, err,
			    "prefixes '%s': want prefixes as 192.0.2.0/24 or "
			    "2001:db8::/32",
			    cs_shown(word, shown, sizeof(shown)));
	if (!grow(&o->nets, &o->cap_nets, o->n_nets, sizeof(*o->nets)))
		return CS_ERR_NOMEM;
	o->nets[o->n_nets++] =
		(struct cs_net_key){ .prefix = prefix, .of = here(r, CS_OWNER_CIDR) };
	return CS_OK;
}

static enum cs_err take_country(struct reading *r, struct cs_span word)
{
	struct cs_owners *o = r->owners;
	char shown[SHOWN];

	if (word.len != 2 || !isalpha(word.ptr[0]) || !isalpha(word.ptr[1]))
		return fail(r, CS_ERR_SYNTAX,
			    "countries '%s': want two letters of ISO 3166, as DE",
			    cs_shown(word, shown, sizeof(shown)));

	const uint8_t upper[2] = { (uint8_t)toupper(word.ptr[0]),
				   (uint8_t)toupper(word.ptr[1]) };

	if (!grow(&o->geos, &o->cap_geos, o->n_geos, sizeof(*o->geos)))
		return CS_ERR_NOMEM;
	o->geos[o->n_geos++] = (struct cs_num_key){ cs_geo_number(cs_span_of(upper, 2)),
						    here(r, CS_OWNER_GEO) };
	return CS_OK;
}

/* Letters, digits, - and _ in labels of 1 to 63; what is not ASCII is punycode. */
static bool is_domain(struct cs_span word)
{
	size_t label = 0;

	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.ptr[i];

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX ||
		    (c != '.' && !isalnum(c) && c != '-' && c != '_'))
			return false;
	}
	return label > 0 && word.len <= DOMAIN_MAX;
}

static enum cs_err take_domain(struct reading *r, struct cs_span word)
{
	struct cs_owners *o = r->owners;
	char shown[SHOWN], *text;

	(void)cs_shown(word, shown, sizeof(shown));
	if (word.len > 1 && word.ptr[word.len - 1] == '.')
		word.len--;
	if (!is_domain(word))
		return fail(r, CS_ERR_SYNTAX,
			    "domains '%s': want names as example.org, which has all "
			    "below it",
			    shown);
	text = cs_arena_text(&o->arena, word);
	if (!text || !grow(&o->names, &o->cap_names, o->n_names, sizeof(*o->names)))
		return CS_ERR_NOMEM;
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	o->names[o->n_names++] = (struct cs_name_key){ cs_span_of(text, word.len),
						       here(r, CS_OWNER_DOMAIN) };
	return CS_OK;
}

static const struct key keys[] = {
	{ "asns", take_asn },          { "prefixes", take_prefix },
	{ "countries", take_country }, { "domains", take_domain },
	{ "contact", NULL },
};

/* A contact may be of several lines; they are joined by a blank. */
static enum cs_err add_contact(struct reading *r, struct cs_span text)
{
	struct cs_owner *owner = &r->owners->at[r->owners->n - 1];
	const char *before = owner->contact ? owner->contact : "";
	size_t room = strlen(before) + 1 + text.len + 1;
	char *joined = cs_arena_alloc(&r->owners->arena, room);

	if (!joined)
		return CS_ERR_NOMEM;
	(void)snprintf(joined, room, "%s%s%.*s", before, *before ? " " : "",
		       (int)text.len, text.len ? (const char *)text.ptr : "");
	owner->contact = joined;
	return CS_OK;
}

static enum cs_err take_value(struct reading *r, struct cs_span value)
{
	struct cs_span word;
	enum cs_err err = CS_OK;

	if (!r->key->take)
		return add_contact(r, value);
	while (!err && cs_ini_word(&value, &word))
		err = r->key->take(r, word);
	return err;
}

static enum cs_err take_key(struct reading *r, const struct cs_ini_item *item)
{
	const struct cs_owners *o = r->owners;
	char shown[SHOWN];

	if (o->n == 0)
		return fail(r, CS_ERR_SYNTAX,
			    "a key before any section: want [ORGANISATION] above it");
	r->key = NULL;
	for (size_t i = 0; i < CS_LEN(keys); i++)
		if (cs_span_eq(item->name, cs_span_str(keys[i].name)))
			r->key = &keys[i];
	if (!r->key)
		return fail(
			r, CS_ERR_SYNTAX,
			"unknown key '%s': want asns, prefixes, countries, domains or "
			"contact",
			cs_shown(item->name, shown, sizeof(shown)));
	if (!r->key->take && o->at[o->n - 1].contact)
		return fail(r, CS_ERR_SYNTAX, "a second contact of [%s]: want one",
			    o->at[o->n - 1].name);
	return take_value(r, item->value);
}

/* What its report's name ends in; an owner with nothing to match is a mistake. */
static enum cs_err end_owner(struct reading *r)
{
	static const enum cs_owner_kind order[] = { CS_OWNER_ASN, CS_OWNER_CIDR,
						    CS_OWNER_DOMAIN, CS_OWNER_GEO };
	struct cs_owners *o = r->owners;

	if (o->n == 0)
		return CS_OK;
	for (size_t i = 0; i < CS_LEN(order); i++) {
		if (!(r->has >> order[i] & 1))
			continue;
		o->at[o->n - 1].kind = order[i];
		return CS_OK;
	}
	r->ini.line = o->line[o->n - 1];
	return fail(r, CS_ERR_SYNTAX,
		    "nothing is [%s]'s: want asns, prefixes, countries or domains",
		    o->at[o->n - 1].name);
}

static bool is_name(struct cs_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum(text.ptr[i]) && text.ptr[i] != '_')
			return false;
	}
	return text.len > 0 && text.len <= NAME_MAX_BYTES;
}

static enum cs_err take_section(struct reading *r, struct cs_span name)
{
	struct cs_owners *o = r->owners;
	unsigned line = r->ini.line;
	char shown[SHOWN];
	enum cs_err err = end_owner(r);

	if (err)
		return err;
	if (!is_name(name))
		return fail(r, CS_ERR_SYNTAX,
			    "[%s]: want letters, digits and _, 64 at most",
			    cs_shown(name, shown, sizeof(shown)));
	if (o->n == o->cap) {
		size_t cap = o->cap; /* both grow alike */

		if (!grow(&o->at, &o->cap, o->n, sizeof(*o->at)) ||
		    !grow(&o->line, &cap, o->n, sizeof(*o->line)))
			return CS_ERR_NOMEM;
	}
	o->line[o->n] = line;
	o->at[o->n] = (struct cs_owner){ .name = cs_arena_text(&o->arena, name) };
	r->has = 0;
	r->key = NULL;
	return o->at[o->n++].name ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err take_item(struct reading *r, const struct cs_ini_item *item)
{
	switch (item->kind) {
	case CS_INI_SECTION:
		return take_section(r, item->name);
	case CS_INI_KEY:
		return take_key(r, item);
	case CS_INI_MORE:
		return take_value(r, item->value);
	case CS_INI_WRONG:
		break;
	}
	return fail(r, CS_ERR_SYNTAX, "%s", r->ini.why);
}

static enum cs_err read_all(struct reading *r)
{
	struct cs_ini_item item;
	enum cs_err err = CS_OK;

	while (!err && cs_ini_next(&r->ini, &item))
		err = take_item(r, &item);
	if (!err)
		err = end_owner(r);
	if (!err && r->owners->n == 0)
		err = fail(r, CS_ERR_SYNTAX, "no organisation: want [NAME] and its keys");
	return err;
}

/* strcmp() over what qsort_r() moves. */
static int by_name(const void *a, const void *b, void *owners)
{
	const struct cs_owners *o = owners;
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(o->at[x].name, o->at[y].name);

	return order ? order : (x > y) - (x < y);
}

static enum cs_err sort_names(struct reading *r)
{
	struct cs_owners *o = r->owners;

	o->by_name = reallocarray(NULL, o->n, sizeof(*o->by_name));
	if (!o->by_name)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < o->n; i++)
		o->by_name[i] = (uint32_t)i;
	qsort_r(o->by_name, o->n, sizeof(*o->by_name), by_name, o);
	for (size_t i = 1; i < o->n; i++) {
		uint32_t a = o->by_name[i - 1], b = o->by_name[i];

		if (strcmp(o->at[a].name, o->at[b].name) != 0)
			continue;
		r->ini.line = o->line[b];
		return fail(r, CS_ERR_SYNTAX,
			    "[%s] again: want one section, the first is on line %u",
			    o->at[b].name, o->line[a]);
	}
	return CS_OK;
}

enum cs_err cs_owners_read_text(struct cs_span text, const char *name,
				cs_owners_note_fn *note, void *arg,
				struct cs_owners **out, char why[CS_OWNERS_WHY])
{
	struct cs_owners *owners = calloc(1, sizeof(*owners));
	struct reading r = {
		.owners = owners, .ini = cs_ini_over(text), .name = name, .why = why
	};
	enum cs_err err = owners ? read_all(&r) : CS_ERR_NOMEM;

	if (!err)
		err = sort_names(&r);
	if (!err) {
		cs_owners_index(owners, name, note, arg);
		err = note ? cs_owners_overlaps(owners, name, note, arg) : CS_OK;
	}
	if (!err)
		*out = owners;
	else
		cs_owners_free(owners);
	if (err == CS_ERR_NOMEM)
		(void)snprintf(why, CS_OWNERS_WHY, "%.400s: out of memory", name);
	return err;
}

enum cs_err cs_owners_read(const char *path, cs_owners_note_fn *note, void *arg,
			   struct cs_owners **out, char why[CS_OWNERS_WHY])
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum cs_err err = file ? cs_slurp(file, &bytes, &len) : CS_ERR_IO;
	int number = errno;

	if (!err)
		err = cs_owners_read_text(cs_span_of(bytes, len), path, note, arg, out,
					  why);
	else
		(void)snprintf(why, CS_OWNERS_WHY, "%.400s: %s", path,
			       err == CS_ERR_IO ? strerror(number) : cs_strerror(err));
	if (err == CS_ERR_IO)
		err = cs_err_of_file(number);
	else if (err == CS_ERR_FULL)
		err = CS_ERR_IO;
	if (file)
		(void)fclose(file); /* only read from */
	free(bytes);
	return err;
}
