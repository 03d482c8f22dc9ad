/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts differ from maker to maker, so each field has a list of paths, tried
 * in order. A path is tried only in a file that has its words somewhere, and a
 * record that was read is kept: many networks share one.
 */
#include "enrich/places_mmdb.h"

#include <errno.h>
#include <maxminddb.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/shown.h"
#include "enrich/place_text.h"

enum field { ASN, AS_NAME, GEO, REGION, CITY, FIELDS };

enum {
	PATH_LEN = 5,
	SLOTS_BITS = 16,
	SLOTS = 1 << SLOTS_BITS, /* records that are kept; a city file has more */
	TAIL = 128 * 1024,       /* the format: metadata begins in the last so many */
};

/* GeoLite2, DB-IP: nested. ip-location-db: flat. IPinfo: flat, "AS13335". */
static const struct {
	enum field field;
	const char *path[PATH_LEN]; /* ends with NULL */
} paths[] = {
	{ ASN, { "autonomous_system_number" } },
	{ ASN, { "asn" } },
	{ ASN, { "traits", "autonomous_system_number" } },
	{ AS_NAME, { "autonomous_system_organization" } },
	{ AS_NAME, { "as_name" } },
	{ AS_NAME, { "as_organization" } },
	{ AS_NAME, { "traits", "autonomous_system_organization" } },
	{ GEO, { "country", "iso_code" } },
	{ GEO, { "country_code" } },
	{ GEO, { "country" } },
	{ REGION, { "subdivisions", "0", "names", "en" } },
	{ REGION, { "subdivisions", "0", "iso_code" } },
	{ REGION, { "region" } },
	{ REGION, { "region_name" } },
	{ REGION, { "state1" } },
	{ CITY, { "city", "names", "en" } },
	{ CITY, { "city" } },
	{ CITY, { "city_name" } },
};

/*
 * A record that was read. The key is 0 while the slot is free, 1 while somebody
 * fills it, else where the record is, plus KEY_FIRST; it is set last and never
 * changes again, so readers need no lock.
 */
enum { KEY_FREE, KEY_BUSY, KEY_FIRST };

struct slot {
	_Atomic uint64_t key;
	bool damaged;
	struct cs_place place;
};

struct cs_mmdb {
	MMDB_s mmdb;
	bool has[CS_LEN(paths)]; /* the words of the path stand in the file */
	struct slot *slots;
};

/* --- opening --- */

bool cs_mmdb_is(FILE *file)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";
	char *tail = malloc(TAIL);
	bool is = false;

	if (tail &&
	    (fseek(file, -TAIL, SEEK_END) == 0 || fseek(file, 0, SEEK_SET) == 0)) {
		size_t n = fread(tail, 1, TAIL, file);

		is = memmem(tail, n, marker, sizeof(marker) - 1) != NULL;
	}
	free(tail);
	(void)fseek(file, 0, SEEK_SET); /* a pipe stays where it is */
	return is;
}

/* Whether the data section has @word as a string: its length, then its bytes. */
static bool has_word(const MMDB_s *mmdb, const char *word)
{
	enum { STRING = 2 << 5, LONG = 29, MOST = 64 };
	size_t len = strlen(word), head = len < LONG ? 1 : 2;
	uint8_t needle[MOST];

	needle[0] = (uint8_t)(STRING | (len < LONG ? len : LONG));
	if (len >= LONG)
		needle[1] = (uint8_t)(len - LONG);
	for (size_t i = 0; i < len; i++)
		needle[head + i] = (uint8_t)word[i];
	return memmem(mmdb->data_section, mmdb->data_section_size, needle, head + len) !=
	       NULL;
}

static bool has_path(const MMDB_s *mmdb, const char *const *path)
{
	for (; *path; path++)
		if (strcmp(*path, "0") != 0 && !has_word(mmdb, *path))
			return false;
	return true;
}

static enum cs_err is_foreign(const struct cs_mmdb *db, const char *path,
			      char why[CS_PLACES_WHY])
{
	const char *type = db->mmdb.metadata.database_type;
	char file[200], shown[100];

	(void)snprintf(
		why, CS_PLACES_WHY,
		"%s: an MMDB of type '%s' that has no ASN, country, region or city: "
		"want one that has",
		cs_shown(cs_span_str(path), file, sizeof(file)),
		cs_shown(cs_span_str(type ? type : ""), shown, sizeof(shown)));
	return CS_ERR_FOREIGN;
}

static enum cs_err cannot_open(int status, const char *path, char why[CS_PLACES_WHY])
{
	bool of_system = status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR;
	char file[200];

	(void)cs_shown(cs_span_str(path), file, sizeof(file));
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		(void)snprintf(why, CS_PLACES_WHY, "%s: out of memory", file);
	else if (of_system)
		(void)snprintf(why, CS_PLACES_WHY, "%s: %s", file, strerror(errno));
	else
		(void)snprintf(why, CS_PLACES_WHY,
			       "%s: a damaged MMDB (%s): want it fetched again", file,
			       MMDB_strerror(status));
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		return CS_ERR_NOMEM;
	return of_system ? CS_ERR_IO : CS_ERR_DAMAGED;
}

static enum cs_err look_for_paths(struct cs_mmdb *db, const char *path,
				  char why[CS_PLACES_WHY])
{
	bool any = false;

	for (size_t i = 0; i < CS_LEN(paths); i++) {
		db->has[i] = has_path(&db->mmdb, paths[i].path);
		any |= db->has[i];
	}
	return any ? CS_OK : is_foreign(db, path, why);
}

