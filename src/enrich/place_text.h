/* SPDX-License-Identifier: Apache-2.0 */
/* place_text: what texts of places have in common, whichever file they are in. */
#pragma once

#include "base/rd.h"

enum { CS_PLACE_TEXT = 255 /* bytes of a name that are kept */ };

/*
 * @text as a country's code: two letters of either case become upper-case ones in
 * static storage; everything else ("??", "A1", a name) is the empty span.
 */
struct cs_span cs_place_code(struct cs_span text);

/*
 * @text as a name: cut before the character that would go over CS_PLACE_TEXT bytes;
 * empty if there is a NUL in it.
 */
struct cs_span cs_place_name(struct cs_span text);

/* "13335" or "AS13335"; 0..2^32-1. */
CS_MUST_USE bool cs_place_asn(struct cs_span text, uint32_t *asn);
