/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dtls_hello.h"

#include "base/utf8.h"

enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	SERVER_KEY_EXCHANGE = 12,
	CLIENT_KEY_EXCHANGE = 16,

	RANDOM = 32, /* bytes */

	EXT_SERVER_NAME = 0,
	EXT_PSK = 41,        /* pre_shared_key (RFC 8446 section 4.2.11) */
	EXT_VERSIONS = 43,   /* supported_versions (RFC 9147 section 5.3) */
	EXT_CID = 54,        /* RFC 9146 section 3 */
	EXTENSIONS_MAX = 64, /* some 60 are registered, each may stand once */
	MESSAGES_MAX = 32,   /* in one record */

	NAME_HOST = 0,
	NAMED_CURVE = 3,
};

/* One message, or a part of it. */
struct part {
	uint8_t type;
	bool first, last; /* both: it is whole */
	struct cs_span body;
};

static uint32_t take_u24(struct cs_rd *rd)
{
	uint32_t high = cs_rd_u8(rd);

	return high << 16 | cs_rd_u16(rd);
}

static struct cs_span take_vector8(struct cs_rd *rd)
{
	return cs_rd_take(rd, cs_rd_u8(rd));
}

static struct cs_span take_vector16(struct cs_rd *rd)
{
	return cs_rd_take(rd, cs_rd_u16(rd));
}

static struct cs_rd over(struct cs_span s)
{
	return cs_rd_over(s.ptr, s.len);
}

static bool take_part(struct cs_rd *rd, struct part *out)
{
	out->type = cs_rd_u8(rd);

	uint32_t len = take_u24(rd);

	(void)cs_rd_u16(rd); /* message sequence */

	uint32_t offset = take_u24(rd), here = take_u24(rd);

	out->body = cs_rd_take(rd, here);
	out->first = offset == 0;
	out->last = offset + here == len;
	return !rd->err && offset <= len && here <= len - offset;
}

/* The first host name of the list (RFC 6066 section 3). */
static struct cs_span host_name(struct cs_span extension)
{
	struct cs_rd rd = over(extension);

	(void)cs_rd_u16(&rd); /* length of the list */

	uint8_t kind = cs_rd_u8(&rd);
	struct cs_span name = take_vector16(&rd);

	return kind == NAME_HOST ? name : (struct cs_span){ 0 };
}

static struct cs_span first_identity(struct cs_span extension)
{
	struct cs_rd rd = over(extension);

	(void)cs_rd_u16(&rd); /* length of the list */

	struct cs_span identity = take_vector16(&rd);

	/* A longer one is a ticket. */
	return identity.len <= CS_DTLS_IDENTITY_MAX ? identity : (struct cs_span){ 0 };
}

/* Versions count down: 0xfefd is 1.2, and newer is less; others, as those that grease, are none. */
static void take_version(struct cs_dtls_record *record, uint16_t version)
{
	if (version >> 8 == 0xfe && (record->hello == 0 || version < record->hello))
		record->hello = version;
}

static void read_versions(struct cs_span extension, bool client,
			  struct cs_dtls_record *record)
{
	struct cs_rd rd = over(extension);
	struct cs_rd list = client ? over(take_vector8(&rd)) : rd;

	while (cs_rd_left(&list) >= 2)
		take_version(record, cs_rd_u16(&list));
}

static void read_extension(uint16_t type, struct cs_span value, bool client,
			   struct cs_dtls_record *record)
{
	struct cs_rd rd = over(value);

	if (type == EXT_CID) {
		record->cid = take_vector8(&rd);
		record->has_cid = !rd.err;
	} else if (type == EXT_SERVER_NAME && client) {
		record->server_name = host_name(value);
	} else if (type == EXT_PSK && client) {
		record->psk_identity = first_identity(value);
	} else if (type == EXT_VERSIONS) {
		read_versions(value, client, record);
	}
}

/* @rd stands at the length of the extensions; of the first part some may be missing. */
static void read_extensions(struct cs_rd *rd, bool client, struct cs_dtls_record *record)
{
	(void)cs_rd_u16(rd);
	for (unsigned i = 0; i < EXTENSIONS_MAX && cs_rd_left(rd) > 0; i++) {
		uint16_t type = cs_rd_u16(rd);
		struct cs_span value = take_vector16(rd);

		if (!rd->err)
			read_extension(type, value, client, record);
	}
}

