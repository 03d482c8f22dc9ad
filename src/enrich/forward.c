/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/forward.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "enrich/ptr_channel.h"

enum {
	EVENTS = 64,
	TYPE_A = 1,
	TYPE_AAAA = 28,
	MOST_ADDRESSES = 64, /* of a name that are looked at */
	GIVE_UP_AFTER = 32,  /* questions in a row without an answer */
	TICKS = 8,           /* a timeout: how often expired questions are looked for */
	STOP = UINT16_MAX,   /* tag of the descriptor that ends the work */
};

/* How a resolver is asked: a channel each. */
enum way { UDP, TCP, WAYS };

struct question {
	struct cs_forward *forward;
	struct cs_forward_claim *claim;
	unsigned tries; /* so far */
	bool tcp;
};

struct cs_forward {
	struct cs_ptr_want want;
	struct cs_ptr_resolvers resolvers;
	struct cs_ptr_channel channels[CS_PTR_RESOLVERS_MAX][WAYS];
	int epoll;
	bool library; /* c-ares is initialised */
	bool stopped;
	size_t under_way;
	unsigned unanswered; /* in a row */
};

static uint32_t n_channels(const struct cs_forward *f)
{
	return (uint32_t)f->resolvers.n * WAYS;
}

static struct cs_ptr_channel *channel_of(struct cs_forward *f, uint32_t tag)
{
	return &f->channels[tag / WAYS][tag % WAYS];
}

/* --- opening --- */

static enum cs_err open_channels(struct cs_forward *f, unsigned resolver,
				 char why[CS_PTR_WHY])
{
	struct cs_ptr_channel_want want = {
		.resolver = f->resolvers.of[resolver],
		.timeout_ms = f->want.timeout_ms,
		.window = f->want.window,
		.epoll = f->epoll,
	};
	enum cs_err err = CS_OK;

	for (unsigned way = 0; !err && way < WAYS; way++) {
		want.tcp = way == TCP;
		want.tag = resolver * WAYS + way;
		err = cs_ptr_channel_open(&f->channels[resolver][way], &want, why);
	}
	return err;
}

static enum cs_err open_epoll(struct cs_forward *f, char why[CS_PTR_WHY])
{
	struct epoll_event event = { .events = EPOLLIN,
				     .data.u64 = (uint64_t)STOP << 32 };

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll >= 0 && (!f->want.stop || epoll_ctl(f->epoll, EPOLL_CTL_ADD,
							 *f->want.stop, &event) == 0))
		return CS_OK;
	(void)snprintf(why, CS_PTR_WHY, "asking for names: %s", strerror(errno));
	return CS_ERR_IO;
}

static enum cs_err open_all(struct cs_forward *f, char why[CS_PTR_WHY])
{
	int rc = ares_library_init(ARES_LIB_INIT_ALL);
	enum cs_err err;

	if (rc != ARES_SUCCESS) {
		(void)snprintf(why, CS_PTR_WHY, "c-ares: %s", ares_strerror(rc));
		return rc == ARES_ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
	}
	f->library = true;
	err = cs_ptr_resolvers_find(&f->want, &f->resolvers, why);
	if (!err)
		err = open_epoll(f, why);
	for (unsigned i = 0; !err && i < f->resolvers.n; i++)
		err = open_channels(f, i, why);
	return err;
}

