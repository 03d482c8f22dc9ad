/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_verdict: verdicts as JSON lines, coapscope.verdict/1. Write errors are left in
 * the stream.
 */
#pragma once

#include "out/json.h"
#include "watch/verdict.h"

/* One line. */
void cs_write_verdict(FILE *to, const struct cs_verdict *verdict);

/* The same object without the line's end, as a value of another (EVE's alerts). */
void cs_write_verdict_in(struct cs_json *j, const struct cs_verdict *verdict);

/* And as text, the caller's to free(); NULL: memory is out. @len may be NULL. */
char *cs_verdict_json(const struct cs_verdict *verdict, size_t *len);
