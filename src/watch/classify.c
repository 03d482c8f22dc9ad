/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classes, a small function each, in the order in which they are asked; the first
 * that holds is the primary one. docs/guide/verdicts.md says each rule in words.
 */
#include "watch/case.h"

enum {
	STRAY = 4,  /* requests for each unasked answer: fewer make it no backscatter */
	CHANCE = 4, /* random datagrams for each that looks like a malformed message */
};

/* Those whom our own hosts talk to, listed peers, and multicast at home. */
static bool is_own(const struct cs_case *c)
{
	bool group = cs_case_count(c, CS_OBS_GROUP) > 0 && (c->left == 0 || c->familiar);

	if (c->familiar && c->source->is_peer)
		return true;
	return !c->is_prefix &&
	       (c->own > 0 || c->peer > 0 || group || (c->refused > 0 && c->left == 0));
}

/* Unlisted, but it hears us and does nothing but what a client does: less sure. */
static bool is_steady_client(const struct cs_case *c)
{
	return !c->is_prefix && cs_case_is_steady(c) &&
	       cs_case_count_range(c, CS_OBS_WRITE, CS_OBS_PROXY) == 0;
}

static bool is_h(const struct cs_case *c)
{
	return is_own(c) || is_steady_client(c);
}

/* One stray answer among many requests is not what it is there for. */
static bool is_g(const struct cs_case *c)
{
	return c->backscatter > 0 && c->backscatter >= c->left / STRAY;
}

/* A single slip of somebody with good traffic is a note; noise is not malformed CoAP. */
static bool is_f(const struct cs_case *c)
{
	uint32_t two_bytes = cs_case_count(c, CS_OBS_FAULT + CS_FAULT_SHORT);
	uint64_t longer = cs_case_less(c->faults, two_bytes);

	if (c->faults == 0 || longer * CHANCE + two_bytes <= c->chance)
		return false;
	return !c->familiar || c->faults > 1 || c->own + (uint64_t)c->peer == 0;
}

/* Whoever acknowledges notifications observes, though it began before the capture. */
static bool is_d(const struct cs_case *c)
{
	bool observes = cs_case_count(c, CS_OBS_NOTIFIED) > 0 &&
			cs_case_count(c, CS_OBS_ACKED) > 0;

	return !c->familiar &&
	       (observes || cs_case_count_range(c, CS_OBS_WRITE, CS_OBS_PROXY) > 0);
}

static bool is_e(const struct cs_case *c)
{
	return !c->familiar && c->beyond >= c->threshold->enumeration;
}

/*
 * A find of his own: what others ask for, too, is none, nor is a plain read of things of
 * LwM2M, OCF or firmware, nor what a short answer came of.
 */
static bool tries_a_find(const struct cs_case *c)
{
	/* The list of resources is long, too: its answer says nothing of the find. */
	bool large =
		cs_case_count(c, CS_OBS_AMPLIFIED) > cs_case_count(c, CS_OBS_DISCOVERY);
	bool weighty = cs_case_count(c, CS_OBS_ANSWERED) == 0 || large;

	return c->alone && c->left < c->threshold->reflection &&
	       cs_case_count(c, CS_OBS_READ) > 0 && c->beyond > 0 && weighty &&
	       c->proof == 0 && !cs_case_is_client(c);
}

static bool is_c2(const struct cs_case *c)
{
	bool marked = cs_case_is_marked(c) || cs_case_count(c, CS_OBS_BLOCK_LARGE) > 0;

	/* Of a prefix, the floods in it bear marks that say nothing of the others. */
	if (c->is_prefix && c->source->flooded > 0)
		marked = false;
	return !c->familiar && (marked || tries_a_find(c));
}

static bool is_alien(const struct cs_case *c)
{
	return cs_case_count_range(c, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN,
				   CS_OBS_ALIEN + CS_ALIENS - 1) > 0;
}

/* A connection that brought something else is that. */
static bool is_b(const struct cs_case *c)
{
	bool asks = c->sound > 0 || (cs_case_count(c, CS_OBS_TCP) > 0 && !is_alien(c));

	return asks && !c->familiar;
}

static bool (*const holds[CS_CLASSES])(const struct cs_case *) = {
	[CS_CLASS_H] = is_h,   [CS_CLASS_G] = is_g, [CS_CLASS_C1] = cs_case_is_reflection,
	[CS_CLASS_F] = is_f,   [CS_CLASS_D] = is_d, [CS_CLASS_E] = is_e,
	[CS_CLASS_C2] = is_c2, [CS_CLASS_B] = is_b, [CS_CLASS_I] = is_alien,
};

static bool has(uint16_t classes, enum cs_class class_)
{
	return classes >> class_ & 1;
}

static uint16_t bit(enum cs_class class_)
{
	return (uint16_t)(1u << class_);
}

/*
 * H covers exchanges, not the source: where requests in its name are forged, or it sends
 * what breaks devices, that is what is said first.
 */
static enum cs_class primary_of(uint16_t classes)
{
	static const enum cs_class before_own[] = { CS_CLASS_C1, CS_CLASS_F };

	for (size_t i = 0; has(classes, CS_CLASS_H) && i < CS_LEN(before_own); i++) {
		if (has(classes, before_own[i]))
			return before_own[i];
	}
	for (unsigned class_ = 0; class_ < CS_CLASSES; class_++) {
		if (has(classes, (enum cs_class)class_))
			return (enum cs_class)class_;
	}
	return CS_CLASS_B; /* what matches nothing */
}

/*
 * One that does more than the flood of its prefix does is judged by that; but what it
 * refuses it did not ask for, be it a listed peer.
 */
static bool inherits(const struct cs_case *c, uint16_t classes)
{
	struct cs_case carpet;
	uint16_t own_doing =
		bit(CS_CLASS_G) | bit(CS_CLASS_F) | bit(CS_CLASS_D) | bit(CS_CLASS_E);

	if (c->refusals == 0 && (c->left == 0 || classes & bit(CS_CLASS_H)))
		return false;
	if (!c->prefix || c->proof > 0 || classes & own_doing)
		return false;
	cs_case_of(c->prefix, NULL, false, c->threshold, &carpet);
	return cs_case_is_reflection(&carpet);
}

/* Nobody is surer a victim than the prefix that he is one for. */
static void bound_confidence(const struct cs_source *prefix,
			     const struct cs_threshold *threshold, struct cs_finding *out)
{
	struct cs_finding whole;

	cs_classify(prefix, NULL, false, threshold, &whole);
	if (out->confidence > whole.confidence)
		out->confidence = whole.confidence;
}

void cs_classify(const struct cs_source *source, const struct cs_source *prefix,
		 bool alone, const struct cs_threshold *threshold, struct cs_finding *out)
{
	struct cs_case c;

	cs_case_of(source, prefix, alone, threshold, &c);
	*out = (struct cs_finding){ .answered = cs_case_count(&c, CS_OBS_ANSWERED) > 0 };
	for (unsigned class_ = 0; class_ < CS_CLASSES; class_++) {
		if (holds[class_](&c))
			out->classes |= bit((enum cs_class)class_);
	}
	if (!has(out->classes, CS_CLASS_C1) && inherits(&c, out->classes)) {
		out->classes |= bit(CS_CLASS_C1);
		out->inherited = true;
	}
	out->primary = primary_of(out->classes);
	out->classes |= bit(out->primary);
	out->victim = out->primary == CS_CLASS_C1;
	out->confidence = cs_case_confidence(&c, out);
	if (out->inherited)
		bound_confidence(prefix, threshold, out);
	cs_case_because(&c, out);
}
