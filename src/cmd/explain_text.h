/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_text: a verdict as one screen for people, from its JSON: the verdict first,
 * then when, because of what, what was answered, who, what to do, how sure.
 */
#pragma once

#include <stdio.h>

#include "cmd/explain_cases.h"

/* CS_ERR_DAMAGED: @json is no verdict; CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_explain_text(FILE *to, const char *json,
					const struct cs_explain_cases *cases,
					bool colour);
