/* SPDX-License-Identifier: Apache-2.0 */
/*
 * who: who a source is said to be, by lists and by names. A reverse name counts only
 * when it leads back to the address; without a resolver none is asked for. Answers are
 * kept, in bounded memory, for a day at most.
 */
#pragma once

#include "enrich/ptr.h"
#include "enrich/scanner.h"
#include "watch/judge.h"

struct cs_who;

enum {
	CS_WHO_AT_ONCE = 4,    /* names asked for by one cs_who_work() */
	CS_WHO_WAITING = 256,  /* addresses that wait for it; more are dropped */
	CS_WHO_GROUP = 4096,   /* names asked for at a time by cs_who_find_all() */
	CS_WHO_KEPT = 1 << 14, /* names, or that there is none, that are kept */
};

struct cs_who_want {
	const struct cs_scanners *scanners; /* settled, borrowed; NULL: no lists */
	bool names;                         /* ask for names, of: */
	const char *const *resolvers; /* as in struct cs_ptr_want; 0: the host's own */
	size_t n_resolvers;
	uint32_t timeout_ms;          /* of one try; 0: CS_PTR_TIMEOUT_MS */
	const struct cs_clock *clock; /* must be there with .names */
	const int *stop;              /* as in struct cs_ptr_want */
};

/*
 * All files are read and resolvers known when it is open: in a jail it needs .dns.
 * CS_ERR_SYNTAX, CS_ERR_NOT_FOUND, CS_ERR_IO: the resolvers; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_who_open(const struct cs_who_want *want, struct cs_who **out,
				    char why[CS_PTR_WHY]);
void cs_who_close(struct cs_who *who);

/*
 * What is known of @ip now, without asking anybody: lists, and names that were found
 * before. False: nothing (@out is zeroed). An address that only a name is known of has
 * a .hostname and no .name. Text lives until the next cs_who_work() or
 * cs_who_find_all(), that of lists as long as they do. An address whose name is not
 * known waits for cs_who_work().
 */
bool cs_who_find(struct cs_who *who, const struct cs_addr *ip, struct cs_actor *out);

/*
 * Live, once a second or so: asks for the names of up to CS_WHO_AT_ONCE of those that
 * wait. Takes at most about two timeouts, and while resolvers are silent only one call
 * in thirty asks at all. True: there are new names, so that some verdicts may be other
 * ones. What goes wrong is counted only.
 */
bool cs_who_work(struct cs_who *who);

/*
 * At the end of a file: what is known of each of @n addresses, asking for all the names
 * that are not known yet. Text lives until the next call of this or of cs_who_work().
 * CS_ERR_NOMEM, CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_who_find_all(struct cs_who *who, const struct cs_addr *ips,
					struct cs_actor *actors, size_t n);

struct cs_who_counts {
	uint64_t asked;     /* addresses whose name was asked for */
	uint64_t confirmed; /* of them, with a name that leads back */
	uint64_t lied;      /* with a name that does not */
	uint64_t failed;    /* nobody answered */
	uint64_t dropped;   /* too many waited */
};
struct cs_who_counts cs_who_counted(const struct cs_who *who);
