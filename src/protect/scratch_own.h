/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch_own: the scratch from inside, for scratch*.c alone. Each step tells in
 * @why what it was about; errno is the kernel's reason.
 */
#pragma once

#include <sched.h>

#include "protect/scratch.h"

struct cs_netlink;
struct cs_scratch_ears;

/* Where we are, and the way back. Descriptors, -1: none. */
struct cs_scratch_space {
	int home;  /* the namespace that we came from; -1: no way back */
	int outer; /* where the other ends are */
};

struct cs_scratch {
	const struct cs_host *host; /* borrowed */
	cpu_set_t processors;       /* that we may run on outside of it */
	int fence;                  /* a packet socket on the inner loopback; -1: none */
	uint64_t rounds;            /* of cs_scratch_settle(), each with its number */
	struct cs_scratch_space space;
	struct cs_scratch_port *ports; /* owned; one for each link but the loopback */
	size_t n_ports;
	int held[CS_SCRATCH_HELD]; /* cs_scratch_hold() */
	size_t n_held;
	struct cs_scratch_ears *ears; /* owned; NULL: nobody listens */
};

/* Puts "@what: why errno says" into @why and gives @err back. */
enum cs_err cs_scratch_failed(enum cs_err err, const char *what,
			      char why[CS_SCRATCH_WHY]);

/* Enters a fresh network namespace, as root or as root of a user namespace. */
CS_MUST_USE enum cs_err cs_scratch_enter(struct cs_scratch_space *space,
					 char why[CS_SCRATCH_WHY]);
/* From the outer namespace, which is kept, into the inner one. */
CS_MUST_USE enum cs_err cs_scratch_enter_inner(struct cs_scratch_space *space,
					       char why[CS_SCRATCH_WHY]);
/* Back home, where there is a way; closes what is open. */
void cs_scratch_leave(struct cs_scratch_space *space);

/* Nothing of the outer namespace takes part: no IPv6, no forwarding. */
CS_MUST_USE enum cs_err cs_scratch_quiet(char why[CS_SCRATCH_WHY]);
/* The sysctls that hold before there are interfaces, and those of the interfaces. */
CS_MUST_USE enum cs_err cs_scratch_sysctls(const struct cs_host *host,
					   char why[CS_SCRATCH_WHY]);
CS_MUST_USE enum cs_err cs_scratch_link_sysctls(const struct cs_host *host,
						char why[CS_SCRATCH_WHY]);

/* Stays on the processor that we are on; opens what cs_scratch_settle() needs. */
CS_MUST_USE enum cs_err cs_scratch_order(struct cs_scratch *scratch,
					 char why[CS_SCRATCH_WHY]);
void cs_scratch_disorder(struct cs_scratch *scratch);

/* While in the outer namespace: the ports' sockets, not bound yet. */
CS_MUST_USE enum cs_err cs_scratch_open_ports(struct cs_scratch *scratch,
					      char why[CS_SCRATCH_WHY]);
/* While in the inner one: the pairs, and the sockets bound to their other ends. */
CS_MUST_USE enum cs_err cs_scratch_link_up(struct cs_scratch *scratch,
					   struct cs_netlink *nl,
					   char why[CS_SCRATCH_WHY]);

/* The index in the scratch of the host's link @link. */
uint32_t cs_scratch_index(const struct cs_scratch *scratch, uint32_t link);

CS_MUST_USE enum cs_err cs_scratch_addresses(const struct cs_scratch *scratch,
					     struct cs_netlink *nl,
					     char why[CS_SCRATCH_WHY]);
CS_MUST_USE enum cs_err cs_scratch_routes(const struct cs_scratch *scratch,
					  struct cs_netlink *nl,
					  char why[CS_SCRATCH_WHY]);
/* Which table is asked when, as the host has it. */
CS_MUST_USE enum cs_err cs_scratch_lookups(const struct cs_host *host,
					   struct cs_netlink *nl,
					   char why[CS_SCRATCH_WHY]);
/* A route as the host's kernel told it. CS_ERR_IO with errno */
CS_MUST_USE enum cs_err cs_scratch_route_again(const struct cs_scratch *scratch,
					       struct cs_netlink *nl,
					       struct cs_span told);

void cs_scratch_deafen(struct cs_scratch_ears *ears);
