/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "coap/code.h"

enum {
	IN_FLIGHT_MAX = 1024, /* devices asked at the same time */
	LOOK_MAX = 4096,      /* waiting ones looked at in one go */
	SILENCE_S = 3,        /* ACK_TIMEOUT x ACK_RANDOM_FACTOR, RFC 7252 section 4.8 */
	SEND_TRIES = 64,
	SEPARATE_S = 8, /* for a separate response after an Empty ACK */
	STALE_S = 2,    /* ACK_TIMEOUT: by then the device has repeated its CON */
};

void cs_following_init(struct cs_following *f, const struct cs_plan *plan,
		       struct cs_lanes *lanes, struct cs_hosts *hosts,
		       struct cs_pace *pace, struct cs_counters *counters,
		       const struct cs_sipkey *key, int64_t now_ns)
{
	*f = (struct cs_following){ .plan = plan,
				    .lanes = lanes,
				    .hosts = hosts,
				    .pace = pace,
				    .counters = counters,
				    .key = *key };
	cs_pace_init(&f->own, plan->rate_pps, CS_NS_PER_MS, now_ns);
	f->waiting.last = &f->waiting.first;
	f->asked.last = &f->asked.first;
}

static void push(struct cs_follow_queue *queue, struct cs_follow *follow)
{
	follow->next = NULL;
	*queue->last = follow;
	queue->last = &follow->next;
}

static struct cs_follow *pop(struct cs_follow_queue *queue)
{
	struct cs_follow *follow = queue->first;

	queue->first = follow->next;
	if (!queue->first)
		queue->last = &queue->first;
	return follow;
}

static uint32_t device_of(const struct cs_following *f, const struct cs_addr *ip)
{
	uint32_t hash = (uint32_t)cs_siphash(&f->key, ip->b, sizeof(ip->b));

	return hash ? hash : 1;
}

static size_t place_of(const struct cs_follow *follow)
{
	return follow->device & (CS_FOLLOW_DEVICES - 1);
}

static struct cs_follow *begin(struct cs_following *f, struct cs_host *host)
{
	struct cs_follow *follow = calloc(1, sizeof(*follow));

	if (!follow)
		return NULL;
	follow->host = host;
	follow->device = device_of(f, &host->ip);
	host->follow = follow;
	host->chunk->follow_ups++;
	push(&f->waiting, follow);
	return follow;
}

/* The host is done with it at once; the queue drops it when it comes to it. */
static void end(struct cs_follow *follow)
{
	if (follow->ended)
		return;
	follow->ended = true;
	follow->host->follow = NULL;
	follow->host->chunk->follow_ups--;
}

enum cs_err cs_follow_confirm(struct cs_following *f, struct cs_host *host)
{
	struct cs_follow *follow = begin(f, host);

	if (!follow)
		return CS_ERR_NOMEM;
	follow->confirm = true;
	return CS_OK;
}

enum cs_err cs_follow_rest(struct cs_following *f, struct cs_host *host)
{
	struct cs_body body = { 0 };
	struct cs_reply reply;

	if (host->rank != CS_RANK_RESPONSE || host->follow || host->followed ||
	    host->complete || !f->plan->follow)
		return CS_OK;
	host->followed = true;
	cs_reply_read(cs_span_of(host->header, host->header_len + (size_t)host->body_len),
		      &reply);
	if (reply.msg.code != CS_CODE_CONTENT ||
	    cs_body_first(&body, &reply.msg, CS_FOLLOW_BLOCKS_MAX, CS_FOLLOW_BODY_MAX) !=
		    CS_BODY_MORE)
		return CS_OK;

	struct cs_follow *follow = begin(f, host);

	if (!follow)
		return CS_ERR_NOMEM;
	follow->body = body;
	return CS_OK;
}

/* Which of our ports something leaves from. */
struct leave {
	uint16_t lane, port_index;
};

static void send_to(struct cs_following *f, struct leave from, const struct cs_addr *ip,
		    uint16_t port, struct cs_span bytes)
{
	const struct cs_ports *ports = &f->lanes->lane[from.lane].ports;
	int fd = cs_addr_is_v4(ip) ? ports->fd_v4[from.port_index]
				   : ports->fd_v6[from.port_index];
	struct sockaddr_storage to;
	socklen_t len = cs_addr_to_sockaddr(ip, port, f->scope_id, &to);

	/* A call may fail for the ICMP error that an earlier packet met. */
	for (unsigned tries = 0; tries < SEND_TRIES; tries++)
		if (sendto(fd, bytes.ptr, bytes.len, MSG_DONTWAIT, (struct sockaddr *)&to,
			   len) >= 0) {
			cs_count(&f->counters->follow_ups_sent, 1);
			return;
		}
	cs_count(&f->counters->send_failed, 1);
}

