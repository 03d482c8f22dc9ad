/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: the ids under which reports are downloaded without a key. An id is 128
 * random bits, what it is for (day, owner, end), and a MAC over both by a
 * secret of this process: nothing is kept for it, it cannot be guessed or
 * changed, and it is worth nothing after its time or this process.
 */
#pragma once

#include "serve/sign.h"

enum {
	CS_LINK_ID = 48,                   /* bytes: random, payload, MAC, 16 each */
	CS_LINK_TEXT = 2 * CS_LINK_ID + 1, /* as hex, with its NUL */
	CS_LINK_S = 3600,                  /* seconds that one is good for */
};

#define CS_LINK_ALL UINT32_MAX /* owner: everything */

struct cs_link {
	int32_t day;
	uint32_t owner; /* index, or CS_LINK_ALL */
	uint32_t until; /* seconds since 1970 */
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_link_write(const uint8_t secret[CS_HMAC],
				      const uint8_t random[16],
				      const struct cs_link *link, char out[CS_LINK_TEXT]);

/*
 * CS_ERR_NOT_FOUND  no id of ours
 * CS_ERR_RANGE      it was one; its time is up
 */
CS_MUST_USE enum cs_err cs_link_read(const uint8_t secret[CS_HMAC], struct cs_span text,
				     int64_t now_s, struct cs_link *link);
