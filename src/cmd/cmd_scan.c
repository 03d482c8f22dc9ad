/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope scan. Resolves its plan, opens what the plan needs, closes the
 * jail, and only then touches the network.
 *
 * Jail: no capabilities, no new privileges; files only below the store and the
 * folders of the named outputs; no new sockets, no other program. What was
 * opened before (source ports, capture ring, outputs, databases) stays open.
 * With --ptr: sockets to the resolvers may be opened, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/commands.h"
#include "cmd/networked.h"
#include "cmd/scan_input.h"
#include "cmd/scan_job.h"
#include "cmd/scan_show.h"

/* --- the plan --- */

static int make_plan(struct cs_scan_job *job)
{
	if (job->options.resume) {
		int status = cs_scan_resume_plan(job);

		return status < 0 ? cs_scan_resume_options(job) : status;
	}

	int status = cs_scan_plan_new(job->ctx, &job->options, &job->scan.plan);

	if (status < 0)
		cs_random_bytes(job->row.id, sizeof(job->row.id));
	return status;
}

static int look_at_ways(struct cs_scan_job *job)
{
	const struct cs_scan_options *o = &job->options;

	job->want.sender = (enum cs_sender)o->sender;
	job->want.interface = o->interface;
	job->want.port_first = o->source_ports.first;
	job->want.port_last = o->source_ports.last;
	cs_random_bytes(&job->want.pick, sizeof(job->want.pick));

	int status = cs_read_source_ips(job->ctx, &o->source_ips, &job->want.source_v4,
					&job->want.source_v6);

	if (status >= 0)
		return status;

	enum cs_err err =
		cs_setup_look(&job->want, &job->scan.plan, &job->arena, &job->setup);

	if (err)
		return cs_scan_say(job, cs_exit_of(err),
				   job->setup.why[0] ? job->setup.why : cs_strerror(err));
	cs_scan_show_ways(&job->setup, &job->ctx->log);
	if (job->setup.unreachable)
		cs_log(&job->ctx->log, CS_WARN, "no route to %llu of the addresses",
		       (unsigned long long)job->setup.unreachable);
	return -1;
}

/* --- opening --- */

static int open_lanes(struct cs_scan_job *job)
{
	struct cs_wr w = cs_wr_over(job->probe, sizeof(job->probe));
	const uint8_t token[CS_SCAN_TOKEN_MAX] = { 0 };

	cs_probe_well_known(&w, 0, cs_span_of(token, job->scan.plan.token_len));
	job->probe_template =
		(struct cs_tx_template){ .bytes = job->probe,
					 .len = (uint16_t)w.pos,
					 .mid_at = CS_PROBE_MID_AT,
					 .token_at = CS_PROBE_TOKEN_AT,
					 .token_len = job->scan.plan.token_len };

	enum cs_err err = cs_setup_open(&job->want, &job->scan.plan, &job->probe_template,
					&job->setup, &job->scan.lanes);

	if (err)
		return cs_scan_say(job, cs_exit_of(err),
				   job->setup.why[0] ? job->setup.why : cs_strerror(err));
	cs_log(&job->ctx->log, CS_DETAIL, "sender: %s", cs_setup_senders(&job->setup));
	if (job->setup.slowed_by)
		cs_log(&job->ctx->log, CS_WARN,
		       "slowed to %llu packets/s: the %s table of this host has no room "
		       "for more",
		       (unsigned long long)job->setup.rate_pps, job->setup.slowed_by);
	job->scan.plan.rate_pps = job->setup.rate_pps;
	return -1;
}

static int enter_jail(struct cs_scan_job *job)
{
	const struct cs_jail_want want = {
		.store = job->options.no_store ? NULL : job->store_dir,
		.files = { job->output.file, job->output.metadata },
		.user = job->options.user,
		.require = job->options.require_jail,
		.dns = job->enriching.ptr != NULL,
	};

	return cs_enter_jail(job->ctx, &want);
}

/*
 * Whether who we are now may rename an output into its folder: with --user that
 * would else come out when the scan is over.
 */
