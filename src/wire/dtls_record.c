/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dtls_record.h"

#include "wire/dtls_hello.h"

enum {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	DATA = 23,
	HEARTBEAT = 24,
	CID = 25,
	ACK = 26,

	DTLS_1_0 = 0xfeff,
	DTLS_1_2 = 0xfefd,
	DTLS_1_3 = 0xfefc, /* in hellos only */

	/* The first byte of a unified header (RFC 9147 section 4). */
	UNIFIED = 0x20,
	UNIFIED_MASK = 0xe0,
	UNIFIED_CID = 0x10,
	UNIFIED_SEQUENCE = 0x08, /* of two bytes, not one */
	UNIFIED_LENGTH = 0x04,
	UNIFIED_EPOCH = 0x03,
};

/*
 * A connection id's length is known to the two only. The shortest is taken with which
 * @between bytes and a length that reaches just to the end follow; @rd is left at the
 * length. None: nothing is taken.
 */
static struct cs_span take_cid(struct cs_rd *rd, size_t between)
{
	size_t left = cs_rd_left(rd);

	for (size_t n = 1; n <= UINT8_MAX && n + between + 2 <= left; n++) {
		struct cs_rd ahead = *rd;
		struct cs_span cid = cs_rd_take(&ahead, n);

		(void)cs_rd_take(&ahead, between);
		if (cs_rd_u16(&ahead) == left - n - between - 2) {
			(void)cs_rd_take(rd, n + between);
			return cid;
		}
	}
	return (struct cs_span){ 0 };
}

/* What follows the header: as long as it says, or to the end where nothing says. */
static struct cs_span take_fragment(struct cs_rd *rd, bool has_length)
{
	size_t len = has_length ? cs_rd_u16(rd) : cs_rd_left(rd);

	return cs_rd_take(rd, len);
}

static void read_unified(struct cs_rd *rd, uint8_t first, struct cs_dtls_record *out)
{
	size_t sequence = first & UNIFIED_SEQUENCE ? 2 : 1;
	bool has_length = first & UNIFIED_LENGTH;

	out->epoch = first & UNIFIED_EPOCH;
	out->has_cid = first & UNIFIED_CID;
	if (!out->has_cid) {
		(void)cs_rd_take(rd, sequence);
	} else {
		if (has_length)
			out->cid = take_cid(rd, sequence);
		has_length = out->cid.len > 0;
	}
	out->fragment = take_fragment(rd, has_length);
}

static void read_plain(struct cs_rd *rd, struct cs_dtls_record *out)
{
	out->version = cs_rd_u16(rd);
	out->epoch = cs_rd_u16(rd);

	uint64_t high = cs_rd_u16(rd);

	out->sequence = high << 32 | cs_rd_u32(rd);
	if (out->version != DTLS_1_0 && out->version != DTLS_1_2) {
		cs_rd_fail(rd, CS_ERR_RESERVED);
		return;
	}
	out->has_cid = out->type == CID;
	if (out->has_cid)
		out->cid = take_cid(rd, 0);
	out->fragment = take_fragment(rd, !out->has_cid || out->cid.len > 0);
	if (!rd->err && out->type == HANDSHAKE && out->epoch == 0)
		cs_dtls_read_handshake(out);
}

bool cs_dtls_next(struct cs_rd *rd, struct cs_dtls_record *out)
{
	struct cs_dtls_record record = { 0 };

	if (cs_rd_left(rd) == 0)
		return false;

	uint8_t first = cs_rd_u8(rd);

	if ((first & UNIFIED_MASK) == UNIFIED) {
		read_unified(rd, first, &record);
	} else if (first >= CHANGE_CIPHER_SPEC && first <= ACK) {
		record.type = first;
		read_plain(rd, &record);
	} else {
		cs_rd_fail(rd, CS_ERR_RESERVED);
	}
	if (rd->err)
		return false;
	*out = record;
	return true;
}

const char *cs_dtls_version(uint16_t version)
{
	switch (version) {
	case DTLS_1_0:
		return "1.0";
	case DTLS_1_2:
		return "1.2";
	case DTLS_1_3:
		return "1.3";
	default:
		return NULL;
	}
}

static const char *message_text(uint8_t message)
{
	switch (message) {
	case 0:
		return "handshake hello request";
	case 1:
		return "handshake client hello";
	case 2:
		return "handshake server hello";
	case 3:
		return "handshake hello verify request";
	case 4:
		return "handshake new session ticket";
	case 11:
		return "handshake certificate";
	case 12:
		return "handshake server key exchange";
	case 13:
		return "handshake certificate request";
	case 14:
		return "handshake server hello done";
	case 15:
		return "handshake certificate verify";
	case 16:
		return "handshake client key exchange";
	case 20:
		return "handshake finished";
	default:
		return "handshake";
	}
}

const char *cs_dtls_text(const struct cs_dtls_record *record)
{
	switch (record->type) {
	case 0:
		return "encrypted record";
	case CHANGE_CIPHER_SPEC:
		return "change cipher spec";
	case ALERT:
		return record->epoch ? "encrypted alert" : "alert";
	case HANDSHAKE:
		return record->handshake ? message_text(record->message)
					 : "encrypted handshake";
	case DATA:
		return "application data";
	case HEARTBEAT:
		return "heartbeat";
	case CID:
		return "encrypted record with connection id";
	case ACK:
		return "acknowledgement";
	default:
		return "record";
	}
}
