/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: the questions to the prober, its answers to rows. */
#include "protect/meaning.h"

#include <stdio.h>

#include "protect/question.h"
#include "protect/rules_span.h"
#include "protect/source_ports.h"
#include "protect/sources.h"

enum {
	COAP = 5683,
	PORTS_FEW =
		2, /* source ports, of those that named ones stand for, where few are asked */
};

struct asking {
	const struct cs_meaning_request *request;
	const struct cs_host *host; /* with a default route */
	struct cs_prober *prober;
	struct cs_meanings *out;
	bool by_source;               /* the rules look at who asks */
	const struct cs_addr *askers; /* those that @same is about */
	bool same[CS_QUESTION_ASKERS];
	bool sends_on; /* by DNAT */
	struct cs_source_ports ports[CS_PORTS_KINDS];
};

/* --- what an answer means --- */

/* Of a group: whether somebody here has joined it. */
static bool is_joined(const struct cs_meaning_request *r, const struct cs_addr *to)
{
	bool group = cs_addr_is_group(to);

	for (size_t i = 0; group && i < r->n_groups; i++)
		if (cs_addr_cmp(&r->groups[i], to) == 0)
			return true;
	return !group;
}

/* Who takes it: at the address and port that it was sent on to, where it stayed here. */
static const struct cs_listener *listener_of(const struct cs_meaning_request *r,
					     const struct cs_meaning *row)
{
	static const struct cs_addr untold;
	const struct cs_probe_told *told = &row->told;
	uint16_t port = told->forward_port ? told->forward_port : row->ask.port;
	const struct cs_addr *to = cs_addr_cmp(&told->forward_to, &untold) != 0
					   ? &told->forward_to
					   : &row->ask.to;

	if (row->forward || r->assume_listener || !is_joined(r, &row->ask.to))
		return NULL;
	return cs_listeners_find(r->listeners, r->n_listeners, to, row->ask.link,
				 row->ask.tcp, port);
}

static void find_shadowed(const struct asking *a, struct cs_meaning *row)
{
	const struct cs_host_link *link = cs_host_link(a->host, row->ask.link);
	const struct cs_rules_about about = {
		.from = row->ask.from,
		.to = row->ask.to,
		.tcp = row->ask.tcp,
		.port = row->ask.port,
		.forward = row->forward,
		.forward_port = row->told.forward_port,
		.forward_to = row->told.forward_to,
		.verdict = row->told.verdict,
		.in = link ? link->name : NULL,
	};

	row->n_shadowed = cs_rules_shadowed(a->request->rules, &about, row->told.rule,
					    row->shadowed, CS_MEANING_SHADOWED);
}

/* False for what was routed as it came. */
static bool was_sent_on(const struct cs_meaning *row)
{
	return row->told.forward_port != row->ask.port ||
	       cs_addr_cmp(&row->told.forward_to, &row->ask.to) != 0;
}

static void conclude(const struct asking *a, const struct cs_question *question,
		     struct cs_meaning *row)
{
	row->forward = question->routed || row->told.forwarded;
	if (!was_sent_on(row)) {
		row->told.forward_to = (struct cs_addr){ 0 };
		row->told.forward_port = 0;
	}
	row->listener = listener_of(a->request, row);
	row->exposed = row->asker == CS_ASKER_INTERNET && cs_meaning_is_answered(row) &&
		       (row->forward || row->listener || a->request->assume_listener);
	find_shadowed(a, row);
}

/* --- one question --- */

/* Of several askers the one that gets the most counts. */
static bool is_more_open(const struct cs_probe_told *a, const struct cs_probe_told *b)
{
	return a->verdict < b->verdict ||
	       (a->verdict == b->verdict && a->answered > b->answered);
}

/* Which of the askers need not be asked, as they are the same to the rules as one before. */
static const bool *find_same(struct asking *a, const struct cs_question *question)
{
	if (a->askers != question->askers)
		cs_sources_same(a->request->rules, a->host, question->askers,
				question->n_askers, a->same);
	a->askers = question->askers;
	return a->same;
}

/* As each of its askers by one link, until one gets everything: nobody gets more. */
static enum cs_err ask_by_link(struct asking *a, const struct cs_question *question,
			       struct cs_probe_ask ask, bool *first,
			       struct cs_meaning *out)
{
	size_t n = a->by_source ? question->n_askers : 1;
	const bool *same = find_same(a, question);
	struct cs_probe_told told;

