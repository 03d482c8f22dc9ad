/* SPDX-License-Identifier: Apache-2.0 */
/* capture_unpack: gzip (RFC 1952) and zstd (RFC 8878) as they come in. */
#pragma once

#include "net/capture_input.h"

enum { CS_PACK_MAGIC = 4 /* bytes that tell */ };

/* How a file that begins so is packed: "gzip", "zstd"; NULL: it is not, or unknown. */
const char *cs_unpack_name(struct cs_span head);

/* Kinds that we know but do not unpack, as "xz"; NULL: none of them. */
const char *cs_unpack_other(struct cs_span head);

/* For a file that begins with @head, which is taken over. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_unpacker_new(struct cs_span head, struct cs_unpacker **out);
void cs_unpacker_free(struct cs_unpacker *u);

/*
 * Writes up to @n unpacked bytes; *@got is 0 at the end.
 * CS_ERR_BUSY, CS_ERR_IO, CS_ERR_NOMEM, CS_ERR_DAMAGED: in->trouble
 */
CS_MUST_USE enum cs_err cs_unpack(struct cs_unpacker *u, struct cs_input *in, uint8_t *to,
				  size_t n, size_t *got);
