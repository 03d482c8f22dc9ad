/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "protect/guard.h"

enum { SINGLE = 128, HOUR_MS = 3600000 };

static struct cs_prefix prefix_of(const char *text)
{
	struct cs_prefix prefix;

	assert_int_equal(cs_prefix_read(cs_span_str(text), &prefix), CS_OK);
	return prefix;
}

/* --- judging --- */

/* Somebody who was seen to write, and who proved to hear us. */
static struct cs_guard_verdict verdict_of(enum cs_guard_class class_)
{
	return (struct cs_guard_verdict){
		.prefix = prefix_of("203.0.113.7"),
		.proved = 2,
		.because = { .class_ = class_,
			     .worry = CS_GUARD_ACT,
			     .confidence = 90,
			     .answered = true },
	};
}

static void a_class_says_who_is_blocked_and_as_what(void **state)
{
	static const struct {
		enum cs_guard_class class_;
		enum cs_guard_answer answer;
		enum cs_guard_reason reason;
	} cases[] = {
		{ CS_GUARD_H, CS_GUARD_OURS, 0 },
		{ CS_GUARD_G, CS_GUARD_OURS, 0 },
		{ CS_GUARD_C1, CS_GUARD_BLOCKED, CS_GUARD_VICTIM },
		{ CS_GUARD_F, CS_GUARD_FORGED, 0 },
		{ CS_GUARD_D, CS_GUARD_BLOCKED, CS_GUARD_ATTACKER },
		{ CS_GUARD_E, CS_GUARD_BLOCKED, CS_GUARD_ATTACKER },
		{ CS_GUARD_C2, CS_GUARD_BLOCKED, CS_GUARD_ATTACKER },
		{ CS_GUARD_B, CS_GUARD_BLOCKED, CS_GUARD_ATTACKER },
		{ CS_GUARD_I, CS_GUARD_OURS, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_guard_verdict v = verdict_of(cases[i].class_);
		struct cs_guard_request r;
		enum cs_guard_answer answer = cs_guard_judge(&v, 600, &r);

		assert_int_equal(answer, cases[i].answer);
		if (answer != CS_GUARD_BLOCKED)
			continue;
		assert_int_equal(r.reason, cases[i].reason);
		assert_int_equal(r.seconds, 600);
		assert_memory_equal(&r.prefix, &v.prefix, sizeof(r.prefix));
		assert_memory_equal(&r.because, &v.because, sizeof(r.because));
	}
}

static void only_who_proved_to_hear_us_is_blocked_as_attacker(void **state)
{
	static const struct {
		const char *name;
		uint32_t proved, guessed, unproved;
		enum cs_guard_answer answer;
	} cases[] = {
		{ "a sign that cannot be guessed", 1, 0, 0, CS_GUARD_BLOCKED },
		{ "no sign", 0, 0, 3, CS_GUARD_FORGED },
		{ "no sign, and nothing counted", 0, 0, 0, CS_GUARD_FORGED },
		{ "a sign that anybody can give", 0, 4, 0, CS_GUARD_FORGED },
		{ "one flow proved, another guessed", 2, 1, 0, CS_GUARD_FORGED },
		{ "one flow proved, another not", 5, 0, 1, CS_GUARD_FORGED },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_guard_verdict v = verdict_of(CS_GUARD_D);
		struct cs_guard_request r;

		v.proved = cases[i].proved;
		v.guessed = cases[i].guessed;
		v.unproved = cases[i].unproved;
		if (cs_guard_judge(&v, 600, &r) != cases[i].answer)
			fail_msg("%s", cases[i].name);
	}
}

static void a_victim_needs_no_proof_and_is_a_victim_whatever_its_class(void **state)
{
	struct cs_guard_verdict v = verdict_of(CS_GUARD_D);
	struct cs_guard_request r;

	(void)state;
	v.victim = true;
	v.proved = 0;
	v.unproved = 900;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_BLOCKED);
	assert_int_equal(r.reason, CS_GUARD_VICTIM);
	/* C1 without the flag: there are no attackers of that class. */
	v = verdict_of(CS_GUARD_C1);
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_BLOCKED);
	assert_int_equal(r.reason, CS_GUARD_VICTIM);
	v.prefix = prefix_of("203.0.113.0/24");
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_BLOCKED);
	assert_int_equal(r.prefix.bits, 96 + 24);
}

