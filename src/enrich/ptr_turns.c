/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/ptr_turns.h"

#include <stdlib.h>

enum {
	PARDONS = 16,    /* a call: a server that comes and goes cannot keep us */
	PATIENCE = 3,    /* times the time that a question may take in all */
	REST = 15,       /* timeouts after giving up in which nobody is asked */
	SECOND_LOOK = 2, /* timeouts that they get afterwards */
	PROBE_PAUSE = 8, /* parts of a timeout between probes that fail at once */
};

/* How far behind its schedule a resolver may be made up for. */
#define SLACK_NS (10 * CS_NS_PER_MS)

void cs_ptr_turns_init(struct cs_ptr_turns *turns, const struct cs_ptr_limits *limits,
		       int64_t now_ns)
{
	*turns = (struct cs_ptr_turns){ .limits = *limits };
	for (unsigned i = 0; i < limits->resolvers; i++)
		turns->of[i].paced_ns = now_ns;
}

void cs_ptr_turns_clear(struct cs_ptr_turns *turns)
{
	free(turns->questions);
	free(turns->again);
	*turns = (struct cs_ptr_turns){ 0 };
}

static enum cs_err make_room(struct cs_ptr_turns *turns, size_t n)
{
	void *questions, *again;

	if (n <= turns->room)
		return CS_OK;
	questions = realloc(turns->questions, n * sizeof(*turns->questions));
	if (questions)
		turns->questions = questions;
	again = realloc(turns->again, n * sizeof(*turns->again));
	if (again)
		turns->again = again;
	if (!questions || !again)
		return CS_ERR_NOMEM;
	turns->room = n;
	return CS_OK;
}

static int64_t patience_ns(const struct cs_ptr_limits *limits)
{
	return PATIENCE * (int64_t)limits->tries * limits->timeout_ns;
}

static bool rests(const struct cs_ptr_turns *turns, int64_t now_ns)
{
	return turns->gave_up &&
	       now_ns - turns->gave_up_ns < REST * turns->limits.timeout_ns;
}

enum cs_err cs_ptr_turns_begin(struct cs_ptr_turns *turns, size_t n, int64_t now_ns)
{
	enum cs_err err = make_room(turns, n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		turns->questions[i] = (struct cs_ptr_question){ 0 };
	turns->n = turns->open = n;
	turns->fresh = turns->again_first = turns->again_n = 0;
	turns->pardons = PARDONS;
	turns->heard_ns = now_ns;
	if (turns->gave_up && !rests(turns, now_ns)) {
		turns->gave_up = false;
		turns->heard_ns = now_ns - patience_ns(&turns->limits) +
				  SECOND_LOOK * turns->limits.timeout_ns;
	}
	return CS_OK;
}

/* When the resolver's next question is due; 0 or less: now. */
static int64_t due_in(const struct cs_ptr_turns *turns, unsigned resolver, int64_t now_ns)
{
	if (turns->limits.rate_qps == 0)
		return 0;
	return turns->of[resolver].paced_ns - now_ns;
}

void cs_ptr_turns_sent(struct cs_ptr_turns *turns, unsigned resolver, int64_t now_ns)
{
	struct cs_ptr_resolver_turns *r = &turns->of[resolver];
	int64_t rate = turns->limits.rate_qps;

	if (rate == 0)
		return;
	if (r->paced_ns < now_ns - SLACK_NS)
		r->paced_ns = now_ns - SLACK_NS;
	r->paced_ns += (CS_NS_PER_S + rate - 1) / rate;
}

static bool all_doubted(const struct cs_ptr_turns *turns)
{
	for (unsigned i = 0; i < turns->limits.resolvers; i++)
		if (!turns->of[i].doubted)
			return false;
	return true;
}

static void shorten(int64_t *wait_ns, int64_t other_ns)
{
	if (*wait_ns < 0 || other_ns < *wait_ns)
		*wait_ns = other_ns;
}

/* A doubted resolver whose probe is due; else how long until one is. */
static bool choose_probe(struct cs_ptr_turns *turns, int64_t now_ns,
			 struct cs_ptr_turn *turn)
{
	for (unsigned i = 0; i < turns->limits.resolvers; i++) {
		struct cs_ptr_resolver_turns *r = &turns->of[i];
		int64_t wait_ns = r->probe_ns - now_ns;

		if (!r->doubted || r->probing)
			continue;
		if (wait_ns < due_in(turns, i, now_ns))
			wait_ns = due_in(turns, i, now_ns);
		if (wait_ns > 0) {
			shorten(&turn->wait_ns, wait_ns);
			continue;
		}
		r->probing = true;
		cs_ptr_turns_sent(turns, i, now_ns);
		turn->step = CS_PTR_PROBE;
		turn->resolver = i;
		return true;
	}
	return false;
}

enum choice { CHOSEN, NOT_NOW, NO_ONE_LEFT };

static bool may_ask(const struct cs_ptr_turns *turns, unsigned resolver,
		    const struct cs_ptr_question *q)
{
	return !turns->of[resolver].doubted && !(q->refused >> resolver & 1);
}

/*
 * The next in turn that is alive, has not refused this question, has room and
 * is due. The one that was asked last comes behind all others.
 */
static enum choice choose_resolver(struct cs_ptr_turns *turns,
				   const struct cs_ptr_question *q, int64_t now_ns,
				   struct cs_ptr_turn *turn)
{
	unsigned n = turns->limits.resolvers, others = 0, asked = 0;

