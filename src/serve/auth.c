/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "serve/serve.h"

/* name:secret in base64 (RFC 7617), with what else may stand there. */
enum { BASIC_MOST = 4 * ((CS_KEY_NAME + 1 + CS_KEY_SECRET + 2) / 3) };

/* --- where from --- */

static struct cs_span without_port(struct cs_span host)
{
	for (size_t i = host.len; i > 0; i--) {
		uint8_t c = host.ptr[i - 1];

		if (c == ':')
			return cs_span_of(host.ptr, i - 1);
		if (c < '0' || c > '9')
			break;
	}
	return host;
}

bool cs_host_is_near(struct cs_span host)
{
	struct cs_span name = without_port(host);
	struct cs_addr a;

	if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
		return cs_addr_read(cs_span_of(name.ptr + 1, name.len - 2), &a);
	return cs_addr_read(name, &a) ||
	       (name.len == strlen("localhost") &&
		strncasecmp((const char *)name.ptr, "localhost", name.len) == 0);
}

/* --- Basic --- */

static const struct cs_key *basic(const struct cs_request *r)
{
	static const char word[] = "basic ";
	struct cs_span given = r->authorization;
	unsigned char plain[BASIC_MOST + 4];
	const struct cs_key *key = NULL;
	const uint8_t *colon;
	int len;

	if (given.len < sizeof(word) ||
	    strncasecmp((const char *)given.ptr, word, sizeof(word) - 1) != 0)
		return NULL;
	given = cs_span_of(given.ptr + sizeof(word) - 1, given.len - sizeof(word) + 1);
	if (given.len > BASIC_MOST || given.len % 4 != 0)
		return NULL;
	len = EVP_DecodeBlock(plain, given.ptr, (int)given.len);
	/* It counts padding as bytes. */
	for (size_t i = given.len; len > 0 && i > 0 && given.ptr[i - 1] == '='; i--)
		len--;
	colon = len > 0 ? memchr(plain, ':', (size_t)len) : NULL;
	if (colon)
		key = cs_keys_basic(
			r->serve->keys, cs_span_of(plain, (size_t)(colon - plain)),
			cs_span_of(colon + 1, (size_t)(plain + len - colon) - 1));
	OPENSSL_cleanse(plain, sizeof(plain));
	return key;
}

/* --- both --- */

static bool refuse(struct cs_request *r, const char *scheme)
{
	cs_answer_error(r, 401, "unknown key, or a wrong secret");
	r->answer.ask = scheme;
	return false;
}

bool cs_auth_early(struct cs_request *r)
{
	if (!r->serve->keys && !cs_host_is_near(r->host)) {
		cs_answer_error(r, 421,
				"without API keys this server is asked by address or as "
				"localhost only");
		return false;
	}
	if (r->route->auth == CS_AUTH_HMAC && !r->serve->keys) {
		cs_answer_error(r, 403, "this server has no API keys: see --api-keys");
		return false;
	}
	if (r->route->auth != CS_AUTH_BASIC || !r->serve->keys)
		return true;
	r->key = basic(r);
	return r->key || refuse(r, "Basic realm=\"coapscope\", charset=\"UTF-8\"");
}

bool cs_auth_signed(struct cs_request *r, struct cs_span name)
{
	r->key = cs_keys_signed(r->serve->keys, name, r->body, r->hmac2);
	return r->key || refuse(r, "HMAC2 realm=\"coapscope\"");
}
