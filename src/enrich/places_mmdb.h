/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places_mmdb: one MMDB file, whatever its layout. The file is mapped: it may be
 * replaced by rename while it is in use, not written to in place.
 */
#pragma once

#include <stdio.h>

#include "enrich/places.h"

struct cs_mmdb;

/* True when the file that begins where @file stands ends as an MMDB does. */
bool cs_mmdb_is(FILE *file);

/* Errors and @why as cs_places_add_geoip(). */
CS_MUST_USE enum cs_err cs_mmdb_open(const char *path, struct cs_mmdb **out,
				     char why[CS_PLACES_WHY]);
void cs_mmdb_close(struct cs_mmdb *db);

/*
 * What the database knows of @ip: in @room, or elsewhere with the database's
 * life; NULL when it knows nothing or its record is damaged, which sets
 * *@damaged. By any number of threads.
 */
const struct cs_place *cs_mmdb_find(struct cs_mmdb *db, const struct cs_addr *ip,
				    struct cs_place *room, bool *damaged);

/* .type and .built_us. */
void cs_mmdb_note(const struct cs_mmdb *db, struct cs_source_note *note);
