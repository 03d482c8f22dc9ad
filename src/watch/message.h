/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: a struct cs_post_message in the hands of those who write it: its options, what
 * is asked for, and one line that says what it is. What a line says may have a
 * stranger's bytes in it as they came: it goes through an encoder of out/ on its way.
 */
#pragma once

#include "coap/option.h"
#include "coap/option_rule.h"
#include "watch/post.h"

enum {
	CS_MESSAGE_LINE = 1024,    /* bytes of a line at most */
	CS_MESSAGE_OPTIONS = 2048, /* room for the options of any sample */
};

/* Takes the next option off @options (message->options). False at the end. */
CS_MUST_USE bool cs_message_option_next(struct cs_rd *options, struct cs_opt *out);

/*
 * What is registered of its option @number: in a signal of TCP (RFC 8323 section 5.2) the
 * numbers have meanings of their own. NULL: nothing.
 */
const struct cs_opt_rule *cs_message_rule(const struct cs_post_message *message,
					  uint32_t number);

/* As registered, "Experimental" where RFC 7252 says so; or NULL. Static storage. */
const char *cs_message_option_name(const struct cs_post_message *message,
				   uint32_t number);

/* Finds the first option with @number, one of CS_OPT_*; false when there is none. */
CS_MUST_USE bool cs_message_option(const struct cs_post_message *message, uint32_t number,
				   struct cs_opt *out);

/*
 * What the datagram @bytes is by itself: kind, flaws, fields; no addresses and no time.
 * @options takes the options.
 */
void cs_message_of(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
		   struct cs_post_message *out);

/* The same of a sample: one of CS_SAMPLE_MAX bytes may be a part, and is marked so. */
void cs_message_of_sample(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
			  struct cs_post_message *out);

/* The same of what a TCP stream gave (RFC 8323), of which the first message counts. */
void cs_message_of_stream(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
			  struct cs_post_message *out);

enum { CS_MESSAGE_RECORDS = 8 /* of a datagram that are told */ };

/* What a datagram of DTLS records shows to an onlooker. */
struct cs_message_dtls {
	const char *version; /* "1.2": of its hello, else of its first record; or NULL */
	const char *record[CS_MESSAGE_RECORDS]; /* what each is, for people */
	size_t n;                               /* of these */
	struct cs_span server_name, psk_identity, psk_hint, cid; /* borrowed; or empty */
};

/* False where @message is no DTLS, or is cut before its first record ends. */
CS_MUST_USE bool cs_message_dtls(const struct cs_post_message *message,
				 struct cs_message_dtls *out);

/*
 * "CON GET /.well-known/core, MID 0x7d70, no token" into @out; what is longer than @cap
 * is cut. Returns the length.
 */
size_t cs_message_line(const struct cs_post_message *message, uint8_t *out, size_t cap);

/* The same of a request, "GET /sensors/temp", and of a ping; nothing else is said. */
size_t cs_message_asked(const struct cs_post_message *message, uint8_t *out, size_t cap);
