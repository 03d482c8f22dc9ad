/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoding process. Jail: no files at all, no capabilities, no new sockets; it
 * reads captures that are open, and writes to one socket.
 */
#include "cmd/decoder.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/networked.h"
#include "jail/jail.h"
#include "watch/judge.h"

enum {
	ROOM = 2 * CS_POST_MAX, /* posts that have not left yet */
	LOOK_EVERY = 4096,      /* frames between two looks at whether to stop */
	BLOCK_MS = 60,          /* after which the kernel hands on a block, and some */
	DRAIN_MS = 400,         /* at the end, for what it has */
	PIPE_MS = 250,          /* and so long a silent pipe is waited for */
	NOTES = 100,            /* of captures that are damaged: more are counted */
	BEAT_MS = 1000,         /* live, a sign of life comes as often */
	CLOCK_EVERY = 64,       /* and live, between two looks at the clock */
	COUNTS_MS = 250,        /* of a file, how far it has been read is told as often */
	AHEAD = 16,             /* frames that wait */
	DISORDER_US = 1000000,  /* they may have come in the wrong order */
	NEAR = 8,               /* ... of them, before what they need is approached */
	WAITS_MOST = CS_CAPTURE_SNAPLEN, /* bytes of one; a longer one is taken at once */
};

/* A frame that was read, and is taken some frames later. */
struct waiting {
	struct cs_capture_frame frame;
	struct cs_packet packet;
	struct cs_track_ahead ahead;
	uint8_t bytes[WAITS_MOST];
};

struct decoder {
	struct cs_ctx *ctx;
	const struct cs_watching_want *want;
	struct cs_track *track;
	struct cs_packet_reader reader;
	int fd;
	int64_t told_ns;   /* when the counts of a file were, last */
	bool stop, broken; /* asked to; nobody reads what we write */
	uint64_t frames, messages, messages_lost;
	uint64_t notes;                       /* of captures */
	const struct cs_capture_frame *frame; /* at the moment; NULL: it is gone */
	char lost[256];                       /* interfaces, as was said last */
	bool said_messages;                   /* that some were lost */
	struct cs_wr out;
	struct waiting waiting[AHEAD];
	struct waiting *queue[AHEAD]; /* of these, in the order of their time */
	unsigned first, n_waiting;
	struct cs_post_source source;
	uint8_t room[ROOM];
};

/* --- posts leave --- */

/* Live, a reader that is slow must not make us lose packets: it loses messages. */
static bool has_room(struct decoder *d)
{
	struct pollfd writable = { .fd = d->fd, .events = POLLOUT };

	return !d->want->live || poll(&writable, 1, 0) == 1;
}

static void flush(struct decoder *d)
{
	size_t at = 0;

	while (at < d->out.pos && !d->broken) {
		ssize_t n = write(d->fd, d->room + at, d->out.pos - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EINTR)
			d->broken = true;
	}
	d->out = cs_wr_over(d->room, ROOM);
}

/* Room for one more post of any size. */
static struct cs_wr *post(struct decoder *d)
{
	if (cs_wr_room(&d->out) < CS_POST_MAX)
		flush(d);
	return &d->out;
}

/* A post that was too long is left out whole: what stood before it stays. */
static void settle(struct decoder *d, size_t before)
{
	if (!d->out.err)
		return;
	d->out.err = CS_OK;
	d->out.pos = before;
	d->messages_lost++;
}

/* A message() of struct cs_track_want. */
static void tell_message(void *arg, const struct cs_track_message *message)
{
	struct decoder *d = arg;
	const struct cs_watching_want *want = d->want;
	size_t before;

	if (want->evidence && message->evidence && d->frame && !has_room(d)) {
		d->messages_lost++;
	} else if (want->evidence && message->evidence && d->frame) {
		const struct cs_post_evidence e = { .wall_us = d->frame->wall_us,
						    .dlt = d->frame->dlt,
						    .wire_len = d->frame->wire_len,
						    .bytes = d->frame->bytes };

		before = post(d)->pos;
		cs_post_evidence_write(&d->out, &e);
		settle(d, before);
	}
	if (!want->messages || d->stop)
		return;
	if (!has_room(d)) {
		d->messages_lost++;
		return;
	}
	before = post(d)->pos;
	cs_post_message_write(&d->out, message);
	settle(d, before);
	d->messages++;
	if (want->most > 0 && d->messages >= want->most)
		d->stop = true;
}

