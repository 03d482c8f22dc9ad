/* SPDX-License-Identifier: Apache-2.0 */
/* pasted_own: what the files of pasted.h share. */
#pragma once

#include "watch/pasted.h"

/* Digits alone. False: they are not, or have no reading. */
CS_MUST_USE bool cs_pasted_digits(struct cs_span text, struct cs_pasted *out);

/*
 * Four numbers, and perhaps a length, with blanks, commas or dashes where dots were. False,
 * with @out untouched: they are not.
 */
CS_MUST_USE bool cs_pasted_numbers(struct cs_span text, struct cs_pasted *out);

/*
 * One word with what may stand around it. @names: it may be a name, or digits, too.
 * False, with @out untouched: it is neither.
 */
CS_MUST_USE bool cs_pasted_word(struct cs_span word, bool names, struct cs_pasted *out);
