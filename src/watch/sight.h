/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sight: what one datagram says by itself, without what came before: what it asks
 * for, which tool's bytes it is, what is wrong with it. Pure.
 */
#pragma once

#include "coap/msg.h"
#include "wire/alien.h"
#include "wire/packet.h"

enum cs_sight_kind {
	CS_SIGHT_REQUEST,  /* a request code, version 1; perhaps with a fault */
	CS_SIGHT_RESPONSE, /* a response code */
	CS_SIGHT_EMPTY,    /* code 0.00: ping (CON), ACK, RST */
	CS_SIGHT_RESERVED, /* a reserved class, or 7.xx over UDP */
	CS_SIGHT_VERSION,  /* not version 1, the rest parses */
	CS_SIGHT_BROKEN,   /* a format error before the code is known (M1) */
	CS_SIGHT_ALIEN,    /* not CoAP: .alien */
};

enum cs_sight_trait {
	CS_SIGHT_FORMAT_ERROR = 1 << 0, /* .flaw[0] ends decoding */
	CS_SIGHT_WELL_KNOWN = 1 << 1,   /* the target is /.well-known/core */
	CS_SIGHT_WRITES =
		1 << 2, /* a registered method but GET and FETCH; not hidden by OSCORE */
	CS_SIGHT_OBSERVES = 1 << 3,  /* Observe 0 in a request */
	CS_SIGHT_CANCELS = 1 << 4,   /* Observe 1 in a request */
	CS_SIGHT_PROXIES = 1 << 5,   /* Proxy-Uri or Proxy-Scheme */
	CS_SIGHT_SENSITIVE = 1 << 6, /* LwM2M, OCF, directory, firmware, configuration */
	CS_SIGHT_LARGEST = 1 << 7,   /* Block2 NUM 0 SZX 6 in a request */
	CS_SIGHT_LATER_BLOCK = 1 << 8,     /* Block2 with NUM > 0 in a request */
	CS_SIGHT_BIG = 1 << 9,             /* more than 1152 bytes */
	CS_SIGHT_CRITICAL = 1 << 10,       /* an unknown critical option */
	CS_SIGHT_ELECTIVE = 1 << 11,       /* an unknown elective option */
	CS_SIGHT_NOTIFIES = 1 << 12,       /* Observe in a response */
	CS_SIGHT_ECHO = 1 << 13,           /* Echo option: .echo */
	CS_SIGHT_MORE = 1 << 14,           /* Block2 with M in a response */
	CS_SIGHT_EXTENDED_TOKEN = 1 << 15, /* RFC 8974 */
	CS_SIGHT_BODY_BLOCK = 1 << 16,     /* Block1 in a request */

	/*
	 * Version 1, but it reads like chance: no code that is registered, or an error
	 * before anything looked like CoAP. It is counted by its format, as any message
	 * of version 1 is; of its source it says CS_OBS_ALIEN + CS_ALIEN_UNKNOWN, and
	 * none of its flaws or traits.
	 */
	CS_SIGHT_UNLIKELY = 1 << 17,
};

enum { CS_SIGHT_FLAWS = 10 /* M5, M13 to M21: one a kind */ };

/* cs_sight.path of /.well-known/core, whatever the Uri-Host; of no other target. */
#define CS_SIGHT_CORE UINT32_C(1)

struct cs_sight {
	enum cs_sight_kind kind;
	enum cs_alien alien; /* CS_SIGHT_ALIEN */
	uint32_t traits;     /* enum cs_sight_trait */
	struct cs_msg msg;   /* as cs_msg_decode() left it */
	uint8_t n_flaws;     /* at most CS_SIGHT_FLAWS are kept */
	struct cs_flaw flaw[CS_SIGHT_FLAWS];
	uint32_t path; /* hash of a request's target: Uri-Host, Uri-Path, Proxy-*; no
	                  query. CS_SIGHT_CORE, or never 0; 0: no request that reads, cut before that, or hidden by OSCORE */
	uint32_t token_hash; /* 0 without a token */
	uint32_t shape;      /* hash of all bytes but MID and token; 0 for responses */
	uint32_t block_num;  /* Block2's, of request or response */
	uint8_t block_szx;
	uint8_t marks; /* bit i: CS_OBS_MARK_ZMAP + i, by payload alone */
	struct cs_span echo;
};

/*
 * Reads @payload (of @stated_len bytes, of which what was captured is there) that came
 * in @packet. A payload cut by the snap length is no format error: it is read as far as
 * it goes. Hashes are keyed by nothing: only ever compared within one source.
 */
void cs_sight_read(const struct cs_packet *packet, struct cs_sight *sight);

/* As above for a message that a TCP stream gave; no marks, no Message ID. */
void cs_sight_of_stream(const struct cs_msg *msg, const struct cs_flaw *flaw,
			struct cs_span bytes, struct cs_sight *sight);

/*
 * The target as people write it, "/sensors/temp?rt=x", or a Proxy-Uri, into @out: the
 * message's own bytes, neither escaped nor ended; returns the length written, cut to @cap.
 */
size_t cs_sight_target(const struct cs_msg *msg, uint8_t *out, size_t cap);
