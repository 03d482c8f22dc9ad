/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How sure a class is: what it starts from, and what raises or lowers it, a row each.
 * Percent; docs/guide/verdicts.md has the same table.
 */
#include "watch/case.h"

enum {
	LEAST = 10,
	MOST = 98,
	NOTHING_MATCHES = 30,
	INHERITED = 75,
	MANY = 5, /* times the level of a reflection: no client repeats itself so often */
	FLOOD = 50,
};

static bool none_left(const struct cs_case *c)
{
	return c->left == 0 && c->faults == 0;
}

static bool is_unlisted(const struct cs_case *c)
{
	return c->own == 0 && c->peer == 0 && !c->source->is_peer;
}

static bool is_repeated(const struct cs_case *c)
{
	return c->backscatter > 2;
}

static bool is_far_above(const struct cs_case *c)
{
	return c->run / MANY >= c->threshold->reflection;
}

static bool is_flood(const struct cs_case *c)
{
	return c->run / FLOOD >= c->threshold->reflection;
}

static bool is_refused(const struct cs_case *c)
{
	return c->refusals > 0 && c->run >= c->threshold->refusals;
}

static bool has_tool_marks(const struct cs_case *c)
{
	const struct cs_source *s = c->source;

	return s->payload_same && (!s->mids_differ || s->no_token > 0);
}

static bool has_odd_port(const struct cs_case *c)
{
	return c->source->port_known;
}

static bool has_odd_distance(const struct cs_case *c)
{
	return c->source->hop_low != c->source->hop_high;
}

static bool is_proved(const struct cs_case *c)
{
	return c->proof > 0;
}

static bool has_many_faults(const struct cs_case *c)
{
	return c->faults > 2;
}

static bool has_noise(const struct cs_case *c)
{
	return c->chance > 0;
}

static bool was_obeyed(const struct cs_case *c)
{
	return cs_case_count_range(c, CS_OBS_WRITE_DONE, CS_OBS_PROXIED) > 0;
}

static bool has_many_paths(const struct cs_case *c)
{
	return c->beyond > 2 * c->threshold->enumeration;
}

static bool guesses(const struct cs_case *c)
{
	return cs_case_count(c, CS_OBS_ANSWERED_404) * 2 >= c->beyond;
}

static bool has_scanner_marks(const struct cs_case *c)
{
	return cs_case_count_range(c, CS_OBS_MARK_ZMAP, CS_OBS_MARK_MASSCAN) > 0;
}

static bool only_discovers(const struct cs_case *c)
{
	return c->beyond == 0 && cs_case_count(c, CS_OBS_DISCOVERY) > 0;
}

static bool is_nearly_reflection(const struct cs_case *c)
{
	return c->run >= c->threshold->reflection / 2;
}

static bool is_named(const struct cs_case *c)
{
	return c->chance == 0;
}

/* clang-format off */
static const uint8_t base[CS_CLASSES] = {
	[CS_CLASS_H] = 85, [CS_CLASS_G] = 65, [CS_CLASS_C1] = 65, [CS_CLASS_F] = 80,
	[CS_CLASS_D] = 85, [CS_CLASS_E] = 70, [CS_CLASS_C2] = 55, [CS_CLASS_B] = 60,
	[CS_CLASS_I] = 70,
};

static const struct {
	enum cs_class class_;
	int by; /* percent */
	bool (*when)(const struct cs_case *c);
} terms[] = {
	{ CS_CLASS_H, +10, none_left },
	{ CS_CLASS_H, -35, is_unlisted },
	{ CS_CLASS_G, +15, is_repeated },
	{ CS_CLASS_C1, +10, is_far_above },
	{ CS_CLASS_C1, +10, is_flood },
	{ CS_CLASS_C1, +10, is_refused },
	{ CS_CLASS_C1, +5, has_tool_marks },
	{ CS_CLASS_C1, +5, has_odd_port },
	{ CS_CLASS_C1, +3, has_odd_distance },
	{ CS_CLASS_C1, -15, is_proved },
	{ CS_CLASS_F, +10, has_many_faults },
	{ CS_CLASS_F, -15, has_noise },
	{ CS_CLASS_D, +10, was_obeyed },
	{ CS_CLASS_E, +15, has_many_paths },
	{ CS_CLASS_E, +10, guesses },
	{ CS_CLASS_C2, +20, cs_case_is_marked },
	{ CS_CLASS_B, +15, only_discovers },
	{ CS_CLASS_B, +10, has_scanner_marks },
	{ CS_CLASS_B, -20, is_nearly_reflection },
	{ CS_CLASS_B, -15, is_proved },
	{ CS_CLASS_I, +15, is_named },
};
/* clang-format on */

static bool holds(const struct cs_finding *finding, enum cs_class class_)
{
	return finding->classes >> class_ & 1;
}

/* B is also what is said where nothing holds. */
static bool matches_nothing(const struct cs_case *c, const struct cs_finding *finding)
{
	return finding->primary == CS_CLASS_B &&
	       (!holds(finding, CS_CLASS_B) || (c->sound == 0 && c->proof == 0));
}

uint8_t cs_case_confidence(const struct cs_case *c, const struct cs_finding *finding)
{
	int sum = base[finding->primary];

	if (finding->inherited)
		return INHERITED;
	if (matches_nothing(c, finding))
		return NOTHING_MATCHES;
	for (size_t i = 0; i < CS_LEN(terms); i++) {
		if (terms[i].class_ == finding->primary && terms[i].when(c))
			sum += terms[i].by;
	}
	if (sum > MOST)
		return MOST;
	return (uint8_t)(sum < LEAST ? LEAST : sum);
}
