/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources_json: what a day was enriched by, as the store has it (a text of JSON that
 * enrich and import wrote), written as part of other JSON.
 */
#pragma once

#include "out/json.h"

/*
 * Writes @about as an object with the words that we know, in their order; as a string
 * where it is no object: files of a store are not trusted.
 */
void cs_sources_write_json(struct cs_json *j, struct cs_span about);
