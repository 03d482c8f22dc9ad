/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/scanner.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/shown.h"
#include "base/slurp.h"
#include "enrich/place_table.h"
#include "enrich/place_text.h"
#include "enrich/scanner_list.h"
#include "enrich/scanner_own.h"

enum { FIRST_ENTRIES = 64 };

/* Who a prefix belongs to. Those of a list that have no name of their own share one. */
struct entry {
	struct cs_scanner who;
	bool loose; /* by a remark that is no host name: a list's own name is better */
};

struct cs_scanners {
	/* A place's number is its entry's: nothing else of it is used. */
	struct cs_place_table table;
	struct cs_arena texts;
	struct entry *entries;
	uint32_t n, cap;
	uint64_t prefixes;
	bool settled;
};

/* One list being read. */
struct adding {
	struct cs_scanners *to;
	uint32_t first; /* its first entry, which is the list's own */
	const char *path;
	int64_t changed_us;
};

enum cs_err cs_scanners_open(struct cs_scanners **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? CS_OK : CS_ERR_NOMEM;
}

void cs_scanners_close(struct cs_scanners *scanners)
{
	if (!scanners)
		return;
	cs_place_table_clear(&scanners->table);
	cs_arena_clear(&scanners->texts);
	free(scanners->entries);
	free(scanners);
}

/* --- adding --- */

static enum cs_err keep_text(struct cs_scanners *s, struct cs_span text,
			     struct cs_span *out)
{
	char *copy;

	text = cs_place_name(text);
	copy = cs_arena_text(&s->texts, text);
	if (!copy)
		return CS_ERR_NOMEM;
	*out = cs_span_of(copy, text.len);
	return CS_OK;
}

static enum cs_err add_entry(struct cs_scanners *s, const struct entry *entry)
{
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? 2 * s->cap : FIRST_ENTRIES;
		struct entry *more = realloc(s->entries, cap * sizeof(*more));

		if (!more)
			return CS_ERR_NOMEM;
		s->entries = more;
		s->cap = cap;
	}
	s->entries[s->n++] = *entry;
	return CS_OK;
}

/* Perhaps with asterisks, as some lists have them for digits. */
static bool is_host_name(struct cs_span text)
{
	return text.len > 0 && memchr(text.ptr, '.', text.len) &&
	       !memchr(text.ptr, ' ', text.len);
}

/* Neighbours in a list are often of one name: then they share the entry. */
static enum cs_err entry_of(struct adding *a, struct cs_span name, uint32_t *out)
{
	struct cs_scanners *s = a->to;
	struct entry entry = { 0 };
	enum cs_err err = CS_OK;

	*out = a->first;
	if (cs_place_name(name).len == 0)
		return CS_OK;
	if (!cs_scanner_of_name(name, &entry.who)) {
		entry.loose = !is_host_name(name);
		entry.who.kind = cs_scanner_kind_of(name);
		err = keep_text(s, name, &entry.who.name);
	}
	*out = s->n - 1;
	if (!err && !cs_span_eq(s->entries[*out].who.name, entry.who.name)) {
		*out = s->n;
		err = add_entry(s, &entry);
	}
	return err;
}

static enum cs_err add_prefix(void *arg, const struct cs_prefix *prefix,
			      struct cs_span name)
{
	struct adding *a = arg;
	struct cs_range range = cs_prefix_range(prefix);
	uint32_t entry;
	enum cs_err err = entry_of(a, name, &entry);

	if (err)
		return err;
	a->to->prefixes++;
	return cs_place_table_add(&a->to->table, &range,
				  &(struct cs_place){ .asn = entry + 1 });
}

static struct cs_span base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return cs_span_str(slash && slash[1] ? slash + 1 : path);
}

static enum cs_err take_head(void *arg, const struct cs_scanner_head *head)
{
	struct adding *a = arg;
	struct cs_scanners *s = a->to;
	struct cs_scanner *list = &s->entries[a->first].who;
	struct cs_span name = cs_place_name(head->name);
	enum cs_err err =
		keep_text(s, name.len > 0 ? name : base_name(a->path), &list->name);

