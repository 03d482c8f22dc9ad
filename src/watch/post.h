/* SPDX-License-Identifier: Apache-2.0 */
/*
 * post: what the decoding process tells the one that writes: frames of bytes over a
 * socket, written with wr and read with rd as strictly as packets are: whoever takes
 * over the decoder can lie about what it saw, and nothing more.
 */
#pragma once

#include "base/wr.h"
#include "watch/judge.h"
#include "watch/track.h"

enum cs_post_kind {
	CS_POST_SOURCE = 1, /* a source or prefix: state, finding, samples */
	CS_POST_MESSAGE,    /* one message (--messages, --eve) */
	CS_POST_EVIDENCE,   /* one frame for --pcap-out */
	CS_POST_COUNTS,     /* counters; the end of a round of sources */
	CS_POST_NOTE, /* something to be said: a file that ends early, an interface gone */
	CS_POST_BEAT, /* the decoder lives, and has nothing to tell */
	CS_POST_END,  /* the decoder is done */
};

enum {
	CS_POST_MAX =
		1 << 17 /* bytes of one frame: a whole datagram and what is said of it */
};

/* What is said of one message: all that --messages and EVE need. */
struct cs_post_message {
	int64_t wall_us;
	struct cs_addr from, to;
	uint16_t from_port, to_port;
	uint8_t hop_limit;
	enum cs_track_way way;
	bool tcp, secure, again, matched, to_group;
	bool part; /* there may have been more than @len bytes: a sample that was cut */
	int64_t request_us;
	uint32_t request_len;
	uint32_t len; /* bytes of the datagram or the TCP message, as sent */
	enum cs_sight_kind kind;
	enum cs_alien alien;
	uint32_t traits;
	uint8_t n_flaws;
	struct cs_flaw flaw[CS_SIGHT_FLAWS];
	uint8_t type, code, version;
	uint16_t mid;
	struct cs_span token;
	struct cs_span
		options; /* number u16, length u16, value; repeated: only whole ones */
	struct cs_span payload; /* CoAP's, as captured */
	uint32_t payload_len; /* and as sent, where that is known; 0: none was captured */
	struct cs_span bytes; /* the datagram's payload or the TCP message, as captured */
};

struct cs_post_source {
	struct cs_source source;
	struct cs_finding finding;
	struct cs_sample samples[CS_SOURCE_OBS]; /* spans into the frame */
	size_t n_samples;
};

struct cs_post_counts {
	uint64_t frames, fragments, kernel_dropped;
	struct cs_track_counts track;
	struct cs_surroundings around;
	bool last; /* of the capture */
};

struct cs_post_evidence {
	int64_t wall_us;
	int dlt;
	uint32_t wire_len;
	struct cs_span bytes;
};

/* Each writes one frame: u32 length of what follows, u8 kind, fields. */
void cs_post_source_write(struct cs_wr *w, const struct cs_source *source,
			  const struct cs_finding *finding,
			  const struct cs_sample *samples, size_t n_samples);
void cs_post_message_write(struct cs_wr *w, const struct cs_track_message *message);
void cs_post_counts_write(struct cs_wr *w, const struct cs_post_counts *counts);
void cs_post_evidence_write(struct cs_wr *w, const struct cs_post_evidence *evidence);
void cs_post_text_write(struct cs_wr *w, enum cs_post_kind kind, const char *text);

/*
 * Takes one frame off @rd: its kind, and a reader over its fields. False: not all of it
 * is there (rd untouched, rd->err CS_OK), or it is none (CS_ERR_RANGE: longer than
 * CS_POST_MAX or of no kind).
 */
CS_MUST_USE bool cs_post_next(struct cs_rd *rd, enum cs_post_kind *kind,
			      struct cs_rd *body);

/* CS_ERR_SHORT, CS_ERR_RANGE, CS_ERR_TRAILING: the decoder is not to be believed. */
CS_MUST_USE enum cs_err cs_post_source_read(struct cs_rd *body,
					    struct cs_post_source *out);
CS_MUST_USE enum cs_err cs_post_message_read(struct cs_rd *body,
					     struct cs_post_message *out);
CS_MUST_USE enum cs_err cs_post_counts_read(struct cs_rd *body,
					    struct cs_post_counts *out);
CS_MUST_USE enum cs_err cs_post_evidence_read(struct cs_rd *body,
					      struct cs_post_evidence *out);
CS_MUST_USE enum cs_err cs_post_text_read(struct cs_rd *body, struct cs_span *out);
