/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_unpack.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { ZSTD_BEGIN = 5 /* bytes that say how long a frame's header is */ };

struct cs_unpacker {
	bool is_zstd;
	bool inside;   /* a member or frame has begun and not ended */
	bool raw_over; /* the file has no more */
	size_t at, end;
	size_t hint;        /* zstd: bytes that make the next block whole */
	enum cs_err failed; /* said once all before it is out */
	z_stream gzip;
	ZSTD_DCtx *zstd; /* owned */
	uint8_t raw[CS_INPUT_RAW];
};

struct magic {
	const char *name;
	struct cs_span bytes;
};

#define MAGIC(name, bytes)                                          \
	{                                                           \
		name,                                               \
		{                                                   \
			(const uint8_t *)(bytes), sizeof(bytes) - 1 \
		}                                                   \
	}

static const struct magic ours[] = {
	MAGIC("gzip", "\x1f\x8b"),
	MAGIC("zstd", "\x28\xb5\x2f\xfd"),
};
static const struct magic others[] = {
	MAGIC("xz", "\xfd"
		    "7zX"),
	MAGIC("bzip2", "BZh"),
	MAGIC("lz4", "\x04\x22\x4d\x18"),
	MAGIC("zip", "PK\x03\x04"),
	MAGIC("7z", "7z\xbc\xaf"),
};

static const char *name_in(const struct magic *magics, size_t n, struct cs_span head)
{
	for (size_t i = 0; i < n; i++)
		if (head.len >= magics[i].bytes.len &&
		    memcmp(head.ptr, magics[i].bytes.ptr, magics[i].bytes.len) == 0)
			return magics[i].name;
	return NULL;
}

const char *cs_unpack_name(struct cs_span head)
{
	return name_in(ours, CS_LEN(ours), head);
}

const char *cs_unpack_other(struct cs_span head)
{
	return name_in(others, CS_LEN(others), head);
}

enum cs_err cs_unpacker_new(struct cs_span head, struct cs_unpacker **out)
{
	struct cs_unpacker *u = calloc(1, sizeof(*u));
	bool made;

	if (!u)
		return CS_ERR_NOMEM;
	u->is_zstd = cs_unpack_name(head) == ours[1].name;
	if (u->is_zstd) {
		u->zstd = ZSTD_createDCtx();
		u->hint = ZSTD_BEGIN;
		made = u->zstd &&
		       !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax,
							    CS_INPUT_ZSTD_WINDOW));
	} else {
		made = inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK;
	}
	if (!made || head.len > sizeof(u->raw)) {
		cs_unpacker_free(u);
		return CS_ERR_NOMEM;
	}
	if (head.len > 0)
		memcpy(u->raw, head.ptr, head.len);
	u->end = head.len;
	*out = u;
	return CS_OK;
}

void cs_unpacker_free(struct cs_unpacker *u)
{
	if (!u)
		return;
	if (u->is_zstd)
		(void)ZSTD_freeDCtx(u->zstd);
	else
		(void)inflateEnd(&u->gzip); /* nothing is left in it */
	free(u);
}

static enum cs_err damaged(struct cs_input *in, const char *why)
{
	in->trouble = why;
	return CS_ERR_DAMAGED;
}

/* One step; several members (RFC 1952 section 2.2) follow each other. */
static enum cs_err step_gzip(struct cs_unpacker *u, struct cs_input *in, uint8_t *to,
			     size_t n, size_t *got)
{
	z_stream *z = &u->gzip;
	int rc;

	if (!u->inside && inflateReset(z) != Z_OK)
		return CS_ERR_NOMEM;
	u->inside = true;
	z->next_in = u->raw + u->at;
	z->avail_in = (uInt)(u->end - u->at);
	z->next_out = to;
	z->avail_out = (uInt)n;
	rc = inflate(z, Z_NO_FLUSH);
	u->at = u->end - z->avail_in;
	*got = n - z->avail_out;
	if (rc == Z_STREAM_END)
		u->inside = false;
	else if (rc == Z_MEM_ERROR)
		return CS_ERR_NOMEM;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return damaged(in, "the gzip data do not hold together");
	return CS_OK;
}

static enum cs_err step_zstd(struct cs_unpacker *u, struct cs_input *in, uint8_t *to,
			     size_t n, size_t *got)
{
	size_t left = u->end - u->at;
	/* A block at a time: with an error zstd does not say what it wrote before. */
	size_t take = u->hint && u->hint < left ? u->hint : left;
	ZSTD_inBuffer from = { u->raw, u->at + take, u->at };
	ZSTD_outBuffer out = { to, n, 0 };
	size_t rc = ZSTD_decompressStream(u->zstd, &out, &from);

	u->at = from.pos;
	*got = out.pos;
	u->inside = rc != 0;
	u->hint = rc ? rc : ZSTD_BEGIN;
	if (!ZSTD_isError(rc))
		return CS_OK;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return CS_ERR_NOMEM;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge)
		return damaged(in, "its zstd window is larger than 128 MiB");
	return damaged(in, "the zstd data do not hold together");
}

/* What came out before the damage is given first. */
static enum cs_err step(struct cs_unpacker *u, struct cs_input *in, uint8_t *to, size_t n,
			size_t *got)
{
	u->failed =
		u->is_zstd ? step_zstd(u, in, to, n, got) : step_gzip(u, in, to, n, got);
	return *got > 0 ? CS_OK : u->failed;
}

static enum cs_err read_raw(struct cs_unpacker *u, struct cs_input *in)
{
	size_t got = 0;
	enum cs_err err = cs_input_raw(in, u->raw, sizeof(u->raw), &got);

	if (err)
		return err;
	u->at = 0;
	u->end = got;
	u->raw_over = got == 0;
	return CS_OK;
}

enum cs_err cs_unpack(struct cs_unpacker *u, struct cs_input *in, uint8_t *to, size_t n,
		      size_t *got)
{
	*got = 0;
	if (u->failed)
		return u->failed;
	for (;;) {
		enum cs_err err = CS_OK;

		/* What was packed may be at hand still, though the file is at its end. */
		if (u->at < u->end || u->inside)
			err = step(u, in, to, n, got);
		if (err || *got > 0)
			return err;
		if (u->at < u->end)
			continue;
		if (u->raw_over)
			return u->inside ? damaged(in, "the packed data end early")
					 : CS_OK;
		err = read_raw(u, in);
		if (err)
			return err;
	}
}
