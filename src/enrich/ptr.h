/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptr: reverse names of many addresses at a time, by c-ares. A window of
 * questions under way bounds memory; a rate a resolver bounds what each of them
 * is asked; the cache is the caller's (the store). What comes back is a
 * stranger's text: only a well-formed name counts, and it is escaped by the
 * encoders, not here.
 */
#pragma once

#include "base/addr.h"
#include "base/clock.h"

struct cs_ptr;

enum { CS_PTR_WHY = 256, CS_PTR_RESOLVERS_MAX = 16 };

/* What to want when nobody says otherwise; docs/decisions/reverse-names.md says why. */
enum {
	CS_PTR_WINDOW = 128, /* more at once does not fit into a socket's buffer */
	CS_PTR_TIMEOUT_MS = 2000,
	CS_PTR_TRIES = 3,
};

/* What is found out about one address. */
struct cs_ptr_answer {
	struct cs_addr ip;
	struct cs_span name; /* presentation form without the last dot; or empty */
	bool known;          /* an answer came (perhaps: there is no name) */
	int64_t expires_us;  /* UTC; by the answer's TTL, negative ones by the SOA's */
};

struct cs_ptr_want {
	const char *const *resolvers; /* "ADDRESS", "ADDRESS:PORT", "[V6]:PORT" */
	size_t n_resolvers;           /* 0: those of /etc/resolv.conf */
	uint32_t rate_qps;            /* a resolver; 0 unpaced */
	uint32_t window;              /* questions under way a resolver, 1..4096 */
	uint32_t timeout_ms; /* of one try, 1..60000; a first try gets an eighth of it */
	uint32_t tries;      /* 1..100, all resolvers together */
	const struct cs_clock *clock;
	const int
		*stop; /* a descriptor that ends the work when it is readable, or NULL */
	void (*waiting)(void *arg); /* called whenever it has waited, or NULL */

	/* The cache; both NULL: none. Find gives CS_ERR_NOT_FOUND for what it lacks. */
	enum cs_err (*find)(void *arg, const struct cs_addr *ip,
			    struct cs_ptr_answer *answer);
	enum cs_err (*keep)(void *arg, const struct cs_ptr_answer *answers, size_t n);
	void *arg;
};

/*
 * What was done since cs_ptr_open(). Each address of a call counts once in .asked
 * and once in one of .from_cache, .named, .nameless and .failed.
 */
struct cs_ptr_counts {
	uint64_t asked, sent, from_cache, named, nameless, failed;
	uint64_t malformed; /* answers whose name or message was not well formed */
};

/*
 * CS_ERR_SYNTAX  a resolver that is no address; CS_ERR_NOT_FOUND: there is none;
 * CS_ERR_IO, CS_ERR_NOMEM. @why is one line.
 */
CS_MUST_USE enum cs_err cs_ptr_open(const struct cs_ptr_want *want, struct cs_ptr **out,
				    char why[CS_PTR_WHY]);
void cs_ptr_close(struct cs_ptr *ptr);

/*
 * Asks for all @n addresses (.ip of each answer is set by the caller, the rest
 * is filled in) and waits for the last. Names live until the next call. An
 * address whose resolvers are silent has .known false: that is no error. Gives
 * up early, the rest unknown, when every resolver has been silent for long
 * (docs/decisions says how long) or @stop says so.
 * CS_ERR_IO, CS_ERR_NOMEM, and what the cache gives
 */
CS_MUST_USE enum cs_err cs_ptr_resolve(struct cs_ptr *ptr, struct cs_ptr_answer *answers,
				       size_t n);

struct cs_ptr_counts cs_ptr_counted(const struct cs_ptr *ptr);
