/* SPDX-License-Identifier: Apache-2.0 */
/* The answer for people, put together; and the names of classes and levels. */
#include "watch/answer_parts.h"

enum {
	YEAR_DAYS = 365,
	OLD_TAKES = 10, /* percent that a list loses that is older than it should be */
	VERY_OLD_TAKES = 20, /* ... than a year */
};

#define US_PER_DAY (INT64_C(86400) * 1000000)

static const struct {
	const char *name;
	const char *text;
} classes[CS_CLASSES] = {
	[CS_CLASS_H] = { "H", "own traffic" },
	[CS_CLASS_G] = { "G", "backscatter" },
	[CS_CLASS_C1] = { "C1", "reflection attempt" },
	[CS_CLASS_F] = { "F", "malformed" },
	[CS_CLASS_D] = { "D", "control attempt" },
	[CS_CLASS_E] = { "E", "enumeration" },
	[CS_CLASS_C2] = { "C2", "amplifier test" },
	[CS_CLASS_B] = { "B", "scan" },
	[CS_CLASS_I] = { "I", "not CoAP" },
};

const char *cs_class_name(enum cs_class class_)
{
	return (unsigned)class_ < CS_CLASSES ? classes[class_].name : "?";
}

const char *cs_class_text(enum cs_class class_)
{
	return (unsigned)class_ < CS_CLASSES ? classes[class_].text : "unknown";
}

static const struct {
	const char *name;
	const char *text;
} worries[] = {
	[CS_WORRY_NONE] = { "none", "none" },
	[CS_WORRY_NOTE] = { "note", "note" },
	[CS_WORRY_ACT] = { "act", "act" },
	[CS_WORRY_ACT_NOW] = { "act_now", "act now" },
};

const char *cs_worry_name(enum cs_worry worry)
{
	return (unsigned)worry < CS_LEN(worries) ? worries[worry].name : "?";
}

const char *cs_worry_text(enum cs_worry worry)
{
	return (unsigned)worry < CS_LEN(worries) ? worries[worry].text : "unknown";
}

/* Lists age: the ranges they name move on. A name that leads back does not. */
static uint8_t taken_off(const struct cs_actor *actor, const struct cs_threshold *t,
			 int64_t now_us)
{
	if (!actor || !actor->by_list || actor->by_name || now_us == 0 ||
	    actor->date_us >= now_us)
		return 0;

	uint64_t days =
		((uint64_t)now_us - (uint64_t)actor->date_us) / (uint64_t)US_PER_DAY;

	if (days <= t->list_age_days)
		return 0;
	return days > YEAR_DAYS ? VERY_OLD_TAKES : OLD_TAKES;
}

void cs_answer(const struct cs_source *source, const struct cs_finding *finding,
	       const struct cs_surroundings *around, const struct cs_actor *actor,
	       const struct cs_threshold *threshold, int64_t now_us,
	       struct cs_answer *out)
{
	struct cs_question q = { .source = source,
				 .finding = finding,
				 .threshold = threshold,
				 .actor = actor && actor->name.len > 0 ? actor : NULL,
				 .reflectors = around->reflectors };
	uint8_t off = taken_off(q.actor, threshold, now_us);

	out->worry = cs_answer_worry(&q);
	out->confidence =
		finding->confidence > off ? (uint8_t)(finding->confidence - off) : 0;
	cs_answer_what(&q, out->what);
	cs_answer_change(&q, out->would_change);
	cs_answer_next(&q, out->worry, out->next);
}
