/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/num.h"

enum cs_err cs_hmac(struct cs_span key, struct cs_span data, uint8_t out[CS_HMAC])
{
	static const uint8_t nothing[1] = { 0 };
	unsigned len = CS_HMAC;

	/* NULL would mean "the key of the time before". */
	if (!key.ptr)
		key.ptr = nothing;
	if (!HMAC(EVP_sha256(), key.ptr, (int)key.len, data.ptr ? data.ptr : nothing,
		  data.len, out, &len))
		return CS_ERR_NOMEM;
	return CS_OK;
}

bool cs_hmac_is(const uint8_t mac[CS_HMAC], struct cs_span text)
{
	uint8_t theirs[CS_HMAC];

	return cs_hex_read(text, theirs, sizeof(theirs)) &&
	       CRYPTO_memcmp(theirs, mac, sizeof(theirs)) == 0;
}

bool cs_secret_eq(struct cs_span a, struct cs_span b)
{
	static const uint8_t zeros[CS_HMAC];
	const struct cs_span key = cs_span_of(zeros, sizeof(zeros));
	uint8_t x[CS_HMAC], y[CS_HMAC];

	/* Hashed, both have one length and no order that helps to guess. */
	if (cs_hmac(key, a, x) || cs_hmac(key, b, y))
		return false;

	bool equal = CRYPTO_memcmp(x, y, sizeof(x)) == 0;

	OPENSSL_cleanse(y, sizeof(y));
	return equal;
}
