/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/match.h"

/* How a datagram belongs to a probe. */
enum belonging {
	BY_NOTHING, /* an ACK or RST that names another message */
	BY_PORT,    /* it came to the right one of our ports */
	IN_FULL,    /* it has the Message ID or token that only we could expect */
};

static void reject(struct cs_matching *m, enum cs_reject cause)
{
	cs_count(&m->counters->rejected[cause], 1);
}

static bool has_token(const struct cs_plan *plan, const struct cs_cookie *cookie,
		      const struct cs_reply *reply)
{
	return plan->token_len > 0 &&
	       cs_span_eq(reply->msg.token, cs_span_of(cookie->token, plan->token_len));
}

static enum belonging belongs(const struct cs_matching *m,
			      const struct cs_arrival *arrival,
			      const struct cs_host *host, const struct cs_reply *reply)
{
	struct cs_cookie cookie = cs_plan_cookie(m->plan, &arrival->from, arrival->port);

	if (reply->has_mid && reply->mid == cookie.mid)
		return IN_FULL;
	if (reply->kind == CS_REPLY_MALFORMED)
		return BY_PORT;
	if (has_token(m->plan, &cookie, reply))
		return IN_FULL;
	if (reply->msg.type == CS_ACK || reply->msg.type == CS_RST)
		return BY_NOTHING;
	/* The separate response that an Empty ACK promised. */
	return host && host->acked ? IN_FULL : BY_PORT;
}

/* The chunk that the arrival's slot belongs to, when it is open and was asked. */
static struct cs_open_chunk *chunk_of(struct cs_matching *m,
				      const struct cs_arrival *arrival)
{
	uint64_t number = arrival->slot / CS_CHUNK;
	struct cs_open_chunk *oldest = cs_window_oldest(m->window);
	struct cs_open_chunk *chunk = cs_window_find(m->window, number);

	if (chunk && cs_window_time(m->window, chunk, arrival->slot % CS_CHUNK))
		return chunk;
	reject(m, !chunk && (!oldest || number < oldest->chunk) ? CS_REJECT_LATE
								: CS_REJECT_NOT_PROBED);
	return NULL;
}

/* A first answer, or the first that is proven in full. */
static void validate(struct cs_matching *m, struct cs_host *host)
{
	if (!host->validated)
		cs_count(&m->counters->results, 1);
	host->validated = true;
	host->full = true;
}

static enum cs_err merge_full(struct cs_matching *m, struct cs_host *host,
			      const struct cs_arrival *arrival, struct cs_span datagram,
			      const struct cs_reply *reply)
{
	if (!host->full && host->datagrams)
		cs_host_restart(&m->hosts, host);
	validate(m, host);
	if (reply->kind == CS_REPLY_EMPTY_ACK)
		host->acked = true;

	enum cs_err err = cs_host_merge(&m->hosts, host, arrival, datagram, reply);

	return err ? err : cs_follow_rest(&m->following, host);
}

enum { GARBAGE_PORTS_MIN = 16 };

/*
 * Whether garbage for @host that came to the right one of our ports says that the
 * device sent it: not when somebody tries our ports in its name, and not when
 * there are so few (--source-port) that nobody needs to try.
 */
static bool port_proves(const struct cs_matching *m, const struct cs_host *host)
{
	return m->lanes->lane[host->lane].ports.n >= GARBAGE_PORTS_MIN &&
	       !cs_receiving_is_suspect(m->receiving, &host->ip);
}

/*
 * Matched by port alone: a copy of what is proven already, or to be confirmed.
 * Garbage has no token that could prove anything: that the device reacts to
 * our question with garbage again is all there is, and counts for nothing when
 * somebody sprays garbage in its name.
 */
static enum cs_err merge_by_port(struct cs_matching *m, struct cs_host *host,
				 const struct cs_arrival *arrival,
				 struct cs_span datagram, const struct cs_reply *reply)
{
	bool first = host->datagrams == 0;
	enum cs_err err = cs_host_merge(&m->hosts, host, arrival, datagram, reply);

	if (err || host->validated || !m->plan->follow)
		return err;
	if (first)
		return cs_follow_confirm(&m->following, host);
	if (cs_rank_of(reply) == CS_RANK_STRANGE && host->rank == CS_RANK_STRANGE &&
	    port_proves(m, host))
		cs_follow_confirmed(&m->following, host);
	return CS_OK;
}

/* A request of the device's own, a ping, and no echo of our probe. */
static bool is_no_answer(const struct cs_reply *reply, enum belonging how)
{
	return reply->kind == CS_REPLY_REQUEST && how != IN_FULL;
}

static struct cs_host *host_for(struct cs_matching *m, struct cs_open_chunk *chunk,
				const struct cs_arrival *arrival)
{
	struct cs_host *host = cs_hosts_add(&m->hosts, chunk, arrival);

	if (host)
		host->asked_us =
			cs_window_time(m->window, chunk, arrival->slot % CS_CHUNK);
	return host;
}

/*
 * The sender waits long before this much is kept (scan.c), but what was asked
 * already may still answer, each with the largest datagram that there is.
 */
static bool has_room(struct cs_matching *m)
{
	if (m->hosts.memory < CS_HOSTS_MEMORY_MAX)
		return true;
	cs_count(&m->counters->overflow, 1);
	return false;
}

static enum cs_err match_one(struct cs_matching *m, const struct cs_arrival *arrival,
			     struct cs_span datagram)
{
	int64_t now_ns = cs_clock_mono(m->clock);
	struct cs_open_chunk *chunk = chunk_of(m, arrival);
	struct cs_reply reply;

	if (!chunk || !has_room(m))
		return CS_OK;

	struct cs_host *host = cs_hosts_find(&m->hosts, arrival->slot);

	cs_reply_read(datagram, &reply);
	if (host && cs_follow_take(&m->following, host, arrival, &reply, now_ns))
		return CS_OK;

	enum belonging how = belongs(m, arrival, host, &reply);

	if (how == BY_NOTHING || is_no_answer(&reply, how)) {
		reject(m, how == BY_NOTHING ? CS_REJECT_MID : CS_REJECT_REQUEST);
		return CS_OK;
	}
	if (!host)
		host = host_for(m, chunk, arrival);
	if (!host)
		return CS_ERR_NOMEM;
	if (reply.kind == CS_REPLY_RESPONSE && reply.msg.type == CS_CON)
		cs_follow_ack(&m->following, host, arrival->from_port, reply.mid, now_ns);
	return how == IN_FULL ? merge_full(m, host, arrival, datagram, &reply)
			      : merge_by_port(m, host, arrival, datagram, &reply);
}

static unsigned match_lane(struct cs_matching *m, struct cs_lane *lane, unsigned max,
			   enum cs_err *err)
{
	unsigned n = 0;

	for (; n < max; n++) {
		struct cs_span record = cs_ring_peek(&lane->ring);
		struct cs_arrival arrival;

		if (!record.ptr)
			break;

		struct cs_rd rd = cs_rd_over(record.ptr, record.len);

		cs_rd_copy(&rd, &arrival, sizeof(arrival));

		enum cs_err one =
			match_one(m, &arrival, cs_rd_take(&rd, cs_rd_left(&rd)));

		if (one)
			*err = one;
		cs_ring_drop(&lane->ring);
	}
	return n;
}

unsigned cs_match_some(struct cs_matching *m, unsigned max, enum cs_err *err)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->lanes->n; i++)
		n += match_lane(m, &m->lanes->lane[i], max, err);
	return n;
}
