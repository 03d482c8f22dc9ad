/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope resources. Finds out whom to ask, opens sockets and output, closes
 * the jail, and only then touches the network.
 *
 * Jail: no capabilities, no new privileges; files only below the folder of the
 * output; no new sockets, no other program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/networked.h"
#include "cmd/resources_input.h"
#include "out/file.h"
#include "out/term.h"
#include "resources/run.h"
#include "resources/write.h"

/* All that one run of the command holds. */
struct job {
	struct cs_ctx *ctx;
	struct cs_resources_options options;
	struct cs_asks asks;
	struct cs_filter filter;
	struct cs_talk talk;
	struct cs_run run;
	struct cs_out_file *file;
	struct cs_list_out out;
	size_t without_list; /* devices */
	enum cs_err failed;  /* to write, or to find memory for it */
};

static int say(const struct job *job, int status, const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

/* --- before the jail --- */

static void read_filter(struct job *job)
{
	const char *text = job->options.filter;
	const char *equals = text ? strchr(text, '=') : NULL;

	if (!equals)
		return;
	job->filter.name = cs_span_of(text, (size_t)(equals - text));
	job->filter.value = cs_span_str(equals + 1);
}

static void set_limits(struct job *job)
{
	const struct cs_resources_options *o = &job->options;
	struct cs_visit_limits *limits = &job->run.limits;

	limits->exchange = cs_exchange_defaults;
	limits->exchange.max_retransmit = (unsigned)o->retries;
	limits->exchange.give_up_ns = (int64_t)o->timeout_s * CS_NS_PER_S;
	limits->asks_size = o->block_size > 0;
	while (limits->asks_size && cs_block_size(limits->szx) < o->block_size)
		limits->szx++;
}

static int open_sockets(struct job *job)
{
	const struct cs_resources_options *o = &job->options;
	struct cs_talk_want want = { .interface = o->interface,
				     .port_first = o->source_ports.first,
				     .port_last = o->source_ports.last };
	int status = cs_read_source_ips(job->ctx, &o->source_ips, &want.source_v4,
					&want.source_v6);

	if (status >= 0)
		return status;
	cs_random_bytes(&want.pick, sizeof(want.pick));
	for (size_t i = 0; i < job->asks.n; i++) {
		bool v4 = cs_addr_is_v4(&job->asks.at[i].peer.ip);

		want.v4 = want.v4 || v4;
		want.v6 = want.v6 || !v4;
	}

	enum cs_err err = cs_talk_open(&want, &job->talk);

	if (!err)
		return -1;
	if (err == CS_ERR_NOT_FOUND)
		cs_log(&job->ctx->log, CS_ERROR, "--interface '%s': there is none",
		       o->interface);
	else
		cs_log(&job->ctx->log, CS_ERROR, "cannot open a socket: %s",
		       err == CS_ERR_BUSY ? "the source port is taken" : strerror(errno));
	return cs_exit_of(err);
}

static int open_output(struct job *job)
{
	const struct cs_resources_options *o = &job->options;
	const struct cs_ctx *ctx = job->ctx;

	if (cs_out_file_open(o->output_file, &job->file)) {
		cs_log(&ctx->log, CS_ERROR, "--output-file %s: %s", o->output_file,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}

	int fd = cs_out_file_fd(job->file), format = o->output_format;

	job->out = (struct cs_list_out){
		.to = cs_out_file_stream(job->file),
		.terminal = isatty(fd) != 0,
		.width = isatty(fd) ? ctx->columns : 0,
		.colour = cs_cmd_colored(ctx, fd),
	};
	if (format < 0)
		format = job->out.terminal ? CS_RESOURCES_TABLE : CS_RESOURCES_JSONL;
	job->out.format = (enum cs_list_format)format;
	return -1;
}

static int enter_jail(struct job *job)
{
	const struct cs_jail_want want = { .files = { job->file },
					   .user = job->options.user,
					   .require = job->options.require_jail };

	return cs_enter_jail(job->ctx, &want);
}

/* --- the run and its end --- */

/* What goes elsewhere than into the output is said on standard error. */
static void complain(const struct job *job, const struct cs_listing *l)
{
	char uri[256];

	if (l->error[0] && job->out.format == CS_LIST_LINKS)
		cs_log(&job->ctx->log, CS_WARN, "%s: %s",
		       cs_term_text_in(uri, sizeof(uri), l->uri), l->error);
}

/* A cs_run_done_fn; @arg is the job. */
static bool take_visit(void *arg, const struct cs_visit *visit)
{
	struct job *job = arg;
	struct cs_listing listing;

	job->failed = cs_listing_make(visit, &job->filter, &listing);
	if (!job->failed)
		job->failed = cs_list_write(&job->out, &listing);
	if (!job->failed)
		job->failed = cs_out_file_flush(job->file);
	if (listing.error[0])
		job->without_list++;
	complain(job, &listing);
	cs_listing_clear(&listing);
	return job->failed == CS_OK;
}

static int commit(struct job *job)
{
	struct cs_out_file *file = job->file;

	job->file = NULL;
	if (!cs_out_file_commit(file))
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "writing the results: %s", strerror(errno));
	return CS_EXIT_FAILED;
}

static int run(struct job *job)
{
	struct cs_run *r = &job->run;

	r->asks = job->asks.at;
	r->n_asks = job->asks.n;
	r->talk = &job->talk;
	r->rate_pps = job->options.rate_pps;
	r->concurrency = (size_t)job->options.concurrency;
	r->done = take_visit;
	r->arg = job;
	cs_random_bytes(&r->secret, sizeof(r->secret));

	enum cs_err err = cs_run(r);

	if (err == CS_ERR_NOMEM || job->failed == CS_ERR_NOMEM)
		return say(job, CS_EXIT_FAILED, "out of memory");
	if (err)
		return say(job, CS_EXIT_FAILED, strerror(errno));
	if (r->stopped)
		cs_log(&job->ctx->log, CS_NOTE,
		       "stopped by a signal: %zu of %zu were asked", r->visited,
		       r->n_asks);
	cs_log(&job->ctx->log, CS_DETAIL, "%llu packets sent, %llu datagrams received",
	       (unsigned long long)r->sent, (unsigned long long)r->received);

	int status = commit(job);

	if (status >= 0)
		return status;
	return job->without_list > 0 || r->visited < r->n_asks ? CS_EXIT_FINDINGS
							       : CS_EXIT_OK;
}

static int resources(struct job *job)
{
	char why[CS_ARG_WHY];

	if (cs_resources_options_settle(&job->options, why))
		return say(job, CS_EXIT_USAGE, why);
	read_filter(job);
	set_limits(job);

	int status = cs_resources_asks_new(job->ctx, &job->options, &job->asks);

	if (status < 0)
		status = open_sockets(job);
	if (status < 0)
		status = open_output(job);
	if (status < 0)
		status = cs_open_signals(job->ctx, false, &job->run.signal_fd);
	if (status < 0)
		status = enter_jail(job);
	return status < 0 ? run(job) : status;
}

int cs_cmd_resources(struct cs_ctx *ctx, int argc, char **argv)
{
	struct job job = { .ctx = ctx,
			   .talk.fd = { -1, -1 },
			   .run = { .clock = ctx->clock, .signal_fd = -1 } };
	int status = cs_args_read(ctx, &cs_resources_args, argc, argv, &job.options);

	if (status < 0)
		status = resources(&job);
	cs_args_clear(&job.options.common);
	cs_asks_clear(&job.asks);
	cs_talk_close(&job.talk);
	cs_out_file_abort(job.file);
	if (job.run.signal_fd >= 0)
		(void)close(job.run.signal_fd); /* only read from */
	return status;
}
