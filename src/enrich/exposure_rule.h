/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposure_rule: what a list of resources lays open, as two tables: the words
 * that devices use, and what each of them means, how bad that is and why. Pure.
 *
 * A word is compared with a whole segment of a path, without the number at its
 * end ("led", "led2", not "ledger"), with a word of rt, or with a word of if;
 * case does not matter. Names are evidence, not proof: nothing was read or
 * written.
 */
#pragma once

#include "enrich/clue.h"
#include "probe/enriched.h"

/* Worst first; of equals, the one that is said first. */
enum cs_exposure {
	CS_EXPOSES_CREDENTIALS,
	CS_EXPOSES_UPDATE,
	CS_EXPOSES_ACTUATOR,
	CS_EXPOSES_MOVER,
	CS_EXPOSES_CONTROL,
	CS_EXPOSES_PROXY,
	CS_EXPOSES_FIRMWARE,
	CS_EXPOSES_LIGHT,
	CS_EXPOSES_PARAMETER,
	CS_EXPOSES_CONFIG,
	CS_EXPOSES_NETWORK,
	CS_EXPOSES_LWM2M,
	CS_EXPOSES_MANAGEMENT,
	CS_EXPOSES_DIRECTORY,
	CS_EXPOSES_OCF,
	CS_EXPOSES_OBSERVABLE,
	CS_EXPOSURES,
};

struct cs_exposure_rule {
	enum cs_severity severity;
	const char *tag;     /* [a-z0-9-]; several rules may share one */
	const char *because; /* at most CS_EXPOSURE_BECAUSE bytes, printable ASCII */
};

enum { CS_EXPOSURE_BECAUSE = 44 };

extern const struct cs_exposure_rule cs_exposure_rules[CS_EXPOSURES];

/* Where a word stands. */
enum cs_word_in {
	CS_WORD_NAME, /* a segment of a path, or a word of rt */
	CS_WORD_RT,   /* a word of rt; a final * is any rest */
	CS_WORD_IF,   /* a word of if; likewise */
	CS_WORD_PATH, /* a whole path; likewise */
};

struct cs_exposure_word {
	const char *word; /* lower case */
	enum cs_word_in in;
	enum cs_exposure exposes;
};

/* All words of CS_WORD_NAME, and all others. */
const struct cs_exposure_word *cs_exposure_names(size_t *n);
const struct cs_exposure_word *cs_exposure_others(size_t *n);

/* What was found: of each exposure the first link that showed it. */
struct cs_exposures {
	bool found[CS_EXPOSURES];
	struct cs_span where[CS_EXPOSURES]; /* its target, borrowed */
	size_t links;                       /* that were looked at */
};

/* Looks at one link. */
void cs_exposure_look(struct cs_exposures *exposures, const struct cs_link_view *view);
