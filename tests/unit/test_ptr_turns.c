/* SPDX-License-Identifier: Apache-2.0 */
/* A world of resolvers in numbers: time passes only when the test says so. */
#include "test.h"

#include "enrich/ptr_turns.h"

#define MS CS_NS_PER_MS
#define S  CS_NS_PER_S

enum { UNDER_WAY_MAX = 4096 };

/* How a resolver behaves; between .down_ns and .up_ns it says nothing. */
struct world_resolver {
	int64_t takes_ns; /* to answer */
	enum cs_ptr_outcome says;
	int64_t down_ns, up_ns;
	bool unreachable; /* while it is down */
	bool mute;        /* answers probes, but no question */
	unsigned asked, probed;
};

struct under_way {
	int64_t ends_ns;
	size_t question;
	unsigned resolver;
	enum cs_ptr_outcome outcome;
	bool probe;
};

struct world {
	struct cs_ptr_turns turns;
	struct world_resolver of[CS_PTR_TURNS_RESOLVERS];
	struct under_way under_way[UNDER_WAY_MAX];
	size_t n;
	int64_t now_ns;
	unsigned answered, most_under_way;
	struct cs_ptr_turn last;
};

static void make_world(struct world *w, unsigned resolvers)
{
	*w = (struct world){ .now_ns = 1000 * S };
	for (unsigned i = 0; i < resolvers; i++)
		w->of[i] = (struct world_resolver){ .takes_ns = 1 * MS,
						    .says = CS_PTR_ANSWERED };
}

static struct cs_ptr_limits limits_of(unsigned resolvers)
{
	return (struct cs_ptr_limits){
		.resolvers = resolvers, .window = 256, .tries = 3, .timeout_ns = 2 * S
	};
}

static bool is_down(const struct world_resolver *r, int64_t now_ns)
{
	return now_ns >= r->down_ns && now_ns < r->up_ns;
}

static void send(struct world *w, const struct cs_ptr_turn *turn)
{
	struct world_resolver *r = &w->of[turn->resolver];
	bool probe = turn->step == CS_PTR_PROBE;
	int64_t timeout_ns = w->turns.limits.timeout_ns;
	struct under_way it = { .ends_ns = w->now_ns + r->takes_ns,
				.question = turn->question,
				.resolver = turn->resolver,
				.outcome = probe ? CS_PTR_ANSWERED : r->says,
				.probe = probe };

	*(probe ? &r->probed : &r->asked) += 1;
	if (is_down(r, w->now_ns) && r->unreachable)
		it.outcome = CS_PTR_UNREACHABLE;
	else if (is_down(r, w->now_ns) || (r->mute && !probe))
		it.outcome = CS_PTR_SILENT;
	if (it.outcome == CS_PTR_SILENT)
		it.ends_ns =
			w->now_ns +
			(!probe && turn->brief ? timeout_ns / CS_PTR_BRIEF : timeout_ns);
	assert_true(w->n < UNDER_WAY_MAX);
	w->under_way[w->n++] = it;
	if (w->turns.of[turn->resolver].under_way > w->most_under_way)
		w->most_under_way = w->turns.of[turn->resolver].under_way;
}

/* Moves on to what ends first, or by @wait_ns when that is sooner. */
static void pass_time(struct world *w, int64_t wait_ns)
{
	size_t first = w->n;

	for (size_t i = 0; i < w->n; i++)
		if (first == w->n ||
		    w->under_way[i].ends_ns < w->under_way[first].ends_ns)
			first = i;
	assert_true(first < w->n || wait_ns >= 0); /* else it would wait for ever */
	if (first == w->n ||
	    (wait_ns >= 0 && w->now_ns + wait_ns < w->under_way[first].ends_ns)) {
		w->now_ns += wait_ns;
		return;
	}

	struct under_way it = w->under_way[first];

	w->under_way[first] = w->under_way[--w->n];
	w->now_ns = it.ends_ns;
	if (it.probe) {
		cs_ptr_turns_probed(&w->turns, it.resolver, it.outcome, w->now_ns);
		return;
	}
	w->answered += it.outcome == CS_PTR_ANSWERED;
	cs_ptr_turns_told(&w->turns, it.question, it.resolver, it.outcome, w->now_ns);
}