static void new_token(struct cs_following *f, struct cs_follow *follow)
{
	uint64_t hash = cs_siphash_u64(&f->key, ++f->asked_ever);
	struct cs_wr w = cs_wr_over(follow->token, sizeof(follow->token));

	cs_wr_u64(&w, hash);
	follow->mid = (uint16_t)cs_siphash_u64(&f->key, hash);
}

static void ask(struct cs_following *f, struct cs_follow *follow, int64_t now_ns)
{
	uint8_t bytes[CS_PROBE_MAX];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));

	new_token(f, follow);

	struct cs_span token = cs_span_of(follow->token, sizeof(follow->token));

	if (follow->confirm)
		cs_probe_well_known(&w, follow->mid, token);
	else
		cs_probe_well_known_block(&w, follow->mid, token, &follow->body.next);
	follow->asked = true;
	follow->extended = false;
	follow->asked_ns = now_ns;
	follow->deadline_ns = now_ns + SILENCE_S * CS_NS_PER_S;
	push(&f->asked, follow);
	f->in_flight++;
	f->busy[place_of(follow)]++;

	const struct cs_host *host = follow->host;
	const struct leave from = { host->lane, host->port_index };

	send_to(f, from, &host->ip, host->port, cs_wr_done(&w));
}

/*
 * Asks again (the next block): its place in the asked queue is given up. A
 * device that takes nearly all of its time for each block would hold its chunk,
 * and with that the scan: all of its time together has an end, too.
 */
static void ask_next(struct cs_following *f, struct cs_follow *old, int64_t now_ns)
{
	int64_t waited = old->waited_ns + now_ns - old->asked_ns;
	struct cs_follow *follow = waited < CS_FOLLOW_DEVICE_S * CS_NS_PER_S
					   ? malloc(sizeof(*follow))
					   : NULL;

	if (!follow) {
		end(old);
		return;
	}
	*follow = *old;
	follow->waited_ns = waited;
	follow->asked = false;
	follow->host->follow = follow;
	old->ended = true; /* the host now has the new one: not end() */
	push(&f->waiting, follow);
}

static void take_block(struct cs_following *f, struct cs_follow *follow,
		       const struct cs_reply *reply, int64_t now_ns)
{
	struct cs_host *host = follow->host;
	struct cs_span bytes;
	enum cs_body_state state = cs_body_next(&follow->body, &reply->msg, &bytes);

	if (state == CS_BODY_REPEATED)
		return;
	if (bytes.len > 0 && cs_host_append(f->hosts, host, bytes)) {
		end(follow);
		return;
	}
	host->blocks += bytes.len > 0;
	if (state == CS_BODY_MORE) {
		ask_next(f, follow, now_ns);
		return;
	}
	host->complete = state == CS_BODY_COMPLETE; /* else: cut */
	end(follow);
}

void cs_follow_confirmed(struct cs_following *f, struct cs_host *host)
{
	if (!host->follow || !host->follow->confirm || !host->follow->asked)
		return;
	end(host->follow);
	if (!host->validated) /* a full match may have come meanwhile */
		cs_count(&f->counters->results, 1);
	host->validated = true;
	if (cs_follow_rest(f, host))
		host->complete = false; /* no memory: the body stays as it is */
}

static bool has_token(const struct cs_follow *follow, const struct cs_reply *reply)
{
	return cs_span_eq(reply->msg.token,
			  cs_span_of(follow->token, sizeof(follow->token)));
}

