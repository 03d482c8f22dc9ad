/* SPDX-License-Identifier: Apache-2.0 */
/* Any datagram as DTLS records: each lies inside it, behind the one before. */
#include "fuzz.h"

#include "wire/alien.h"
#include "wire/dtls_record.h"

static bool inside(struct cs_span inner, struct cs_span outer)
{
	return inner.len == 0 || (inner.ptr >= outer.ptr && inner.len <= outer.len &&
				  inner.ptr + inner.len <= outer.ptr + outer.len);
}

static void check(const struct cs_dtls_record *record, struct cs_span datagram)
{
	MUST(record->type == 0 || (record->type >= 20 && record->type <= 26));
	MUST((record->version == 0) == (record->type == 0));
	MUST(record->sequence >> 48 == 0);
	MUST(inside(record->fragment, datagram) && inside(record->cid, datagram));
	MUST(inside(record->server_name, record->fragment));
	MUST(inside(record->psk_identity, record->fragment));
	MUST(inside(record->psk_hint, record->fragment));
	MUST(record->psk_identity.len <= CS_DTLS_IDENTITY_MAX);
	MUST(record->psk_hint.len <= CS_DTLS_IDENTITY_MAX);
	MUST(!record->handshake || (record->type == 22 && record->epoch == 0));
	MUST(record->cid.len == 0 || record->has_cid);
	MUST(record->hello == 0 || (record->handshake && record->hello >> 8 == 0xfe));
	MUST(cs_dtls_text(record)[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span datagram = cs_span_of(data, size);
	struct cs_rd rd = cs_rd_over(data, size);
	struct cs_dtls_record record;
	size_t at = 0, n = 0;

	while (cs_dtls_next(&rd, &record)) {
		MUST(rd.pos > at);
		at = rd.pos;
		n++;
		check(&record, datagram);
	}
	if (rd.err == CS_OK)
		MUST(rd.pos == size);

	/* What is called DTLS reads as such, unless it is cut. */
	if (cs_alien_of(datagram) == CS_ALIEN_DTLS)
		MUST(n > 0 || rd.err == CS_ERR_SHORT);
	return 0;
}