	for (size_t i = 0; i < n; i++) {
		enum cs_err err;

		if (same[i])
			continue;
		ask.from = question->askers[i];
		err = cs_prober_ask(a->prober, &ask, &told);
		if (err)
			return err;
		if (*first || is_more_open(&told, &out->told)) {
			out->told = told;
			out->ask = ask;
		}
		*first = false;
		if (told.verdict == CS_MEANING_OPEN)
			break;
	}
	return CS_OK;
}

static enum cs_err ask_as_all(struct asking *a, const struct cs_question *question,
			      struct cs_probe_ask ask, struct cs_meaning *out)
{
	bool first = true;
	enum cs_err err = ask_by_link(a, question, ask, &first, out);

	for (size_t i = 0; i < CS_QUESTION_WAYS && question->others[i] && !err &&
			   out->told.verdict != CS_MEANING_OPEN;
	     i++) {
		ask.link = question->others[i];
		err = ask_by_link(a, question, ask, &first, out);
	}
	return err;
}

/*
 * Who is allowed asks from ordinary ports alone: whether he gets through is the question, not what
 * else he might try. The internet is exposed to, also where all of it is allowed.
 */
static bool is_allowed(const struct cs_meaning_request *r, const struct cs_meaning *row)
{
	if (row->asker == CS_ASKER_INTERNET)
		return false;
	for (size_t i = 0; i < r->n_peers; i++)
		if (cs_addr_is_v4(&r->peers[i].prefix.addr) ==
			    cs_addr_is_v4(&row->ask.from) &&
		    cs_prefix_has(&r->peers[i].prefix, &row->ask.from))
			return true;
	return row->asker == CS_ASKER_PEER;
}

/* Of how many named source ports he is asked about. */
static size_t count_ports(const struct asking *a, const struct cs_meaning *row,
			  const struct cs_source_ports *ports)
{
	size_t most =
		a->request->brief || row->asker == CS_ASKER_LOCAL ? PORTS_FEW : ports->n;

	if (is_allowed(a->request, row))
		return 0;
	return ports->n < most ? ports->n : most;
}

/* A stranger chooses his port: where he gets more from one that rules name, that counts. */
static enum cs_err ask_from_ports(struct asking *a, const struct cs_question *question,
				  const struct cs_source_ports *ports,
				  struct cs_meaning *row)
{
	const size_t n = count_ports(a, row, ports);

	for (size_t i = 0; i < n && row->told.verdict != CS_MEANING_OPEN; i++) {
		struct cs_meaning from = *row;
		struct cs_probe_ask ask = question->ask;
		enum cs_err err;

		ask.from_first = ask.from_last = from.source_port = ports->port[i];
		err = ask_as_all(a, question, ask, &from);
		if (err)
			return err;
		if (cs_meaning_is_answered(&from) &&
		    from.told.verdict < row->told.verdict)
			*row = from;
	}
	a->out->ports_left_out |=
		ports->left_out && n > 0 && row->told.verdict != CS_MEANING_OPEN;
	return CS_OK;
}

static enum cs_err ask_one(struct asking *a, const struct cs_question *question,
			   struct cs_meaning *row)
{
	struct cs_probe_ask ask = question->ask;
	const struct cs_source_ports *ports = &a->ports[cs_ports_kind(
		ask.tcp, cs_addr_is_v4(&ask.from), question->routed || a->sends_on)];
	enum cs_err err;

	ask.from_first = ports->first;
	ask.from_last = ports->last;
	*row = (struct cs_meaning){ .asker = question->asker,
				    .from = question->from,
				    .ask = ask };
	err = ask_as_all(a, question, ask, row);
	if (!err)
		err = ask_from_ports(a, question, ports, row);
	if (!err)
		conclude(a, question, row);
	return err;
}

static enum cs_err ask_flood(const struct asking *a, const struct cs_question *question)
{
	struct cs_probe_ask ask = question->ask;
	struct cs_probe_told *told =
		cs_addr_is_v4(&ask.to) ? &a->out->flood4 : &a->out->flood6;

	if (question->asker != CS_ASKER_INTERNET || ask.tcp || ask.port != COAP ||
	    ask.flow != CS_FLOW_NEW || question->routed || told->sent)
		return CS_OK;
	ask.answer = CS_MEANING_FLOOD_ANSWER;
	return cs_prober_flood(a->prober, &ask, CS_MEANING_FLOOD, told);
}

/*
 * What is open at an address that no neighbour finds is not reached: said once, of the
 * first link.
 */