static void cancel_all(struct world *w)
{
	while (w->n > 0) {
		struct under_way it = w->under_way[--w->n];

		if (it.probe)
			cs_ptr_turns_probed(&w->turns, it.resolver, CS_PTR_CANCELLED,
					    w->now_ns);
		else
			cs_ptr_turns_told(&w->turns, it.question, it.resolver,
					  CS_PTR_CANCELLED, w->now_ns);
	}
}

/* Asks @n questions to the end; how long it took. */
static int64_t run(struct world *w, size_t n)
{
	int64_t began_ns = w->now_ns;

	w->answered = 0;
	assert_int_equal(cs_ptr_turns_begin(&w->turns, n, w->now_ns), CS_OK);
	for (unsigned steps = 0;; steps++) {
		struct cs_ptr_turn turn = cs_ptr_turns_next(&w->turns, w->now_ns);

		assert_true(steps < 10 * 1000 * 1000);
		w->last = turn;
		if (turn.step == CS_PTR_ASK || turn.step == CS_PTR_PROBE)
			send(w, &turn);
		else if (turn.step == CS_PTR_WAIT)
			pass_time(w, turn.wait_ns);
		else
			break;
	}
	cancel_all(w);
	return w->now_ns - began_ns;
}

static struct world world;

static struct world *begin(unsigned resolvers, const struct cs_ptr_limits *limits)
{
	make_world(&world, resolvers);
	cs_ptr_turns_init(&world.turns, limits, world.now_ns);
	return &world;
}

static void a_window_is_never_exceeded(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);

	(void)state;
	limits.window = 10;
	struct world *w = begin(1, &limits);

	assert_int_equal(run(w, 1000), 100 * MS);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 1000);
	assert_int_equal(w->of[0].asked, 1000);
	assert_int_equal(w->most_under_way, 10);
	cs_ptr_turns_clear(&w->turns);
}

static void a_rate_holds_for_each_resolver(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);
	int64_t took_ns;

	(void)state;
	limits.rate_qps = 100;
	struct world *w = begin(2, &limits);

	took_ns = run(w, 1000);
	assert_int_equal(w->answered, 1000);
	assert_int_equal(w->of[0].asked, 500);
	assert_int_equal(w->of[1].asked, 500);
	/* 500 at 100 a second, the last of them answered 1 ms later. */
	assert_true(took_ns >= 4980 * MS && took_ns <= 4991 * MS);

	/* What was not used up in a pause is not made good but for 10 ms. */
	w->now_ns += 3600 * S;
	took_ns = run(w, 1000);
	assert_true(took_ns >= 4960 * MS && took_ns <= 4991 * MS);
	cs_ptr_turns_clear(&w->turns);
}

static void no_question_is_no_work(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);
	struct world *w = begin(1, &limits);

	(void)state;
	assert_int_equal(run(w, 0), 0);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	cs_ptr_turns_clear(&w->turns);
}

static void a_few_questions_to_nobody_end_by_their_tries(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);
	struct world *w = begin(1, &limits);

	(void)state;
	w->of[0].says = CS_PTR_SILENT;
	/* A brief try of 250 ms and two of 2 s. */
	assert_int_equal(run(w, 5), 4250 * MS);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 0);
	assert_int_equal(w->of[0].asked, 15);
	cs_ptr_turns_clear(&w->turns);
}

static void a_single_try_is_a_whole_one(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);

	(void)state;
	limits.tries = 1;
	struct world *w = begin(1, &limits);

	w->of[0].says = CS_PTR_SILENT;
	assert_int_equal(run(w, 5), 2000 * MS);
	assert_int_equal(w->of[0].asked, 5);
	cs_ptr_turns_clear(&w->turns);
}

static void the_questions_of_a_silent_one_go_to_the_others(void **state)
{
	struct cs_ptr_limits limits = limits_of(3);
	struct world *w = begin(3, &limits);

	(void)state;
	w->of[1].down_ns = 0;
	w->of[1].up_ns = INT64_MAX;
	(void)run(w, 4000);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 4000);
	(void)run(w, 4000);
	(void)run(w, 4000);
	assert_int_equal(w->answered, 4000);
	cs_ptr_turns_clear(&w->turns);
}

