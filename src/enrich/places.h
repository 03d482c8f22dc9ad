/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places: files that say whose and where an address is, asked together. The
 * form of a file is told by its content, never by its name:
 *
 *   MMDB         any layout: fields are found by a list of paths (places_mmdb.c)
 *   pfx2as       CAIDA: prefix TAB length TAB asn ("1_2" and "1,2" give the first)
 *   RIS dump     RIPE: asn TAB prefix TAB peers, % comments
 *   IPtoASN      TSV: start end asn CC name
 *   tor-geoipdb  low,high,CC as integers (IPv4) or texts (IPv6), # comments
 *
 * Where several files know a field, the first file given that knows it wins
 * (a name only with the same number, a city only with the same country);
 * inside a routing file the longest prefix does. Everything is opened and read
 * by cs_places_add_*(): afterwards, in a jail, no file is touched. An object may be
 * asked by several threads at a time once nothing is added any more.
 */
#pragma once

#include "base/addr.h"
#include "probe/enriched.h"

struct cs_places;

enum { CS_PLACES_WHY = 512 };

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_places_open(struct cs_places **out);
void cs_places_close(struct cs_places *places);

/*
 * Adds a file of any of the forms above. On error @why is one line: file, for
 * text forms its line, what, what would be right.
 * CS_ERR_NOT_FOUND (no such file), CS_ERR_IO, CS_ERR_NOMEM
 * CS_ERR_FOREIGN  none of these forms, or an MMDB without a field of use
 * CS_ERR_DAMAGED  an MMDB that does not hold together
 * CS_ERR_SYNTAX, CS_ERR_RANGE  a line of a text form
 */
CS_MUST_USE enum cs_err cs_places_add_geoip(struct cs_places *places, const char *path,
					    char why[CS_PLACES_WHY]);

/*
 * Adds a sector file: CSV with a header that names its columns, `prefix` or
 * `asn` (or both, one filled in each row), and any of `naics`, `sector`,
 * `owner`. A prefix wins over an ASN, a longer prefix over a shorter; the same key
 * twice with other values is an error. Errors as above, with file and line.
 */
CS_MUST_USE enum cs_err cs_places_add_sector(struct cs_places *places, const char *path,
					     char why[CS_PLACES_WHY]);

/* Adds Debian's tor-geoipdb where it is installed; CS_ERR_NOT_FOUND where not. */
CS_MUST_USE enum cs_err cs_places_add_default(struct cs_places *places,
					      char why[CS_PLACES_WHY]);

/* True when nothing was added: then there is nothing to ask. */
bool cs_places_empty(const struct cs_places *places);

/*
 * Overwrites the fields of @place that are known of @ip; the others stay, but
 * for the name of an AS number, and region and city of a country, that changes
 * here. The spans are borrowed from @places and live as long. A record of a database that
 * is damaged inside knows nothing, and is counted.
 */
void cs_places_find(struct cs_places *places, const struct cs_addr *ip,
		    struct cs_place *place);

/* How many look-ups met a record that could not be read, so far. */
uint64_t cs_places_damaged(const struct cs_places *places);

/* Which files are asked, for whoever reads the report: cs_places_source(0..). */
struct cs_source_note {
	const char *file; /* as it was given */
	const char *
		form; /* "MMDB", "pfx2as", "RIS dump", "IPtoASN", "tor-geoipdb", "sector" */
	const char *type; /* an MMDB's database_type; else "" */
	int64_t built_us; /* build date of an MMDB, else the file's own date */
	uint64_t records; /* ranges or prefixes read; 0 for an MMDB */
};

/* False behind the last. Lives as long as @places. */
CS_MUST_USE bool cs_places_source(const struct cs_places *places, size_t i,
				  struct cs_source_note *note);
