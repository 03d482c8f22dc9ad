/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: from what is known of a source to what it is: the classes, and then the
 * answer for people: how much to worry, how sure, because of what, what would change
 * it, and the one next step. Pure. docs/guide says the rules in words.
 */
#pragma once

#include "watch/source.h"
#include "watch/threshold.h"
#include "watch/track.h"

/* In the order of evaluation; A is an actor, never a class. */
enum cs_class {
	CS_CLASS_H,  /* own traffic */
	CS_CLASS_G,  /* backscatter */
	CS_CLASS_C1, /* reflection in a victim's name */
	CS_CLASS_F,  /* malformed */
	CS_CLASS_D,  /* attempt to control */
	CS_CLASS_E,  /* enumeration */
	CS_CLASS_C2, /* test of an amplifier */
	CS_CLASS_B,  /* scan */
	CS_CLASS_I,  /* not CoAP */
	CS_CLASSES,
};

const char *cs_class_name(enum cs_class class_); /* "C1" */
const char *cs_class_text(enum cs_class class_); /* "reflection attempt" */

enum cs_worry { CS_WORRY_NONE, CS_WORRY_NOTE, CS_WORRY_ACT, CS_WORRY_ACT_NOW };

const char *cs_worry_name(enum cs_worry worry); /* "act_now" */
const char *cs_worry_text(enum cs_worry worry); /* "act now" */

/* What a source is; without who it is. */
struct cs_finding {
	enum cs_class primary;
	uint16_t classes;   /* bit i: class i holds */
	bool victim;        /* its address is (probably) forged: it is who is hit */
	bool inherited;     /* by its prefix */
	bool answered;      /* by a message with a response code */
	uint8_t confidence; /* percent */
	uint8_t n_because;
	uint8_t because[CS_SOURCE_OBS]; /* enum cs_obs, what weighed most first */
};

/*
 * @prefix is the state of the prefix that @source belongs to, or NULL. @alone: a
 * resource that it asked for was asked for by nobody else.
 */
void cs_classify(const struct cs_source *source, const struct cs_source *prefix,
		 bool alone, const struct cs_threshold *threshold,
		 struct cs_finding *out);

/* Who a source is said to be (enrich/scanner.h fills it). Text is borrowed. */
struct cs_actor {
	struct cs_span name; /* empty: nobody known */
	struct cs_span kind; /* "research", "search engine", "security company" ... */
	bool by_list, by_name;
	int64_t date_us;         /* of the list, or of when the name was confirmed */
	struct cs_span hostname; /* forward-confirmed; or empty */
};

enum { CS_ANSWER_TEXT = 320 };

/* The answer: what is said to people beside the finding. */
struct cs_answer {
	enum cs_worry worry;
	uint8_t confidence; /* percent; the finding's, less what an old list takes off */
	char what[CS_ANSWER_TEXT];         /* one sentence */
	char would_change[CS_ANSWER_TEXT]; /* one sentence */
	char next[CS_ANSWER_TEXT];         /* a command line of coapscope, or advice */
};

/* @actor may be NULL. @now_us: for the age of lists; 0: not judged. */
void cs_answer(const struct cs_source *source, const struct cs_finding *finding,
	       const struct cs_surroundings *around, const struct cs_actor *actor,
	       const struct cs_threshold *threshold, int64_t now_us,
	       struct cs_answer *out);
