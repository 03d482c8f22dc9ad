/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_assume_own: a machine that is made up, from inside, for host_assume*.c alone.
 */
#pragma once

#include "protect/host_own.h"
#include "protect/host_words.h"

enum {
	CS_ASSUME_NETWORKS = 512, /* at most */
	CS_ASSUME_LOCALS = 32,    /* more local networks share the last interface */
	CS_ASSUME_LOOPBACK = 1,   /* indexes of interfaces */
	CS_ASSUME_OUTER = 2,
	CS_ASSUME_INNER = 3, /* and those that follow */
};

/* A network, and the machine's own address in it. */
struct cs_assumed_network {
	struct cs_prefix prefix;
	struct cs_addr own;
	uint32_t link;
	bool said; /* that it is the machine's own; else it is made up */
};

struct cs_assumed_link {
	char name[CS_HOST_NAME];
	bool named;   /* by the rules */
	bool virtual; /* of tunnels, containers and guests: no ordinary local network */
};

struct cs_assumption {
	struct cs_host_draft draft;
	struct cs_host_words *words;
	struct cs_assumed_link *inner; /* link CS_ASSUME_INNER + i */
	size_t n_inner;
	size_t outer; /* index into words->links; SIZE_MAX: none of them */
	struct cs_assumed_network *networks;
	size_t n_networks;
};

/*
 * The words' interfaces, which of them is the outer one, and room for all that follows.
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_assume_links(struct cs_assumption *a);

/* What is usually called so: "bridge", "wireguard" ...; "": a real interface. */
const char *cs_assume_kind(const char *name);

/* The number-th of those that may have an ordinary network; made where there are too few. */
uint32_t cs_assume_ordinary(struct cs_assumption *a, size_t number);

/* The index of the words' interface @named. */
uint32_t cs_assume_link_of(const struct cs_assumption *a, size_t named);

/* All networks: those that were named (@locals), those of the rules, and made up ones. */
void cs_assume_networks(struct cs_assumption *a, const struct cs_prefix *locals,
			size_t n);

/* A single address is a host in a network of the usual size; others stay. */
struct cs_prefix cs_assume_widen(const struct cs_prefix *p);

/* The first address of a network, as routers have it, or one that is free after it. */
struct cs_addr cs_assume_free(const struct cs_assumption *a, const struct cs_prefix *p);

/* A constant of ours. */
struct cs_prefix cs_assume_prefix(const char *text);
