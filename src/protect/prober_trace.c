/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening to `nft -a monitor trace`. What it says comes in the order of the packets; a
 * datagram of our own to the bell's port, which is always traced, tells when all before
 * it has been said.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "protect/prober_own.h"
#include "protect/rules_span.h"

enum {
	BELL_PORT = 9,
	BELL_NET = 0x7f010000, /* 127.1.0.0: the rings are counted in the address */
	BELL_RINGS = 0x00feffff,
	PATIENCE = 10000, /* ms for what has been traced to be told */
	AGAIN = 3,        /* ms: until nft listens, the bell is rung in vain */
	NAP = 250000,     /* ns */
	SAID_FIRST = 1 << 16,
	SAID_MAX = 64 << 20,
};

static struct cs_addr bell_address(const struct cs_prober *p)
{
	return cs_addr_v4((uint32_t)(BELL_NET + p->rings % BELL_RINGS));
}

/* The rule that traces it also drops it, which is told us as an error. */
static void ring(const struct cs_prober *p)
{
	struct cs_addr to = bell_address(p);
	struct sockaddr_storage at;
	socklen_t len = cs_addr_to_sockaddr(&to, BELL_PORT, 0, &at);

	(void)sendto(p->bell, "", 0, 0, (const struct sockaddr *)&at, len);
}

/* "@word NUMBER" in @text. */
static bool number_after(struct cs_span text, const char *word, uint64_t max,
			 uint64_t *out)
{
	struct cs_span rest = cs_text_behind(text, word), digits;

	return cs_text_word(&rest, &digits) && cs_num_u64(digits, 0, max, out);
}

static uint16_t port_after(struct cs_span text, const char *udp, const char *tcp)
{
	uint64_t port = 0;

	if (!number_after(text, udp, UINT16_MAX, &port))
		(void)number_after(text, tcp, UINT16_MAX, &port); /* neither: 0 */
	return (uint16_t)port;
}

static bool address_after(struct cs_span text, const char *word, struct cs_addr *out)
{
	struct cs_span rest = cs_text_behind(text, word), address;

	return cs_text_word(&rest, &address) && cs_addr_read(address, out);
}

static bool is_ours(const struct cs_trace_step *step, const char *chain)
{
	return cs_text_ends(step->table, " cs_trace") && cs_text_is(step->chain, chain);
}

/* One of the chains at the interfaces. */
static bool is_edge(const struct cs_trace_step *step)
{
	return cs_text_is(step->table, "netdev cs_trace");
}

static bool is_bell(const struct cs_prober *p, const struct cs_trace_step *step)
{
	struct cs_addr want = bell_address(p), got;

	return step->kind == CS_TRACE_PACKET && is_ours(step, "leave") &&
	       address_after(step->text, " ip daddr ", &got) &&
	       cs_addr_cmp(&want, &got) == 0;
}

/* The newest journey of that packet. An id may come again once its packet is gone. */
static struct cs_prober_journey *journey_of(struct cs_prober *p, uint32_t id)
{
	for (size_t i = p->n_journeys; i > 0; i--)
		if (p->journeys[i - 1].id == id)
			return &p->journeys[i - 1];
	return NULL;
}

static bool is_shot(const struct cs_prober_burst *burst, uint16_t port)
{
	for (size_t i = 0; i < burst->n; i++)
		if (burst->shots[i].port == port)
			return true;
	return false;
}

/* An answer may go from the very port to the very port that its request had. */
static bool is_from_asker(const struct cs_prober_burst *burst,
			  const struct cs_trace_step *step)
{
	struct cs_addr from;

	return (!address_after(step->text, " ip saddr ", &from) &&
		!address_after(step->text, " ip6 saddr ", &from)) ||
	       cs_addr_cmp(&from, &burst->ask->from) == 0;
}

