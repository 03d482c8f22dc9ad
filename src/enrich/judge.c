/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/judge.h"

#include <inttypes.h>
#include <stdio.h>

#include "coap/code.h"
#include "enrich/exposure_rule.h"
#include "enrich/reason.h"
#include "enrich/stack_rule.h"

enum { REASONS = 3 /* of a severity that are told, worst first */ };

/* All that the answer shows. */
struct sight {
	const struct cs_result *result;
	const struct cs_reading *reading;
	uint64_t amplification; /* hundredths; 0 unknown */
	struct cs_exposures exposures;
	struct cs_stack_seen seen;
	const struct cs_stack_rule *stacks[CS_STACK_FAMILIES]; /* surest first */
	size_t n_stacks;
};

/*
 * How much comes back for what was asked, from the worst down. 3 is how much more
 * QUIC may send to an address that has not proved itself (RFC 9000 section 8),
 * and what CoAP's documents took over.
 */
static const struct {
	uint64_t least; /* hundredths */
	enum cs_severity severity;
} amplifies[] = {
	{ 3000, CS_SEVERITY_HIGH },
	{ 1000, CS_SEVERITY_MEDIUM },
	{ 300, CS_SEVERITY_LOW },
};

/* Datagrams for one question; a few may be a network's copies. */
static const struct {
	uint32_t least;
	enum cs_severity severity;
} repeats[] = {
	{ 32, CS_SEVERITY_HIGH },
	{ 8, CS_SEVERITY_MEDIUM },
	{ 3, CS_SEVERITY_LOW },
};

/* What the code alone says; the first row that fits. */
static const struct {
	uint8_t from, to; /* codes, both included */
	enum cs_severity severity;
	const char *tag;
	const char *because;
} codes[] = {
	{ CS_CODE(4, 1), CS_CODE(4, 1), CS_SEVERITY_INFO, "protected",
	  "asks who is there (4.01)" },
	{ CS_CODE(4, 3), CS_CODE(4, 3), CS_SEVERITY_INFO, "protected",
	  "forbids strangers (4.03)" },
	{ CS_CODE(0, 0), CS_CODE(0, 0), CS_SEVERITY_INFO, NULL,
	  "no answer but a reset or "
	  "an empty one" },
	{ CS_CODE(4, 0), CS_CODE(5, 31), CS_SEVERITY_LOW, NULL,
	  "answers strangers, with an error" },
	{ 0, UINT8_MAX, CS_SEVERITY_LOW, NULL, "answers strangers" },
};

/* A reason for a severity; the name of what shows it may follow the words. */
struct reason {
	enum cs_severity severity;
	const char *because;
	struct cs_span where;
};

/* The worst so far, equals in the order in which they came. */
struct reasons {
	struct reason list[REASONS];
	size_t n;
};

static void give(struct reasons *reasons, enum cs_severity severity, const char *because,
		 struct cs_span where)
{
	size_t at = 0, last;

	while (at < reasons->n && reasons->list[at].severity >= severity)
		at++;
	if (at == REASONS)
		return;
	last = reasons->n < REASONS ? reasons->n++ : REASONS - 1;
	memmove(&reasons->list[at + 1], &reasons->list[at],
		(last - at) * sizeof(reasons->list[0]));
	reasons->list[at] = (struct reason){ severity, because, where };
}

static void look_links(struct sight *sight)
{
	struct cs_links links = cs_links_over(sight->reading->links);
	struct cs_link_view view;
	struct cs_link link;

	for (size_t i = 0; i < CS_CLUE_LINKS && cs_links_next(&links, &link); i++) {
		cs_link_view(&link, &view);
		cs_stack_look_link(&sight->seen, &view);
		cs_exposure_look(&sight->exposures, &view);
	}
}

static void look(const struct cs_result *result, const struct cs_reading *reading,
		 struct sight *sight)
{
	*sight = (struct sight){ .result = result, .reading = reading };
	if (!cs_result_amplification(result, &sight->amplification))
		sight->amplification = 0;
	cs_stack_look_answer(&sight->seen, result, reading);
	look_links(sight);
	sight->n_stacks = cs_stack_best(&sight->seen, sight->stacks);
}

