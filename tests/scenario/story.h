/* SPDX-License-Identifier: Apache-2.0 */
/*
 * story: what somebody does, and what the truth about it is. One row a story; the class
 * is that of the label it leaves. A thing we want more of is a function and a row.
 */
#pragma once

#include "scene.h"

struct story {
	const char *name;
	const char *class_;
	unsigned weight; /* how often beside the others of its class */
	bool inbound;    /* may stand in a capture that is read without --local */
	void (*tell)(struct scene *s);
};

/* One table a file, each ended by a row without a name. */
extern const struct story stories_scan[];
extern const struct story stories_reflect[];
extern const struct story stories_carpet[];
extern const struct story stories_amplifier[];
extern const struct story stories_control[];
extern const struct story stories_enumerate[];
extern const struct story stories_broken[];
extern const struct story stories_backscatter[];
extern const struct story stories_peer[];
extern const struct story stories_client[];
extern const struct story stories_home[];
extern const struct story stories_alien[];
extern const struct story stories_tcp[];

/* A token-less CON GET of /.well-known/core, as nearly all scanners send it. */
struct mesg plain_probe(uint16_t mid);

/* A GET as a client library sends it: the next Message ID, a token. */
struct mesg polite_get(struct actor *who, const char *path);
struct mesg polite(struct actor *who, enum cs_type type, uint8_t code, const char *path);

/*
 * Asks as RFC 7252 section 4.2 wants it: with @lost > 0 the first that many requests
 * (or their answers) are lost, and the same is said again after 2 to 3 s, doubling;
 * a CON response is acknowledged. Returns what was heard last.
 */
struct heard ask_politely(struct scene *s, struct actor *who, struct device *device,
			  int64_t at_us, const struct mesg *m, unsigned lost);

/* Strangers and other packets that are in any capture. */
void noise(struct scene *s);

/* A host of ours that asks others. */
struct actor own_client(struct scene *s, bool v4);

/* DTLS records (RFC 6347), as far as one sees them. */
enum dtls_step {
	DTLS_HELLO,
	DTLS_VERIFY,
	DTLS_HELLO_COOKIE,
	DTLS_SERVER_HELLO,
	DTLS_KEY_EXCHANGE,
	DTLS_FINISHED,
	DTLS_DATA
};
struct cs_span dtls_record(struct rng *r, enum dtls_step step);

/* A whole handshake and @n exchanges of data between @client and @server. */
void dtls_session(struct scene *s, const struct end *client, const struct end *server,
		  uint32_t n, int64_t at_us);
