/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope protect guard: blocks whom verdicts call for, from a socket or a file. Two
 * processes: the keeper (guard_keeper.h) stays as privileged as it was started, reads
 * nothing but requests of a fixed form, and alone changes the firewall. This one
 * reads what others send.
 *
 * Its jail: no capabilities, no new privileges; no files, no other program; no new sockets,
 * but connections to the one that listens are taken.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/guard_file.h"
#include "cmd/guard_keeper.h"
#include "cmd/guard_socket.h"
#include "cmd/networked.h"
#include "net/notify.h"
#include "out/term.h"

enum { REFUSALS_A_MINUTE = 60, MINUTE_S = 60 };

/* All that one run of the verb holds. */
struct run {
	struct cs_protect_job *job;
	struct cs_guard_keeper keeper;
	struct cs_guard_socket socket;
	struct cs_guard_file file;
	int signal_fd, notify_fd;
	uint64_t answers[CS_GUARD_ANSWERS];
	int64_t told_ns; /* the minute in which refusals are told */
	unsigned told, untold;
};

/* --- lines --- */

static void put_block(const struct run *run, const struct cs_guard_request *r,
		      const struct cs_guard_kept *kept)
{
	bool longer = kept->answer == CS_GUARD_RENEWED;
	char who[CS_PREFIX_TEXT], because[CS_GUARD_TEXT];
	FILE *out = run->job->ctx->out;

	cs_prefix_short(&r->prefix, who);
	cs_guard_text(&r->because, because);
	(void)fprintf(out, "%s %s %s %" PRIu32 " s (%s): ",
		      run->job->options.enforce ? "blocked" : "would block", who,
		      longer ? "again, for" : "for", kept->seconds,
		      cs_guard_reason_names[r->reason]);
	cs_term_text(out, cs_span_str(because));
	(void)fputc('\n', out);
}

static void put_refusal(const struct run *run, const struct cs_prefix *prefix,
			const struct cs_guard_kept *kept)
{
	char who[CS_PREFIX_TEXT];

	cs_prefix_short(prefix, who);
	(void)fprintf(run->job->ctx->out, "left alone %s: %s%s%s\n", who,
		      cs_guard_answer_text(kept->answer), kept->why[0] ? ": " : "",
		      kept->why);
}

/* What is no news is told with -v. */
static bool is_news(const struct run *run, enum cs_guard_answer answer)
{
	return run->job->options.common.verbose > 0 ||
	       (answer != CS_GUARD_STANDS && answer != CS_GUARD_HARMLESS &&
		answer != CS_GUARD_OURS);
}

/* Whether one more refusal is told: an attack on all the world would fill the log. */
static bool may_tell(struct run *run)
{
	int64_t now_ns = cs_clock_mono(run->job->ctx->clock);

	if (run->job->options.verdicts)
		return true;
	if (now_ns - run->told_ns > MINUTE_S * CS_NS_PER_S) {
		if (run->untold > 0)
			(void)fprintf(run->job->ctx->out, "left alone: %u more\n",
				      run->untold);
		run->told_ns = now_ns;
		run->told = run->untold = 0;
	}
	run->untold += run->told >= REFUSALS_A_MINUTE;
	return run->told++ < REFUSALS_A_MINUTE;
}

static void tell(struct run *run, const struct cs_guard_request *r,
		 const struct cs_guard_kept *kept)
{
	run->answers[kept->answer]++;
	if (kept->answer == CS_GUARD_BLOCKED || kept->answer == CS_GUARD_RENEWED)
		put_block(run, r, kept);
	else if (is_news(run, kept->answer) && may_tell(run))
		put_refusal(run, &r->prefix, kept);
}

static void sum_up(const struct run *run)
{
	const uint64_t *n = run->answers;
	uint64_t all = 0, blocked = n[CS_GUARD_BLOCKED] + n[CS_GUARD_RENEWED];
	uint64_t stand = n[CS_GUARD_STANDS];

	for (size_t i = 0; i < CS_GUARD_ANSWERS; i++)
		all += n[i];
	cs_log(&run->job->ctx->log, CS_NOTE,
	       "%" PRIu64 " %s: %" PRIu64 " %s, %" PRIu64 " blocked already, %" PRIu64
	       " left alone%s",
	       all, run->job->options.verdicts ? "sources" : "requests", blocked,
	       run->job->options.enforce ? "blocked" : "would be blocked", stand,
	       all - blocked - stand,
	       run->job->options.enforce ? "" : "; nothing was changed: --enforce does");
}

/* --- asking the keeper --- */

static int ask(struct run *run, const struct cs_guard_request *r)
{
	struct cs_guard_kept kept = { 0 };

	if (cs_guard_keeper_ask(&run->keeper, r, &kept)) {
		cs_log(&run->job->ctx->log, CS_ERROR, "the guard's keeper has ended");
		return CS_EXIT_FAILED;
	}
	tell(run, r, &kept);
	return -1;
}