static void begin_journey(struct cs_prober *p, const struct cs_prober_burst *burst,
			  const struct cs_trace_step *step)
{
	struct cs_prober_journey *j;

	if (p->n_journeys == CS_PROBER_JOURNEYS)
		return;
	j = &p->journeys[p->n_journeys++];
	j->id = step->id;
	j->n = 0;
	j->met = j->met_rule = j->arrived = j->onward = false;
	j->base = UINT32_MAX;
	j->from_port = port_after(step->text, " udp sport ", " tcp sport ");
	j->to_port = port_after(step->text, " udp dport ", " tcp dport ");
	j->request = j->to_port == burst->ask->port && is_shot(burst, j->from_port) &&
		     is_from_asker(burst, step);
}

/* Where packets enter; with rules before prerouting that comes after another beginning. */
static bool begins(const struct cs_prober *p, const struct cs_trace_step *step)
{
	return step->kind == CS_TRACE_PACKET &&
	       (is_edge(step) || is_ours(step, "leave") ||
		(!p->edges && is_ours(step, "enter")));
}

static void arrive(struct cs_prober_journey *j, const struct cs_trace_step *step)
{
	j->arrived = true;
	j->onward = is_ours(step, "onward");
	j->arrived_port = port_after(step->text, " udp dport ", " tcp dport ");
	if (!address_after(step->text, " ip daddr ", &j->arrived_at) &&
	    !address_after(step->text, " ip6 daddr ", &j->arrived_at))
		j->arrived_at = (struct cs_addr){ 0 };
}

static void add_hit(struct cs_prober *p, struct cs_prober_journey *j,
		    const struct cs_trace_step *step)
{
	size_t chain = cs_prober_chain(p, step->table, step->chain), target = SIZE_MAX;
	size_t met = SIZE_MAX;
	struct cs_prober_hit *hit = &j->hits[j->n];

	if (chain == SIZE_MAX || j->n == CS_PROBER_HITS ||
	    cs_text_ends(step->table, " cs_trace"))
		return;
	*hit = (struct cs_prober_hit){ .chain = (uint32_t)chain,
				       .base = j->base,
				       .rule = SIZE_MAX,
				       .verdict = step->verdict };
	if (step->kind == CS_TRACE_RULE)
		hit->rule = cs_prober_rule(p, chain, step->handle, &met);
	j->met |= met != SIZE_MAX;
	j->met_rule |= met != SIZE_MAX && !p->scaled.in_sets[met];
	if (step->kind == CS_TRACE_RULE && hit->rule == SIZE_MAX)
		return; /* it only shows who comes by */
	if (step->target.len)
		target = cs_prober_chain(p, step->table, step->target);
	hit->target = target == SIZE_MAX ? UINT32_MAX : (uint32_t)target;
	j->n++;
}

static void take_step(struct cs_prober *p, const struct cs_prober_burst *burst,
		      const struct cs_trace_step *step)
{
	struct cs_prober_journey *j;

	if (begins(p, step)) {
		begin_journey(p, burst, step);
		return;
	}
	j = journey_of(p, step->id);
	if (!j)
		return;
	if (step->kind == CS_TRACE_PACKET &&
	    (is_ours(step, "arrived") || is_ours(step, "onward")))
		arrive(j, step);
	else if (step->kind == CS_TRACE_PACKET)
		j->base = (uint32_t)cs_prober_chain(p, step->table, step->chain);
	else if (step->kind != CS_TRACE_RETURN)
		add_hit(p, j, step);
}

/* Takes the whole lines of what was said; true when the bell is among them. */
static bool take_lines(struct cs_prober *p, const struct cs_prober_burst *burst)
{
	struct cs_span rest = cs_span_of(p->said, p->said_len), line;
	size_t done = 0;
	bool rung = false;

	while (!rung && cs_text_line(&rest, &line)) {
		struct cs_trace_step step;

		if (done + line.len == p->said_len)
			break; /* its end is still to come */
		done += line.len + 1;
		if (cs_trace_line(line, &step))
			continue;
		rung = is_bell(p, &step);
		if (!rung && burst)
			take_step(p, burst, &step);
	}
	memmove(p->said, p->said + done, p->said_len - done);
	p->said_len -= done;
	return rung;
}

