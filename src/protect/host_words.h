/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_words: what rules say, by their words, of the machine that they are for: which
 * interfaces it has, which of them looks outwards, and which networks lie behind the
 * others. Hints, not truths: a rule that is read wrongly makes an unlikely machine and
 * nothing worse. Pure but for the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rd.h"

enum {
	CS_HOST_NAME = 16,       /* of an interface, with its NUL */
	CS_HOST_NAMED_MAX = 100, /* interfaces */
	CS_HOST_HINTS_MAX = 128, /* of each other kind */
};

struct cs_host_named {
	char name[CS_HOST_NAME];
	unsigned outwards; /* how much speaks for its being the outer one; 0: nothing */
};

/* A network that a rule names together with an interface of ours. */
struct cs_host_beyond {
	size_t link; /* index into .links */
	struct cs_prefix prefix;
};

struct cs_host_words {
	struct cs_host_named links[CS_HOST_NAMED_MAX]; /* in the order of the text */
	size_t n_links;
	struct cs_host_beyond beyond[CS_HOST_HINTS_MAX];
	size_t n_beyond;
	struct cs_addr targets[CS_HOST_HINTS_MAX]; /* that DNAT sends to */
	size_t n_targets;
	struct cs_addr own[CS_HOST_HINTS_MAX]; /* that the machine itself must have */
	size_t n_own;
};

/* Where a rule stands, as far as its chain says so. */
enum cs_host_place {
	CS_HOST_PLACE_OTHER,   /* a chain that others jump to, or of another hook */
	CS_HOST_PLACE_INPUT,   /* what it is for comes to the machine itself */
	CS_HOST_PLACE_FORWARD, /* passes it */
};

/* What a rule says of the way that packets take through it. */
struct cs_host_said {
	struct cs_host_named *in, *out; /* NULL: by any */
	bool masquerades, sends_on;
	struct cs_span jump; /* to this chain; empty: to none */
};

/* Adds what one rule of nft's or iptables' words says. */
struct cs_host_said cs_host_words_rule(struct cs_host_words *words, const char *rule,
				       enum cs_host_place place);

/*
 * Likewise of an interface from which rules jump to such as masquerade or send on what
 * comes there.
 */
void cs_host_words_jumped(const struct cs_host_said *from, bool masquerades,
			  bool sends_on);

/* Adds the interfaces in nft's sets and maps of them. */
void cs_host_words_sets(struct cs_host_words *words, struct cs_span nft);

/*
 * Adds an interface; of a wildcard (eth*, ppp+) one that it means. NULL for what cannot
 * be one, for the loopback, and when there is no room.
 */
struct cs_host_named *cs_host_words_link(struct cs_host_words *words,
					 struct cs_span name);