/* Its first tries are brief, and the second ones go to the other. */
static void a_silent_one_is_doubted_after_a_timeout(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);

	(void)state;
	limits.rate_qps = 1000;
	struct world *w = begin(2, &limits);

	w->of[1].up_ns = INT64_MAX;
	(void)run(w, 20000);
	assert_int_equal(w->answered, 20000);
	assert_in_range(w->of[1].asked, 1900, 2300);
	assert_in_range(w->of[1].probed, 7, 10); /* one each 2 s */
	cs_ptr_turns_clear(&w->turns);
}

/* With nothing under way between two questions, silence goes on all the same. */
static void one_that_is_asked_one_by_one_is_doubted_too(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);

	(void)state;
	limits.window = 1;
	struct world *w = begin(2, &limits);

	w->of[1].up_ns = INT64_MAX;
	(void)run(w, 20000);
	assert_int_equal(w->answered, 20000);
	assert_in_range(w->of[1].asked, CS_PTR_DOUBT_AFTER, CS_PTR_DOUBT_AFTER + 1);
	assert_true(w->of[1].probed > 0);
	cs_ptr_turns_clear(&w->turns);
}

/* It answers after 400 ms, so no brief try is ever answered. */
static void a_slow_one_is_not_doubted(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);
	struct world *w = begin(1, &limits);

	(void)state;
	w->of[0].takes_ns = 400 * MS;
	(void)run(w, 4096);
	assert_int_equal(w->answered, 4096);
	assert_int_equal(w->of[0].probed, 0);
	cs_ptr_turns_clear(&w->turns);
}

static void a_refusal_is_asked_of_each_other_once(void **state)
{
	struct cs_ptr_limits limits = limits_of(3);
	struct world *w = begin(3, &limits);

	(void)state;
	w->of[0].says = w->of[2].says = CS_PTR_REFUSED;
	(void)run(w, 900);
	assert_int_equal(w->answered, 900);
	w->of[1].says = CS_PTR_REFUSED;
	for (unsigned i = 0; i < 3; i++)
		w->of[i].asked = 0;
	(void)run(w, 900);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(w->of[i].asked, 900);
	cs_ptr_turns_clear(&w->turns);
}

/* Refused by the one that is alive: the dead one is not waited for. */
static void a_refusal_does_not_wait_for_the_dead(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);
	struct world *w = begin(2, &limits);

	(void)state;
	w->of[0].says = CS_PTR_REFUSED;
	w->of[1].up_ns = INT64_MAX;
	w->of[1].unreachable = true;
	assert_true(run(w, 1000) < 1 * S);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	cs_ptr_turns_clear(&w->turns);
}

static void nothing_is_lost_while_the_only_one_is_away(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct cs_ptr_limits limits = limits_of(1);
		struct world *w;

		limits.tries = i == 2 ? 1 : 3; /* pardoned */
		w = begin(1, &limits);
		w->of[0].down_ns = w->now_ns + 3 * MS;
		w->of[0].up_ns = w->now_ns + 3 * S;
		w->of[0].unreachable = i > 0;
		(void)run(w, 4096);
		assert_int_equal(w->last.step, CS_PTR_DONE);
		assert_int_equal(w->answered, 4096);
		assert_true(w->of[0].probed >= 1);
		cs_ptr_turns_clear(&w->turns);
	}
}

/* A zone without a server: the resolver is alive, its questions end by tries. */
static void a_resolver_that_is_at_work_is_not_given_up(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);
	struct world *w = begin(1, &limits);

	(void)state;
	w->of[0].mute = true;
	(void)run(w, 4096);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 0);
	assert_int_equal(w->of[0].asked, 3 * 4096);
	w->of[0].mute = false;
	assert_true(run(w, 4096) < 1 * S);
	assert_int_equal(w->answered, 4096);
	cs_ptr_turns_clear(&w->turns);
}

