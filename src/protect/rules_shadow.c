/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules.h"

#include "protect/rules_span.h"
#include "protect/rules_words.h"

enum {
	DEPTH_MAX = 16,       /* jumps in a row: the kernel's own bound */
	TARGET_RULES_MAX = 8, /* rules of a chain whose end is its verdict */
	JUMPS_MAX = 256, /* that are followed from one rule: chains may have many ways */
};

/* How a rule stands to the one that decided, the worst first. */
enum rank { RANK_BEHIND, RANK_OTHER_CHAIN, RANK_NOT_PASSED, RANKS, RANK_NONE = RANKS };

struct search {
	const struct cs_rules *rules;
	const struct cs_rules_about *about;
	const struct cs_rule *decided;
	struct cs_words_ask request, answer;
	struct cs_words_ask sent_on, sent_back; /* as they are behind DNAT */
};

static struct cs_words_ask asked(const struct cs_rules *rules,
				 const struct cs_rules_about *about, bool answer)
{
	return (struct cs_words_ask){
		.from = answer ? about->to : about->from,
		.to = answer ? about->from : about->to,
		.tcp = about->tcp,
		.port = about->port,
		.other_port = about->forward_port ? about->forward_port : about->port,
		.answer = answer,
		.any_to = !answer && (about->forward || about->forward_port),
		.in = about->in,
		.sets = rules->parsed,
	};
}

/* What the chains behind DNAT see in place of @ask. */
static struct cs_words_ask rewritten(const struct cs_rules_about *about,
				     struct cs_words_ask ask)
{
	static const struct cs_addr unknown;
	struct cs_addr *there = ask.answer ? &ask.from : &ask.to;

	ask.port = ask.other_port;
	ask.any_to &= cs_addr_cmp(&about->forward_to, &unknown) == 0;
	if (!ask.any_to && about->forward_port)
		*there = about->forward_to;
	return ask;
}

static struct cs_words words_for(struct cs_words_ask ask, const struct cs_rule *rule)
{
	struct cs_span text = cs_span_str(rule->raw);

	ask.table = cs_span_str(rule->table);
	if (rule->tool == CS_RULE_NFT)
		return cs_words_nft(text, &ask);
	return cs_words_xtables(text, &ask);
}

static struct cs_words read_words(const struct search *s, const struct cs_rule *rule,
				  bool answer)
{
	return words_for(answer ? s->answer : s->request, rule);
}

/* Bridges and ARP are another matter; the others are for all, or for one family. */
static bool family_fits(const struct search *s, const struct cs_rule *rule)
{
	struct cs_span table = cs_span_str(rule->table);
	bool v4 = cs_addr_is_v4(&s->about->from);

	return cs_text_starts(table, "inet ") || cs_text_starts(table, "netdev ") ||
	       cs_text_starts(table, v4 ? "ip " : "ip6 ");
}

static const struct cs_rules_chain *base_of(const struct search *s, const char *table,
					    const char *chain)
{
	for (size_t i = 0; i < s->rules->n_chains; i++) {
		const struct cs_rules_chain *c = &s->rules->chains[i];

		if (strcmp(c->name, chain) == 0 && strcmp(c->table, table) == 0)
			return c;
	}
	return NULL;
}

/* The hooks from which a chain may be met by such a packet, or by its answer. */
struct way {
	bool in;  /* of the request: prerouting, ingress, input or forward as it goes */
	bool out; /* of the answer */
	bool not_passed; /* input or forward, where it does not go */
};

static void add_hook(const struct search *s, const struct cs_rules_chain *base,
		     bool answer, struct way *way)
{
	const char *hook = base->hook;
	bool forward = s->about->forward;

	if (base->dormant)
		return;
	if (strcmp(hook, "output") == 0 || strcmp(hook, "egress") == 0) {
		way->out |= answer;
	} else if (strcmp(hook, "postrouting") == 0) {
		way->out |= answer;
		way->in |= !answer && forward;
	} else if (strcmp(hook, "input") == 0 || strcmp(hook, "forward") == 0) {
		bool passed = (strcmp(hook, "forward") == 0) == forward;

		way->in |= passed && !answer;
		way->out |= passed && answer && forward;
		way->not_passed |= !passed && !answer;
	} else { /* ingress, prerouting */
		way->in |= !answer;
		way->out |= answer && forward;
	}
}