static void what_is_no_worry_not_sure_or_a_peers_is_left_alone(void **state)
{
	struct cs_guard_verdict v = verdict_of(CS_GUARD_D);
	struct cs_guard_request r;

	(void)state;
	v.because.worry = CS_GUARD_NOTE;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_HARMLESS);
	v.because.worry = CS_GUARD_ACT_NOW;
	v.because.confidence = 59;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_UNSURE);
	v.because.confidence = 60;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_BLOCKED);
	v.peer = true;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_ALLOWED);
	v.victim = true;
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_ALLOWED);
	v = verdict_of(CS_GUARD_E);
	v.prefix = prefix_of("203.0.113.0/24");
	assert_int_equal(cs_guard_judge(&v, 600, &r), CS_GUARD_NEIGHBOURS);
}

/* --- deciding --- */

struct post {
	struct cs_arena arena;
	struct cs_guard guard;
	struct cs_guard_spared spared;
	uint32_t seconds;
};

static struct post post_of(size_t entries, size_t a_minute)
{
	const struct cs_guard_limits limits = { entries, a_minute, 3600 };
	struct post p = { 0 };

	assert_int_equal(cs_guard_open(&p.guard, &limits, &p.arena), CS_OK);
	return p;
}

static struct cs_guard_request request_of(const char *prefix, enum cs_guard_reason reason)
{
	return (struct cs_guard_request){
		.prefix = prefix_of(prefix),
		.seconds = 3600,
		.reason = reason,
		.because = { .class_ =
				     reason == CS_GUARD_VICTIM ? CS_GUARD_C1 : CS_GUARD_D,
			     .worry = CS_GUARD_ACT_NOW,
			     .confidence = 95 },
	};
}

static enum cs_guard_answer ask(struct post *p, const char *prefix,
				enum cs_guard_reason reason, int64_t now_ms)
{
	struct cs_guard_request r = request_of(prefix, reason);

	return cs_guard_decide(&p->guard, &r, &p->spared, now_ms, &p->seconds);
}

static void nobody_is_blocked_who_is_spared_not_in_part_either(void **state)
{
	static const struct {
		const char *prefix;
		enum cs_guard_answer answer;
	} cases[] = {
		{ "192.0.2.77", CS_GUARD_ALLOWED },
		{ "192.0.2.0/24", CS_GUARD_ALLOWED }, /* 192.0.2.77 is in it */
		{ "192.0.2.76", CS_GUARD_BLOCKED },
		{ "198.51.100.200", CS_GUARD_LOCAL },
		{ "198.51.100.0/24", CS_GUARD_LOCAL },
		{ "198.51.101.1", CS_GUARD_BLOCKED },
		{ "2001:db8:1::5", CS_GUARD_LOCAL },
		{ "2001:db8:1:0::/64", CS_GUARD_LOCAL },
		{ "2001:db8:2::5", CS_GUARD_BLOCKED },
		{ "127.0.0.1", CS_GUARD_LOCAL },
		{ "224.0.1.187", CS_GUARD_NOBODY },
		{ "255.255.255.255", CS_GUARD_NOBODY },
		{ "::1", CS_GUARD_LOCAL },
		{ "::2", CS_GUARD_BLOCKED },
		{ "169.254.7.0/24", CS_GUARD_LOCAL },
		{ "fe80::7", CS_GUARD_LOCAL },
		{ "ff02::fd", CS_GUARD_NOBODY },
		{ "0.0.0.0/24", CS_GUARD_NOBODY },
	};
	struct cs_prefix allowed[] = { prefix_of("192.0.2.77") };
	struct cs_prefix local[] = { prefix_of("198.51.100.0/24"),
				     prefix_of("2001:db8:1::/48") };
	struct post p = post_of(64, 64);

	(void)state;
	p.spared = (struct cs_guard_spared){ allowed, local, 1, 2 };
	for (size_t i = 0; i < CS_LEN(cases); i++)
		if (ask(&p, cases[i].prefix, CS_GUARD_VICTIM, 0) != cases[i].answer)
			fail_msg("%s", cases[i].prefix);
	cs_arena_clear(&p.arena);
}

