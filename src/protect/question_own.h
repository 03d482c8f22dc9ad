/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question_own: the making of questions from inside, for question.c (who asks) and
 * question_what.c (what of) alone.
 */
#pragma once

#include "protect/named_hosts.h"
#include "protect/question.h"
#include "protect/question_host.h"
#include "protect/sent_on.h"

enum {
	CS_QUESTION_COAP = 5683,
	CS_QUESTION_COAPS = 5684,
	CS_QUESTION_PORTS = 2 + CS_SENT_ON_MAX,
};

/* An asker, and where it enters. */
struct cs_asking {
	enum cs_asker who;
	const char *name;
	const struct cs_addr *at; /* in the arena */
	size_t n;
	uint32_t link;
	struct cs_prefix network;          /* of ours, that it is in; bits 0: in none */
	uint32_t others[CS_QUESTION_WAYS]; /* by which it may enter, too; 0: none */
};

struct cs_asked_port {
	uint16_t number;
	bool udp, tcp;
};

struct cs_question_maker {
	const struct cs_meaning_request *request;
	const struct cs_host *host; /* with a default route */
	struct cs_arena *arena;
	struct cs_questions *out;
	struct cs_asked_port ports[CS_QUESTION_PORTS];
	size_t n_ports;
	struct cs_networks networks; /* ours */
	struct cs_named_hosts named;
	char *why;
	enum cs_err err; /* the first failure */
};

/* Of our addresses, the groups, and hosts behind us: all that @asker is asked about. */
void cs_question_ask(struct cs_question_maker *m, const struct cs_asking *asker);
