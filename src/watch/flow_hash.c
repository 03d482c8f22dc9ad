/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/flow_hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/wr.h"

enum {
	SHA1 = 20,                      /* bytes */
	TUPLE = 2 + 16 + 16 + 2 + 2 + 2 /* seed, addresses, protocol, ports */
};

struct cs_flow_hash {
	EVP_MD *sha1;        /* owned */
	EVP_MD_CTX *context; /* owned */
};

enum cs_err cs_flow_hash_open(struct cs_flow_hash **out)
{
	struct cs_flow_hash *hash = calloc(1, sizeof(*hash));

	if (!hash)
		return CS_ERR_NOMEM;
	hash->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	hash->context = EVP_MD_CTX_new();
	if (!hash->sha1 || !hash->context) {
		cs_flow_hash_close(hash);
		return CS_ERR_NOMEM;
	}
	*out = hash;
	return CS_OK;
}

void cs_flow_hash_close(struct cs_flow_hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->context);
	EVP_MD_free(hash->sha1);
	free(hash);
}

static void put_address(struct cs_wr *w, const struct cs_addr *a)
{
	size_t skip = cs_addr_is_v4(a) ? 12 : 0;

	cs_wr_bytes(w, a->b + skip, sizeof(a->b) - skip);
}

/* Its first 51 bits. */
static uint64_t number_of(const uint8_t digest[SHA1])
{
	struct cs_rd rd = cs_rd_over(digest, SHA1);

	return cs_rd_u64(&rd) >> 13;
}

enum cs_err cs_flow_hash_of(struct cs_flow_hash *hash, const struct cs_addr *from,
			    uint16_t from_port, const struct cs_addr *to,
			    uint16_t to_port, uint8_t protocol, struct cs_flow_id *out)
{
	int order = cs_addr_cmp(from, to);
	bool turned = order > 0 || (order == 0 && from_port > to_port);
	uint8_t tuple[TUPLE], digest[EVP_MAX_MD_SIZE];
	struct cs_wr w = cs_wr_over(tuple, sizeof(tuple));

	cs_wr_u16(&w, 0); /* seed */
	put_address(&w, turned ? to : from);
	put_address(&w, turned ? from : to);
	cs_wr_u8(&w, protocol);
	cs_wr_u8(&w, 0);
	cs_wr_u16(&w, turned ? to_port : from_port);
	cs_wr_u16(&w, turned ? from_port : to_port);
	if (EVP_DigestInit_ex2(hash->context, hash->sha1, NULL) != 1 ||
	    EVP_DigestUpdate(hash->context, tuple, w.pos) != 1 ||
	    EVP_DigestFinal_ex(hash->context, digest, NULL) != 1)
		return CS_ERR_NOMEM;
	memcpy(out->community, "1:", 2);
	(void)EVP_EncodeBlock((unsigned char *)out->community + 2, digest, SHA1);
	out->number = number_of(digest);
	return CS_OK;
}