static void a_request_is_held_to_its_bounds_whoever_sends_it(void **state)
{
	struct post p = post_of(64, 64);
	struct cs_guard_request r;

	(void)state;
	assert_int_equal(ask(&p, "203.0.113.0/24", CS_GUARD_ATTACKER, 0), CS_GUARD_WIDE);
	assert_int_equal(ask(&p, "203.0.112.0/23", CS_GUARD_VICTIM, 0), CS_GUARD_WIDE);
	assert_int_equal(ask(&p, "0.0.0.0/0", CS_GUARD_VICTIM, 0), CS_GUARD_WIDE);
	assert_int_equal(ask(&p, "::/0", CS_GUARD_VICTIM, 0), CS_GUARD_WIDE);
	assert_int_equal(ask(&p, "2001:db8::/63", CS_GUARD_VICTIM, 0), CS_GUARD_WIDE);
	assert_int_equal(ask(&p, "2001:db8::/64", CS_GUARD_VICTIM, 0), CS_GUARD_BLOCKED);
	assert_int_equal(ask(&p, "203.0.113.0/24", CS_GUARD_VICTIM, 0), CS_GUARD_BLOCKED);

	r = request_of("203.0.113.7", CS_GUARD_ATTACKER);
	r.seconds = 59;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_BRIEF);
	r.seconds = UINT32_MAX;
	r.because.class_ = CS_GUARD_C1;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_ODD);
	r.because.class_ = CS_GUARD_E;
	r.because.worry = CS_GUARD_NOTE;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_ODD);
	r.because.worry = CS_GUARD_ACT;
	r.because.confidence = 59;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_ODD);
	r.because.confidence = 60;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_BLOCKED);
	assert_int_equal(p.seconds, 3600); /* no longer than the limit */
	r = request_of("203.0.113.8", CS_GUARD_VICTIM);
	r.because.class_ = CS_GUARD_H;
	assert_int_equal(cs_guard_decide(&p.guard, &r, &p.spared, 0, &p.seconds),
			 CS_GUARD_ODD);
	cs_arena_clear(&p.arena);
}

static void no_more_entries_stand_than_may_and_old_ones_make_room(void **state)
{
	struct post p = post_of(2, 64);

	(void)state;
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_VICTIM, 0), CS_GUARD_BLOCKED);
	assert_int_equal(ask(&p, "203.0.113.2", CS_GUARD_VICTIM, 1), CS_GUARD_BLOCKED);
	assert_int_equal(ask(&p, "203.0.113.3", CS_GUARD_VICTIM, 2), CS_GUARD_FULL);
	assert_int_equal(ask(&p, "203.0.113.3", CS_GUARD_VICTIM, HOUR_MS - 1),
			 CS_GUARD_FULL);
	assert_int_equal(ask(&p, "203.0.113.3", CS_GUARD_VICTIM, HOUR_MS),
			 CS_GUARD_BLOCKED);
	assert_int_equal(p.guard.n, 2);
	cs_arena_clear(&p.arena);
}

static void no_more_come_in_within_a_minute_than_may(void **state)
{
	struct post p = post_of(64, 3);
	char text[CS_ADDR_TEXT];
	unsigned taken = 0;
	enum cs_guard_answer answer;

	(void)state;
	/* Ten a second for three minutes: three in each of them, at its beginning. */
	for (int64_t now = 0; now < 180000; now += 100) {
		(void)snprintf(text, sizeof(text), "203.0.%u.%u", (unsigned)(now / 25600),
			       (unsigned)(now / 100 % 256));
		answer = ask(&p, text, CS_GUARD_ATTACKER, now);
		taken += answer == CS_GUARD_BLOCKED;
		assert_int_equal(answer,
				 now % 60000 < 300 ? CS_GUARD_BLOCKED : CS_GUARD_RATE);
	}
	assert_int_equal(taken, 9);
	cs_arena_clear(&p.arena);
}

static void who_is_blocked_already_is_renewed_late_and_takes_no_room(void **state)
{
	struct post p = post_of(1, 1);
	struct cs_prefix who = prefix_of("203.0.113.1");

	(void)state;
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, 0), CS_GUARD_BLOCKED);
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, 1000),
			 CS_GUARD_STANDS);
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, HOUR_MS / 2),
			 CS_GUARD_STANDS);
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, HOUR_MS / 2 + 1),
			 CS_GUARD_RENEWED);
	assert_int_equal(cs_guard_find(&p.guard, &who)->until_ms,
			 HOUR_MS + HOUR_MS / 2 + 1);
	assert_int_equal(p.guard.n, 1);
	cs_arena_clear(&p.arena);
}

static void an_attacker_may_turn_out_a_victim_but_never_the_other_way_round(void **state)
{
	struct post p = post_of(4, 4);
	struct cs_prefix who = prefix_of("203.0.113.1");

	(void)state;
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, 0), CS_GUARD_BLOCKED);
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_VICTIM, 1), CS_GUARD_RENEWED);
	assert_int_equal(cs_guard_find(&p.guard, &who)->reason, CS_GUARD_VICTIM);
	assert_int_equal(ask(&p, "203.0.113.1", CS_GUARD_ATTACKER, HOUR_MS - 1),
			 CS_GUARD_RENEWED);
	assert_int_equal(cs_guard_find(&p.guard, &who)->reason, CS_GUARD_VICTIM);
	cs_arena_clear(&p.arena);
}