bool cs_follow_take(struct cs_following *f, struct cs_host *host,
		    const struct cs_arrival *arrival, const struct cs_reply *reply,
		    int64_t now_ns)
{
	struct cs_follow *follow = host->follow;

	if (!follow || !follow->asked)
		return false;
	if (reply->kind == CS_REPLY_RESPONSE && has_token(follow, reply)) {
		if (reply->msg.type == CS_CON)
			cs_follow_ack(f, host, arrival->from_port, reply->mid, now_ns);
		if (follow->confirm)
			cs_follow_confirmed(f, host);
		else
			take_block(f, follow, reply, now_ns);
		return true;
	}
	if (!reply->has_mid || reply->mid != follow->mid)
		return false;
	if (reply->kind == CS_REPLY_EMPTY_ACK && !follow->extended) {
		follow->extended = true;
		follow->deadline_ns = now_ns + SEPARATE_S * CS_NS_PER_S;
		return true;
	}
	if (follow->confirm) /* it reacts to what we send, if with nothing better */
		cs_follow_confirmed(f, host);
	else
		end(follow);
	return true;
}

/* Drops what has ended or waited too long; some thousand at most are looked at. */
static void give_up(struct cs_following *f, int64_t now_ns)
{
	struct cs_follow_queue keep = { .last = &keep.first };

	while (f->asked.first) {
		struct cs_follow *follow = pop(&f->asked);

		if (!follow->ended && follow->deadline_ns > now_ns) {
			push(&keep, follow);
			continue;
		}
		/* Silence of who may only have been forged says nothing. */
		if (!follow->ended && !follow->confirm)
			f->silent[place_of(follow)] = follow->device;
		f->in_flight--;
		f->busy[place_of(follow)]--;
		end(follow);
		free(follow);
	}
	if (keep.first) {
		f->asked.first = keep.first;
		f->asked.last = keep.last;
	}
}

static void send_acks(struct cs_following *f, int64_t now_ns)
{
	int64_t wait;

	while (f->acks_n > 0) {
		const struct cs_ack_due *due = &f->acks[f->acks_first];
		const struct leave from = { due->lane, due->port_index };
		uint8_t bytes[CS_MSG_HEADER];
		struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
		bool stale = now_ns - due->since_ns > STALE_S * CS_NS_PER_S;

		if (!stale && !cs_pace_take(&f->own, 1, now_ns, &wait))
			return;
		f->acks_first = (f->acks_first + 1) % CS_ACKS_WAITING;
		f->acks_n--;
		if (stale)
			continue;
		cs_probe_ack(&w, due->mid);
		cs_pace_force(f->pace, 1, now_ns);
		send_to(f, from, &due->to, due->to_port, cs_wr_done(&w));
	}
}

/* Asks whom it may: one request at a time to an address, none after a silence. */
static void ask_waiting(struct cs_following *f, int64_t now_ns)
{
	const struct cs_follow *put_off = NULL;
	int64_t wait;

	for (unsigned n = 0; n < LOOK_MAX && f->in_flight < IN_FLIGHT_MAX; n++) {
		struct cs_follow *follow = f->waiting.first;

		if (!follow || follow == put_off)
			return; /* all have been looked at */
		if (f->silent[place_of(follow)] == follow->device) {
			end(pop(&f->waiting));
			free(follow);
		} else if (f->busy[place_of(follow)]) {
			push(&f->waiting, pop(&f->waiting));
			if (!put_off)
				put_off = follow;
		} else if (cs_pace_take(&f->own, 1, now_ns, &wait)) {
			cs_pace_force(f->pace, 1, now_ns);
			ask(f, pop(&f->waiting), now_ns);
		} else {
			return;
		}
	}
}

void cs_following_tick(struct cs_following *f, int64_t now_ns)
{
	give_up(f, now_ns);
	send_acks(f, now_ns);
	ask_waiting(f, now_ns);
}

static void clear_queue(struct cs_follow_queue *queue)
{
	while (queue->first) {
		struct cs_follow *follow = pop(queue);

		end(follow);
		free(follow);
	}
}

void cs_following_clear(struct cs_following *f)
{
	clear_queue(&f->waiting);
	clear_queue(&f->asked);
	f->in_flight = 0;
	memset(f->busy, 0, sizeof(f->busy));
}

void cs_follow_ack(struct cs_following *f, struct cs_host *host, uint16_t from_port,
		   uint16_t mid, int64_t now_ns)
{
	if (host->acks_sent >= CS_ACKS_MAX || f->acks_n == CS_ACKS_WAITING)
		return;
	host->acks_sent++;
	f->acks[(f->acks_first + f->acks_n++) % CS_ACKS_WAITING] =
		(struct cs_ack_due){ .to = host->ip,
				     .since_ns = now_ns,
				     .to_port = from_port,
				     .mid = mid,
				     .port_index = host->port_index,
				     .lane = host->lane };
	send_acks(f, now_ns);
}
