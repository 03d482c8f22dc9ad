/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_protect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sat.h"
#include "base/siphash.h"
#include "cmd/networked.h"
#include "protect/guard_wire.h"

enum {
	SLOTS = 4096,
	AGAIN_S = 1,   /* between attempts to connect */
	RENEW_S = 300, /* between requests about a source that goes on */
	WAITING = 256, /* requests that may wait for the guard */
	STALE_S = 600, /* what has waited longer is no longer asked for */
};

/* What was handed over last, of the sources that share a slot. */
struct slot {
	struct cs_prefix prefix;
	int64_t until_ns; /* handed over again from then on; 0: empty */
};

struct waiting {
	struct cs_guard_request request;
	int64_t since_ns;
};

struct cs_watch_protect {
	struct cs_ctx *ctx;
	const char *path;
	int fd;         /* -1: not connected */
	int64_t try_ns; /* not before */
	bool told;      /* that it is away */
	struct cs_live_state state;
	struct cs_sipkey key;
	struct slot slots[SLOTS];
	struct waiting waiting[WAITING]; /* a circle: the oldest at .first */
	size_t first, n;
};

/* --- the connection --- */

static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, kept;

	if (len == 0 || len >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		return fd;
	kept = errno;
	(void)close(fd); /* never used */
	errno = kept;
	return -1;
}

static void say_away(struct cs_watch_protect *p)
{
	p->state.error = errno;
	if (p->told)
		return;
	p->told = true;
	cs_log(&p->ctx->log, CS_WARN,
	       "--protect %s: %s: nobody is blocked until the guard is there", p->path,
	       strerror(errno));
}

static bool is_connected(struct cs_watch_protect *p)
{
	int64_t now_ns = cs_clock_mono(p->ctx->clock);

	if (p->fd >= 0)
		return true;
	if (now_ns < p->try_ns)
		return false;
	p->try_ns = now_ns + AGAIN_S * CS_NS_PER_S;
	p->fd = connect_to(p->path);
	if (p->fd < 0)
		say_away(p);
	else if (p->told)
		cs_log(&p->ctx->log, CS_NOTE,
		       "--protect %s: the guard is there; %zu requests waited for it",
		       p->path, p->n);
	p->told = p->fd < 0;
	return p->fd >= 0;
}

/* Closed by the guard: it has ended, or does not take anything from us. */
static void hang_up(struct cs_watch_protect *p)
{
	(void)close(p->fd); /* only written to */
	p->fd = -1;
	say_away(p);
}

/* False: not now. */
static bool send_request(struct cs_watch_protect *p, const struct cs_guard_request *r)
{
	uint8_t bytes[CS_GUARD_WIRE];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));

	if (!is_connected(p))
		return false;
	cs_guard_wire_write(&w, r);
	if (send(p->fd, bytes, w.pos, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w.pos)
		return true;
	p->state.error = errno;
	if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		hang_up(p);
	return false;
}

/* --- what waits for it --- */

static struct waiting *waiting_at(struct cs_watch_protect *p, size_t i)
{
	return &p->waiting[(p->first + i) % WAITING];
}

static void take_first(struct cs_watch_protect *p, uint64_t *count)
{
	p->first = (p->first + 1) % WAITING;
	p->n--;
	(*count)++;
}

void cs_watch_protect_idle(struct cs_watch_protect *p)
{
	while (p && p->n > 0) {
		const struct waiting *w = waiting_at(p, 0);
		int64_t age_ns = cs_clock_mono(p->ctx->clock) - w->since_ns;

		if (age_ns > STALE_S * CS_NS_PER_S)
			take_first(p, &p->state.lost);
		else if (send_request(p, &w->request))
			take_first(p, &p->state.lines);
		else
			return;
	}
}

/* One about the same source takes its place; of too many the oldest are lost. */
static void let_wait(struct cs_watch_protect *p, const struct cs_guard_request *r)
{
	struct waiting w = { *r, cs_clock_mono(p->ctx->clock) };

	for (size_t i = 0; i < p->n; i++) {
		if (cs_prefix_cmp(&waiting_at(p, i)->request.prefix, &r->prefix) != 0)
			continue;
		*waiting_at(p, i) = w;
		return;
	}
	if (p->n == WAITING)
		take_first(p, &p->state.lost);
	*waiting_at(p, p->n++) = w;
}

/* --- the request --- */