static enum cs_err make_room(struct cs_prober *p)
{
	size_t cap = p->said_cap ? 2 * p->said_cap : SAID_FIRST;
	char *grown;

	if (p->said_len < p->said_cap)
		return CS_OK;
	if (cap > SAID_MAX)
		return CS_ERR_IO;
	grown = realloc(p->said, cap);
	if (!grown)
		return CS_ERR_NOMEM;
	p->said = grown;
	p->said_cap = cap;
	return CS_OK;
}

/* Reads what there is; CS_ERR_BUSY: nothing came for @ms. */
static enum cs_err read_more(struct cs_prober *p, int ms)
{
	struct pollfd wait = { p->monitor.out, POLLIN, 0 };
	const struct timespec nap = { .tv_nsec = NAP };
	enum cs_err err = make_room(p);
	ssize_t n;

	if (err)
		return err;
	for (;;) {
		n = read(p->monitor.out, p->said + p->said_len,
			 p->said_cap - p->said_len);
		if (n > 0)
			break;
		if (n == 0) {
			errno = EPIPE; /* nft has ended */
			return CS_ERR_IO;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return CS_ERR_IO;
		n = poll(&wait, 1, ms);
		if (n == 0)
			return CS_ERR_BUSY;
		/* It says words one by one: so that we do not wake for each. */
		(void)ppoll(NULL, 0, &nap, NULL);
		if (n < 0 && errno != EINTR)
			return CS_ERR_IO;
	}
	p->said_len += (size_t)n;
	return CS_OK;
}

enum cs_err cs_prober_hear(struct cs_prober *prober, const struct cs_prober_burst *burst)
{
	enum cs_err err = CS_OK;

	prober->n_journeys = 0;
	prober->rings++;
	ring(prober);
	while (!err) {
		err = read_more(prober, PATIENCE);
		if (!err && take_lines(prober, burst))
			return CS_OK;
	}
	if (err == CS_ERR_BUSY) {
		errno = ETIMEDOUT;
		err = CS_ERR_IO;
	}
	return err;
}

/* Until nft listens nobody hears the bell. */
static enum cs_err first_ring(struct cs_prober *p)
{
	enum cs_err err = CS_ERR_BUSY;

	p->rings++;
	for (int waited = 0; err == CS_ERR_BUSY && waited < PATIENCE; waited += AGAIN) {
		ring(p);
		err = read_more(p, AGAIN);
		if (!err && !take_lines(p, NULL))
			err = CS_ERR_BUSY;
	}
	return err;
}

enum cs_err cs_prober_listen_in(struct cs_prober *prober, char why[CS_RULES_WHY])
{
	static const char *const argv[] = { "nft", "-a", "monitor", "trace", NULL };
	struct cs_program program = { .argv = argv };
	enum cs_err err = cs_program_start(&program, &prober->monitor);

	if (err) {
		(void)snprintf(why, CS_RULES_WHY, "nft monitor trace: %s",
			       strerror(errno));
		return err;
	}
	prober->bell = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	prober->journeys = calloc(CS_PROBER_JOURNEYS, sizeof(*prober->journeys));
	if (!prober->journeys)
		err = CS_ERR_NOMEM;
	else
		err = prober->bell < 0 ? CS_ERR_IO : first_ring(prober);
	if (err)
		(void)snprintf(why, CS_RULES_WHY, "nft monitor trace: %s",
			       err == CS_ERR_BUSY ? "it tells nothing" : strerror(errno));
	return err == CS_ERR_BUSY ? CS_ERR_IO : err;
}

void cs_prober_listen_no_more(struct cs_prober *prober)
{
	(void)cs_program_stop(&prober->monitor); /* it was killed: no status counts */
	if (prober->bell >= 0)
		(void)close(prober->bell); /* nothing is under way on it */
	free(prober->said);
	free(prober->journeys);
}