static enum cs_err ask_neighbours(struct asking *a)
{
	struct cs_meanings *out = a->out;
	const struct cs_host *host = a->host;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < host->n_addresses && !err && !out->not_found; i++) {
		const struct cs_host_address *own = &host->addresses[i];
		const struct cs_host_link *link = cs_host_link(host, own->link);
		bool found, open = false;

		for (size_t k = 0; k < out->n && !open; k++)
			open = out->rows[k].ask.link == own->link &&
			       !cs_addr_is_v4(&out->rows[k].ask.from) &&
			       cs_meaning_is_answered(&out->rows[k]);
		if (!open || cs_addr_is_v4(&own->address) || !link->ethernet)
			continue;
		err = cs_prober_is_found(a->prober, own->link, &own->address, &found);
		if (!err && !found)
			out->not_found = link;
	}
	return err;
}

static enum cs_err ask_all(struct asking *a, const struct cs_questions *questions)
{
	const struct cs_meaning_request *r = a->request;
	struct cs_meanings *out = a->out;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < questions->n && !err; i++) {
		const struct cs_question *question = &questions->list[i];
		struct cs_meaning *row = &out->rows[out->n];

		err = ask_one(a, question, row);
		if (err)
			break;
		if (r->progress)
			r->progress(r->arg, i + 1, questions->n);
		if (question->if_sent_on && !row->told.forward_port)
			continue; /* what is for somebody else's host is no question */
		out->n++;
		out->exposed += row->exposed;
	}
	if (!err && !r->brief)
		err = ask_neighbours(a);
	for (size_t i = 0; i < questions->n && r->flood && !err; i++)
		err = ask_flood(a, &questions->list[i]);
	return err;
}

/* --- all of them --- */

static bool have_word(const struct cs_rules *rules, const char *const *words, size_t n)
{
	const struct cs_span texts[] = { rules->nft, rules->xtables4, rules->xtables6,
					 rules->legacy4, rules->legacy6 };

	for (size_t i = 0; i < CS_LEN(texts); i++)
		for (size_t k = 0; k < n; k++)
			if (cs_text_has(texts[i], words[k]))
				return true;
	return false;
}

static void find_ports(struct asking *a)
{
	static const char *const words[] = { "dnat", "DNAT" };

	a->sends_on = have_word(a->request->rules, words, CS_LEN(words));
	cs_source_ports_find(a->request->rules, a->ports);
}

/* False when no rule looks at a source: then one asker tells for all. */
static bool look_at_sources(const struct cs_rules *rules)
{
	static const char *const words[] = { "saddr", "fib",       "-s ",
					     "--src", "match-set", "--source" };

	return have_word(rules, words, CS_LEN(words));
}

static enum cs_err ask_in(struct cs_scratch *scratch, struct asking *a,
			  const struct cs_questions *questions, struct cs_arena *arena,
			  char why[CS_RULES_WHY])
{
	enum cs_err err = cs_prober_open(scratch, &questions->host, a->request->rules,
					 arena, &a->prober, why);

	if (err)
		return err;
	err = ask_all(a, questions);
	if (err)
		(void)snprintf(why, CS_RULES_WHY, "asking the rules by packets: %s",
			       cs_strerror(err));
	cs_prober_close(a->prober);
	return err;
}

enum cs_err cs_meaning_ask(const struct cs_meaning_request *request,
			   struct cs_arena *arena, struct cs_meanings *out,
			   char why[CS_RULES_WHY])
{
	struct asking a = { .request = request,
			    .out = out,
			    .by_source = look_at_sources(request->rules) };
	struct cs_questions questions;
	struct cs_scratch *scratch;
	char why_not[CS_SCRATCH_WHY] = "";
	enum cs_err err;

	*out = (struct cs_meanings){ 0 };
	err = cs_questions_make(request, arena, &questions, why);
	if (err)
		return err;
	a.host = &questions.host;
	find_ports(&a);
	out->assumed_route = questions.assumed_route;
	out->left_out = questions.left_out;
	out->hosts_left_out = questions.hosts_left_out;
	out->n_peers = questions.n_peers;
	out->rows = cs_arena_array(arena, questions.n + 1, sizeof(*out->rows));
	if (!out->rows)
		return CS_ERR_NOMEM;
	err = cs_scratch_open(&questions.host, &scratch, why_not);
	if (err) {
		(void)snprintf(why, CS_RULES_WHY, "%s", why_not);
		return err;
	}
	err = ask_in(scratch, &a, &questions, arena, why);
	cs_scratch_close(scratch);
	return err;
}