/* --- from a file --- */

static int take_file(struct run *run)
{
	int status = -1;

	for (size_t i = 0; i < run->file.n && status < 0; i++) {
		struct cs_guard_judged *one = &run->file.at[i];
		struct cs_guard_kept kept = { .answer = one->answer };

		one->request.prefix = one->prefix;
		if (one->answer == CS_GUARD_BLOCKED)
			status = ask(run, &one->request);
		else
			tell(run, &one->request, &kept);
	}
	if (status >= 0)
		return status;
	sum_up(run);
	return run->file.wrong > 0 ? CS_EXIT_USAGE : CS_EXIT_OK;
}

static int read_file(struct run *run, FILE *from)
{
	const char *name = run->job->options.verdicts;
	/* For as long as the limit lets, which is --for. */
	enum cs_err err = cs_guard_file_read(run->job->ctx, from, name, CS_GUARD_MOST_S,
					     &run->file);

	if (!err)
		return take_file(run);
	cs_log(&run->job->ctx->log, CS_ERROR, "--verdicts %s: %s", name,
	       err == CS_ERR_IO ? strerror(errno) : cs_strerror(err));
	return cs_exit_of(err);
}

static int enter_jail(const struct run *run)
{
	const struct cs_jail_want want = { .require = run->job->options.require_jail,
					   .serves = true,
					   .child = run->keeper.pid };

	return cs_enter_jail(run->job->ctx, &want);
}

static int guard_file(struct run *run)
{
	const char *name = run->job->options.verdicts;
	bool standard = strcmp(name, "-") == 0;
	int status = cs_guard_keeper_start(run->job, &run->keeper);
	FILE *from;

	if (status >= 0)
		return status;
	from = standard ? run->job->ctx->in : fopen(name, "re");
	if (!from) {
		cs_log(&run->job->ctx->log, CS_ERROR, "--verdicts %s: %s", name,
		       strerror(errno));
		return errno == ENOENT ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	}
	status = enter_jail(run);
	if (status < 0)
		status = read_file(run, from);
	if (!standard)
		(void)fclose(from); /* only read from */
	return status;
}

/* --- from the socket --- */

static int serve(struct run *run)
{
	struct cs_guard_request request;
	int status = -1;

	cs_notify_say(run->notify_fd, "READY=1");
	cs_log(&run->job->ctx->log, CS_NOTE, "listening at %s%s",
	       run->job->options.socket,
	       run->job->options.enforce ? "" : "; nothing is changed without --enforce");
	while (status < 0 &&
	       cs_guard_socket_next(&run->socket, run->signal_fd, &request)) {
		status = ask(run, &request);
		(void)fflush(run->job->ctx->out); /* looked at when we end */
	}
	cs_notify_say(run->notify_fd, "STOPPING=1");
	sum_up(run);
	return status < 0 ? CS_EXIT_OK : status;
}

static int guard_socket(struct run *run)
{
	const struct cs_protect_options *o = &run->job->options;
	const struct cs_ctx *ctx = run->job->ctx;
	int status = cs_guard_keeper_start(run->job, &run->keeper);

	if (status < 0)
		status = cs_guard_socket_open(ctx, o->socket, o->user, &run->socket);
	if (status < 0)
		status = cs_open_signals(ctx, true, &run->signal_fd);
	if (status < 0) {
		run->notify_fd = cs_notify_open(ctx->env("NOTIFY_SOCKET"));
		status = enter_jail(run);
	}
	return status < 0 ? serve(run) : status;
}

static int check(const struct cs_protect_job *job)
{
	const struct cs_protect_options *o = &job->options;

	if (o->for_s > CS_GUARD_MOST_S) {
		cs_log(&job->ctx->log, CS_ERROR, "--for: want 1s to 7d");
		return CS_EXIT_USAGE;
	}
	if (o->enforce && geteuid() != 0) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--enforce: changing the firewall needs root; without it nothing "
		       "is changed");
		return CS_EXIT_FAILED;
	}
	return -1;
}

int cs_protect_guard(struct cs_protect_job *job)
{
	struct run run = { .job = job,
			   .keeper.fd = -1,
			   .socket.fd = -1,
			   .signal_fd = -1,
			   .notify_fd = -1 };
	int status = check(job);

	if (status < 0)
		status = job->options.verdicts ? guard_file(&run) : guard_socket(&run);
	cs_guard_file_clear(&run.file);
	cs_guard_keeper_stop(&run.keeper, run.socket.fd >= 0);
	cs_guard_socket_close(&run.socket);
	if (run.notify_fd >= 0)
		(void)close(run.notify_fd); /* only written to */
	if (run.signal_fd >= 0)
		(void)close(run.signal_fd); /* only read from */
	return status;
}
