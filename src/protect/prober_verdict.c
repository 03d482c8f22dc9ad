/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a burst, and which rule decided it: of what was answered the rule
 * that let it in, of what was not the rule that ended the request's way or the answer's.
 */
#include <stdio.h>
#include <string.h>

#include "protect/prober_own.h"
#include "protect/rules_span.h"

enum { NAME = 160 /* bytes of a table's or chain's name */ };

/* Where rates could not be made small, what passed by one may be all that it lets pass. */
static enum cs_meaning_verdict verdict_of(const struct cs_prober *p,
					  const struct cs_probe_told *t)
{
	if (t->sent > 0 && t->answered >= t->sent)
		return t->rated && p->scaled.refused ? CS_MEANING_LIMIT : CS_MEANING_OPEN;
	if (t->answered > 0)
		return CS_MEANING_LIMIT;
	return t->errors > 0 ? CS_MEANING_REJECT : CS_MEANING_DROP;
}

/* The way of that marked packet; NULL: it was not told. */
static const struct cs_prober_journey *way_of(const struct cs_prober_burst *b,
					      const struct cs_prober_shot *shot)
{
	const struct cs_prober *p = b->prober;
	size_t nth = 0;

	for (size_t i = 0; i < p->n_journeys; i++) {
		const struct cs_prober_journey *j = &p->journeys[i];

		if (!j->request)
			continue;
		if (nth++ == shot->order)
			return j->from_port == shot->port ? j : NULL;
	}
	return NULL;
}

/* The last marked packet that was answered or was not. */
static const struct cs_prober_shot *last_marked(const struct cs_prober_burst *b,
						bool answered)
{
	for (size_t i = b->n; i > 0; i--)
		if (b->shots[i - 1].marked && b->shots[i - 1].answered == answered)
			return &b->shots[i - 1];
	return NULL;
}

/*
 * The first marked packet that was not answered: of a burst that nothing came of it shows who
 * keeps it out, when later ones have used up a limit in front of that.
 */
static const struct cs_prober_shot *first_unanswered(const struct cs_prober_burst *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->shots[i].marked && !b->shots[i].answered)
			return &b->shots[i];
	return NULL;
}

bool cs_prober_seen_enough(const struct cs_prober_burst *burst)
{
	size_t answered = 0;

	for (size_t i = 0; i < burst->n; i++)
		answered += burst->shots[i].answered;
	return answered == 0 || answered == burst->n ||
	       (last_marked(burst, true) && last_marked(burst, false));
}

/* ---- what a hit is to people ---- */

static const struct cs_listing_chain *chain_at(const struct cs_prober *p, uint32_t at)
{
	return at < p->first.n_chains ? &p->first.chains[at] : NULL;
}

static struct cs_span text_of(const struct cs_prober *p, const struct cs_prober_hit *hit)
{
	return hit->rule < p->first.n_rules ? p->first.rules[hit->rule].text
					    : cs_span_of(NULL, 0);
}

static const struct cs_rule *rule_of(const struct cs_prober *p,
				     const struct cs_prober_hit *hit)
{
	const struct cs_listing_chain *chain = chain_at(p, hit->chain);
	char table_name[NAME], chain_name[NAME];
	struct cs_span table;
	size_t place = SIZE_MAX;

	if (!chain)
		return NULL;
	table = p->first.tables[chain->table].name;
	if (table.len >= NAME || chain->name.len >= NAME)
		return NULL;
	(void)snprintf(table_name, NAME, "%.*s", (int)table.len, (const char *)table.ptr);
	(void)snprintf(chain_name, NAME, "%.*s", (int)chain->name.len,
		       (const char *)chain->name.ptr);
	if (hit->rule < p->first.n_rules)
		place = p->first.rules[hit->rule].place;
	return cs_rules_at(p->rules, table_name, chain_name, place);
}

/* The hit that jumped into the chain of hit @at, SIZE_MAX: none. */
static size_t caller_of(const struct cs_prober_journey *j, size_t at)
{
	uint32_t chain = j->hits[at].chain;

	while (at-- > 0)
		if (j->hits[at].verdict == CS_TRACE_JUMP && j->hits[at].target == chain)
			return at;
	return SIZE_MAX;
}