/* Adds the ways to @chain; a jump counts where its own words let such a packet through. */
static void find_ways(const struct search *s, const char *table, const char *chain,
		      bool answer, size_t depth, struct way *way)
{
	const struct cs_rules_chain *base = base_of(s, table, chain);

	if (base)
		add_hook(s, base, answer, way);
	for (size_t i = 0; !base && depth < DEPTH_MAX && i < s->rules->n; i++) {
		const struct cs_rule *rule = &s->rules->rules[i];
		struct cs_words words;

		if (rule->place == SIZE_MAX || strcmp(rule->table, table) != 0 ||
		    strcmp(rule->chain, chain) == 0 || !strstr(rule->raw, chain))
			continue;
		words = read_words(s, rule, answer);
		if (words.matches && words.verdict == CS_WORDS_JUMP &&
		    cs_text_is(words.target, chain))
			find_ways(s, table, rule->chain, answer, depth + 1, way);
	}
}

/* What a chain that is jumped to does in the end, where its last rule asks for nothing. */
static enum cs_words_verdict verdict_of_chain(const struct search *s, const char *table,
					      struct cs_span chain)
{
	const struct cs_rule *last = NULL;
	struct cs_words words;

	for (size_t i = 0; i < s->rules->n; i++) {
		const struct cs_rule *rule = &s->rules->rules[i];

		if (rule->place != SIZE_MAX && cs_text_is(chain, rule->chain) &&
		    strcmp(rule->table, table) == 0)
			last = rule;
	}
	if (!last || last->place >= TARGET_RULES_MAX)
		return CS_WORDS_NONE;
	words = read_words(s, last, false);
	return words.matches && !words.unsure && !words.rated ? words.verdict
							      : CS_WORDS_NONE;
}

/* What it does to a packet; bits, as several may be looked for. */
enum effect {
	EFFECT_NONE = 0,
	EFFECT_OPENS = 1,
	EFFECT_DROPS = 2,
	EFFECT_REJECTS = 4,
	EFFECT_CLOSES = EFFECT_DROPS | EFFECT_REJECTS,
};

static enum effect effect_of(const struct search *s, const struct cs_rule *rule,
			     const struct cs_words *words)
{
	enum cs_words_verdict verdict = words->verdict;

	if (verdict == CS_WORDS_JUMP &&
	    (cs_text_is(words->target, "ufw-user-limit-accept") ||
	     cs_text_is(words->target, "ufw6-user-limit-accept")))
		return EFFECT_CLOSES; /* ufw limit: its owner meant it to hold back */
	if (verdict == CS_WORDS_JUMP)
		verdict = verdict_of_chain(s, rule->table, words->target);
	if (verdict == CS_WORDS_ACCEPT)
		return EFFECT_OPENS;
	if (verdict == CS_WORDS_REJECT)
		return EFFECT_REJECTS;
	return verdict == CS_WORDS_DROP ? EFFECT_DROPS : EFFECT_NONE;
}

/*
 * What somebody meant who wrote another end than the one that came. ufw's limit leaves nothing to
 * the rules behind it: who wrote an allow there meant all of it.
 */
static unsigned other_effects(const struct search *s)
{
	const struct cs_rule *decided = s->decided;

	switch (s->about->verdict) {
	case CS_MEANING_LIMIT:
		return decided && decided->tool == CS_RULE_UFW
			       ? EFFECT_OPENS | EFFECT_CLOSES
			       : EFFECT_CLOSES;
	case CS_MEANING_REJECT:
		return EFFECT_OPENS | EFFECT_DROPS;
	case CS_MEANING_DROP:
		return EFFECT_OPENS | EFFECT_REJECTS;
	case CS_MEANING_OPEN:
		break;
	}
	return EFFECT_CLOSES;
}

static bool same_rule(const struct cs_rule *a, const struct cs_rule *b)
{
	if (a == b)
		return true;
	return a->tool == CS_RULE_UFW && b->tool == CS_RULE_UFW && a->handle &&
	       a->handle == b->handle;
}

/* True when words about the port, in one direction, would have made another end of it. */
static bool speaks(const struct search *s, const struct cs_rule *rule, bool answer)
{
	struct cs_words words = read_words(s, rule, answer);

	return words.names_port && words.matches && !words.unsure &&
	       (effect_of(s, rule, &words) & other_effects(s));
}

/* True where it was passed by: what it names was rewritten before. */
static bool names_rewritten(const struct search *s, const struct cs_rule *rule)
{
	struct cs_words there = words_for(s->sent_on, rule);
	struct cs_words back = words_for(s->sent_back, rule);

	return s->about->forward_port && !(there.names_port && there.matches) &&
	       !(back.names_port && back.matches);
}

