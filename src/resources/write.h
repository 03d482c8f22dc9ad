/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write: listings as they are printed, one device after the other: a tree in a
 * table for people, coapscope.resources/1 for programs, or the RFC 6690 text.
 * Strangers' bytes leave through out/json.h and out/term.h; only `links` into
 * something that is no terminal is byte for byte what the device sent.
 */
#pragma once

#include <stdio.h>

#include "resources/listing.h"

enum cs_list_format { CS_LIST_TABLE, CS_LIST_JSONL, CS_LIST_LINKS };

struct cs_list_out {
	FILE *to; /* borrowed; write errors are left in it */
	enum cs_list_format format;
	bool terminal; /* what is at the other end */
	bool colour;
	size_t width; /* columns; 0: no limit */
	uint64_t n;   /* listings written */
};

/* CS_ERR_NOMEM: it was not written, or not whole. */
CS_MUST_USE enum cs_err cs_list_write(struct cs_list_out *out,
				      const struct cs_listing *listing);
