/* SPDX-License-Identifier: Apache-2.0 */
/* The files that were named, asked in the order in which they were. */
#include "enrich/places.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/shown.h"
#include "base/slurp.h"
#include "enrich/place_forms.h"
#include "enrich/places_mmdb.h"
#include "enrich/places_own.h"

#define TOR_GEOIP  "/usr/share/tor/geoip"
#define TOR_GEOIP6 "/usr/share/tor/geoip6"

enum { MOST_SOURCES = 64 /* files; each is asked for each address */ };

/* One file: one of mmdb, table and sectors is there. */
struct source {
	struct cs_mmdb *mmdb;
	bool has_table;
	struct cs_place_table table;
	struct cs_sectors *sectors;
	struct cs_source_note note;
};

struct cs_places {
	struct source *sources;
	size_t n, cap;
	struct cs_arena names;
	_Atomic uint64_t damaged;
};

enum cs_err cs_places_open(struct cs_places **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? CS_OK : CS_ERR_NOMEM;
}

static void clear_source(struct source *source)
{
	cs_mmdb_close(source->mmdb);
	cs_place_table_clear(&source->table);
	cs_sectors_free(source->sectors);
}

void cs_places_close(struct cs_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < places->n; i++)
		clear_source(&places->sources[i]);
	free(places->sources);
	cs_arena_clear(&places->names);
	free(places);
}

/* --- adding --- */

static enum cs_err say(char why[CS_PLACES_WHY], enum cs_err err, const char *path,
		       const char *what)
{
	char file[200];

	(void)snprintf(why, CS_PLACES_WHY, "%s: %s",
		       cs_shown(cs_span_str(path), file, sizeof(file)), what);
	return err;
}

/* "FILE:LINE: 'text': want ...". */
static enum cs_err say_line(char why[CS_PLACES_WHY], enum cs_err err, const char *path,
			    const struct cs_place_fault *fault)
{
	char file[200], shown[96] = "";

	(void)cs_shown(cs_span_str(path), file, sizeof(file));
	if (!fault->want)
		return say(why, err, path, cs_strerror(err));
	if (fault->bad.ptr)
		(void)cs_shown(fault->bad, shown, sizeof(shown));
	(void)snprintf(why, CS_PLACES_WHY, "%s:%" PRIu64 ": %s%s%swant %s", file,
		       fault->line, fault->bad.ptr ? "'" : "", shown,
		       fault->bad.ptr ? "': " : "", fault->want);
	return err;
}

static enum cs_err not_ours(char why[CS_PLACES_WHY], const char *path,
			    struct cs_span text)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b };

	if (text.len > sizeof(gzip) && memcmp(text.ptr, gzip, sizeof(gzip)) == 0)
		return say(why, CS_ERR_FOREIGN, path,
			   "compressed: want it unpacked (gunzip)");
	return say(why, CS_ERR_FOREIGN, path,
		   text.len == 0 ? "an empty file"
				 : "of no form that is known (cut short?): want an MMDB, "
				   "pfx2as, a RIS dump, IPtoASN or tor-geoipdb");
}

static enum cs_err add_text(struct source *source, struct cs_span text, const char *path,
			    char why[CS_PLACES_WHY])
{
	const struct cs_place_form *form;
	struct cs_place_fault fault;
	enum cs_err err = cs_place_read_text(text, &source->table, &form,
					     &source->note.records, &fault);

	if (err == CS_ERR_FOREIGN)
		return not_ours(why, path, text);
	if (err)
		return say_line(why, err, path, &fault);
	source->has_table = true;
	source->note.form = form->name;
	return CS_OK;
}

static enum cs_err slurp(FILE *file, const char *path, uint8_t **bytes, size_t *len,
			 char why[CS_PLACES_WHY])
{
	enum cs_err err = cs_slurp(file, bytes, len);

	if (!err)
		return CS_OK;
	if (err == CS_ERR_IO)
		return say(why, cs_err_of_file(errno), path, strerror(errno));
	if (err == CS_ERR_FULL)
		return say(why, CS_ERR_IO, path, "too large: want at most 1 GiB");
	return say(why, err, path, cs_strerror(err));
}

