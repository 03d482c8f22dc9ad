/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_links: a list of CoRE links (RFC 6690) as JSON, one shape wherever it
 * stands: [{"target": "/a", "attrs": [["rt", "x"], ["obs", null]]}]. The order
 * is the device's; nothing is resolved, sorted or left out.
 */
#pragma once

#include "out/json.h"

/*
 * Writes the array of the links in @text: all up to where it can no longer be
 * followed, [] when there are none. An attribute's value is without its quotes
 * and quoted-pairs, null where the attribute has none.
 */
void cs_json_links(struct cs_json *j, struct cs_span text);