/* A cs_track_each_fn. */
static bool tell_source(void *arg, const struct cs_source *source,
			const struct cs_source *prefix, const struct cs_sample *samples,
			size_t n_samples)
{
	struct decoder *d = arg;
	struct cs_post_source *p = &d->source;

	p->source = *source;
	cs_classify(source, prefix, cs_track_is_alone(d->track, source),
		    &d->want->plan->threshold, &p->finding);
	p->n_samples = n_samples < CS_LEN(p->samples) ? n_samples : CS_LEN(p->samples);
	if (p->n_samples > 0)
		memcpy(p->samples, samples, p->n_samples * sizeof(samples[0]));
	cs_post_source_write(post(d), p);
	return !d->broken;
}

static void tell_counts(struct decoder *d, bool last)
{
	struct cs_post_counts counts = { .frames = d->frames,
					 .fragments = d->reader.fragments,
					 .last = last };

	counts.kernel_dropped = cs_capture_dropped(d->want->capture);
	cs_track_counted(d->track, &counts.track);
	cs_track_surroundings(d->track, &counts.around);
	cs_post_counts_write(post(d), &counts);
}

static void tell_note(struct decoder *d, const char *text)
{
	cs_post_text_write(post(d), CS_POST_NOTE, text);
}

/* Whoever made the capture decides how many they are: the first say enough. */
static void tell_trouble(struct decoder *d)
{
	if (d->notes++ < NOTES)
		tell_note(d, cs_capture_why(d->want->capture));
}

static void tell_more_trouble(struct decoder *d)
{
	char text[64];

	if (d->notes <= NOTES)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 " more warnings like these",
		       d->notes - NOTES);
	tell_note(d, text);
}

/* --- packets come --- */

/* The clock that fragments wait by: a capture may be of the year 9999, which it is not. */
static int64_t clock_of(int64_t wall_us)
{
	const int64_t most = INT64_MAX / CS_NS_PER_US;

	if (wall_us > most)
		return most * CS_NS_PER_US;
	return wall_us < -most ? -most * CS_NS_PER_US : wall_us * CS_NS_PER_US;
}

static void read_packet(struct decoder *d, const struct cs_capture_frame *frame,
			struct cs_packet *packet)
{
	d->reader.link = frame->link;
	cs_packet_read(&d->reader, frame->bytes, frame->wire_len,
		       clock_of(frame->wall_us), packet);
}

static void take(struct decoder *d, const struct cs_capture_frame *frame)
{
	struct cs_packet packet;

	d->frames++;
	d->frame = frame;
	read_packet(d, frame, &packet);
	if (packet.kind != CS_PACKET_FRAGMENT)
		cs_track_packet(d->track, frame->wall_us, &packet);
}

static struct waiting *waiting_at(struct decoder *d, unsigned i)
{
	return d->queue[(d->first + i) % AHEAD];
}

/*
 * Several queues of a card, or captures that were merged, bring an answer before its request: the last
 * that came goes to its place. By more than that the clock was set.
 */
static void put_in_order(struct decoder *d)
{
	for (unsigned i = d->n_waiting - 1; i > 0; i--) {
		struct waiting **at = &d->queue[(d->first + i) % AHEAD];
		struct waiting **before = &d->queue[(d->first + i - 1) % AHEAD];
		struct waiting *later = *before;
		int64_t by_us = later->frame.wall_us - (*at)->frame.wall_us;

		if (by_us <= 0 || by_us > DISORDER_US)
			return;
		*before = *at;
		*at = later;
	}
}

