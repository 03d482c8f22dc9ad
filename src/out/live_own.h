/* SPDX-License-Identifier: Apache-2.0 */
/* What live.c and live_pass.c share. */
#pragma once

#include <limits.h>

#include "base/rd.h"
#include "out/live.h"

enum cs_live_kind {
	CS_LIVE_LOG,      /* a regular file, by name: appended to, reopened */
	CS_LIVE_PLAIN,    /* written to until it takes it */
	CS_LIVE_STREAM,   /* a stream socket or a pipe: takes what it has room for */
	CS_LIVE_DATAGRAM, /* a datagram socket: takes a line or does not */
};

struct cs_live {
	FILE *stream; /* owned */
	char *buffer; /* of the stream; owned */
	int fd;       /* owned */
	int folder;   /* owned; -1 unless a log or a socket with a name */
	enum cs_live_kind kind;
	int wait_ms;
	unsigned
		moments; /* for how many a reader may be waited for until the next flush */
	bool slow;       /* it let one pass, and took nothing since */
	char *text;      /* what has no line end yet; owned */
	size_t len, cap;
	bool skip;  /* the line that has no end yet is too long */
	char *rest; /* of a line that a stream took the begin of; owned */
	size_t rest_len, rest_at;
	struct cs_live_state state;
	bool told;               /* trouble was told, and not yet that it is over */
	uint64_t seen_lost;      /* what was lost when it was asked for news */
	uint64_t told_lost;      /* what was lost when it was told that it is over */
	char name[NAME_MAX + 1]; /* in the folder */
	char path[PATH_MAX];     /* as it was given */
};

/* Asks for room for bursts. */
void cs_live_widen(int fd);

/* Sets the kind by that of the socket .fd; false with errno: it is none. */
bool cs_live_set_kind(struct cs_live *live);

/* From now on a reader is waited for again, if it is not slow. */
void cs_live_be_patient(struct cs_live *live);

/* Passes on @lines, which end with a line's end. Counts what goes and what is lost. */
void cs_live_pass(struct cs_live *live, struct cs_span lines);
