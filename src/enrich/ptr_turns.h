/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptr_turns: which question goes to which resolver, and when. Knows numbers
 * only: neither addresses nor messages nor sockets; time comes in. What it
 * decides is told with its reasons in docs/decisions/reverse-names.md:
 *
 * - questions take turns over the resolvers that are alive; each resolver has a
 *   window and a rate of its own;
 * - a question that nobody answered is asked again, of another resolver where
 *   there is one, after a first try that is short: most are lost, not slow;
 * - one that a resolver refused is asked once of each other;
 * - a resolver that is silent for a row of questions and a whole timeout is
 *   doubted: it gets a probe instead, until one is answered, and its questions go
 *   to the others;
 * - when nobody has answered for long, all is given up for a while.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"

enum {
	CS_PTR_TURNS_RESOLVERS = 16,
	CS_PTR_DOUBT_AFTER = 32, /* questions in a row without an answer */
	CS_PTR_BRIEF = 8,        /* parts of a timeout that a first try gets one of */
};

struct cs_ptr_limits {
	unsigned resolvers; /* 1..CS_PTR_TURNS_RESOLVERS */
	uint32_t window;    /* questions under way a resolver, at least 1 */
	uint32_t rate_qps;  /* a resolver; 0: unpaced */
	uint32_t tries;     /* of a question, at least 1 */
	int64_t timeout_ns; /* of a try */
};

struct cs_ptr_resolver_turns {
	uint32_t under_way;
	uint32_t unanswered; /* in a row */
	int64_t since_ns;    /* when it answered, or was asked first after that */
	bool doubted;
	bool dead;        /* doubted, and a probe was not answered either */
	bool probing;     /* a probe is under way */
	int64_t probe_ns; /* when the next may leave */
	int64_t paced_ns; /* when the next question is due */
};

struct cs_ptr_question {
	uint8_t tries; /* so far */
	uint8_t last;  /* resolver that was asked last */
	bool settled;
	uint16_t refused; /* a bit a resolver */
};

/* Treat as opaque. Zeroed by init; clear frees. */
struct cs_ptr_turns {
	struct cs_ptr_limits limits;
	struct cs_ptr_resolver_turns of[CS_PTR_TURNS_RESOLVERS];
	struct cs_ptr_question *questions; /* owned */
	uint32_t *again;       /* owned: a ring of questions to be asked once more */
	size_t room;           /* of both */
	size_t n, fresh, open; /* questions: all, asked first next, not settled */
	size_t again_first, again_n;
	unsigned turn;    /* resolver that was chosen last */
	unsigned pardons; /* how often tries may still be forgotten */
	int64_t heard_ns; /* when somebody answered, or was asked first */
	bool gave_up;
	int64_t gave_up_ns;
};

void cs_ptr_turns_init(struct cs_ptr_turns *turns, const struct cs_ptr_limits *limits,
		       int64_t now_ns);
void cs_ptr_turns_clear(struct cs_ptr_turns *turns);

/* Begins with @n new questions, 0..n-1; those before are forgotten. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_ptr_turns_begin(struct cs_ptr_turns *turns, size_t n,
					   int64_t now_ns);

enum cs_ptr_step {
	CS_PTR_ASK,     /* .question of .resolver */
	CS_PTR_PROBE,   /* .resolver: is anybody there? */
	CS_PTR_WAIT,    /* for what is under way, or .wait_ns at most (-1: no end) */
	CS_PTR_DONE,    /* every question is settled */
	CS_PTR_GAVE_UP, /* those that are open stay so; nobody has answered for long */
};

struct cs_ptr_turn {
	enum cs_ptr_step step;
	size_t question;
	unsigned resolver;
	bool brief; /* wait for an eighth of the timeout only */
	int64_t wait_ns;
};

/* What is to be done now. A question or a probe counts as sent with it. */
struct cs_ptr_turn cs_ptr_turns_next(struct cs_ptr_turns *turns, int64_t now_ns);

enum cs_ptr_outcome {
	CS_PTR_ANSWERED,
	CS_PTR_REFUSED,     /* somebody is there, but it is no answer */
	CS_PTR_SILENT,      /* nothing came in time */
	CS_PTR_UNREACHABLE, /* the network says so */
	CS_PTR_CANCELLED,   /* we did not wait */
};

/* How the question that was handed out for @resolver ended. */
void cs_ptr_turns_told(struct cs_ptr_turns *turns, size_t question, unsigned resolver,
		       enum cs_ptr_outcome outcome, int64_t now_ns);

/* How the probe of @resolver ended. */
void cs_ptr_turns_probed(struct cs_ptr_turns *turns, unsigned resolver,
			 enum cs_ptr_outcome outcome, int64_t now_ns);

/* One question more was sent to @resolver: its schedule moves on by that. */
void cs_ptr_turns_sent(struct cs_ptr_turns *turns, unsigned resolver, int64_t now_ns);
