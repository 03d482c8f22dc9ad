/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What JSON says of a result in the same words wherever it stands: in a row of a scan,
 * and on the page.
 */
#pragma once

#include "out/json.h"
#include "probe/enriched.h"
#include "probe/result.h"

/* "full", "port", "report"; static storage. */
const char *cs_match_name(enum cs_match match);

/* "stack": its family, confidence and reason; null where none was recognised. */
void cs_json_put_stack(struct cs_json *j, const struct cs_judgement *judgement);

/* "tags": the cell "a;b;c" as a list of its words. */
void cs_json_put_tags(struct cs_json *j, struct cs_span cell);