static enum cs_err add_geoip(struct source *source, FILE *file, const char *path,
			     char why[CS_PLACES_WHY])
{
	uint8_t *bytes = NULL;
	size_t len;
	enum cs_err err;

	if (cs_mmdb_is(file)) {
		err = cs_mmdb_open(path, &source->mmdb, why);
		if (err)
			return err;
		source->note.form = "MMDB";
		cs_mmdb_note(source->mmdb, &source->note);
		return CS_OK;
	}
	err = slurp(file, path, &bytes, &len, why);
	if (!err)
		err = add_text(source, cs_span_of(bytes, len), path, why);
	free(bytes);
	return err;
}

static enum cs_err add_sector(struct source *source, FILE *file, const char *path,
			      char why[CS_PLACES_WHY])
{
	uint8_t *bytes = NULL;
	size_t len;
	enum cs_err err = slurp(file, path, &bytes, &len, why);

	if (!err)
		err = cs_sectors_read(bytes, len, path, &source->sectors, why);
	free(bytes);
	if (err)
		return err;
	source->note.form = "sector";
	source->note.records = cs_sectors_count(source->sectors);
	return CS_OK;
}

typedef enum cs_err add_fn(struct source *source, FILE *file, const char *path,
			   char why[CS_PLACES_WHY]);

/* The file's own date, where it does not say one itself. */
static void date(struct source *source, FILE *file)
{
	struct stat st;

	if (source->note.built_us == 0 && fstat(fileno(file), &st) == 0)
		source->note.built_us = (int64_t)st.st_mtim.tv_sec * CS_US_PER_S;
}

static enum cs_err make_room(struct cs_places *places)
{
	size_t cap = places->cap ? 2 * places->cap : 4;
	struct source *more;

	if (places->n < places->cap)
		return CS_OK;
	more = realloc(places->sources, cap * sizeof(*more));
	if (!more)
		return CS_ERR_NOMEM;
	places->sources = more;
	places->cap = cap;
	return CS_OK;
}

static enum cs_err add_file(struct cs_places *places, const char *path, add_fn *read,
			    char why[CS_PLACES_WHY])
{
	struct source source = { .note = { .type = "" } };
	FILE *file;
	enum cs_err err;

	if (places->n >= MOST_SOURCES)
		return say(why, CS_ERR_RANGE, path, "too many files: want at most 64");
	source.note.file = cs_arena_text(&places->names, cs_span_str(path));
	if (!source.note.file || make_room(places))
		return say(why, CS_ERR_NOMEM, path, cs_strerror(CS_ERR_NOMEM));
	file = fopen(path, "re");
	if (!file)
		return say(why, cs_err_of_file(errno), path, strerror(errno));
	err = read(&source, file, path, why);
	date(&source, file);
	(void)fclose(file); /* only read from */
	if (err)
		clear_source(&source);
	else
		places->sources[places->n++] = source;
	return err;
}

enum cs_err cs_places_add_geoip(struct cs_places *places, const char *path,
				char why[CS_PLACES_WHY])
{
	return add_file(places, path, add_geoip, why);
}

enum cs_err cs_places_add_sector(struct cs_places *places, const char *path,
				 char why[CS_PLACES_WHY])
{
	return add_file(places, path, add_sector, why);
}

static enum cs_err add_if_there(struct cs_places *places, const char *path, bool *any,
				char why[CS_PLACES_WHY])
{
	struct stat st;

	if (stat(path, &st))
		return CS_OK;
	*any = true;
	return cs_places_add_geoip(places, path, why);
}

enum cs_err cs_places_add_default(struct cs_places *places, char why[CS_PLACES_WHY])
{
	bool any = false;
	enum cs_err err = add_if_there(places, TOR_GEOIP, &any, why);

