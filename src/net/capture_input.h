/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_input: the bytes of one capture file as a stream with a window: plain, gzip
 * or zstd, told by content. Memory is bounded, whatever comes and however small it was
 * packed. What the bytes mean is the business of capture_format.
 */
#pragma once

#include <stdio.h>

#include "base/rd.h"

enum {
	CS_INPUT_ROOM = 1 << 19, /* bytes of the window: twice the longest record */
	CS_INPUT_RAW = 1 << 16,  /* packed bytes that are read at once */
	CS_INPUT_ZSTD_WINDOW =
		27, /* 128 MiB: what zstd itself takes without being told */
};

struct cs_unpacker;

struct cs_input {
	/* The window: what is at hand is buf[at] .. buf[end - 1]. */
	uint8_t *buf; /* owned; CS_INPUT_ROOM */
	size_t at, end;
	uint64_t base; /* where buf[0] stands in the (unpacked) stream */
	uint64_t skip; /* bytes that are still to be passed over */
	int fd;        /* borrowed; -1: .file is read */
	FILE *file;    /* borrowed */
	bool slow;     /* a pipe or a terminal: wait for it */
	bool known;    /* plain or packed has been found out */
	bool over;     /* nothing more comes */
	int wait_ms;   /* how long a pipe may take; below 0: as long as it likes */
	struct cs_unpacker *unpacker; /* owned; NULL: the file is plain */
	const char *trouble;          /* why CS_ERR_DAMAGED; static storage */
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_input_init(struct cs_input *in);
void cs_input_clear(struct cs_input *in);

/* Begins with another file: descriptor @fd, or @file where that is -1. */
void cs_input_begin(struct cs_input *in, int fd, FILE *file);

/*
 * The slow half of cs_input_need().
 * CS_ERR_SHORT    the file ends before that; what is left is in the window
 * CS_ERR_BUSY     nothing more came within .wait_ms: call again
 * CS_ERR_DAMAGED  the packed data do not hold together: .trouble
 * CS_ERR_IO       with errno
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_input_fill(struct cs_input *in, size_t n);

/* Sees to it that @n (at most CS_INPUT_ROOM) bytes are at hand, in one piece. */
static inline enum cs_err cs_input_need(struct cs_input *in, size_t n)
{
	return in->end - in->at >= n && !in->skip ? CS_OK : cs_input_fill(in, n);
}

/* Passes over @n bytes; those that are not there yet will be, before the next need. */
static inline void cs_input_pass(struct cs_input *in, uint64_t n)
{
	size_t here = in->end - in->at;

	if (n <= here) {
		in->at += n;
		return;
	}
	in->at = in->end;
	in->skip += n - here;
}

/* Where the next byte stands in the (unpacked) stream. */
static inline uint64_t cs_input_offset(const struct cs_input *in)
{
	return in->base + in->at + in->skip;
}

/*
 * Reads up to @n bytes as they stand in the file. *@got is 0 at its end.
 * CS_ERR_BUSY, CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_input_raw(struct cs_input *in, uint8_t *to, size_t n,
				     size_t *got);