	for (unsigned i = 0; i < n; i++)
		others += may_ask(turns, i, q) && (q->tries == 0 || i != q->last);
	for (unsigned i = 1; i <= n; i++) {
		unsigned at = (turns->turn + i) % n;

		if (!may_ask(turns, at, q) || (q->tries > 0 && at == q->last && others))
			continue;
		asked++;
		if (turns->of[at].under_way >= turns->limits.window)
			continue;
		if (due_in(turns, at, now_ns) > 0) {
			shorten(&turn->wait_ns, due_in(turns, at, now_ns));
			continue;
		}
		turn->resolver = turns->turn = at;
		return CHOSEN;
	}
	return asked ? NOT_NOW : NO_ONE_LEFT;
}

/* The question that comes first: those that were asked already, then new ones. */
static bool first_question(const struct cs_ptr_turns *turns, size_t *question)
{
	if (turns->again_n > 0)
		*question = turns->again[turns->again_first];
	else if (turns->fresh < turns->n)
		*question = turns->fresh;
	else
		return false;
	return true;
}

static void leave_line(struct cs_ptr_turns *turns)
{
	if (turns->again_n == 0) {
		turns->fresh++;
		return;
	}
	turns->again_n--;
	turns->again_first = (turns->again_first + 1) % turns->room;
}

static void settle(struct cs_ptr_turns *turns, struct cs_ptr_question *q)
{
	if (!q->settled)
		turns->open--;
	q->settled = true;
}

/*
 * A first try. A resolver that is still at work on it gets the same question
 * again, and answers both with one look-up.
 */
static bool is_brief(const struct cs_ptr_turns *turns, const struct cs_ptr_question *q)
{
	return q->tries == 0 && turns->limits.tries > 1;
}

/*
 * Silence counts from the first question without an answer: that all of a row
 * have timed out and none is under way is no pause.
 */
static void note_asked(struct cs_ptr_resolver_turns *r, int64_t now_ns)
{
	if (r->under_way == 0 && r->unanswered == 0)
		r->since_ns = now_ns;
	r->under_way++;
}

static bool choose_question(struct cs_ptr_turns *turns, int64_t now_ns,
			    struct cs_ptr_turn *turn)
{
	while (!all_doubted(turns) && first_question(turns, &turn->question)) {
		struct cs_ptr_question *q = &turns->questions[turn->question];
		enum choice choice = NO_ONE_LEFT;

		if (q->tries < turns->limits.tries)
			choice = choose_resolver(turns, q, now_ns, turn);
		if (choice == NOT_NOW)
			return false;
		leave_line(turns);
		if (choice == NO_ONE_LEFT) {
			settle(turns, q);
			continue;
		}
		turn->brief = is_brief(turns, q);
		q->last = (uint8_t)turn->resolver;
		note_asked(&turns->of[turn->resolver], now_ns);
		cs_ptr_turns_sent(turns, turn->resolver, now_ns);
		turn->step = CS_PTR_ASK;
		return true;
	}
	return false;
}

static bool gives_up(struct cs_ptr_turns *turns, int64_t now_ns, struct cs_ptr_turn *turn)
{
	int64_t left_ns;

	if (rests(turns, now_ns))
		return true;
	if (!all_doubted(turns))
		return false;
	left_ns = turns->heard_ns + patience_ns(&turns->limits) - now_ns;
	if (left_ns > 0) {
		shorten(&turn->wait_ns, left_ns);
		return false;
	}
	turns->gave_up = true;
	turns->gave_up_ns = now_ns;
	return true;
}

struct cs_ptr_turn cs_ptr_turns_next(struct cs_ptr_turns *turns, int64_t now_ns)
{
	struct cs_ptr_turn turn = { .step = CS_PTR_WAIT, .wait_ns = -1 };

