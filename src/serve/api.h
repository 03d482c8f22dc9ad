/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api: what the methods of the Reports API do alike: read the request, see who
 * asks, begin the answer.
 */
#pragma once

#include "out/json.h"
#include "serve/api_query.h"
#include "serve/route.h"

/*
 * Reads the request and checks its signature. False when the answer is an error,
 * which then stands in @r.
 */
CS_MUST_USE bool cs_api_enter(struct cs_request *r, struct cs_api_query *query);

/* Begins a JSON answer; false when memory is out, which is then the answer. */
CS_MUST_USE bool cs_api_begin(struct cs_request *r, struct cs_json *j);
