/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_sinks: where watch writes to: files that appear whole, logs and sockets that
 * are read while they are written, and the metrics that are replaced at each tick. What
 * is written is watch_output's business.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/watch_options.h"
#include "out/file.h"
#include "out/live.h"
#include "watch/evidence.h"
#include "watch/write_eve.h"
#include "watch/write_metrics.h"

struct cs_jail_want;

struct cs_watch_sinks {
	struct cs_ctx *ctx;
	const struct cs_watch_options *options;
	bool live;
	struct cs_out_file *file;          /* verdicts or messages, of files: whole */
	struct cs_live *log;               /* live: appended to. One of both */
	FILE *to;                          /* its stream, borrowed */
	int fd;                            /* behind it */
	struct cs_out_file *summary;       /* NULL also where it goes to .to */
	struct cs_eve *eve;                /* NULL: nobody asked */
	struct cs_live *events;            /* EVE's */
	struct cs_out_file *metrics;       /* the next one */
	int metrics_error;                 /* errno of the latest; 0: it is written */
	struct cs_connector *connector[2]; /* .log's and .events' readers may come back */
	struct cs_evidence *evidence;
	uint64_t frames_lost; /* of evidence; what was said so far */
	char folder[4][32];   /* for the jail */
	const char *folders[4];
};

/*
 * Opens what the options name. Returns -1 or the exit status: the reason has been said.
 * Close it in every case; a zeroed one is fine.
 */
CS_MUST_USE int cs_watch_sinks_open(struct cs_ctx *ctx,
				    const struct cs_watch_options *options, bool live,
				    struct cs_watch_sinks *sinks);

/*
 * Starts who connects anew to the sockets that are written to. Before the jail, and not in
 * another's name. Returns -1 or the exit status: the reason has been said.
 */
CS_MUST_USE int cs_watch_sinks_connectors(struct cs_watch_sinks *sinks);

/* What the jail must leave open; @want borrows from @sinks. */
void cs_watch_sinks_jail(struct cs_watch_sinks *sinks, struct cs_jail_want *want);

/*
 * Passes on lines, and connects to readers that are back. CS_ERR_IO with errno: whoever
 * reads standard output has gone.
 */
CS_MUST_USE enum cs_err cs_watch_sinks_flush(struct cs_watch_sinks *sinks);

/* Replaces the file of metrics; its states of outputs are set here. */
void cs_watch_sinks_metrics(struct cs_watch_sinks *sinks,
			    struct cs_watch_metrics *metrics);

/* Keeps one frame of evidence, if anybody asked. CS_ERR_DAMAGED: it is none */
CS_MUST_USE enum cs_err cs_watch_sinks_frame(struct cs_watch_sinks *sinks,
					     struct cs_rd *body);

/* Events that did not get out. */
uint64_t cs_watch_sinks_lost(const struct cs_watch_sinks *sinks);

/* Opens logs by their names again. */
void cs_watch_sinks_reopen(struct cs_watch_sinks *sinks);

/* Puts whole files into place. False: said, with the reason. */
CS_MUST_USE bool cs_watch_sinks_commit(struct cs_watch_sinks *sinks);
/* Gives up files that are whole or are not. True: somebody reads along nevertheless. */
CS_MUST_USE bool cs_watch_sinks_break_off(struct cs_watch_sinks *sinks);
void cs_watch_sinks_close(struct cs_watch_sinks *sinks);
