/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoding process. Jail: no files at all, no capabilities, no new sockets; it
 * reads captures that are open, and writes to one socket.
 */
#include "cmd/decoder.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/decoder_own.h"
#include "cmd/networked.h"
#include "jail/jail.h"

enum {
	LOOK_EVERY = 4096, /* frames between two looks at whether to stop */
	BLOCK_MS = 60,     /* after which the kernel hands on a block, and some */
	DRAIN_MS = 400,    /* at the end, for what it has */
	PIPE_MS = 250,     /* and so long a silent pipe is waited for */
	BEAT_MS = 1000,    /* live, a sign of life comes as often */
	CLOCK_EVERY = 64,  /* and live, between two looks at the clock */
	COUNTS_MS = 250,   /* of a file, how far it has been read is told as often */
};

/* The other side has said so, or is gone. */
static void look(struct cs_decoder *d)
{
	struct pollfd asked = { .fd = d->fd, .events = POLLIN | POLLRDHUP };

	if (poll(&asked, 1, 0) == 1)
		d->stop = true;
}

/* Long work shows how far it is. */
static void tell_how_far(struct cs_decoder *d)
{
	int64_t now = cs_clock_mono(d->ctx->clock);

	if (now - d->told_ns < COUNTS_MS * CS_NS_PER_MS)
		return;
	d->told_ns = now;
	cs_decoder_counts(d, false);
	cs_decoder_flush(d);
}

static void decode_files(struct cs_decoder *d)
{
	struct cs_capture_frame frame;

	d->told_ns = cs_clock_mono(d->ctx->clock);
	while (!d->stop && !d->broken) {
		enum cs_err err = cs_capture_next(d->want->capture, PIPE_MS, &frame);

		if (err == CS_OK) {
			cs_decoder_take(d, &frame);
		} else {
			cs_decoder_take_all(d);
			if (err != CS_ERR_NOT_FOUND)
				cs_decoder_trouble(d);
			else if (cs_capture_done(d->want->capture))
				break;
			else
				cs_decoder_flush(
					d); /* a pipe is silent: somebody may read along */
		}
		if (!err && d->frames % LOOK_EVERY != 0)
			continue;
		look(d);
		tell_how_far(d);
	}
	cs_decoder_take_begun(d, INT64_MAX);
}

/* --- live --- */

static void tick(struct cs_decoder *d)
{
	if (!cs_decoder_has_room(d))
		return; /* what changed is told the next time */
	cs_decoder_interfaces(d);
	cs_decoder_messages_lost(d, false);
	cs_decoder_counts(d, false);
	if (cs_track_changed(d->track, cs_decoder_changed, d))
		cs_decoder_note(d, "out of memory: sources are not told");
	if (cs_decoder_has_room(d))
		cs_decoder_flush(d); /* or it leaves with what comes next */
}

/* Takes one packet, if one comes within @wait_ns; those that wait do not wait for it. */
static enum cs_err take_next(struct cs_decoder *d, int64_t wait_ns)
{
	struct cs_capture_frame frame;
	int wait_ms = d->n_waiting > 0 ? 0 : (int)(wait_ns / CS_NS_PER_MS) + 1;
	enum cs_err err = cs_capture_next(d->want->capture, wait_ms, &frame);

	if (err == CS_OK) {
		cs_decoder_take(d, &frame);
		return CS_OK;
	}
	cs_decoder_take_all(d);
	if (err != CS_ERR_NOT_FOUND)
		cs_decoder_trouble(d);
	return err;
}

static void beat(struct cs_decoder *d)
{
	if (!cs_decoder_has_room(d))
		return;
	cs_post_text_write(cs_decoder_post(d), CS_POST_BEAT, "");
	cs_decoder_flush(d);
}

/*
 * What the kernel took before we were to end is told, too: it hands packets on in blocks,
 * the last of them when 50 ms are over. Of a flood that goes on, so much as comes meanwhile.
 */
static void drain(struct cs_decoder *d)
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
	cs_decoder_take_all(d);
	cs_decoder_take_begun(d, INT64_MAX);
}

/* Between two ticks, however far apart, it is heard when we are to end, and we beat. */
static void decode_live(struct cs_decoder *d)
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
			cs_decoder_take_all(d);
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
static enum cs_err find_ours(struct cs_decoder *d, struct cs_track_want *want)
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

static enum cs_err open_track(struct cs_decoder *d)
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
		.message = d->want->messages || d->want->evidence ? cs_decoder_message
								  : NULL,
		.arg = d,
	};

	cs_random_bytes(&want.key, sizeof(want.key));
	if (want.n_local == 0 && d->want->live)
		err = find_ours(d, &want);
	if (!err)
		err = cs_track_open(&want, &d->track);
	return err;
}

static enum cs_err open_reader(struct cs_decoder *d)
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

static int enter_jail(struct cs_decoder *d)
{
	const struct cs_jail_want want = { .user = d->want->options->user,
					   .require = d->want->options->require_jail,
					   .capture = true,
					   .post = d->fd };

	return cs_enter_jail(d->ctx, &want);
}

static void finish(struct cs_decoder *d)
{
	cs_decoder_counts(d, true); /* first: the answers depend on them */
	cs_decoder_more_trouble(d);
	cs_decoder_messages_lost(d, true);
	if (cs_track_each(d->track, cs_decoder_source, d))
		cs_decoder_note(d, "out of memory: not all sources are told");
	cs_post_text_write(cs_decoder_post(d), CS_POST_END, "");
	cs_decoder_flush(d);
}

/* A pipe or a compressed file says what it is no sooner than it is read. */
static bool is_no_capture(const struct cs_decoder *d)
{
	return !d->want->live && d->frames == 0 && d->notes > 0;
}

int cs_decoder_run(struct cs_ctx *ctx, const struct cs_watching_want *want, int fd)
{
	struct cs_decoder *d = calloc(1, sizeof(*d));
	enum cs_err err = d ? CS_OK : CS_ERR_NOMEM;
	int status;

	if (!err) {
		*d = (struct cs_decoder){ .ctx = ctx, .want = want, .fd = fd };
		d->out = cs_wr_over(d->room, CS_DECODER_ROOM);
		for (unsigned i = 0; i < CS_DECODER_AHEAD; i++)
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
	if (d->broken)
		return CS_EXIT_FAILED;
	return is_no_capture(d) ? CS_EXIT_USAGE : CS_EXIT_OK;
}