static void read_client_hello(const struct part *part, struct cs_dtls_record *record)
{
	struct cs_rd rd = over(part->body);

	take_version(record, cs_rd_u16(&rd));
	(void)cs_rd_take(&rd, RANDOM);
	(void)take_vector8(&rd);  /* session */
	(void)take_vector8(&rd);  /* cookie */
	(void)take_vector16(&rd); /* suites */
	(void)take_vector8(&rd);  /* compression */
	read_extensions(&rd, true, record);
}

static void read_server_hello(const struct part *part, struct cs_dtls_record *record)
{
	struct cs_rd rd = over(part->body);

	take_version(record, cs_rd_u16(&rd));
	(void)cs_rd_take(&rd, RANDOM);
	(void)take_vector8(&rd);  /* session */
	(void)cs_rd_take(&rd, 3); /* suite, compression */
	read_extensions(&rd, false, record);
}

static bool is_text(struct cs_span s)
{
	while (s.len > 0) {
		uint32_t cp;
		size_t n = cs_utf8_next(s, &cp);

		if (n == 0 || cp < 0x20 || cp == 0x7f)
			return false;
		s = cs_span_of(s.ptr + n, s.len - n);
	}
	return true;
}

/* Whether @rd is at its end; of a part that others follow, whether it ran out there. */
static bool ends(const struct cs_rd *rd, const struct part *part)
{
	return part->last ? !rd->err && cs_rd_left(rd) == 0 : rd->err != CS_OK;
}

/* A point on a named curve (RFC 5489 section 2), by the server without a signature. */
static bool is_server_point(struct cs_rd rd, const struct part *part)
{
	bool named = cs_rd_u8(&rd) == NAMED_CURVE;

	(void)cs_rd_u16(&rd); /* which curve */
	(void)take_vector8(&rd);
	return named && ends(&rd, part);
}

/* Prime, generator and public value (RFC 4279 section 3). */
static bool is_server_group(struct cs_rd rd, const struct part *part)
{
	for (unsigned i = 0; i < 3; i++)
		(void)take_vector16(&rd);
	return ends(&rd, part);
}

/* A point, a public value or an encrypted secret (RFC 5489, RFC 4279 sections 3, 4). */
static bool is_client_share(struct cs_rd rd, const struct part *part)
{
	struct cs_rd point = rd;

	(void)take_vector8(&point);
	(void)take_vector16(&rd);
	return ends(&point, part) || ends(&rd, part);
}

/* The hint or identity that @part begins with, if it is one. */
static struct cs_span named(const struct part *part)
{
	const struct cs_span none = { 0 };
	struct cs_rd rd = over(part->body);
	struct cs_span name = take_vector16(&rd);

	if (rd.err || name.len == 0 || name.len > CS_DTLS_IDENTITY_MAX)
		return none;

	/* Alone (RFC 4279 section 2): any bytes will do. */
	if (part->last && cs_rd_left(&rd) == 0)
		return name;
	if (!is_text(name))
		return none;
	if (part->type == CLIENT_KEY_EXCHANGE)
		return is_client_share(rd, part) ? name : none;
	return is_server_point(rd, part) || is_server_group(rd, part) ? name : none;
}

static void read_part(const struct part *part, struct cs_dtls_record *record)
{
	if (!part->first)
		return;
	switch (part->type) {
	case CLIENT_HELLO:
		read_client_hello(part, record);
		break;
	case SERVER_HELLO:
		read_server_hello(part, record);
		break;
	case SERVER_KEY_EXCHANGE:
		record->psk_hint = named(part);
		break;
	case CLIENT_KEY_EXCHANGE:
		record->psk_identity = named(part);
		break;
	default:
		break;
	}
}

void cs_dtls_read_handshake(struct cs_dtls_record *record)
{
	struct cs_rd rd = over(record->fragment);
	struct part part;

	for (unsigned i = 0; i < MESSAGES_MAX && cs_rd_left(&rd) > 0; i++) {
		if (!take_part(&rd, &part))
			return;
		if (!record->handshake)
			record->message = part.type;
		record->handshake = true;
		read_part(&part, record);
	}
}