	if (turns->open == 0) {
		turn.step = CS_PTR_DONE;
		return turn;
	}
	if (gives_up(turns, now_ns, &turn)) {
		turn.step = CS_PTR_GAVE_UP;
		return turn;
	}
	if (choose_probe(turns, now_ns, &turn) || choose_question(turns, now_ns, &turn))
		return turn;
	if (turns->open == 0)
		turn.step = CS_PTR_DONE;
	return turn;
}

static void heard(struct cs_ptr_turns *turns, unsigned resolver, int64_t now_ns)
{
	struct cs_ptr_resolver_turns *r = &turns->of[resolver];

	turns->heard_ns = now_ns;
	turns->gave_up = false;
	r->unanswered = 0;
	r->since_ns = now_ns;
	r->doubted = r->dead = false;
}

static void doubt(struct cs_ptr_turns *turns, unsigned resolver, int64_t probe_ns)
{
	struct cs_ptr_resolver_turns *r = &turns->of[resolver];

	if (r->doubted)
		return;
	r->doubted = true;
	r->probe_ns = probe_ns;
}

static void ask_again(struct cs_ptr_turns *turns, size_t question)
{
	turns->again[(turns->again_first + turns->again_n) % turns->room] =
		(uint32_t)question;
	turns->again_n++;
}

static int64_t after_pause(const struct cs_ptr_turns *turns, int64_t now_ns)
{
	return now_ns + turns->limits.timeout_ns / PROBE_PAUSE;
}

/*
 * A question without an answer has one try less. That is taken back by pardon()
 * when it turns out that nobody was there to hear it.
 */
static void unanswered(struct cs_ptr_turns *turns, size_t question, unsigned resolver,
		       enum cs_ptr_outcome outcome, int64_t now_ns)
{
	struct cs_ptr_resolver_turns *r = &turns->of[resolver];

	turns->questions[question].tries++;
	r->unanswered++;
	ask_again(turns, question);
	if (outcome == CS_PTR_UNREACHABLE)
		doubt(turns, resolver, after_pause(turns, now_ns));
	else if (r->unanswered >= CS_PTR_DOUBT_AFTER &&
		 now_ns - r->since_ns >= turns->limits.timeout_ns)
		doubt(turns, resolver, now_ns);
}

void cs_ptr_turns_told(struct cs_ptr_turns *turns, size_t question, unsigned resolver,
		       enum cs_ptr_outcome outcome, int64_t now_ns)
{
	struct cs_ptr_question *q = &turns->questions[question];

	turns->of[resolver].under_way--;
	switch (outcome) {
	case CS_PTR_ANSWERED:
		heard(turns, resolver, now_ns);
		settle(turns, q);
		break;
	case CS_PTR_REFUSED:
		heard(turns, resolver, now_ns);
		q->refused |= (uint16_t)(1u << resolver);
		ask_again(turns, question);
		break;
	case CS_PTR_SILENT:
	case CS_PTR_UNREACHABLE:
		unanswered(turns, question, resolver, outcome, now_ns);
		break;
	case CS_PTR_CANCELLED:
		break;
	}
}

/* All tries were made in vain because nobody was there: they do not count. */
static void pardon(struct cs_ptr_turns *turns)
{
	if (turns->pardons == 0)
		return;
	turns->pardons--;
	for (size_t i = 0; i < turns->n; i++)
		turns->questions[i].tries = 0;
}

void cs_ptr_turns_probed(struct cs_ptr_turns *turns, unsigned resolver,
			 enum cs_ptr_outcome outcome, int64_t now_ns)
{
	struct cs_ptr_resolver_turns *r = &turns->of[resolver];

	r->probing = false;
	r->probe_ns = outcome == CS_PTR_SILENT ? now_ns : after_pause(turns, now_ns);
	if (outcome == CS_PTR_ANSWERED || outcome == CS_PTR_REFUSED) {
		heard(turns, resolver, now_ns);
		return;
	}
	/* An answer to a question may have come before the probe's end. */
	if (outcome == CS_PTR_CANCELLED || !r->doubted || r->dead)
		return;
	r->dead = true;
	if (all_doubted(turns))
		pardon(turns);
}