static void entries_are_remembered_and_forgotten_by_their_prefix(void **state)
{
	struct cs_guard_entry old = { prefix_of("203.0.113.0/24"), CS_GUARD_VICTIM, 500 };
	struct cs_prefix other = prefix_of("203.0.113.0");
	struct post p = post_of(2, 8);

	(void)state;
	assert_int_equal(cs_guard_remember(&p.guard, &old), CS_OK);
	old.until_ms = HOUR_MS;
	assert_int_equal(cs_guard_remember(&p.guard, &old), CS_OK);
	assert_int_equal(p.guard.n, 1);
	assert_null(cs_guard_find(&p.guard, &other));
	cs_guard_forget(&p.guard, &other); /* is not there */
	assert_int_equal(ask(&p, "203.0.113.0/24", CS_GUARD_VICTIM, 1), CS_GUARD_STANDS);
	assert_int_equal(ask(&p, "203.0.113.0", CS_GUARD_VICTIM, 1), CS_GUARD_BLOCKED);
	old.prefix = prefix_of("203.0.113.9");
	assert_int_equal(cs_guard_remember(&p.guard, &old), CS_ERR_FULL);
	cs_guard_forget(&p.guard, &other);
	assert_null(cs_guard_find(&p.guard, &other));
	assert_int_equal(cs_guard_remember(&p.guard, &old), CS_OK);
	cs_arena_clear(&p.arena);
}

/* --- words --- */

static void names_are_those_of_the_verdict_and_nothing_else(void **state)
{
	enum cs_guard_class class_ = CS_GUARD_H;
	enum cs_guard_worry worry = CS_GUARD_NONE;

	(void)state;
	assert_true(cs_guard_class_read(SPAN("C2"), &class_));
	assert_int_equal(class_, CS_GUARD_C2);
	assert_true(cs_guard_worry_read(SPAN("act_now"), &worry));
	assert_int_equal(worry, CS_GUARD_ACT_NOW);
	assert_false(cs_guard_class_read(SPAN("A"), &class_));
	assert_false(cs_guard_class_read(SPAN("c1"), &class_));
	assert_false(cs_guard_class_read(SPAN(""), &class_));
	assert_false(cs_guard_worry_read(SPAN("act now"), &worry));
	for (int i = 0; i < CS_GUARD_ANSWERS; i++)
		assert_true(strlen(cs_guard_answer_text((enum cs_guard_answer)i)) > 3);
}

static void evidence_is_one_line_however_much_there_is(void **state)
{
	struct cs_guard_evidence e = { .class_ = CS_GUARD_C1,
				       .worry = CS_GUARD_ACT_NOW,
				       .confidence = 95,
				       .answered = true,
				       .first_us = INT64_C(1795291200123456),
				       .last_us = INT64_C(1795291260000000),
				       .packets = 1200,
				       .bytes_in = 25200,
				       .bytes_out = 300000,
				       .n_seen = 1,
				       .seen = { { "amplified", 800 } } };
	char text[CS_GUARD_TEXT];

	(void)state;
	cs_guard_text(&e, text);
	assert_string_equal(text, "class C1, act now, 95 % sure, answered: 1200 packets, "
				  "25200 bytes in, 300000 out; amplified 800; from "
				  "2026-11-21T20:00:00Z to 2026-11-21T20:01:00Z");
	e.bytes_in = e.bytes_out = UINT64_MAX;
	e.n_seen = CS_GUARD_SEEN;
	for (size_t i = 0; i < CS_GUARD_SEEN; i++)
		e.seen[i] = (struct cs_guard_seen){
			"a text of sixty-three bytes, as many as there is room for it at",
			UINT32_MAX
		};
	cs_guard_text(&e, text);
	assert_true(strlen(text) < CS_GUARD_TEXT);
	assert_null(strchr(text, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_says_who_is_blocked_and_as_what),
		cmocka_unit_test(only_who_proved_to_hear_us_is_blocked_as_attacker),
		cmocka_unit_test(
			a_victim_needs_no_proof_and_is_a_victim_whatever_its_class),
		cmocka_unit_test(what_is_no_worry_not_sure_or_a_peers_is_left_alone),
		cmocka_unit_test(nobody_is_blocked_who_is_spared_not_in_part_either),
		cmocka_unit_test(a_request_is_held_to_its_bounds_whoever_sends_it),
		cmocka_unit_test(no_more_entries_stand_than_may_and_old_ones_make_room),
		cmocka_unit_test(no_more_come_in_within_a_minute_than_may),
		cmocka_unit_test(
			who_is_blocked_already_is_renewed_late_and_takes_no_room),
		cmocka_unit_test(
			an_attacker_may_turn_out_a_victim_but_never_the_other_way_round),
		cmocka_unit_test(entries_are_remembered_and_forgotten_by_their_prefix),
		cmocka_unit_test(names_are_those_of_the_verdict_and_nothing_else),
		cmocka_unit_test(evidence_is_one_line_however_much_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
