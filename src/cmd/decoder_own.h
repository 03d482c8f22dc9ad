/* SPDX-License-Identifier: Apache-2.0 */
/* decoder_own: what the files of the decoding process share. */
#pragma once

#include "cmd/watching.h"
#include "watch/judge.h"

enum {
	CS_DECODER_ROOM = 2 * CS_POST_MAX, /* posts that have not left yet */
	CS_DECODER_AHEAD = 16,             /* frames that wait */
	CS_DECODER_WAITS =
		CS_CAPTURE_SNAPLEN, /* bytes of one; a longer one is taken at once */
};

/* A frame that was read, and is taken some frames later. */
struct cs_decoder_waiting {
	struct cs_capture_frame frame;
	struct cs_packet packet;
	struct cs_track_ahead ahead;
	uint8_t bytes[CS_DECODER_WAITS];
};

struct cs_decoder {
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
	struct cs_decoder_waiting waiting[CS_DECODER_AHEAD];
	/* Of these, in the order of their time. */
	struct cs_decoder_waiting *queue[CS_DECODER_AHEAD];
	unsigned first, n_waiting;
	uint8_t room[CS_DECODER_ROOM];
};

/* --- decoder_tell.c: posts leave --- */

/* Live, a reader that is slow must not make us lose packets: it loses messages. */
bool cs_decoder_has_room(struct cs_decoder *d);

/* Room for one more post of any size. */
struct cs_wr *cs_decoder_post(struct cs_decoder *d);

/* Writes what waits; a reader that is gone is .broken. */
void cs_decoder_flush(struct cs_decoder *d);

/* A message() of struct cs_track_want. */
void cs_decoder_message(void *arg, const struct cs_track_message *message);

/* Each a cs_track_each_fn; the second one gives up where there is no room. */
bool cs_decoder_source(void *arg, const struct cs_source *source,
		       const struct cs_source *prefix, const struct cs_sample *samples,
		       size_t n_samples);
bool cs_decoder_changed(void *arg, const struct cs_source *source,
			const struct cs_source *prefix, const struct cs_sample *samples,
			size_t n_samples);

void cs_decoder_counts(struct cs_decoder *d, bool last);
void cs_decoder_note(struct cs_decoder *d, const char *text);

/* What is wrong with a capture, and at the end how often that was not said. */
void cs_decoder_trouble(struct cs_decoder *d);
void cs_decoder_more_trouble(struct cs_decoder *d);

/* Interfaces that are gone, or back. */
void cs_decoder_interfaces(struct cs_decoder *d);

/* Once when it begins, and how many they were at the end. */
void cs_decoder_messages_lost(struct cs_decoder *d, bool last);

/* --- decoder_take.c: frames come --- */

/* Takes a frame, some frames later: in the order of time, and when its source is near. */
void cs_decoder_take(struct cs_decoder *d, const struct cs_capture_frame *frame);

/* Those that wait, now. */
void cs_decoder_take_all(struct cs_decoder *d);

/* Datagrams whose other parts have not come by @now_ns, the captures' time. */
void cs_decoder_take_begun(struct cs_decoder *d, int64_t now_ns);