	list->kind = cs_scanner_kind_of(list->name);
	list->date_us = head->date_us ? head->date_us : a->changed_us;
	for (uint32_t i = a->first; i < s->n; i++) {
		struct entry *entry = &s->entries[i];

		if (entry->loose && name.len > 0)
			entry->who = *list;
		entry->who.date_us = list->date_us;
	}
	return err;
}

/* --- what is wrong --- */

static const char forms[] =
	"of no form that is known: want a MISP warninglist (JSON), or an address or "
	"prefix a line";

static enum cs_err say(char why[CS_SCANNERS_WHY], enum cs_err err, const char *path,
		       const char *what)
{
	char file[128];

	(void)snprintf(why, CS_SCANNERS_WHY, "%s: %s",
		       cs_shown(cs_span_str(path), file, sizeof(file)), what);
	return err;
}

static enum cs_err say_fault(char why[CS_SCANNERS_WHY], enum cs_err err, const char *path,
			     const struct cs_scanner_fault *fault)
{
	char file[128], where[48] = "";
	const char *quote = fault->bad[0] ? "'" : "";

	if (!fault->want)
		return say(why, err, path,
			   err == CS_ERR_FOREIGN ? "an empty file" : cs_strerror(err));
	(void)cs_shown(cs_span_str(path), file, sizeof(file));
	if (fault->line)
		(void)snprintf(where, sizeof(where), ":%" PRIu64, fault->line);
	else if (fault->entry)
		(void)snprintf(where, sizeof(where), ": entry %" PRIu64 " of its list",
			       fault->entry);
	(void)snprintf(why, CS_SCANNERS_WHY, "%s%s: %s%s%s%swant %s", file, where, quote,
		       fault->bad, quote, fault->bad[0] ? ": " : "", fault->want);
	return err;
}

/* What was downloaded as it is, or is no list at all. */
static bool is_binary(struct cs_span text)
{
	return text.len > 0 && (text.ptr[0] == 0x1f || memchr(text.ptr, 0, text.len));
}

enum cs_err cs_scanners_add_text(struct cs_scanners *scanners, struct cs_span text,
				 const char *path, int64_t changed_us,
				 char why[CS_SCANNERS_WHY])
{
	struct adding adding = { scanners, scanners->n, path, changed_us };
	const struct cs_scanner_sink sink = { &adding, add_prefix, take_head };
	struct cs_scanner_fault fault;
	enum cs_err err;

	if (is_binary(text))
		return say(why, CS_ERR_FOREIGN, path, forms);
	err = add_entry(scanners, &(struct entry){ 0 });
	if (err)
		return say(why, err, path, cs_strerror(err));
	err = cs_scanner_list_read(text, &sink, &fault);
	return err ? say_fault(why, err, path, &fault) : CS_OK;
}

static int64_t changed(FILE *file)
{
	struct stat st;

	if (fstat(fileno(file), &st))
		return 0;
	return (int64_t)st.st_mtim.tv_sec * CS_US_PER_S;
}

enum cs_err cs_scanners_add(struct cs_scanners *scanners, const char *path,
			    char why[CS_SCANNERS_WHY])
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	size_t len;
	enum cs_err err;

	if (!file)
		return say(why, cs_err_of_file(errno), path, strerror(errno));
	err = cs_slurp(file, &bytes, &len);
	if (err == CS_ERR_IO)
		err = say(why, cs_err_of_file(errno), path, strerror(errno));
	else if (err)
		(void)say(why, err, path, cs_strerror(err));
	else
		err = cs_scanners_add_text(scanners, cs_span_of(bytes, len), path,
					   changed(file), why);
	(void)fclose(file); /* only read from */
	free(bytes);
	return err;
}

enum cs_err cs_scanners_settle(struct cs_scanners *scanners)
{
	scanners->settled = true;
	return cs_place_table_settle(&scanners->table);
}

/* --- asking --- */

uint64_t cs_scanners_count(const struct cs_scanners *scanners)
{
	return scanners->prefixes;
}

bool cs_scanners_find(const struct cs_scanners *scanners, const struct cs_addr *ip,
		      struct cs_scanner *out)
{
	const struct cs_place *place;

	assert(scanners->settled);
	place = cs_place_table_find(&scanners->table, ip);
	if (!place)
		return false;
	*out = scanners->entries[place->asn - 1].who;
	return true;
}
