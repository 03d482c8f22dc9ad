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

/* How a word may be read. */
enum {
	CS_WORD_NAME = 1,     /* it may be a name, or digits, too */
	CS_WORD_OF_LINE = 2,  /* "192.0.2.7/80" has a port, "192.0.2.7.http" a service */
	CS_WORD_ENDPOINT = 4, /* so has "192.0.2.7/20" */
};

/*
 * One word with what may stand around it, as CS_WORD_* allow. False, with @out untouched:
 * it is nothing of the kind.
 */
CS_MUST_USE bool cs_pasted_word(struct cs_span word, unsigned how, struct cs_pasted *out);

/* "7.2.0.192.in-addr.arpa", its ip6.arpa kin, and those of prefixes. False: it is none. */
CS_MUST_USE bool cs_pasted_arpa(struct cs_span text, struct cs_prefix *out);

/* What stands before a word. */
enum cs_pasted_arrow {
	CS_ARROW_NONE,
	CS_ARROW_TIGHT, /* ">" without a blank or a tail: it may be a bracket */
	CS_ARROW_RIGHT,
	CS_ARROW_LEFT,
	CS_ARROW_BOTH,
};

struct cs_pasted_token {
	struct cs_span text;
	enum cs_pasted_arrow arrow;
};

/* Takes the next word off @left. False at the end. */
CS_MUST_USE bool cs_pasted_next(struct cs_span *left, struct cs_pasted_token *out);

/*
 * Finds the first key of @stems ("src": SRC=, srcip=, "src.ip":, and the like) that has
 * an address behind it. False, with @out untouched: none has; then @unread is what stands
 * behind the first that has a host there.
 */
CS_MUST_USE bool cs_pasted_key(struct cs_span text, const char *const stems[],
			       size_t n_stems, struct cs_pasted *out,
			       struct cs_span *word, struct cs_span *unread);

/* Whether @word is no address but looks like somebody's: "sensor.example", "192.0.2.777". */
CS_MUST_USE bool cs_pasted_is_somebody(struct cs_span word);
