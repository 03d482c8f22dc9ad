/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much to worry: what happened, a row each, the worst first. By all classes that
 * hold, not by the primary one alone: a write that was carried out is no less bad where
 * its sender floods, too.
 */
#include "watch/answer_parts.h"

bool cs_question_is_amplified(const struct cs_question *q)
{
	const struct cs_source *s = q->source;
	uint64_t times = q->threshold->amplified;

	return q->finding->answered &&
	       ((s->most_in > 0 && s->most_out >= times * s->most_in) ||
		(s->bytes_in > 0 && s->bytes_out / times >= s->bytes_in) ||
		cs_question_count(q, CS_OBS_AMPLIFIED) > 0);
}

bool cs_question_is_served(const struct cs_question *q)
{
	return cs_question_count(q, CS_OBS_ANSWERED) >
	       cs_question_count(q, CS_OBS_ANSWERED_ERROR);
}

bool cs_question_is_attacked(const struct cs_question *q)
{
	return q->finding->primary == CS_CLASS_G &&
	       q->reflectors >= q->threshold->reflectors;
}

static bool changed_something(const struct cs_question *q)
{
	return (cs_question_is(q, CS_CLASS_D) || q->finding->primary == CS_CLASS_C1) &&
	       cs_question_count(q, CS_OBS_WRITE_DONE) > 0;
}

static bool was_passed_on(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_D) && cs_question_count(q, CS_OBS_PROXIED) > 0;
}

static bool reflects(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_C1) && cs_question_is_amplified(q);
}

static bool reflects_a_little(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_C1) && q->finding->answered;
}

/* An Empty ACK to a write proves no harmlessness: there are servers that obey so. */
static bool may_control(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_D) &&
	       cs_source_count_range(q->source, CS_OBS_WRITE_ACKED, CS_OBS_NOTIFIED) > 0;
}

/*
 * The answer to an observation, if it does not say that it was granted: more good
 * answers than what else was asked can have had.
 */
static bool may_listen(const struct cs_question *q)
{
	uint32_t observes = cs_question_count(q, CS_OBS_OBSERVE);
	uint32_t good = cs_question_count(q, CS_OBS_ANSWERED) -
			cs_question_count(q, CS_OBS_ANSWERED_ERROR);

	return cs_question_is(q, CS_CLASS_D) && observes > 0 &&
	       (uint64_t)good + observes > q->source->requests;
}

static bool silenced(const struct cs_question *q)
{
	return cs_question_count(q, CS_OBS_SILENCED) > 0;
}

static bool learned_something(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_E) && cs_question_is_served(q);
}

static bool found_amplifier(const struct cs_question *q)
{
	return (cs_question_is(q, CS_CLASS_C2) || cs_question_is(q, CS_CLASS_B)) &&
	       cs_question_is_amplified(q);
}

static bool tried_something(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_C1) || cs_question_is(q, CS_CLASS_F) ||
	       cs_question_is(q, CS_CLASS_D) || cs_question_is(q, CS_CLASS_E) ||
	       cs_question_is(q, CS_CLASS_C2) || cs_question_is(q, CS_CLASS_G);
}

static bool was_answered(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_B) && q->finding->answered;
}

/* Somebody whom nobody listed makes use of what is ours. */
static bool is_unlisted_client(const struct cs_question *q)
{
	return cs_question_is(q, CS_CLASS_H) && !q->source->is_peer &&
	       cs_source_count_range(q->source, CS_OBS_OWN_ANSWER, CS_OBS_PEER) == 0 &&
	       cs_question_count(q, CS_OBS_GROUP) == 0;
}

/* A zero-length Block value is legal: nothing to tell of a listed peer. */
static bool slipped(const struct cs_question *q)
{
	uint32_t faults =
		cs_source_count_range(q->source, CS_OBS_FAULT, CS_OBS_KINDS - 1);
	uint32_t legal = cs_question_count(q, CS_OBS_FAULT + CS_FAULT_BLOCK_EMPTY);

	return cs_question_is(q, CS_CLASS_H) && faults > (q->source->is_peer ? legal : 0);
}

/* More than a scan: the list of resources, asked for once or twice. */
static bool insists(const struct cs_question *q)
{
	const struct cs_source *s = q->source;
	bool many = false;

	for (size_t i = 0; i < s->n_pairs; i++)
		many = many || s->pair[i].run_most >= q->threshold->reflection_pair;
	return cs_question_is(q, CS_CLASS_B) && !q->actor &&
	       (many || cs_source_count_range(s, CS_OBS_READ, CS_OBS_SENSITIVE) > 0);
}

static const struct {
	enum cs_worry worry;
	bool (*when)(const struct cs_question *q);
} rules[] = {
	{ CS_WORRY_ACT_NOW, changed_something },
	{ CS_WORRY_ACT_NOW, was_passed_on },
	{ CS_WORRY_ACT_NOW, reflects },
	{ CS_WORRY_ACT, reflects_a_little },
	{ CS_WORRY_ACT, may_control },
	{ CS_WORRY_ACT, may_listen },
	{ CS_WORRY_ACT, silenced },
	{ CS_WORRY_ACT, cs_question_is_attacked },
	{ CS_WORRY_ACT, learned_something },
	{ CS_WORRY_ACT, found_amplifier },
	{ CS_WORRY_NOTE, tried_something },
	{ CS_WORRY_NOTE, was_answered },
	{ CS_WORRY_NOTE, is_unlisted_client },
	{ CS_WORRY_NOTE, slipped },
	{ CS_WORRY_NOTE, insists },
};

enum cs_worry cs_answer_worry(const struct cs_question *q)
{
	for (size_t i = 0; i < CS_LEN(rules); i++) {
		if (rules[i].when(q))
			return rules[i].worry;
	}
	return CS_WORRY_NONE;
}
