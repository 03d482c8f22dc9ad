/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on their way to what is kept of sources: put in order, and met with memory at hand. */
#include <string.h>

#include "cmd/decoder_own.h"

enum {
	DISORDER_US = 1000000, /* frames that wait may have come in the wrong order */
	NEAR = 8,              /* ... of them, before what they need is approached */
};

/* The clock that fragments wait by: a capture may be of the year 9999, which it is not. */
static int64_t clock_of(int64_t wall_us)
{
	const int64_t most = INT64_MAX / CS_NS_PER_US;

	if (wall_us > most)
		return most * CS_NS_PER_US;
	return wall_us < -most ? -most * CS_NS_PER_US : wall_us * CS_NS_PER_US;
}

static struct cs_decoder_waiting *waiting_at(struct cs_decoder *d, unsigned i)
{
	return d->queue[(d->first + i) % CS_DECODER_AHEAD];
}

/*
 * Several queues of a card, or captures that were merged, bring an answer before its
 * request: the last that came goes to its place. By more than that the clock was set.
 */
static void put_in_order(struct cs_decoder *d)
{
	for (unsigned i = d->n_waiting - 1; i > 0; i--) {
		struct cs_decoder_waiting **at =
			&d->queue[(d->first + i) % CS_DECODER_AHEAD];
		struct cs_decoder_waiting **before =
			&d->queue[(d->first + i - 1) % CS_DECODER_AHEAD];
		struct cs_decoder_waiting *later = *before;
		int64_t by_us = later->frame.wall_us - (*at)->frame.wall_us;

		if (by_us <= 0 || by_us > DISORDER_US)
			return;
		*before = *at;
		*at = later;
	}
}

/* The first of those that wait is taken. */
static void take_first(struct cs_decoder *d)
{
	struct cs_decoder_waiting *w = waiting_at(d, 0);

	d->first++;
	d->n_waiting--;
	d->frames++;
	d->frame = &w->frame;
	if (w->packet.kind != CS_PACKET_FRAGMENT)
		cs_track_expected(d->track, w->frame.wall_us, &w->packet, &w->ahead);
}

void cs_decoder_take_all(struct cs_decoder *d)
{
	while (d->n_waiting > 0 && !d->stop)
		take_first(d);
}

/*
 * Datagrams of which only the first part was captured, as with the filter "udp port 5683", are
 * taken when it is clear that no more comes: after all that was read before.
 */
void cs_decoder_take_begun(struct cs_decoder *d, int64_t now_ns)
{
	struct cs_packet packet;
	int64_t since_ns;

	while (!d->stop && cs_packet_begun(&d->reader, now_ns, &packet, &since_ns)) {
		cs_decoder_take_all(d);
		d->frame = NULL;
		if (!d->stop)
			cs_track_packet(d->track, since_ns / CS_NS_PER_US, &packet);
	}
}

/*
 * A frame, taken some frames later, when its source is out of slow memory. One that is too
 * long to wait is taken at once, behind all others.
 */
void cs_decoder_take(struct cs_decoder *d, const struct cs_capture_frame *frame)
{
	int64_t now_ns = clock_of(frame->wall_us);
	bool waits = frame->bytes.len <= CS_DECODER_WAITS;
	struct cs_decoder_waiting *w;

	if (d->reader.fragments > 0)
		cs_decoder_take_begun(d, now_ns);
	if (!waits) {
		cs_decoder_take_all(d);
		if (d->stop)
			return;
	}
	if (d->n_waiting == CS_DECODER_AHEAD)
		take_first(d);
	w = waiting_at(d, d->n_waiting++);
	w->frame = *frame;
	if (waits)
		w->frame.bytes.ptr = memcpy(w->bytes, frame->bytes.ptr, frame->bytes.len);
	d->reader.link = frame->link;
	cs_packet_read(&d->reader, w->frame.bytes, frame->wire_len, now_ns, &w->packet);
	cs_track_expect(d->track, &w->packet, &w->ahead);
	if (d->n_waiting > NEAR)
		cs_track_approach(d->track,
				  &waiting_at(d, d->n_waiting - 1 - NEAR)->ahead);
	put_in_order(d);
	if (w->packet.joined || !waits) /* the next one would be in the same place */
		cs_decoder_take_all(d);
}
