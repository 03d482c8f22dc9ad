/* SPDX-License-Identifier: Apache-2.0 */
/* What places.c, and nobody else, shares with the readers of its files. */
#pragma once

#include "enrich/place_table.h"
#include "enrich/places.h"

struct cs_sectors;

/*
 * sector.c: reads the CSV in @text, which is written to.
 * CS_ERR_FOREIGN  its header lacks what is needed; CS_ERR_SYNTAX, CS_ERR_RANGE a
 * row; CS_ERR_NOMEM. @why is one line with @file in it.
 */
CS_MUST_USE enum cs_err cs_sectors_read(uint8_t *text, size_t len, const char *file,
					struct cs_sectors **out, char why[CS_PLACES_WHY]);
void cs_sectors_free(struct cs_sectors *sectors);
uint64_t cs_sectors_count(const struct cs_sectors *sectors);

/* What the file says of @ip and of @asn (0: unknown): naics, sector and owner. */
struct cs_place cs_sectors_find(const struct cs_sectors *sectors,
				const struct cs_addr *ip, uint32_t asn);
