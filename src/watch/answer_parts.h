/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an answer, one idea each: for answer.c alone. */
#pragma once

#include "watch/judge.h"

/* All that an answer follows from. */
struct cs_question {
	const struct cs_source *source;
	const struct cs_finding *finding;
	const struct cs_threshold *threshold;
	const struct cs_actor *actor; /* NULL: nobody known */
	uint32_t reflectors;
};

/* Whether @class_ holds; of own traffic nothing worse is said that may hold as well. */
static inline bool cs_question_is(const struct cs_question *q, enum cs_class class_)
{
	if (q->finding->primary == CS_CLASS_H && class_ != CS_CLASS_H &&
	    class_ != CS_CLASS_G)
		return false;
	return q->finding->classes >> class_ & 1;
}

static inline uint32_t cs_question_count(const struct cs_question *q, enum cs_obs kind)
{
	return cs_source_count(q->source, kind);
}

/* An answer of ours had .amplified times the bytes of its question, or more. */
bool cs_question_is_amplified(const struct cs_question *q);

/* Answered with what was asked for, not with an error. */
bool cs_question_is_served(const struct cs_question *q);

/* Unasked answers of so many hosts that we are being attacked. */
bool cs_question_is_attacked(const struct cs_question *q);

enum cs_worry cs_answer_worry(const struct cs_question *q);

/* One sentence each; @next: a command line, or advice. */
void cs_answer_what(const struct cs_question *q, char out[CS_ANSWER_TEXT]);
void cs_answer_change(const struct cs_question *q, char out[CS_ANSWER_TEXT]);
void cs_answer_next(const struct cs_question *q, enum cs_worry worry,
		    char out[CS_ANSWER_TEXT]);