/* The first of those that wait is taken. */
static void take_first(struct decoder *d)
{
	struct waiting *w = waiting_at(d, 0);

	d->first++;
	d->n_waiting--;
	d->frames++;
	d->frame = &w->frame;
	if (w->packet.kind != CS_PACKET_FRAGMENT)
		cs_track_expected(d->track, w->frame.wall_us, &w->packet, &w->ahead);
}

static void take_all(struct decoder *d)
{
	while (d->n_waiting > 0 && !d->stop)
		take_first(d);
}

/*
 * Datagrams of which only the first part was captured, as with the filter "udp port 5683", are
 * taken when it is clear that no more comes: after all that was read before.
 */
static void take_begun(struct decoder *d, int64_t now_ns)
{
	struct cs_packet packet;
	int64_t since_ns;

	if (d->reader.fragments == 0)
		return;
	while (!d->stop && cs_packet_begun(&d->reader, now_ns, &packet, &since_ns)) {
		take_all(d);
		d->frame = NULL;
		if (!d->stop)
			cs_track_packet(d->track, since_ns / CS_NS_PER_US, &packet);
	}
}

/* A frame, taken some frames later, when its source is out of slow memory. */
static void take_later(struct decoder *d, const struct cs_capture_frame *frame)
{
	struct waiting *w;

	take_begun(d, clock_of(frame->wall_us));
	if (frame->bytes.len > WAITS_MOST) {
		take_all(d);
		if (!d->stop)
			take(d, frame);
		return;
	}
	if (d->n_waiting == AHEAD)
		take_first(d);
	w = waiting_at(d, d->n_waiting++);
	w->frame = *frame;
	memcpy(w->bytes, frame->bytes.ptr, frame->bytes.len);
	w->frame.bytes.ptr = w->bytes;
	read_packet(d, &w->frame, &w->packet);
	cs_track_expect(d->track, &w->packet, &w->ahead);
	if (d->n_waiting > NEAR)
		cs_track_approach(d->track,
				  &waiting_at(d, d->n_waiting - 1 - NEAR)->ahead);
	put_in_order(d);
	if (w->packet.joined) /* the next one would be joined in the same place */
		take_all(d);
}

/* The other side has said so, or is gone. */
static void look(struct decoder *d)
{
	struct pollfd asked = { .fd = d->fd, .events = POLLIN | POLLRDHUP };

	if (poll(&asked, 1, 0) == 1)
		d->stop = true;
}

/* Long work shows how far it is. */
static void tell_how_far(struct decoder *d)
{
	int64_t now = cs_clock_mono(d->ctx->clock);

	if (now - d->told_ns < COUNTS_MS * CS_NS_PER_MS)
		return;
	d->told_ns = now;
	tell_counts(d, false);
	flush(d);
}

static void decode_files(struct decoder *d)
{
	struct cs_capture_frame frame;

	d->told_ns = cs_clock_mono(d->ctx->clock);
	while (!d->stop && !d->broken) {
		enum cs_err err = cs_capture_next(d->want->capture, PIPE_MS, &frame);

		if (err == CS_OK) {
			take_later(d, &frame);
		} else {
			take_all(d);
			if (err != CS_ERR_NOT_FOUND)
				tell_trouble(d);
			else if (cs_capture_done(d->want->capture))
				break;
			else
				flush(d); /* a pipe is silent: somebody may read along */
		}
		if (!err && d->frames % LOOK_EVERY != 0)
			continue;
		look(d);
		tell_how_far(d);
	}
	take_begun(d, INT64_MAX);
}

/* --- live --- */

static void say_lost(struct decoder *d)
{
	const char *lost = cs_capture_lost(d->want->capture);
	char text[sizeof(d->lost) + 32];

	if (strcmp(lost ? lost : "", d->lost) == 0)
		return;
	(void)snprintf(d->lost, sizeof(d->lost), "%s", lost ? lost : "");
	(void)snprintf(text, sizeof(text),
		       lost ? "%s: gone; waiting for it"
			    : "all interfaces are there again",
		       d->lost);
	tell_note(d, text);
}