static void silence_everywhere_is_given_up_for_a_while(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);
	struct world *w = begin(2, &limits);
	unsigned asked;

	(void)state;
	w->of[0].up_ns = w->of[1].up_ns = INT64_MAX;
	/* Three times what one question may take: 3 tries of 2 s. */
	assert_int_equal(run(w, 4096), 18 * S);
	assert_int_equal(w->last.step, CS_PTR_GAVE_UP);

	/* The next groups are not even asked for. */
	asked = w->of[0].asked + w->of[0].probed;
	assert_int_equal(run(w, 4096), 0);
	assert_int_equal(w->last.step, CS_PTR_GAVE_UP);
	assert_int_equal(w->of[0].asked + w->of[0].probed, asked);

	/* After 30 s there is a second look, which is short. */
	w->now_ns += 30 * S;
	assert_int_equal(run(w, 4096), 4 * S);
	assert_int_equal(w->last.step, CS_PTR_GAVE_UP);

	/* Who is back is asked again. */
	w->now_ns += 30 * S;
	w->of[0].up_ns = w->of[1].up_ns = w->now_ns;
	assert_true(run(w, 4096) < 1 * S);
	assert_int_equal(w->last.step, CS_PTR_DONE);
	assert_int_equal(w->answered, 4096);
	cs_ptr_turns_clear(&w->turns);
}

static void unreachable_everywhere_is_given_up_too(void **state)
{
	struct cs_ptr_limits limits = limits_of(2);
	struct world *w = begin(2, &limits);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		w->of[i].up_ns = INT64_MAX;
		w->of[i].unreachable = true;
	}
	assert_int_equal(run(w, 4096), 18 * S);
	assert_int_equal(w->last.step, CS_PTR_GAVE_UP);
	/* A probe each 250 ms, no flood. */
	assert_true(w->of[0].probed <= 18 * 4 + 1);
	cs_ptr_turns_clear(&w->turns);
}

/* Answers a probe, then nothing, then misses a probe: for ever. */
static void one_that_comes_and_goes_cannot_keep_us(void **state)
{
	struct cs_ptr_limits limits = limits_of(1);
	unsigned steps = 0;
	struct world *w;

	(void)state;
	limits.tries = 100; /* more than it takes to doubt */
	w = begin(1, &limits);
	assert_int_equal(cs_ptr_turns_begin(&w->turns, 100, w->now_ns), CS_OK);
	for (;; steps++) {
		struct cs_ptr_turn turn = cs_ptr_turns_next(&w->turns, w->now_ns);

		assert_true(steps < 100000);
		if (turn.step == CS_PTR_PROBE) {
			bool up = w->of[0].probed++ % 2;

			cs_ptr_turns_probed(&w->turns, 0,
					    up ? CS_PTR_ANSWERED : CS_PTR_SILENT,
					    w->now_ns);
		} else if (turn.step == CS_PTR_ASK) {
			w->now_ns += 2 * S;
			cs_ptr_turns_told(&w->turns, turn.question, 0, CS_PTR_SILENT,
					  w->now_ns);
		} else if (turn.step == CS_PTR_WAIT) {
			w->now_ns += turn.wait_ns;
		} else {
			break;
		}
	}
	cs_ptr_turns_clear(&w->turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_never_exceeded),
		cmocka_unit_test(a_rate_holds_for_each_resolver),
		cmocka_unit_test(no_question_is_no_work),
		cmocka_unit_test(a_few_questions_to_nobody_end_by_their_tries),
		cmocka_unit_test(a_single_try_is_a_whole_one),
		cmocka_unit_test(the_questions_of_a_silent_one_go_to_the_others),
		cmocka_unit_test(a_silent_one_is_doubted_after_a_timeout),
		cmocka_unit_test(one_that_is_asked_one_by_one_is_doubted_too),
		cmocka_unit_test(a_slow_one_is_not_doubted),
		cmocka_unit_test(a_refusal_is_asked_of_each_other_once),
		cmocka_unit_test(a_refusal_does_not_wait_for_the_dead),
		cmocka_unit_test(nothing_is_lost_while_the_only_one_is_away),
		cmocka_unit_test(a_resolver_that_is_at_work_is_not_given_up),
		cmocka_unit_test(silence_everywhere_is_given_up_for_a_while),
		cmocka_unit_test(unreachable_everywhere_is_given_up_too),
		cmocka_unit_test(one_that_comes_and_goes_cannot_keep_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