static int check_folder(const struct cs_scan_job *job, const char *option,
			const struct cs_out_file *file)
{
	int folder = file ? cs_out_file_folder(file) : -1;

	if (folder < 0 || faccessat(folder, ".", W_OK, 0) == 0)
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "--%s: its folder is not ours to write%s%s: %s",
	       option, job->options.user ? " as user " : "",
	       job->options.user ? job->options.user : "", strerror(errno));
	return CS_EXIT_FAILED;
}

/* As the user that the jail makes us: whose the files are, and who renames them. */
static int open_outputs(struct cs_scan_job *job)
{
	const struct passwd *user =
		job->options.user ? getpwnam(job->options.user) : NULL;
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid != 0)
		user = NULL; /* the jail says what is wrong with that */
	if (user && (setegid(user->pw_gid) || seteuid(user->pw_uid)))
		return cs_scan_say(job, CS_EXIT_FAILED, strerror(errno));

	int status =
		cs_scan_output_open(job->ctx, &job->options, job->id,
				    cs_scope_has_v6(job->scan.plan.scope), &job->output);

	if (user && (seteuid(uid) || setegid(gid)))
		return cs_scan_say(job, CS_EXIT_FAILED, strerror(errno));
	return status;
}

static int open_all(struct cs_scan_job *job)
{
	cs_hex_text(cs_span_of(job->row.id, sizeof(job->row.id)), job->id);

	int status = cs_open_signals(job->ctx, false, &job->scan.signal_fd);

	if (status < 0)
		status = cs_scan_open_enriching(job);
	if (status < 0)
		status = open_lanes(job);
	if (status < 0)
		status = open_outputs(job);
	job->output.out.probes = job->output.out_ipv6.probes = job->scan.plan.probes;
	if (status < 0)
		status = cs_scan_make_store(job);
	if (status < 0)
		status = enter_jail(job);
	if (status < 0)
		status = check_folder(job, "output-file", job->output.file);
	if (status < 0)
		status = check_folder(job, "metadata-file", job->output.metadata);
	if (status < 0)
		status = cs_scan_open_store(job);
	job->enriching.store = job->store;
	if (status < 0 && job->enriching.enricher &&
	    cs_scan_output_enrich(&job->output, job->enriching.enricher))
		status = cs_scan_say(job, CS_EXIT_FAILED, cs_strerror(CS_ERR_NOMEM));
	if (status < 0)
		status = cs_scan_open_shard(job);
	return status;
}

/* --- the run and its end --- */

static int say_end(const struct cs_scan_job *job)
{
	const struct cs_scan *scan = &job->scan;
	const struct cs_log *log = &job->ctx->log;
	const char *again =
		job->options.no_store ? "" : "; --resume last goes on from there";

	switch (scan->end) {
	case CS_END_DONE:
		return CS_EXIT_OK;
	case CS_END_MAX_RUNTIME:
		cs_log(log, CS_NOTE, "stopped by --max-runtime%s", again);
		return CS_EXIT_OK;
	case CS_END_MAX_RESULTS:
		cs_log(log, CS_NOTE, "stopped by --max-results%s", again);
		return CS_EXIT_OK;
	case CS_END_SIGNAL:
		cs_log(log, CS_NOTE, "stopped by a signal%s", again);
		return CS_EXIT_OK;
	case CS_END_CUT:
		cs_log(log, CS_NOTE,
		       "stopped by a second signal, without waiting for answers%s",
		       again);
		return CS_EXIT_OK;
	case CS_END_SEND_FAILED:
		cs_log(log, CS_ERROR, "sending failed: %s%s", strerror(scan->end_errno),
		       again);
		return CS_EXIT_FAILED;
	case CS_END_STORE_FAILED:
		cs_log(log, CS_ERROR, "the store failed: %s",
		       job->store ? cs_store_why(job->store) : strerror(scan->end_errno));
		return CS_EXIT_FAILED;
	case CS_END_OUTPUT_FAILED:
		cs_log(log, CS_ERROR, "writing the results failed: %s",
		       strerror(scan->end_errno));
		return CS_EXIT_FAILED;
	case CS_END_NO_MEMORY:
		cs_log(log, CS_ERROR, "out of memory%s", again);
		return CS_EXIT_FAILED;
	}
	return CS_EXIT_FAILED;
}