enum cs_err cs_forward_open(const struct cs_ptr_want *want, struct cs_forward **out,
			    char why[CS_PTR_WHY])
{
	struct cs_forward *f = calloc(1, sizeof(*f));
	enum cs_err err;

	if (!f) {
		(void)snprintf(why, CS_PTR_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	f->want = *want;
	f->epoll = -1;
	err = open_all(f, why);
	if (err) {
		cs_forward_close(f);
		return err;
	}
	*out = f;
	return CS_OK;
}

void cs_forward_close(struct cs_forward *f)
{
	if (!f)
		return;
	for (uint32_t tag = 0; tag < n_channels(f); tag++)
		cs_ptr_channel_close(channel_of(f, tag));
	if (f->epoll >= 0)
		(void)close(f->epoll); /* nothing is written to it */
	if (f->library)
		ares_library_cleanup();
	free(f);
}

/* --- answers --- */

static bool is_among_v4(const struct cs_addr *ip, const unsigned char *message, int len)
{
	struct ares_addrttl of[MOST_ADDRESSES];
	int n = MOST_ADDRESSES;

	if (ares_parse_a_reply(message, len, NULL, of, &n) != ARES_SUCCESS)
		return false;
	for (int i = 0; i < n; i++)
		if (ntohl(of[i].ipaddr.s_addr) == cs_addr_low32(ip))
			return true;
	return false;
}

static bool is_among_v6(const struct cs_addr *ip, const unsigned char *message, int len)
{
	struct ares_addr6ttl of[MOST_ADDRESSES];
	int n = MOST_ADDRESSES;

	if (ares_parse_aaaa_reply(message, len, NULL, of, &n) != ARES_SUCCESS)
		return false;
	for (int i = 0; i < n; i++)
		if (memcmp(&of[i].ip6addr, ip->b, sizeof(ip->b)) == 0)
			return true;
	return false;
}

/* RFC 1035 section 4.1.1: the third byte has TC, the fourth the code. */
enum { HEADER = 12, FLAG_TC = 0x02, CODE_MASK = 0x0f, NO_ERROR = 0, NO_NAME = 3 };

static bool is_truncated(const unsigned char *message)
{
	return message[2] & FLAG_TC;
}

static bool says_something(const unsigned char *message, int len)
{
	if (!message || len < HEADER)
		return false;
	return (message[3] & CODE_MASK) == NO_ERROR ||
	       (message[3] & CODE_MASK) == NO_NAME;
}

static void ask(struct question *q);

static void take(struct question *q, const unsigned char *message, int len)
{
	struct cs_forward_claim *claim = q->claim;

	claim->known = true;
	claim->holds = cs_addr_is_v4(&claim->ip) ? is_among_v4(&claim->ip, message, len)
						 : is_among_v6(&claim->ip, message, len);
}

/* c-ares: a question ended, by an answer or without one. */
static void answered(void *arg, int status, int timeouts, unsigned char *message, int len)
{
	struct question *q = arg;
	struct cs_forward *f = q->forward;

	(void)timeouts;
	f->under_way--;
	if (status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
		return;
	if (message && len >= HEADER)
		f->unanswered = 0;
	else
		f->unanswered++;
	if (says_something(message, len) && (q->tcp || !is_truncated(message))) {
		take(q, message, len);
		return;
	}
	q->tcp = q->tcp || (message && len >= HEADER && is_truncated(message));
	if (++q->tries < f->want.tries && f->unanswered < GIVE_UP_AFTER)
		ask(q);
}

/* Resolvers take turns. */
static void ask(struct question *q)
{
	struct cs_forward *f = q->forward;
	struct cs_forward_claim *claim = q->claim;
	char name[CS_DNS_TEXT];

	if (claim->name.len >= sizeof(name))
		return;
	memcpy(name, claim->name.ptr, claim->name.len);
	name[claim->name.len] = '\0';
	f->under_way++;
	cs_ptr_channel_ask_name(&f->channels[q->tries % f->resolvers.n][q->tcp], name,
				cs_addr_is_v4(&claim->ip) ? TYPE_A : TYPE_AAAA, answered,
				q);
}

/* --- the work --- */

static void tick(struct cs_forward *f)
{
	for (uint32_t tag = 0; tag < n_channels(f); tag++)
		cs_ptr_channel_tick(channel_of(f, tag));
}

static enum cs_err wait_some(struct cs_forward *f)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(f->epoll, events, EVENTS,
			   (int)(f->want.timeout_ms / TICKS + 1));

	if (n < 0 && errno != EINTR)
		return CS_ERR_IO;
	for (int i = 0; i < n; i++) {
		uint32_t tag = (uint32_t)(events[i].data.u64 >> 32);

		if (tag == STOP)
			f->stopped = true;
		else
			cs_ptr_channel_ready(channel_of(f, tag),
					     (int)(uint32_t)events[i].data.u64,
					     events[i].events);
	}
	tick(f);
	return CS_OK;
}

static void cancel(struct cs_forward *f)
{
	for (uint32_t tag = 0; tag < n_channels(f); tag++)
		ares_cancel(channel_of(f, tag)->ares);
}

/* Keeps the window full until all is asked and answered. */
static enum cs_err ask_all(struct cs_forward *f, struct question *questions, size_t n)
{
	enum cs_err err = CS_OK;
	size_t next = 0;

	while (!err && !f->stopped && f->unanswered < GIVE_UP_AFTER &&
	       (next < n || f->under_way > 0)) {
		while (next < n && f->under_way < f->want.window)
			ask(&questions[next++]);
		if (f->under_way > 0)
			err = wait_some(f);
	}
	cancel(f); /* nothing may be under way when the claims are gone */
	return err;
}

enum cs_err cs_forward_check(struct cs_forward *forward, struct cs_forward_claim *claims,
			     size_t n)
{
	struct question *questions = calloc(n ? n : 1, sizeof(*questions));
	size_t n_questions = 0;
	enum cs_err err;

	if (!questions)
		return CS_ERR_NOMEM;
	forward->unanswered = 0;
	for (size_t i = 0; i < n; i++) {
		claims[i].known = claims[i].holds = false;
		if (claims[i].name.len > 0)
			questions[n_questions++] =
				(struct question){ .forward = forward,
						   .claim = &claims[i] };
	}
	err = ask_all(forward, questions, n_questions);
	free(questions);
	return err;
}
