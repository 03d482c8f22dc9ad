/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conns: who is connected, and who has to go. A server that takes everybody in
 * and lets nobody wait for ever must close some: the one that has been waiting
 * longest, when there are too many (of one address, or in all); and one that
 * takes too long to say what it wants, or to take what it gets. So that a new
 * client gets in whatever the others do. A connection is closed by
 * shutting its socket down; the HTTP library then sees its end.
 *
 * Safe for several threads. Time comes in.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct cs_conns;
struct cs_conn;

struct cs_conns_limits {
	unsigned most;     /* connections in all */
	unsigned most_of;  /* of one address */
	int64_t ask_ns;    /* to send a whole request */
	int64_t idle_ns;   /* between two requests */
	int64_t answer_ns; /* to take a whole answer */
};

enum cs_conn_state { CS_CONN_ASKING, CS_CONN_ANSWERED, CS_CONN_IDLE };

/* Why one was closed by us; for the metrics. */
enum cs_conn_end { CS_CONN_CROWDED, CS_CONN_SLOW, CS_CONN_ENDS };

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_conns_new(const struct cs_conns_limits *limits,
				     struct cs_conns **out);
void cs_conns_free(struct cs_conns *conns);

/*
 * Takes a new connection; may shut another one down. NULL when memory is
 * out. @fd is borrowed: open until cs_conns_remove().
 */
struct cs_conn *cs_conns_add(struct cs_conns *conns, int fd, const struct cs_addr *peer,
			     int64_t now_ns);
void cs_conns_remove(struct cs_conns *conns, struct cs_conn *conn);

/* A request begins to come, is answered from now on, or is over. */
void cs_conns_turn(struct cs_conns *conns, struct cs_conn *conn, enum cs_conn_state state,
		   int64_t now_ns);

/* Shuts those down whose time is up; to be called about once a second. */
void cs_conns_sweep(struct cs_conns *conns, int64_t now_ns);

/* Shuts down all that wait or are idle: the server ends. */
void cs_conns_end(struct cs_conns *conns);

unsigned cs_conns_count(struct cs_conns *conns);
unsigned cs_conns_answering(struct cs_conns *conns);
uint64_t cs_conns_ended(struct cs_conns *conns, enum cs_conn_end why);

/* What the connection carries for its owner. */
void *cs_conn_arg(const struct cs_conn *conn);
void cs_conn_set_arg(struct cs_conn *conn, void *arg);
const struct cs_addr *cs_conn_peer(const struct cs_conn *conn);