	if (!err)
		err = add_if_there(places, TOR_GEOIP6, &any, why);
	if (!err && !any)
		return say(
			why, CS_ERR_NOT_FOUND, TOR_GEOIP,
			"not installed: want the package tor-geoipdb, or --geoip FILE");
	return err;
}

/* --- asking --- */

bool cs_places_empty(const struct cs_places *places)
{
	return places->n == 0;
}

static const struct cs_place *find_in(struct cs_places *places, struct source *source,
				      const struct cs_addr *ip, struct cs_place *room)
{
	bool damaged = false;
	const struct cs_place *found = NULL;

	if (source->mmdb)
		found = cs_mmdb_find(source->mmdb, ip, room, &damaged);
	else if (source->has_table)
		found = cs_place_table_find(&source->table, ip);
	if (damaged)
		atomic_fetch_add_explicit(&places->damaged, 1, memory_order_relaxed);
	return found;
}

static void take_text(struct cs_span *to, struct cs_span from)
{
	if (to->len == 0)
		*to = from;
}

/*
 * Adds what is not known yet. A name belongs to its number, and a region and a
 * city to their country: none comes from a file that says another one.
 */
static void add_place(struct cs_place *to, const struct cs_place *more)
{
	if (!to->asn)
		to->asn = more->asn;
	if (!more->asn || more->asn == to->asn)
		take_text(&to->as_name, more->as_name);
	take_text(&to->geo, more->geo);
	if (more->geo.len > 0 && !cs_span_eq(more->geo, to->geo))
		return;
	if (to->region.len == 0 && to->city.len == 0) {
		to->region = more->region;
		to->city = more->city;
	}
}

static void add_sectors(struct cs_place *to, const struct cs_place *more)
{
	if (!to->naics)
		to->naics = more->naics;
	take_text(&to->sector, more->sector);
	take_text(&to->owner, more->owner);
}

static void renew_text(struct cs_span *to, struct cs_span from)
{
	if (from.len > 0)
		*to = from;
}

/* What hangs on a number or a country that is another one by now goes with it. */
static void renew(struct cs_place *place, const struct cs_place *found)
{
	if (found->asn && found->asn != place->asn)
		place->as_name = (struct cs_span){ 0 };
	if (found->geo.len > 0 && !cs_span_eq(found->geo, place->geo))
		place->region = place->city = (struct cs_span){ 0 };
	if (found->region.len > 0 || found->city.len > 0) {
		place->region = found->region;
		place->city = found->city;
	}
	if (found->asn)
		place->asn = found->asn;
	if (found->naics)
		place->naics = found->naics;
	renew_text(&place->geo, found->geo);
	renew_text(&place->as_name, found->as_name);
	renew_text(&place->sector, found->sector);
	renew_text(&place->owner, found->owner);
}

void cs_places_find(struct cs_places *places, const struct cs_addr *ip,
		    struct cs_place *place)
{
	struct cs_place found = { 0 }, room;

	for (size_t i = 0; i < places->n; i++) {
		const struct cs_place *more =
			find_in(places, &places->sources[i], ip, &room);

		if (more)
			add_place(&found, more);
	}
	for (size_t i = 0; i < places->n; i++) {
		const struct source *source = &places->sources[i];

		if (!source->sectors)
			continue;
		room = cs_sectors_find(source->sectors, ip,
				       found.asn ? found.asn : place->asn);
		add_sectors(&found, &room);
	}
	renew(place, &found);
}

uint64_t cs_places_damaged(const struct cs_places *places)
{
	return atomic_load_explicit(&places->damaged, memory_order_relaxed);
}

bool cs_places_source(const struct cs_places *places, size_t i,
		      struct cs_source_note *note)
{
	if (i >= places->n)
		return false;
	*note = places->sources[i].note;
	return true;
}
