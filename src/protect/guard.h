/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: whether an address or prefix is blocked on the CoAP ports because of what was
 * seen of it, decided in two places. cs_guard_judge() makes a request of a verdict, on
 * the side that looks at packets. cs_guard_decide() is the privileged side: it takes
 * requests and no more, and holds to its limits whoever sends them. Pure: time and
 * memory come in, and what is decided is carried out elsewhere.
 *
 * A source address is easily forged. So nobody is blocked as attacker who has not shown,
 * on every flow and by what cannot be guessed, that it hears us; and whose name is used for
 * a reflection is blocked as a victim protected: what is dropped are the requests in its name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

enum cs_guard_reason { CS_GUARD_ATTACKER, CS_GUARD_VICTIM, CS_GUARD_REASONS };

/* "attacker", "victim protected" */
extern const char *const cs_guard_reason_names[CS_GUARD_REASONS];

/* Classes and worries as coapscope.verdict/1 has them. */
enum cs_guard_class {
	CS_GUARD_H,
	CS_GUARD_G,
	CS_GUARD_C1,
	CS_GUARD_F,
	CS_GUARD_D,
	CS_GUARD_E,
	CS_GUARD_C2,
	CS_GUARD_B,
	CS_GUARD_I,
	CS_GUARD_CLASSES,
};
enum cs_guard_worry {
	CS_GUARD_NONE,
	CS_GUARD_NOTE,
	CS_GUARD_ACT,
	CS_GUARD_ACT_NOW,
	CS_GUARD_WORRIES,
};

extern const char *const cs_guard_class_names[CS_GUARD_CLASSES];
extern const char *const cs_guard_worry_names[CS_GUARD_WORRIES];

/* False: no such name. */
CS_MUST_USE bool cs_guard_class_read(struct cs_span name, enum cs_guard_class *out);
CS_MUST_USE bool cs_guard_worry_read(struct cs_span name, enum cs_guard_worry *out);

enum {
	CS_GUARD_SEEN = 8,     /* observations that go with a request */
	CS_GUARD_WHAT = 64,    /* of what was observed, with its NUL */
	CS_GUARD_LEAST_S = 60, /* nobody asks for less; an operator's limit may be */
	CS_GUARD_MOST_S = 7 * 86400,
	CS_GUARD_PRESET_S = 3600,
};

/* What was observed how often: a stranger's words, maybe. */
struct cs_guard_seen {
	char what[CS_GUARD_WHAT];
	uint32_t count;
};

/* Why, for whoever looks at an entry. */
struct cs_guard_evidence {
	enum cs_guard_class class_;
	enum cs_guard_worry worry;
	uint8_t confidence; /* percent */
	bool answered;
	int64_t first_us, last_us; /* UTC */
	uint32_t packets;
	uint64_t bytes_in, bytes_out;
	uint8_t n_seen;
	struct cs_guard_seen seen[CS_GUARD_SEEN];
};

/* "Block this prefix on the CoAP ports for this long for this reason", and no more. */
struct cs_guard_request {
	struct cs_prefix prefix;
	uint32_t seconds;
	enum cs_guard_reason reason;
	struct cs_guard_evidence because;
};

/* A verdict, as far as it matters here. */
struct cs_guard_verdict {
	struct cs_prefix prefix; /* of all bits: one source */
	bool victim;
	bool peer;         /* a listed one's address */
	uint32_t proved;   /* signs that it hears us: acked, echoed, connected */
	uint32_t guessed;  /* signs that a forger can give blindly: next_block, retried */
	uint32_t unproved; /* requests on flows without a sign of either kind */
	struct cs_guard_evidence because;
};

enum cs_guard_answer {
	/* It is blocked. */
	CS_GUARD_BLOCKED,
	CS_GUARD_RENEWED, /* it was, and now for longer or as a victim */
	CS_GUARD_STANDS,  /* it is already, for about as long */

	/* It is left alone, because */
	CS_GUARD_HARMLESS,   /* it is less than `act` that is to be done about it */
	CS_GUARD_OURS,       /* it answers us, or is hit like us: H, G */
	CS_GUARD_UNSURE,     /* the verdict is */
	CS_GUARD_FORGED,     /* somebody else may have used its name */
	CS_GUARD_NEIGHBOURS, /* of attackers single addresses are blocked */
	CS_GUARD_ALLOWED,
	CS_GUARD_LOCAL,
	CS_GUARD_NOBODY, /* no host has such an address */
	CS_GUARD_WIDE,   /* wider than a /24, a /64 */
	CS_GUARD_BRIEF,  /* for less than CS_GUARD_LEAST_S */
	CS_GUARD_ODD,    /* reason, class and worry do not go together */
	CS_GUARD_FULL,
	CS_GUARD_RATE,
	CS_GUARD_FAILED, /* the firewall did not take it */
	CS_GUARD_ANSWERS,
};

/* "an allowed peer", "may be forged: ..."; static storage. */
const char *cs_guard_answer_text(enum cs_guard_answer answer);

/*
 * CS_GUARD_BLOCKED: @out is the request to be made of the privileged part, for
 * @seconds. Else why there is none.
 */
enum cs_guard_answer cs_guard_judge(const struct cs_guard_verdict *verdict,
				    uint32_t seconds, struct cs_guard_request *out);

struct cs_guard_limits {
	size_t entries;   /* that stand at one time */
	size_t a_minute;  /* new ones in any 60 s */
	uint32_t seconds; /* of one; a request for more gets this */
};

/* Who is never blocked, not in part either. Borrowed. */
struct cs_guard_spared {
	const struct cs_prefix *allowed, *local;
	size_t n_allowed, n_local;
};

struct cs_guard_entry {
	struct cs_prefix prefix;
	enum cs_guard_reason reason;
	int64_t until_ms; /* on the clock of cs_guard_decide() */
};

struct cs_guard {
	struct cs_guard_limits limits;
	struct cs_guard_entry *entries; /* sorted; both arrays in the arena */
	size_t n;
	int64_t *added_ms; /* when the last .a_minute came in, a circle */
	size_t n_added, at;
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_guard_open(struct cs_guard *guard,
				      const struct cs_guard_limits *limits,
				      struct cs_arena *arena);

/*
 * Decides, and if it is CS_GUARD_BLOCKED or _RENEWED counts it as done: *@seconds
 * is then for how long. What could not be done is to be forgotten. @now_ms never goes back.
 */
enum cs_guard_answer cs_guard_decide(struct cs_guard *guard,
				     const struct cs_guard_request *request,
				     const struct cs_guard_spared *spared, int64_t now_ms,
				     uint32_t *seconds);

/* The entry of exactly this prefix, or NULL; until the next change. */
const struct cs_guard_entry *cs_guard_find(const struct cs_guard *guard,
					   const struct cs_prefix *prefix);

/* Whether nothing of @prefix is spared: CS_GUARD_BLOCKED, _ALLOWED, _LOCAL. */
enum cs_guard_answer cs_guard_spares(const struct cs_guard_spared *spared,
				     const struct cs_prefix *prefix);

/* An entry that stands already, as after a restart: no new one. CS_ERR_FULL */
CS_MUST_USE enum cs_err cs_guard_remember(struct cs_guard *guard,
					  const struct cs_guard_entry *entry);
void cs_guard_forget(struct cs_guard *guard, const struct cs_prefix *prefix);

enum { CS_GUARD_TEXT = 1024 };

/* The evidence as text, with such words as they are: it is encoded where it is shown. */
void cs_guard_text(const struct cs_guard_evidence *because, char out[CS_GUARD_TEXT]);
