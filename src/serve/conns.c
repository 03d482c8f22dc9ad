/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/conns.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct cs_conn {
	struct cs_conn *next, *prev;
	struct cs_addr peer;
	void *arg;
	int fd;
	enum cs_conn_state state;
	int64_t since_ns; /* in that state */
	bool ended;       /* shut down by us; the library has not seen it yet */
};

struct cs_conns {
	pthread_mutex_t lock;
	struct cs_conns_limits limits;
	struct cs_conn *first;
	unsigned n; /* without those that were ended */
	uint64_t ends[CS_CONN_ENDS];
};

enum cs_err cs_conns_new(const struct cs_conns_limits *limits, struct cs_conns **out)
{
	struct cs_conns *conns = calloc(1, sizeof(*conns));

	*out = conns;
	if (!conns)
		return CS_ERR_NOMEM;
	conns->limits = *limits;
	(void)pthread_mutex_init(&conns->lock, NULL); /* cannot fail on Linux */
	return CS_OK;
}

void cs_conns_free(struct cs_conns *conns)
{
	if (!conns)
		return;
	while (conns->first)
		cs_conns_remove(conns, conns->first);
	(void)pthread_mutex_destroy(&conns->lock);
	free(conns);
}

static void end(struct cs_conns *conns, struct cs_conn *conn, enum cs_conn_end why)
{
	(void)shutdown(conn->fd, SHUT_RDWR); /* it may be gone already */
	conn->ended = true;
	conns->n--;
	conns->ends[why]++;
}

/* How many connections its address has. */
static unsigned siblings(const struct cs_conns *conns, const struct cs_conn *of)
{
	unsigned n = 0;

	for (const struct cs_conn *c = conns->first; c; c = c->next)
		n += !c->ended && cs_addr_cmp(&c->peer, &of->peer) == 0;
	return n;
}

/* The one to go, of @peer or of all: not being answered, and longest in its state. */
static struct cs_conn *pick(const struct cs_conns *conns, const struct cs_addr *peer)
{
	struct cs_conn *oldest = NULL;

	for (struct cs_conn *c = conns->first; c; c = c->next) {
		if (c->ended || c->state == CS_CONN_ANSWERED ||
		    (peer && cs_addr_cmp(&c->peer, peer) != 0))
			continue;
		if (!oldest || c->since_ns <= oldest->since_ns)
			oldest = c;
	}
	return oldest;
}

static void make_room(struct cs_conns *conns, const struct cs_conn *fresh)
{
	struct cs_conn *victim = NULL;

	if (siblings(conns, fresh) > conns->limits.most_of)
		victim = pick(conns, &fresh->peer);
	else if (conns->n > conns->limits.most)
		victim = pick(conns, NULL);
	if (victim)
		end(conns, victim, CS_CONN_CROWDED);
}

struct cs_conn *cs_conns_add(struct cs_conns *conns, int fd, const struct cs_addr *peer,
			     int64_t now_ns)
{
	struct cs_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->fd = fd;
	conn->peer = *peer;
	conn->since_ns = now_ns;
	(void)pthread_mutex_lock(&conns->lock);
	conn->next = conns->first;
	if (conn->next)
		conn->next->prev = conn;
	conns->first = conn;
	conns->n++;
	make_room(conns, conn);
	(void)pthread_mutex_unlock(&conns->lock);
	return conn;
}

void cs_conns_remove(struct cs_conns *conns, struct cs_conn *conn)
{
	(void)pthread_mutex_lock(&conns->lock);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		conns->first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	conns->n -= !conn->ended;
	(void)pthread_mutex_unlock(&conns->lock);
	free(conn);
}

void cs_conns_turn(struct cs_conns *conns, struct cs_conn *conn, enum cs_conn_state state,
		   int64_t now_ns)
{
	(void)pthread_mutex_lock(&conns->lock);
	conn->state = state;
	conn->since_ns = now_ns;
	(void)pthread_mutex_unlock(&conns->lock);
}

void cs_conns_sweep(struct cs_conns *conns, int64_t now_ns)
{
	const int64_t patience[] = {
		[CS_CONN_ASKING] = conns->limits.ask_ns,
		[CS_CONN_ANSWERED] = conns->limits.answer_ns,
		[CS_CONN_IDLE] = conns->limits.idle_ns,
	};

	(void)pthread_mutex_lock(&conns->lock);
	for (struct cs_conn *c = conns->first; c; c = c->next)
		if (!c->ended && now_ns - c->since_ns > patience[c->state])
			end(conns, c, CS_CONN_SLOW);
	(void)pthread_mutex_unlock(&conns->lock);
}

void cs_conns_end(struct cs_conns *conns)
{
	(void)pthread_mutex_lock(&conns->lock);
	for (struct cs_conn *c = conns->first; c; c = c->next)
		if (!c->ended && c->state != CS_CONN_ANSWERED) {
			(void)shutdown(c->fd, SHUT_RDWR); /* it may be gone */
			c->ended = true;
			conns->n--;
		}
	(void)pthread_mutex_unlock(&conns->lock);
}

unsigned cs_conns_count(struct cs_conns *conns)
{
	(void)pthread_mutex_lock(&conns->lock);

	unsigned n = conns->n;

	(void)pthread_mutex_unlock(&conns->lock);
	return n;
}

unsigned cs_conns_answering(struct cs_conns *conns)
{
	unsigned n = 0;

	(void)pthread_mutex_lock(&conns->lock);
	for (const struct cs_conn *c = conns->first; c; c = c->next)
		n += !c->ended && c->state == CS_CONN_ANSWERED;
	(void)pthread_mutex_unlock(&conns->lock);
	return n;
}

uint64_t cs_conns_ended(struct cs_conns *conns, enum cs_conn_end why)
{
	(void)pthread_mutex_lock(&conns->lock);

	uint64_t n = conns->ends[why];

	(void)pthread_mutex_unlock(&conns->lock);
	return n;
}

void *cs_conn_arg(const struct cs_conn *conn)
{
	return conn->arg;
}

void cs_conn_set_arg(struct cs_conn *conn, void *arg)
{
	conn->arg = arg;
}

const struct cs_addr *cs_conn_peer(const struct cs_conn *conn)
{
	return &conn->peer;
}