/*
 * A cs_track_each_fn. A reader that is stuck must not hold up who listens: the sources
 * that are left are told when they change again, or at the end.
 */
static bool tell_changed(void *arg, const struct cs_source *source,
			 const struct cs_source *prefix, const struct cs_sample *samples,
			 size_t n_samples)
{
	struct decoder *d = arg;

	if (cs_wr_room(&d->out) < CS_POST_MAX && !has_room(d))
		return false;
	return tell_source(d, source, prefix, samples, n_samples);
}

/* Once when it begins, and how many they were at the end. */
static void say_messages_lost(struct decoder *d, bool last)
{
	char text[96];

	if (d->messages_lost == 0 || (!last && d->said_messages))
		return;
	(void)snprintf(text, sizeof(text),
		       last ? "%llu messages were left out"
			    : "messages come faster than they are written: %llu left out",
		       (unsigned long long)d->messages_lost);
	d->said_messages = true;
	tell_note(d, text);
}

static void tick(struct decoder *d)
{
	if (!has_room(d))
		return; /* what changed is told the next time */
	say_lost(d);
	say_messages_lost(d, false);
	tell_counts(d, false);
	if (cs_track_changed(d->track, tell_changed, d))
		tell_note(d, "out of memory: sources are not told");
	if (has_room(d))
		flush(d); /* or it leaves with what comes next */
}

/* Takes one packet, if one comes within @wait_ns; those that wait do not wait for it. */
static enum cs_err take_next(struct decoder *d, int64_t wait_ns)
{
	struct cs_capture_frame frame;
	int wait_ms = d->n_waiting > 0 ? 0 : (int)(wait_ns / CS_NS_PER_MS) + 1;
	enum cs_err err = cs_capture_next(d->want->capture, wait_ms, &frame);

	if (err == CS_OK) {
		take_later(d, &frame);
		return CS_OK;
	}
	take_all(d);
	if (err != CS_ERR_NOT_FOUND)
		tell_trouble(d);
	return err;
}

static void beat(struct decoder *d)
{
	if (!has_room(d))
		return;
	cs_post_text_write(post(d), CS_POST_BEAT, "");
	flush(d);
}

/*
 * What the kernel took before we were to end is told, too: it hands packets on in blocks,
 * the last of them when 50 ms are over. Of a flood that goes on, so much as comes meanwhile.
 */
static void drain(struct decoder *d)
{
	int64_t end = cs_clock_mono(d->ctx->clock) + DRAIN_MS * CS_NS_PER_MS;
	unsigned quiet = 0;

	d->stop = false; /* it is heard; what comes now is taken as everything before */
	while (!d->broken && quiet < 2 && cs_clock_mono(d->ctx->clock) < end) {
		enum cs_err err = take_next(d, BLOCK_MS * CS_NS_PER_MS);

		if (err == CS_ERR_IO)
			break;
		quiet = err ? quiet + 1 : 0;
	}
	take_all(d);
	take_begun(d, INT64_MAX);
}

/* Between two ticks, however far apart, it is heard when we are to end, and we beat. */
static void decode_live(struct decoder *d)
{
	const int64_t every = d->want->tick_ms * CS_NS_PER_MS,
		      often = BEAT_MS * CS_NS_PER_MS;
	int64_t now = cs_clock_mono(d->ctx->clock);
	int64_t next = now + every, next_beat = now + often;
	enum cs_err err = CS_OK;

	while (!d->stop && !d->broken && err != CS_ERR_IO) {
		int64_t until = next < next_beat ? next : next_beat;

		if (now < until)
			err = take_next(d, until - now);
		if (err || d->n_waiting == 0 || d->frames % CLOCK_EVERY == 0)
			now = cs_clock_mono(d->ctx->clock);
		if (now >= until)
			take_all(d);
		if (now >= until || d->frames % LOOK_EVERY == 0)
			look(d);
		if (now >= next) {
			tick(d);
			next = now + every;
			next_beat = now + often;
		} else if (now >= next_beat) {
			beat(d);
			next_beat = now + often;
		}
	}
	if (d->want->most == 0)
		drain(d);
}

