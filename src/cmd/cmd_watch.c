/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope watch. Opens captures and outputs, forks the process that decodes (jailed
 * without any file: decoder.c), closes its own jail, and writes what that one tells.
 *
 * Jail of the writing process: no capabilities, no new privileges; files only in the
 * folders of its outputs and below the store; no new sockets but, with --resolver,
 * those that ask for names; no other program. Sockets that are written to are connected to
 * anew by a process that does nothing else: connector.c.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/as_user.h"
#include "cmd/commands.h"
#include "cmd/networked.h"
#include "cmd/watch_output.h"
#include "cmd/watching.h"
#include "net/notify.h"
#include "out/patient.h"

/* All that one run of the command holds. */
struct job {
	struct cs_ctx *ctx;
	struct cs_watch_options options;
	struct cs_decode_plan plan;
	struct cs_watch_output output;
	struct cs_capture *capture; /* until it is given over */
	struct cs_watching *watching;
	int signal_fd;
	bool at_terminal;        /* what it tells goes to one */
	unsigned stops;          /* how often we were asked to end */
	int64_t end_ns;          /* --duration; 0: none */
	int notify_fd;           /* the service manager, or -1 */
	bool ready;              /* it knows that we are */
	int64_t feed_us, fed_us; /* its watchdog: how often, 0 never; when last */
};

static int say(const struct job *job, int status, const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

/* --- opening --- */

/* False: more ports than a filter has room for; then we look at every packet. */
static bool make_filter(const struct job *job, char filter[CS_CAPTURE_FILTER])
{
	const struct cs_decode_plan *plan = &job->plan;
	uint16_t ports[64];
	size_t n = plan->n_ports, more = plan->n_secure_ports;

	if (n + more > CS_LEN(ports))
		return false;
	memcpy(ports, plan->ports, n * sizeof(*ports));
	memcpy(ports + n, plan->secure_ports, more * sizeof(*ports));
	return cs_capture_filter(ports, n + more, filter);
}

static int open_capture(struct job *job)
{
	const struct cs_watch_options *o = &job->options;
	char why[CS_CAPTURE_WHY] = "out of memory";
	enum cs_err err;

	if (o->files.n > 0) {
		err = cs_capture_open_merged(o->files.item, o->files.n, job->ctx->in,
					     NULL, &job->capture, why);
	} else {
		char filter[CS_CAPTURE_FILTER];
		struct cs_capture_live live = { .interfaces = o->interfaces.item,
						.n_interfaces = o->interfaces.n,
						.snaplen = (uint32_t)o->snaplen,
						.buffer = (uint32_t)o->buffer,
						.promiscuous = o->promiscuous };

		live.filter = make_filter(job, filter) ? filter : NULL;
		err = cs_capture_open_live(&live, &job->capture, why);
	}
	if (!err)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "%s", why);
	return cs_exit_of(err);
}

/* In the name of --user: who is to rotate and replace them must be able to. */
static int open_output(struct job *job)
{
	const struct cs_watch_options *o = &job->options;
	const char *user = o->decode.user;
	struct cs_as_user as;
	int status = o->store ? cs_make_store(job->ctx, o->store, user) : -1;

	if (status < 0)
		status = cs_as_user_begin(job->ctx, user, &as);
	if (status >= 0)
		return status;
	status = cs_watch_output_open(job->ctx, o, &job->plan.threshold, &job->output);
	job->at_terminal = status < 0 && isatty(job->output.sinks.fd);
	if (cs_as_user_end(job->ctx, &as) >= 0)
		status = CS_EXIT_FAILED;
	return status;
}

static int start(struct job *job)
{
	const struct cs_watch_options *o = &job->options;
	const struct cs_watching_want want = { .capture = job->capture,
					       .options = &o->decode,
					       .plan = &job->plan,
					       .live = o->interfaces.n > 0,
					       .messages = o->messages,
					       .evidence = o->pcap_out != NULL,
					       .tick_ms = (int64_t)o->interval_ms,
					       .most = o->count };

	job->capture = NULL;
	if (want.live && o->duration_s > 0)
		job->end_ns = cs_clock_mono(job->ctx->clock) +
			      (int64_t)o->duration_s * CS_NS_PER_S;
	return cs_watching_start(job->ctx, &want, &job->watching);
}

static int enter_jail(struct job *job)
{
	struct cs_jail_want want = { .user = job->options.decode.user,
				     .require = job->options.decode.require_jail,
				     .dns = job->options.decode.resolvers.n > 0,
				     .child = cs_watching_pid(job->watching) };

	cs_watch_output_jail(&job->output, &want);
	return cs_enter_jail(job->ctx, &want);
}

/* --- the run --- */