/* Else people count the rows and miss some. */
static void say_left_out(const struct cs_scan_job *job)
{
	uint64_t n = job->output.left_out;

	if (n)
		cs_log(&job->ctx->log, CS_NOTE,
		       "%" PRIu64
		       " of them %s no 2.05 Content: --all-codes shows %s, too",
		       n, n == 1 ? "is" : "are", n == 1 ? "it" : "them");
}

static int worst(int a, int b)
{
	return a > b ? a : b;
}

static int run(struct cs_scan_job *job)
{
	struct cs_scan *scan = &job->scan;
	int64_t started = cs_clock_mono(scan->clock);

	scan->row = cs_scan_output_row;
	scan->progress = cs_scan_output_progress;
	scan->row_arg = scan->progress_arg = &job->output;
	scan->max_results = job->options.max_results;
	scan->max_runtime_ns = (int64_t)job->options.max_runtime_s * CS_NS_PER_S;
	scan->replay = job->options.resume != NULL;
	cs_random_bytes(&scan->secret, sizeof(scan->secret));
	if (!job->row.started_us)
		job->row.started_us = cs_clock_wall(scan->clock);

	enum cs_err err = cs_scan_run(scan);

	cs_scan_output_settle(&job->output);
	if (err)
		return cs_scan_say(job, CS_EXIT_FAILED, "the scan could not be started");
	job->row.ended_us = cs_clock_wall(scan->clock);

	int status = say_end(job);

	status = worst(status, cs_scan_end_store(job));
	cs_scan_show_summary(scan, cs_clock_mono(scan->clock) - started, &job->ctx->log);
	say_left_out(job);
	cs_enriching_say(&job->enriching);
	if (job->output.metadata)
		cs_scan_write_metadata(job, cs_out_file_stream(job->output.metadata));
	if (scan->end == CS_END_OUTPUT_FAILED) {
		cs_scan_output_abort(&job->output);
		return status;
	}
	return cs_scan_output_commit(&job->output) ? status : CS_EXIT_FAILED;
}

static int scan(struct cs_scan_job *job)
{
	char why[CS_ARG_WHY];

	if (cs_scan_options_settle(&job->options, why))
		return cs_scan_say(job, CS_EXIT_USAGE, why);

	int status = cs_scan_find_store(job);

	if (status < 0)
		status = make_plan(job);
	if (status < 0)
		status = look_at_ways(job);
	if (status < 0 && job->options.dry_run) {
		cs_scan_show_plan(&job->scan.plan, &job->setup, job->ctx->out);
		return CS_EXIT_OK;
	}
	if (status < 0)
		status = open_all(job);
	return status < 0 ? run(job) : status;
}

static void clear(struct cs_scan_job *job)
{
	cs_scan_output_abort(&job->output);
	cs_shard_abandon(job->scan.shard);
	cs_enriching_close(&job->enriching);
	cs_store_close(job->store);
	cs_lanes_close(&job->scan.lanes);
	cs_plan_clear(&job->scan.plan);
	cs_arena_clear(&job->arena);
	if (job->scan.signal_fd >= 0)
		(void)close(job->scan.signal_fd); /* only read from */
	free(job);
}

int cs_cmd_scan(struct cs_ctx *ctx, int argc, char **argv)
{
	struct cs_scan_job *job = calloc(1, sizeof(*job));

	if (!job)
		return CS_EXIT_FAILED;
	job->ctx = ctx;
	job->scan.clock = ctx->clock;
	job->scan.signal_fd = -1;

	int status = cs_args_read(ctx, &cs_scan_args, argc, argv, &job->options);

	if (status < 0)
		status = scan(job);
	cs_args_clear(&job->options.common);
	clear(job);
	return status;
}