/* True when that chain, or one that it jumps to, is where it was decided: then it had a say. */
static bool leads_to_decided(const struct search *s, struct cs_span chain, size_t depth,
			     size_t *left)
{
	if (cs_text_is(chain, s->decided->chain))
		return true;
	if (depth == DEPTH_MAX || *left == 0)
		return false;
	--*left;
	for (size_t i = 0; i < s->rules->n; i++) {
		const struct cs_rule *rule = &s->rules->rules[i];
		struct cs_words words;

		if (rule->place == SIZE_MAX || !cs_text_is(chain, rule->chain) ||
		    strcmp(rule->table, s->decided->table) != 0)
			continue;
		words = read_words(s, rule, false);
		if (words.verdict == CS_WORDS_JUMP &&
		    leads_to_decided(s, words.target, depth + 1, left))
			return true;
	}
	return false;
}

static bool is_on_the_way(const struct search *s, const struct cs_rule *rule)
{
	struct cs_words words = read_words(s, rule, false);
	size_t left = JUMPS_MAX;

	return s->decided && words.verdict == CS_WORDS_JUMP &&
	       strcmp(rule->table, s->decided->table) == 0 &&
	       leads_to_decided(s, words.target, 0, &left);
}

/*
 * Behind a rule that lets a measured part through, what comes next is for the rest: it is
 * no shadow. ufw's limit ends all of it.
 */
static bool leaves_rest(const struct cs_rule *decided)
{
	return decided->tool != CS_RULE_UFW && decided->place != SIZE_MAX &&
	       (strstr(decided->raw, "limit") || strstr(decided->raw, "quota") ||
		strstr(decided->raw, "ct count") || strstr(decided->raw, "-m recent"));
}

static enum rank rank_of(const struct search *s, const struct cs_rule *rule)
{
	const struct cs_rule *decided = s->decided;
	bool same_chain = decided && strcmp(rule->chain, decided->chain) == 0 &&
			  strcmp(rule->table, decided->table) == 0;
	struct way way = { 0 };
	bool before, in, out;

	if (rule->place == SIZE_MAX || !family_fits(s, rule) ||
	    (decided && same_rule(rule, decided)))
		return RANK_NONE;
	before = same_chain && rule->place < decided->place;
	if ((before && !names_rewritten(s, rule)) ||
	    (same_chain && !before && leaves_rest(decided)))
		return RANK_NONE;
	in = speaks(s, rule, false);
	out = speaks(s, rule, true);
	if ((!in && !out) || is_on_the_way(s, rule))
		return RANK_NONE;
	if (in)
		find_ways(s, rule->table, rule->chain, false, 0, &way);
	if (out)
		find_ways(s, rule->table, rule->chain, true, 0, &way);
	if (same_chain && !before)
		return RANK_BEHIND;
	if (way.in || way.out)
		return RANK_OTHER_CHAIN;
	/*
	 * Who opened a port for the host did not mean what is behind it; a drop is taken
	 * for all.
	 */
	return way.not_passed && s->about->verdict <= CS_MEANING_LIMIT ? RANK_NOT_PASSED
								       : RANK_NONE;
}

/* The rules found so far, the worst first; @ends[k] is behind the last of rank k. */
struct told {
	const struct cs_rule **out;
	size_t max, ends[RANKS];
};

static size_t count(const struct told *t)
{
	return t->ends[RANKS - 1];
}

/* Behind those of its rank; the last one goes where there is no room. */
static void tell(struct told *t, const struct cs_rule *rule, enum rank rank)
{
	size_t at = t->ends[rank], behind = count(t) - at;

	if (at == t->max)
		return;
	if (count(t) == t->max)
		behind--;
	memmove(&t->out[at + 1], &t->out[at], behind * sizeof(*t->out));
	t->out[at] = rule;
	for (size_t i = rank; i < RANKS; i++)
		t->ends[i] += t->ends[i] < t->max;
}

static bool is_told(const struct told *t, const struct cs_rule *rule)
{
	for (size_t i = 0; i < count(t); i++)
		if (same_rule(t->out[i], rule))
			return true;
	return false;
}

size_t cs_rules_shadowed(const struct cs_rules *rules, const struct cs_rules_about *about,
			 const struct cs_rule *decided, const struct cs_rule **out,
			 size_t max)
{
	struct search s = { .rules = rules,
			    .about = about,
			    .decided = decided,
			    .request = asked(rules, about, false),
			    .answer = asked(rules, about, true) };
	struct told told = { .out = out, .max = max };

	s.sent_on = rewritten(about, s.request);
	s.sent_back = rewritten(about, s.answer);

	for (size_t i = 0; i < rules->n; i++) {
		const struct cs_rule *rule = &rules->rules[i];
		enum rank rank;

		/* Most are done with here. */
		if (!strstr(rule->raw, "port") || is_told(&told, rule))
			continue;
		rank = rank_of(&s, rule);
		if (rank != RANK_NONE)
			tell(&told, rule, rank);
	}
	return count(&told);
}