static void take_signals(struct job *job)
{
	struct signalfd_siginfo info;

	while (read(job->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		/* A terminal that hangs up is gone; a log was given another name. */
		if (info.ssi_signo == SIGHUP && !job->at_terminal) {
			cs_watch_output_reopen(&job->output);
			continue;
		}
		job->stops++;
		cs_watching_stop(job->watching);
	}
}

/* How long to wait for something to happen; -1: for as long as it takes. */
static int patience(struct job *job)
{
	int64_t left;

	if (job->end_ns == 0)
		return -1;
	left = job->end_ns - cs_clock_mono(job->ctx->clock);
	if (left > 0)
		return (int)(left / CS_NS_PER_MS) + 1;
	job->end_ns = 0;
	cs_watching_stop(job->watching);
	return -1;
}

static void wait_for_something(struct job *job)
{
	struct pollfd fds[] = { { .fd = cs_watching_fd(job->watching), .events = POLLIN },
				{ .fd = job->signal_fd, .events = POLLIN } };

	if (poll(fds, CS_LEN(fds), patience(job)) > 0 && fds[1].revents)
		take_signals(job);
}

/*
 * Live, the decoder gives a sign of life each second, counters or no more than that:
 * both processes are alive, and that is what the service manager wants to hear.
 */
static void tell_manager(struct job *job)
{
	int64_t now_us = cs_clock_mono(job->ctx->clock) / CS_NS_PER_US;

	if (!job->ready)
		cs_notify_say(job->notify_fd, "READY=1");
	job->ready = true;
	if (job->feed_us == 0 || now_us - job->fed_us < job->feed_us)
		return;
	cs_notify_say(job->notify_fd, "WATCHDOG=1");
	job->fed_us = now_us;
}

static void find_manager(struct job *job)
{
	const struct cs_ctx *ctx = job->ctx;

	job->notify_fd = cs_notify_open(ctx->env("NOTIFY_SOCKET"));
	job->feed_us = cs_notify_every_us(ctx->env("WATCHDOG_USEC"),
					  ctx->env("WATCHDOG_PID"), getpid());
}

static enum cs_err follow(struct job *job)
{
	enum cs_watching_step step = CS_WATCHING_WAIT;
	enum cs_err err = CS_OK;

	while (!err && step != CS_WATCHING_ENDED && job->stops < 2) {
		enum cs_post_kind kind;
		struct cs_rd body;

		step = cs_watching_next(job->watching, false, &kind, &body);
		if (step == CS_WATCHING_POST)
			err = cs_watch_output_take(&job->output, kind, &body);
		if (step == CS_WATCHING_POST &&
		    (kind == CS_POST_COUNTS || kind == CS_POST_BEAT))
			tell_manager(job);
		if (step == CS_WATCHING_WAIT)
			err = cs_watch_output_idle(&job->output);
		if (!err && step == CS_WATCHING_WAIT)
			wait_for_something(job);
	}
	return err;
}

static int run(struct job *job)
{
	char why[CS_WATCHING_WHY] = "";
	enum cs_err err = follow(job), ended = cs_watching_end(job->watching, why);

	job->watching = NULL;
	cs_notify_say(job->notify_fd, "STOPPING=1");
	if (err)
		return say(job, CS_EXIT_FAILED,
			   err == CS_ERR_IO ? strerror(errno) : cs_strerror(err));
	if (ended && job->stops < 2) {
		cs_watch_output_break_off(&job->output);
		return say(job, ended == CS_ERR_FOREIGN ? CS_EXIT_USAGE : CS_EXIT_FAILED,
			   why);
	}
	return cs_watch_output_commit(&job->output) ? CS_EXIT_OK : CS_EXIT_FAILED;
}

static int watch(struct job *job)
{
	struct cs_watch_options *o = &job->options;
	char why[CS_ARG_WHY];
	int status = -1;

	if (cs_watch_options_settle(o, why))
		return say(job, CS_EXIT_USAGE, why);
	if (cs_decode_plan(&o->decode, &o->common.arena, &job->plan))
		return say(job, CS_EXIT_FAILED, cs_strerror(CS_ERR_NOMEM));
	if (o->any_alone)
		cs_log(&job->ctx->log, CS_WARN,
		       "-i any is all interfaces: the others are not listened to twice");
	status = cs_known_user(job->ctx, o->decode.user);
	if (status < 0) /* a pipe's writer is waited for: it can be ended */
		status = open_capture(job);
	if (status < 0)
		status = cs_open_signals(job->ctx, true, &job->signal_fd);
	cs_patient_until(job->signal_fd);
	/* Forked before outputs and lists of places are there: they are not its business. */
	if (status < 0)
		status = start(job);
	if (status < 0) {
		find_manager(job);
		status = open_output(job);
	}
	if (status < 0)
		status = cs_watch_sinks_connectors(&job->output.sinks);
	if (status < 0)
		status = enter_jail(job);
	return status < 0 ? run(job) : status;
}

int cs_cmd_watch(struct cs_ctx *ctx, int argc, char **argv)
{
	struct job job = { .ctx = ctx, .signal_fd = -1, .notify_fd = -1 };
	char why[CS_WATCHING_WHY];
	int status = cs_args_read(ctx, &cs_watch_args, argc, argv, &job.options);

	if (status < 0)
		status = watch(&job);
	cs_watch_output_abort(&job.output);
	cs_capture_close(job.capture);
	if (cs_watching_end(job.watching, why) && status == CS_EXIT_OK)
		status = CS_EXIT_FAILED; /* cannot be: it is NULL unless we failed */
	cs_args_clear(&job.options.common);
	if (job.notify_fd >= 0)
		(void)close(job.notify_fd); /* only written to */
	if (job.signal_fd >= 0)
		(void)close(job.signal_fd); /* only read from */
	return status;
}