/*
 * ufw keeps the ends of its rules in chains of its own ("ufw-user-limit"): whoever
 * jumped there is the rule that people know.
 */
static const struct cs_rule *known_rule(const struct cs_prober *p,
					const struct cs_prober_journey *j, size_t at)
{
	const struct cs_rule *rule = rule_of(p, &j->hits[at]);

	for (size_t i = at; p->rules->ufw && i != SIZE_MAX; i = caller_of(j, i)) {
		const struct cs_rule *r = rule_of(p, &j->hits[i]);

		if (r && r->tool == CS_RULE_UFW)
			return r;
	}
	return rule;
}

static bool is_rated(const struct cs_prober *p, const struct cs_prober_hit *hit)
{
	return hit->rule < p->first.n_rules && p->scaled.rated[hit->rule];
}

/* ---- who let it in ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* True when the number stands in @text by itself or inside a range of ports. */
static bool names_port(struct cs_span text, uint16_t port)
{
	for (size_t i = 0; i < text.len;) {
		uint32_t low = 0, high;
		bool alone = i == 0 || !(is_digit(text.ptr[i - 1]) ||
					 strchr(".x@", text.ptr[i - 1]));

		if (!is_digit(text.ptr[i]) || !alone) {
			i++;
			continue;
		}
		for (; i < text.len && is_digit(text.ptr[i]) && low < 100000; i++)
			low = low * 10 + (uint32_t)(text.ptr[i] - '0');
		high = low;
		if (i + 1 < text.len && text.ptr[i] == '-' && is_digit(text.ptr[i + 1]))
			for (high = 0, i++;
			     i < text.len && is_digit(text.ptr[i]) && high < 100000; i++)
				high = high * 10 + (uint32_t)(text.ptr[i] - '0');
		if (low <= port && port <= high && (low > 255 || low == port))
			return true;
	}
	return false;
}

static bool is_entry(const struct cs_listing_chain *base)
{
	return base &&
	       (cs_text_is(base->hook, "input") || cs_text_is(base->hook, "forward"));
}

enum weight { ANY, POLICY, PASSED, NAMES_PORT, NAMES_PORT_AT_ENTRY };

/* How much a hit that accepted is the one that people look for; the last of the best is. */
static int weight(const struct cs_prober_burst *b, const struct cs_prober_journey *j,
		  const struct cs_prober_hit *hit)
{
	const struct cs_prober *p = b->prober;
	const struct cs_listing_chain *base = chain_at(p, hit->base);
	struct cs_span text = text_of(p, hit);
	bool names = names_port(text, b->ask->port);

	if (b->ask->from_first && b->ask->from_first == b->ask->from_last)
		names |= names_port(text, b->ask->from_first);
	if (b->told->forward_port)
		names |= names_port(text, b->told->forward_port);
	if (j->arrived_port)
		names |= names_port(text, j->arrived_port);
	if (names)
		return is_entry(base) ? NAMES_PORT_AT_ENTRY : NAMES_PORT;
	if (is_entry(base))
		return hit->rule == SIZE_MAX ? POLICY : PASSED;
	return ANY;
}

static size_t find_accept(const struct cs_prober_burst *b,
			  const struct cs_prober_journey *j, int least)
{
	size_t best = SIZE_MAX;
	int heaviest = least;

	for (size_t i = 0; i < j->n; i++) {
		int w;

		if (j->hits[i].verdict != CS_TRACE_ACCEPT)
			continue;
		w = weight(b, j, &j->hits[i]);
		if (w >= heaviest) {
			heaviest = w;
			best = i;
		}
	}
	return best;
}

/* ---- who ended it ---- */

/* The last hit that let nothing further; SIZE_MAX: none. */
static size_t find_drop(const struct cs_prober_journey *j)
{
	size_t i = j->n;

	while (i-- > 0)
		if (j->hits[i].verdict == CS_TRACE_DROP ||
		    j->hits[i].verdict == CS_TRACE_QUEUE)
			return i;
	return SIZE_MAX;
}

