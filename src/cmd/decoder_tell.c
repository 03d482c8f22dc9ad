/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoding process tells the one that started it. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cmd/decoder_own.h"

enum { NOTES = 100 /* of captures that are damaged: more are counted */ };

bool cs_decoder_has_room(struct cs_decoder *d)
{
	struct pollfd writable = { .fd = d->fd, .events = POLLOUT };

	return !d->want->live || poll(&writable, 1, 0) == 1;
}

void cs_decoder_flush(struct cs_decoder *d)
{
	size_t at = 0;

	while (at < d->out.pos && !d->broken) {
		ssize_t n = write(d->fd, d->room + at, d->out.pos - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EINTR)
			d->broken = true;
	}
	d->out = cs_wr_over(d->room, CS_DECODER_ROOM);
}

struct cs_wr *cs_decoder_post(struct cs_decoder *d)
{
	if (cs_wr_room(&d->out) < CS_POST_MAX)
		cs_decoder_flush(d);
	return &d->out;
}

/* A post that was too long is left out whole: what stood before it stays. */
static void settle(struct cs_decoder *d, size_t before)
{
	if (!d->out.err)
		return;
	d->out.err = CS_OK;
	d->out.pos = before;
	d->messages_lost++;
}

void cs_decoder_message(void *arg, const struct cs_track_message *message)
{
	struct cs_decoder *d = arg;
	const struct cs_watching_want *want = d->want;
	size_t before;

	if (want->evidence && message->evidence && d->frame && !cs_decoder_has_room(d)) {
		d->messages_lost++;
	} else if (want->evidence && message->evidence && d->frame) {
		const struct cs_post_evidence e = { .wall_us = d->frame->wall_us,
						    .dlt = d->frame->dlt,
						    .wire_len = d->frame->wire_len,
						    .bytes = d->frame->bytes };

		before = cs_decoder_post(d)->pos;
		cs_post_evidence_write(&d->out, &e);
		settle(d, before);
	}
	if (!want->messages || d->stop)
		return;
	if (!cs_decoder_has_room(d)) {
		d->messages_lost++;
		return;
	}
	before = cs_decoder_post(d)->pos;
	cs_post_message_write(&d->out, message);
	settle(d, before);
	d->messages++;
	if (want->most > 0 && d->messages >= want->most)
		d->stop = true;
}

bool cs_decoder_source(void *arg, const struct cs_source *source,
		       const struct cs_source *prefix, const struct cs_sample *samples,
		       size_t n_samples)
{
	struct cs_decoder *d = arg;
	struct cs_finding finding;

	cs_classify(source, prefix, cs_track_is_alone(d->track, source),
		    &d->want->plan->threshold, &finding);
	cs_post_source_write(cs_decoder_post(d), source, &finding, samples, n_samples);
	return !d->broken;
}

void cs_decoder_counts(struct cs_decoder *d, bool last)
{
	struct cs_post_counts counts = { .frames = d->frames,
					 .fragments = d->reader.fragments,
					 .last = last };

	counts.kernel_dropped = cs_capture_dropped(d->want->capture);
	cs_track_counted(d->track, &counts.track);
	cs_track_surroundings(d->track, &counts.around);
	cs_post_counts_write(cs_decoder_post(d), &counts);
}

void cs_decoder_note(struct cs_decoder *d, const char *text)
{
	cs_post_text_write(cs_decoder_post(d), CS_POST_NOTE, text);
}

/* Whoever made the capture decides how many they are: the first say enough. */
void cs_decoder_trouble(struct cs_decoder *d)
{
	if (d->notes++ < NOTES)
		cs_decoder_note(d, cs_capture_why(d->want->capture));
}

void cs_decoder_more_trouble(struct cs_decoder *d)
{
	char text[64];

	if (d->notes <= NOTES)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 " more warnings like these",
		       d->notes - NOTES);
	cs_decoder_note(d, text);
}

/*
 * A reader that is stuck must not hold up who listens: the sources
 * that are left are told when they change again, or at the end.
 */
bool cs_decoder_changed(void *arg, const struct cs_source *source,
			const struct cs_source *prefix, const struct cs_sample *samples,
			size_t n_samples)
{
	struct cs_decoder *d = arg;

	if (cs_wr_room(&d->out) < CS_POST_MAX && !cs_decoder_has_room(d))
		return false;
	return cs_decoder_source(d, source, prefix, samples, n_samples);
}

void cs_decoder_interfaces(struct cs_decoder *d)
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
	cs_decoder_note(d, text);
}

void cs_decoder_messages_lost(struct cs_decoder *d, bool last)
{
	char text[96];

	if (d->messages_lost == 0 || (!last && d->said_messages))
		return;
	(void)snprintf(text, sizeof(text),
		       last ? "%llu messages were left out"
			    : "messages come faster than they are written: %llu left out",
		       (unsigned long long)d->messages_lost);
	d->said_messages = true;
	cs_decoder_note(d, text);
}
