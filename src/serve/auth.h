/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth: whether a request may be answered, by who sent it. Where there are no
 * keys everybody who reaches the loopback interface may ask, but no page of
 * the web that had its name pointed at us: the Host must be an address or
 * localhost then.
 */
#pragma once

#include "serve/route.h"

/*
 * Before the body has come. False when the answer is an error, which stands in
 * r->answer. Sets r->key for CS_AUTH_BASIC.
 */
CS_MUST_USE bool cs_auth_early(struct cs_request *r);

/* The API's: @name and the HMAC2 header over r->body. Likewise. */
CS_MUST_USE bool cs_auth_signed(struct cs_request *r, struct cs_span name);

/* Whether a Host header (with or without port) is an address or localhost. */
bool cs_host_is_near(struct cs_span host);