struct finding {
	const struct cs_prober_journey *journey; /* NULL: nothing was found */
	size_t at;
};

/* Of the request, or of any answer to a request of the burst. */
static struct finding find_end(const struct cs_prober_burst *b,
			       const struct cs_prober_journey *request)
{
	const struct cs_prober *p = b->prober;
	size_t at = request ? find_drop(request) : SIZE_MAX;

	if (at != SIZE_MAX)
		return (struct finding){ request, at };
	for (size_t i = p->n_journeys; i > 0; i--) {
		const struct cs_prober_journey *j = &p->journeys[i - 1];

		if (!j->request && (at = find_drop(j)) != SIZE_MAX)
			return (struct finding){ j, at };
	}
	return (struct finding){ 0 };
}

/* The next hit from @at on that sent the packet somewhere; j->n: none. */
static size_t next_move(const struct cs_prober_journey *j, size_t at)
{
	while (at < j->n && j->hits[at].verdict == CS_TRACE_CONTINUE)
		at++;
	return at;
}

/*
 * Where two packets of one kind go different ways something counted them. Of the two hits there
 * the one with a rate is meant; where neither has one nothing is found.
 */
static struct finding find_parting(const struct cs_prober *p,
				   const struct cs_prober_journey *in,
				   const struct cs_prober_journey *out)
{
	size_t i = 0, k = 0;

	for (; in && out; i++, k++) {
		i = next_move(in, i);
		k = next_move(out, k);
		if (i < in->n && k < out->n && in->hits[i].rule == out->hits[k].rule &&
		    in->hits[i].chain == out->hits[k].chain)
			continue;
		if (k < out->n && is_rated(p, &out->hits[k]))
			return (struct finding){ out, k };
		if (i < in->n && is_rated(p, &in->hits[i]))
			return (struct finding){ in, i };
		break;
	}
	return (struct finding){ 0 };
}

/* The last rule with a rate that sent the packet somewhere. */
static size_t find_rate(const struct cs_prober *p, const struct cs_prober_journey *j)
{
	size_t i = j->n;

	while (i-- > 0)
		if (j->hits[i].verdict != CS_TRACE_CONTINUE && is_rated(p, &j->hits[i]))
			return i;
	return SIZE_MAX;
}

/* ---- which of them is told ---- */

/* The way of an answer that came out: where no chain looks at requests, it tells. */
static const struct cs_prober_journey *answer_to(const struct cs_prober_burst *b,
						 const struct cs_prober_journey *request)
{
	const struct cs_prober *p = b->prober;

	for (size_t i = p->n_journeys; i > 0; i--) {
		const struct cs_prober_journey *j = &p->journeys[i - 1];

		if (!j->request && j->to_port == request->from_port &&
		    find_drop(j) == SIZE_MAX)
			return j;
	}
	return NULL;
}

/*
 * The rules of NAT see a flow's first packet only. What they did with it decides where
 * nothing but a policy let the later ones in.
 */
static const struct cs_prober_journey *first_of(const struct cs_prober_burst *b,
						const struct cs_prober_journey *later)
{
	const struct cs_prober *p = b->prober;

	for (size_t i = 0; i < p->n_journeys; i++)
		if (p->journeys[i].request &&
		    p->journeys[i].from_port == later->from_port)
			return &p->journeys[i];
	return later;
}

static const struct cs_rule *decided_open(const struct cs_prober_burst *b,
					  const struct cs_prober_journey *j)
{
	const struct cs_prober_journey *ways[4] = { j };
	static const int least[4] = { PASSED, NAMES_PORT, ANY, ANY };

	if (!j)
		return NULL;
	ways[1] = first_of(b, j);
	ways[2] = j;
	ways[3] = answer_to(b, j);
	for (size_t i = 0; i < CS_LEN(ways); i++) {
		size_t at = ways[i] ? find_accept(b, ways[i], least[i]) : SIZE_MAX;

		if (at != SIZE_MAX)
			return known_rule(b->prober, ways[i], at);
	}
	return NULL;
}