static bool amplifies_at(const struct sight *sight, enum cs_severity severity)
{
	for (size_t i = 0; i < CS_LEN(amplifies); i++)
		if (amplifies[i].severity == severity)
			return sight->amplification >= amplifies[i].least;
	return false;
}

/* Placeholders of reasons that have a number in them: told by tell(). */
static const char because_amplifies[] = "amplification ";
static const char because_repeats[] = " datagrams for one question";

static void weigh_traffic(const struct sight *sight, struct reasons *reasons)
{
	struct cs_span none = { 0 };

	for (size_t i = 0; i < CS_LEN(amplifies); i++) {
		if (sight->amplification < amplifies[i].least)
			continue;
		give(reasons, amplifies[i].severity, because_amplifies, none);
		break;
	}
	for (size_t i = 0; i < CS_LEN(repeats); i++) {
		if (sight->result->datagrams < repeats[i].least)
			continue;
		give(reasons, repeats[i].severity, because_repeats, none);
		break;
	}
}

/* Returns the worst of what is exposed. */
static enum cs_severity weigh_exposures(const struct sight *sight,
					struct reasons *reasons)
{
	enum cs_severity worst = CS_SEVERITY_INFO;

	for (size_t i = 0; i < CS_EXPOSURES; i++) {
		enum cs_severity severity = cs_exposure_rules[i].severity;

		if (!sight->exposures.found[i])
			continue;
		give(reasons, severity, cs_exposure_rules[i].because,
		     sight->exposures.where[i]);
		if (severity > worst)
			worst = severity;
	}
	return worst;
}

/* Row of codes[] for an answer that can be read. */
static size_t code_row(uint8_t code)
{
	size_t i = 0;

	while (code < codes[i].from || code > codes[i].to)
		i++;
	return i;
}

static bool code_is_known(const struct sight *sight)
{
	return sight->reading->has_header && !sight->reading->format_error;
}

static void weigh_answer(const struct sight *sight, struct reasons *reasons)
{
	struct cs_span none = { 0 };
	const struct cs_reading *reading = sight->reading;

	if (sight->exposures.links > 0) {
		give(reasons, CS_SEVERITY_LOW, "lists its resources to strangers", none);
	} else if (cs_reading_is_content(reading)) {
		bool empty = sight->result->body.len == 0;

		give(reasons, CS_SEVERITY_LOW,
		     empty ? "answers strangers, with nothing"
			   : "answers strangers, with text",
		     none);
	} else if (code_is_known(sight)) {
		size_t i = code_row(reading->code);

		give(reasons, codes[i].severity, codes[i].because, none);
	} else {
		give(reasons, CS_SEVERITY_LOW, "an answer that is malformed", none);
	}
}

static void tell(const struct sight *sight, const struct reason *reason, struct cs_wr *w)
{
	char number[sizeof("4294967295")];

	cs_reason_next(w);
	if (reason->because == because_repeats) {
		(void)snprintf(number, sizeof(number), "%" PRIu32,
			       sight->result->datagrams);
		cs_reason_words(w, number);
	}
	cs_reason_words(w, reason->because);
	if (reason->because == because_amplifies)
		cs_reason_hundredths(w, sight->amplification);
	if (reason->where.len > 0)
		cs_reason_name(w, reason->where);
}

/* Each whole or not at all. */
static struct cs_span tell_all(const struct sight *sight, const struct reasons *reasons,
			       char room[CS_JUDGE_BECAUSE])
{
	struct cs_wr w = cs_wr_over(room, CS_JUDGE_BECAUSE);

	for (size_t i = 0; i < reasons->n; i++) {
		struct cs_wr before = w;

		tell(sight, &reasons->list[i], &w);
		if (w.err)
			w = before;
	}
	return cs_wr_done(&w);
}