static void take_evidence(const struct cs_verdict *v, struct cs_guard_evidence *e)
{
	const struct cs_finding *f = v->finding;

	for (size_t i = 0; i < f->n_because && e->n_seen < CS_GUARD_SEEN; i++) {
		enum cs_obs kind = (enum cs_obs)f->because[i];
		struct cs_guard_seen *seen = &e->seen[e->n_seen];

		if (!cs_guard_what_read(cs_span_str(cs_obs_name(kind)), seen->what))
			continue;
		seen->count = cs_source_count(v->source, kind);
		e->n_seen++;
	}
}

static uint32_t count(const struct cs_verdict *v, enum cs_obs kind)
{
	return cs_source_count(v->source, kind);
}

static bool make_verdict(const struct cs_verdict *v, struct cs_guard_verdict *out)
{
	const struct cs_source *s = v->source;

	*out = (struct cs_guard_verdict){
		.prefix = { s->ip, s->bits },
		.victim = v->finding->victim,
		.peer = s->is_peer,
		.proved = cs_sat32(
			count(v, CS_OBS_ACKED),
			cs_sat32(count(v, CS_OBS_ECHOED), count(v, CS_OBS_CONNECTED))),
		.guessed =
			cs_sat32(count(v, CS_OBS_NEXT_BLOCK), count(v, CS_OBS_RETRIED)),
		.unproved = s->unproved,
		.because = { .confidence = v->answer->confidence,
			     .answered = v->finding->answered,
			     .first_us = s->first_us,
			     .last_us = s->last_us,
			     .packets = s->packets,
			     .bytes_in = s->bytes_in,
			     .bytes_out = s->bytes_out },
	};
	take_evidence(v, &out->because);
	return cs_guard_class_read(cs_span_str(cs_class_name(v->finding->primary)),
				   &out->because.class_) &&
	       cs_guard_worry_read(cs_span_str(cs_worry_name(v->answer->worry)),
				   &out->because.worry);
}

/* --- which of them --- */

static struct slot *slot_of(struct cs_watch_protect *p, const struct cs_prefix *prefix)
{
	return &p->slots[cs_siphash(&p->key, prefix, sizeof(*prefix)) % SLOTS];
}

static bool is_due(const struct slot *slot, const struct cs_prefix *prefix,
		   int64_t now_ns)
{
	return cs_prefix_cmp(&slot->prefix, prefix) != 0 || now_ns >= slot->until_ns;
}

void cs_watch_protect_tell(struct cs_watch_protect *p, const struct cs_verdict *v,
			   bool changed)
{
	struct cs_guard_verdict verdict;
	struct cs_guard_request request;
	struct slot *slot;
	int64_t now_ns;

	if (!p || !make_verdict(v, &verdict) ||
	    cs_guard_judge(&verdict, CS_GUARD_PRESET_S, &request) != CS_GUARD_BLOCKED)
		return;
	now_ns = cs_clock_mono(p->ctx->clock);
	slot = slot_of(p, &request.prefix);
	if (!changed && !is_due(slot, &request.prefix, now_ns))
		return;
	/* While it goes on: how long it blocks is for the guard to say. */
	*slot = (struct slot){ request.prefix, now_ns + RENEW_S * CS_NS_PER_S };
	let_wait(p, &request);
	cs_watch_protect_idle(p);
}

/* --- beginning and end --- */

enum cs_err cs_watch_protect_open(struct cs_ctx *ctx, const char *path,
				  struct cs_watch_protect **out)
{
	struct cs_watch_protect *p = calloc(1, sizeof(*p));

	*out = p;
	if (!p)
		return CS_ERR_NOMEM;
	p->ctx = ctx;
	p->path = path;
	p->fd = -1;
	p->try_ns = INT64_MIN;
	cs_random_bytes(&p->key, sizeof(p->key));
	(void)is_connected(p); /* said if not, and tried again */
	return CS_OK;
}

const struct cs_live_state *cs_watch_protect_state(const struct cs_watch_protect *p)
{
	return p ? &p->state : NULL;
}

void cs_watch_protect_close(struct cs_watch_protect *p)
{
	if (!p)
		return;
	cs_watch_protect_idle(p);
	p->state.lost += p->n;
	if (p->state.lines > 0 || p->state.lost > 0)
		cs_log(&p->ctx->log, p->state.lost ? CS_WARN : CS_NOTE,
		       "--protect %s: %" PRIu64 " requests to block handed over, %" PRIu64
		       " not",
		       p->path, p->state.lines, p->state.lost);
	if (p->fd >= 0)
		(void)close(p->fd); /* only written to */
	free(p);
}