/* --- the process --- */

/*
 * Live, ours are the addresses of this host, and those in its networks that somebody
 * asks something; another host of the network may well be the one that knocks.
 */
static enum cs_err find_ours(struct decoder *d, struct cs_track_want *want)
{
	const struct cs_prefix *all;
	size_t n = cs_capture_locals(d->want->capture, &all);
	struct cs_prefix *own = calloc(n + 1, sizeof(*own)); /* until the process ends */
	size_t n_own = 0;

	if (!own)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (all[i].bits == 128)
			own[n_own++] = all[i];
	want->local = own;
	want->n_local = n_own;
	want->near = all;
	want->n_near = n;
	return CS_OK;
}

static enum cs_err open_track(struct decoder *d)
{
	enum cs_err err = CS_OK;
	const struct cs_decode_plan *plan = d->want->plan;
	struct cs_track_want want = {
		.memory = d->want->options->memory,
		.ports = plan->ports,
		.n_ports = plan->n_ports,
		.secure_ports = plan->secure_ports,
		.n_secure_ports = plan->n_secure_ports,
		.local = plan->local,
		.n_local = plan->n_local,
		.peer = plan->peer,
		.n_peer = plan->n_peer,
		.threshold = plan->threshold,
		.message = d->want->messages || d->want->evidence ? tell_message : NULL,
		.arg = d,
	};

	cs_random_bytes(&want.key, sizeof(want.key));
	if (want.n_local == 0 && d->want->live)
		err = find_ours(d, &want);
	if (!err)
		err = cs_track_open(&want, &d->track);
	return err;
}

static enum cs_err open_reader(struct decoder *d)
{
	struct cs_frags *frags = calloc(1, sizeof(*frags));
	void *room = mmap(NULL, CS_FRAGS_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!frags || room == MAP_FAILED) {
		free(frags);
		return CS_ERR_NOMEM;
	}
	cs_frags_init(frags, room);
	d->reader.frags = frags;
	return CS_OK;
}

static int enter_jail(struct decoder *d)
{
	const struct cs_jail_want want = { .user = d->want->options->user,
					   .require = d->want->options->require_jail,
					   .capture = true,
					   .post = d->fd };

	return cs_enter_jail(d->ctx, &want);
}

static void finish(struct decoder *d)
{
	tell_counts(d, true); /* first: the answers depend on them */
	tell_more_trouble(d);
	say_messages_lost(d, true);
	if (cs_track_each(d->track, tell_source, d))
		tell_note(d, "out of memory: not all sources are told");
	cs_post_text_write(post(d), CS_POST_END, "");
	flush(d);
}

int cs_decoder_run(struct cs_ctx *ctx, const struct cs_watching_want *want, int fd)
{
	struct decoder *d = calloc(1, sizeof(*d));
	enum cs_err err = d ? CS_OK : CS_ERR_NOMEM;
	int status;

	if (!err) {
		*d = (struct decoder){ .ctx = ctx, .want = want, .fd = fd };
		d->out = cs_wr_over(d->room, ROOM);
		for (unsigned i = 0; i < AHEAD; i++)
			d->queue[i] = &d->waiting[i];
		err = open_track(d);
	}
	if (!err)
		err = open_reader(d);
	if (err) {
		cs_log(&ctx->log, CS_ERROR, "the decoder: %s", cs_strerror(err));
		return CS_EXIT_FAILED;
	}
	status = enter_jail(d);
	if (status >= 0)
		return status;
	if (want->live)
		decode_live(d);
	else
		decode_files(d);
	finish(d);
	return d->broken ? CS_EXIT_FAILED : CS_EXIT_OK;
}
