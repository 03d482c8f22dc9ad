/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: HMAC-SHA256 (RFC 2104) by libcrypto, and comparing without telling by
 * the time it takes where two texts begin to differ. No I/O.
 */
#pragma once

#include "base/rd.h"

enum { CS_HMAC = 32 /* bytes */ };

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_hmac(struct cs_span key, struct cs_span data,
				uint8_t out[CS_HMAC]);

/* True when @text is @mac in hex, either case. Constant time for a text of its length. */
CS_MUST_USE bool cs_hmac_is(const uint8_t mac[CS_HMAC], struct cs_span text);

/*
 * True when @a equals @b. The time depends on the length of @a alone, which
 * comes from the stranger; @b is the secret.
 */
CS_MUST_USE bool cs_secret_eq(struct cs_span a, struct cs_span b);
