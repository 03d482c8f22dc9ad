/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/link.h"

#include <openssl/crypto.h>

#include "base/num.h"
#include "base/wr.h"

enum { PART = 16 };

static enum cs_err mac_of(const uint8_t secret[CS_HMAC], const uint8_t id[CS_LINK_ID],
			  uint8_t mac[CS_HMAC])
{
	return cs_hmac(cs_span_of(secret, CS_HMAC), cs_span_of(id, 2 * PART), mac);
}

enum cs_err cs_link_write(const uint8_t secret[CS_HMAC], const uint8_t random[16],
			  const struct cs_link *link, char out[CS_LINK_TEXT])
{
	uint8_t id[CS_LINK_ID], mac[CS_HMAC];
	struct cs_wr w = cs_wr_over(id, sizeof(id));

	cs_wr_bytes(&w, random, PART);
	cs_wr_u32(&w, (uint32_t)link->day);
	cs_wr_u32(&w, link->owner);
	cs_wr_u32(&w, link->until);
	cs_wr_u32(&w, 0);
	if (mac_of(secret, id, mac))
		return CS_ERR_NOMEM;
	cs_wr_bytes(&w, mac, PART);
	cs_hex_text(cs_span_of(id, sizeof(id)), out);
	return CS_OK;
}

enum cs_err cs_link_read(const uint8_t secret[CS_HMAC], struct cs_span text,
			 int64_t now_s, struct cs_link *link)
{
	uint8_t id[CS_LINK_ID], mac[CS_HMAC], random[PART];
	struct cs_rd r = cs_rd_over(id, sizeof(id));

	if (!cs_hex_read(text, id, sizeof(id)) || mac_of(secret, id, mac) ||
	    CRYPTO_memcmp(id + 2 * (size_t)PART, mac, PART) != 0)
		return CS_ERR_NOT_FOUND;
	cs_rd_copy(&r, random, sizeof(random));
	link->day = (int32_t)cs_rd_u32(&r);
	link->owner = cs_rd_u32(&r);
	link->until = cs_rd_u32(&r);
	return now_s > link->until ? CS_ERR_RANGE : CS_OK;
}