static const struct cs_rule *decided_closed(const struct cs_prober_burst *b,
					    const struct cs_prober_journey *j)
{
	struct finding end = find_end(b, j);

	b->told->answer_ended = end.journey && !end.journey->request;
	return end.journey ? known_rule(b->prober, end.journey, end.at) : NULL;
}

/* Where some passed and some did not: the rule with the rate, where their ways parted. */
static const struct cs_rule *decided_limit(const struct cs_prober_burst *b,
					   const struct cs_prober_journey *in,
					   const struct cs_prober_journey *out)
{
	const struct cs_prober *p = b->prober;
	struct finding end = find_end(b, out);
	const struct cs_prober_journey *ways[] = { end.journey, in, out };
	struct finding parting = find_parting(p, in, out);

	if (!parting.journey && in && end.journey && !end.journey->request)
		parting = find_parting(p, answer_to(b, in), end.journey);
	if (parting.journey) {
		b->told->answer_ended = !parting.journey->request;
		return known_rule(p, parting.journey, parting.at);
	}
	for (size_t i = 0; i < CS_LEN(ways); i++) {
		size_t at = ways[i] ? find_rate(p, ways[i]) : SIZE_MAX;

		if (at != SIZE_MAX)
			return known_rule(p, ways[i], at);
	}
	return end.journey ? known_rule(p, end.journey, end.at) : decided_open(b, in);
}

/* At another port or address of ours than was asked; where it arrived may not be told. */
static bool is_elsewhere(const struct cs_prober_burst *b,
			 const struct cs_prober_journey *j)
{
	static const struct cs_addr untold;

	return j->arrived_port != b->ask->port ||
	       (cs_addr_cmp(&j->arrived_at, &untold) != 0 &&
		cs_addr_cmp(&j->arrived_at, &b->ask->to) != 0);
}

/*
 * A redirect or DNAT to ourselves shows where the packet arrived; what was to be sent on and never
 * left, where it would have gone.
 */
static void note_arrival(const struct cs_prober_burst *b,
			 const struct cs_prober_journey *j)
{
	struct cs_probe_told *t = b->told;

	if (!j || !j->arrived || t->forwarded || (!j->onward && !is_elsewhere(b, j)))
		return;
	t->forwarded = j->onward;
	t->forward_to = j->arrived_at;
	t->forward_port = j->arrived_port;
}

bool cs_prober_met_sets_only(const struct cs_prober *prober)
{
	for (size_t i = 0; i < prober->n_journeys; i++) {
		const struct cs_prober_journey *j = &prober->journeys[i];

		if (j->met_rule)
			return false;
		for (size_t k = 0; k < j->n; k++)
			if (is_rated(prober, &j->hits[k]) &&
			    !prober->scaled.in_sets[j->hits[k].rule])
				return false;
	}
	return prober->scaled.n_counting > 0;
}

static void note_rates(const struct cs_prober_burst *b)
{
	const struct cs_prober *p = b->prober;

	for (size_t i = 0; i < p->n_journeys; i++) {
		const struct cs_prober_journey *j = &p->journeys[i];

		b->told->rated |= j->met;
		for (size_t k = 0; k < j->n; k++)
			b->told->rated |= is_rated(p, &j->hits[k]);
	}
}

void cs_prober_judge(const struct cs_prober_burst *burst)
{
	struct cs_probe_told *t = burst->told;
	const struct cs_prober_shot *in = last_marked(burst, true);
	const struct cs_prober_shot *out = last_marked(burst, false);
	const struct cs_prober_journey *way_in = in ? way_of(burst, in) : NULL;
	const struct cs_prober_shot *first = first_unanswered(burst);
	const struct cs_prober_journey *way_out = out ? way_of(burst, out) : NULL;

	note_rates(burst);
	t->verdict = verdict_of(burst->prober, t);
	note_arrival(burst, way_in ? way_in : way_out);
	if (t->verdict == CS_MEANING_OPEN)
		t->rule = decided_open(burst, way_in);
	else if (t->verdict == CS_MEANING_LIMIT)
		t->rule = decided_limit(burst, way_in, way_out);
	else
		t->rule = decided_closed(burst, first ? way_of(burst, first) : NULL);
}