static void judge_severity(const struct sight *sight, struct cs_judge_room *room,
			   struct cs_judgement *out)
{
	struct reasons reasons = { 0 };

	enum cs_severity worst = weigh_exposures(sight, &reasons);

	weigh_traffic(sight, &reasons);
	weigh_answer(sight, &reasons);
	out->severity = reasons.list[0].severity;
	/* Seen in attacks, and open to be taken over as well. */
	if (worst == CS_SEVERITY_HIGH && amplifies_at(sight, CS_SEVERITY_HIGH))
		out->severity = CS_SEVERITY_CRITICAL;
	out->severity_because = tell_all(sight, &reasons, room->severity_because);
}

/* The other rules of @best's family that hold, as many as there is room for. */
static void tell_others(const struct sight *sight, const struct cs_stack_rule *best,
			struct cs_wr *w)
{
	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		const struct cs_stack_rule *rule = &cs_stack_rules[i];
		struct cs_wr before = *w;

		if (rule == best || strcmp(rule->family, best->family) != 0 ||
		    !cs_stack_holds(&sight->seen, i))
			continue;
		cs_reason_next(w);
		cs_reason_words(w, rule->because);
		if (w->err)
			*w = before;
	}
}

static void judge_stack(const struct sight *sight, struct cs_judge_room *room,
			struct cs_judgement *out)
{
	struct cs_wr w = cs_wr_over(room->stack_because, CS_JUDGE_BECAUSE);

	if (sight->n_stacks == 0)
		return;
	cs_reason_words(&w, sight->stacks[0]->because);
	tell_others(sight, sight->stacks[0], &w);
	out->stack = cs_span_str(sight->stacks[0]->family);
	out->confidence = sight->stacks[0]->confidence;
	out->stack_because = cs_wr_done(&w);
}

/* Whole, in lower case, and not twice. */
static void put_tag(struct cs_wr *w, const char *tag)
{
	char text[CS_JUDGE_TAGS];
	struct cs_wr one = cs_wr_over(text, sizeof(text));

	cs_wr_u8(&one, ';');
	for (const char *c = tag; *c != '\0'; c++)
		cs_wr_u8(&one, (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c));

	struct cs_span word = cs_wr_done(&one);
	const uint8_t *at = memmem(w->base, w->pos, word.ptr, word.len);
	const uint8_t *end = at ? at + word.len : NULL;

	if (at && (end == w->base + w->pos || *end == ';'))
		return;
	if (word.len <= cs_wr_room(w))
		cs_wr_span(w, word);
}

static struct cs_span judge_tags(const struct sight *sight, struct cs_judge_room *room)
{
	struct cs_wr w = cs_wr_over(room->tags, CS_JUDGE_TAGS);

	cs_reason_words(&w, CS_TAGS_PLAIN);
	for (size_t i = 0; i < sight->n_stacks; i++)
		put_tag(&w, sight->stacks[i]->family);
	for (size_t i = 0; i < CS_EXPOSURES; i++)
		if (sight->exposures.found[i])
			put_tag(&w, cs_exposure_rules[i].tag);
	if (amplifies_at(sight, CS_SEVERITY_MEDIUM))
		put_tag(&w, "amplifier");
	if (sight->reading->format_error)
		put_tag(&w, "malformed");
	else if (code_is_known(sight) && codes[code_row(sight->reading->code)].tag)
		put_tag(&w, codes[code_row(sight->reading->code)].tag);
	return cs_wr_done(&w);
}

void cs_judge(const struct cs_result *result, const struct cs_reading *reading,
	      enum cs_judge_by by, struct cs_judge_room *room, struct cs_judgement *out)
{
	struct sight sight;

	look(result, reading, &sight);
	*out = (struct cs_judgement){ 0 };
	judge_stack(&sight, room, out);
	out->tags = judge_tags(&sight, room);
	if (by == CS_JUDGE_OWN) {
		judge_severity(&sight, room, out);
		return;
	}
	out->severity = CS_SEVERITY_MEDIUM;
	out->severity_because = cs_span_str("flat, as in Shadowserver's reports");
}