enum cs_err cs_mmdb_open(const char *path, struct cs_mmdb **out, char why[CS_PLACES_WHY])
{
	struct cs_mmdb *db = calloc(1, sizeof(*db));
	enum cs_err err;
	int status;

	*out = NULL;
	if (!db)
		return cannot_open(MMDB_OUT_OF_MEMORY_ERROR, path, why);
	status = MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb);
	if (status != MMDB_SUCCESS) {
		free(db);
		return cannot_open(status, path, why);
	}
	db->slots = calloc(SLOTS, sizeof(*db->slots));
	err = db->slots ? look_for_paths(db, path, why)
			: cannot_open(MMDB_OUT_OF_MEMORY_ERROR, path, why);
	if (err) {
		cs_mmdb_close(db);
		return err;
	}
	*out = db;
	return CS_OK;
}

void cs_mmdb_close(struct cs_mmdb *db)
{
	if (!db)
		return;
	MMDB_close(&db->mmdb);
	free(db->slots);
	free(db);
}

void cs_mmdb_note(const struct cs_mmdb *db, struct cs_source_note *note)
{
	const MMDB_metadata_s *about = &db->mmdb.metadata;
	const uint64_t most = INT64_MAX / 1000000;
	uint64_t built = about->build_epoch < most ? about->build_epoch : 0;

	note->type = about->database_type ? about->database_type : "";
	note->built_us = (int64_t)built * 1000000;
}

/* --- a record --- */

static struct cs_span text_in(const MMDB_entry_data_s *data)
{
	if (data->type != MMDB_DATA_TYPE_UTF8_STRING)
		return (struct cs_span){ 0 };
	return cs_span_of(data->utf8_string, data->data_size);
}

static uint32_t asn_in(const MMDB_entry_data_s *data)
{
	uint32_t asn = 0;

	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		return data->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return data->uint32;
	case MMDB_DATA_TYPE_UINT64:
		return data->uint64 <= UINT32_MAX ? (uint32_t)data->uint64 : 0;
	default:
		return cs_place_asn(text_in(data), &asn) ? asn : 0;
	}
}

/* False when @data is of no use for the field: the next path is tried. */
static bool take(enum field field, const MMDB_entry_data_s *data, struct cs_place *out)
{
	struct cs_span name = cs_place_name(text_in(data));

	switch (field) {
	case ASN:
		out->asn = asn_in(data);
		return out->asn != 0;
	case AS_NAME:
		out->as_name = name;
		return name.len > 0;
	case GEO:
		out->geo = cs_place_code(text_in(data));
		return out->geo.len > 0;
	case REGION:
		out->region = name;
		return name.len > 0;
	case CITY:
		out->city = name;
		return name.len > 0;
	case FIELDS:
		break;
	}
	return false;
}

/* A path that the record does not have is no damage. */
static bool is_damage(int status)
{
	return status != MMDB_SUCCESS && status != MMDB_INVALID_LOOKUP_PATH_ERROR &&
	       status != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR;
}

/* False when the record is damaged: @out then knows nothing. */
static bool read_record(const struct cs_mmdb *db, MMDB_entry_s *entry,
			struct cs_place *out)
{
	bool known[FIELDS] = { false };

	*out = (struct cs_place){ 0 };
	for (size_t i = 0; i < CS_LEN(paths); i++) {
		MMDB_entry_data_s data = { 0 };
		int status;

		if (!db->has[i] || known[paths[i].field])
			continue;
		status = MMDB_aget_value(entry, &data, paths[i].path);
		if (is_damage(status)) {
			*out = (struct cs_place){ 0 };
			return false;
		}
		if (status == MMDB_SUCCESS && data.has_data)
			known[paths[i].field] = take(paths[i].field, &data, out);
	}
	return true;
}

/* --- look-up --- */

static struct slot *slot_of(const struct cs_mmdb *db, uint32_t offset)
{
	return &db->slots[(offset * UINT32_C(0x9e3779b1)) >> (32 - SLOTS_BITS)];
}

/* The record at @entry, kept from earlier or read now. */
static const struct cs_place *record_at(const struct cs_mmdb *db, MMDB_entry_s *entry,
					struct cs_place *room, bool *damaged)
{
	struct slot *slot = slot_of(db, entry->offset);
	uint64_t key = (uint64_t)entry->offset + KEY_FIRST, free_key = KEY_FREE;
	uint64_t seen = atomic_load_explicit(&slot->key, memory_order_acquire);

	if (seen == key) {
		*damaged = slot->damaged;
		return &slot->place;
	}
	*damaged = !read_record(db, entry, room);
	if (seen == KEY_FREE &&
	    atomic_compare_exchange_strong(&slot->key, &free_key, KEY_BUSY)) {
		slot->place = *room;
		slot->damaged = *damaged;
		atomic_store_explicit(&slot->key, key, memory_order_release);
	}
	return room;
}

static MMDB_lookup_result_s look_up(const MMDB_s *mmdb, const struct cs_addr *ip,
				    int *status)
{
	struct sockaddr_storage to;

	(void)cs_addr_to_sockaddr(ip, 0, 0, &to);
	return MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)&to, status);
}

const struct cs_place *cs_mmdb_find(struct cs_mmdb *db, const struct cs_addr *ip,
				    struct cs_place *room, bool *damaged)
{
	int status = MMDB_SUCCESS;
	MMDB_lookup_result_s found = look_up(&db->mmdb, ip, &status);

	*damaged = false;
	if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
		return NULL;
	if (status != MMDB_SUCCESS) {
		*damaged = true;
		return NULL;
	}
	return found.found_entry ? record_at(db, &found.entry, room, damaged) : NULL;
}
