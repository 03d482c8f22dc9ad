/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question: who is to be asked about, and what of. From what a host is and who is
 * named, without a packet: every question has an asker, an address of ours (or a host behind us,
 * or a group), a port and a flow. What makes no sense is not asked: multicast over TCP,
 * from another link, or through a router; hosts behind a machine that forwards nothing.
 */
#pragma once

#include "protect/meaning.h"

enum {
	CS_QUESTION_ASKERS = 8, /* addresses that stand for one asker, in this order */
	CS_QUESTION_WAYS = 4,   /* other links by which the internet may enter */
	CS_QUESTIONS_MAX = 1024,
};

struct cs_question {
	enum cs_asker asker;
	const char *from;
	struct cs_probe_ask ask; /* its from is the first of the addresses */
	const struct cs_addr *askers;
	size_t n_askers;
	/*
	 * Other links than the ask's by which they may come: the one that lets most
	 * through counts. 0: none
	 */
	uint32_t others[CS_QUESTION_WAYS];
	bool routed;     /* to a host behind us */
	bool if_sent_on; /* to an address that is ours only where DNAT makes it so */
};

struct cs_questions {
	struct cs_question *list;
	size_t n;
	bool assumed_route; /* the host was given a default route that it does not have */
	bool left_out;      /* there were more than CS_QUESTIONS_MAX */
	bool hosts_left_out; /* rules name more hosts than are asked about */
	size_t n_peers;      /* of those that were named, so many are asked about */
	struct cs_host host; /* what they are to be asked of */
};

/*
 * All questions. Those about the internet have several ordinary public addresses as their
 * asker, of different networks, none of which is ours, allowed, or set apart for documentation
 * and the like.
 * CS_ERR_USAGE  somebody named cannot ask: @why is one line
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_questions_make(const struct cs_meaning_request *request,
					  struct cs_arena *arena,
					  struct cs_questions *out,
					  char why[CS_RULES_WHY]);
