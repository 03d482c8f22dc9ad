/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope scan. Resolves its plan, opens what the plan needs, closes the
 * jail, and only then touches the network.
 *
 * Jail: no capabilities, no new privileges; files only below the store and the
 * folders of the named outputs; no new sockets, no other program. What was
 * opened before (source ports, capture ring, outputs) stays open.
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/commands.h"
#include "cmd/paths.h"
#include "cmd/scan_input.h"
#include "cmd/scan_output.h"
#include "cmd/scan_show.h"
#include "jail/jail.h"
#include "scan/metadata.h"

enum { FD_PATH = 32 };

/* All that one run of the command holds. */
struct job {
	struct cs_ctx *ctx;
	struct cs_scan_options options;
	struct cs_scan scan;
	struct cs_setup_want want;
	struct cs_setup setup;
	struct cs_scan_output output;
	struct cs_arena arena;
	struct cs_store *store;
	struct cs_scan_row row; /* of the store */
	char store_dir[CS_PATH_MAX];
	char id[CS_SCAN_ID_TEXT];
	uint8_t probe[CS_PROBE_MAX];
	struct cs_tx_template probe_template;
};

static void random_bytes(void *out, size_t n)
{
	if (getrandom(out, n, 0) != (ssize_t)n)
		abort(); /* so few bytes come whole, or there is no kernel */
}

static int say(const struct job *job, int status, const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

/* --- the plan --- */

static int find_store(struct job *job)
{
	const char *dir = job->options.store;

	if (job->options.no_store)
		return -1;
	if (dir && strlen(dir) < sizeof(job->store_dir)) {
		memcpy(job->store_dir, dir, strlen(dir) + 1);
		return -1;
	}
	if (dir || cs_default_store(job->ctx, job->store_dir))
		return say(job, CS_EXIT_USAGE,
			   "no place for a store: want --store DIR or --no-store");
	return -1;
}

/* The folder is made while we may; it belongs to whom the jail makes us. */
static int make_store(const struct job *job)
{
	const struct passwd *user;

	if (job->options.no_store || access(job->store_dir, F_OK) == 0)
		return -1;
	if (cs_make_folders(job->store_dir)) {
		cs_log(&job->ctx->log, CS_ERROR, "--store %s: %s", job->store_dir,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}
	user = job->options.user ? getpwnam(job->options.user) : NULL;
	if (user && chown(job->store_dir, user->pw_uid, user->pw_gid))
		cs_log(&job->ctx->log, CS_WARN, "--store %s: %s", job->store_dir,
		       strerror(errno));
	return -1;
}

static int open_store(struct job *job)
{
	enum cs_err err;

	if (job->options.no_store)
		return -1;
	err = cs_store_open(job->store_dir, &job->store);
	if (!err)
		return -1;
	return say(job, CS_EXIT_FAILED,
		   job->store ? cs_store_why(job->store) : cs_strerror(err));
}

static void close_store(struct job *job)
{
	cs_store_close(job->store);
	job->store = NULL;
}

static int no_such_scan(const struct job *job)
{
	cs_log(&job->ctx->log, CS_ERROR, "--resume %s: the store %s has no such scan",
	       job->options.resume, job->store_dir);
	return CS_EXIT_USAGE;
}

/* --resume: the plan of a scan that the store knows. */
static int resume_plan(struct job *job)
{
	const char *which = job->options.resume;
	uint8_t id[CS_SCAN_ID];
	bool last = strcmp(which, "last") == 0;

	if (!last && !cs_hex_read(cs_span_str(which), id, sizeof(id))) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--resume '%s': want a scan's id (32 hex digits) or 'last'",
		       which);
		return CS_EXIT_USAGE;
	}

	int status = access(job->store_dir, F_OK) ? no_such_scan(job) : open_store(job);

	if (status >= 0)
		return status;

	enum cs_err err =
		cs_store_scan_find(job->store, last ? NULL : id, &job->arena, &job->row);

	if (err == CS_ERR_NOT_FOUND)
		return no_such_scan(job);
	if (err)
		return say(job, CS_EXIT_FAILED, cs_store_why(job->store));
	close_store(job); /* to be opened again in the jail */
	err = cs_plan_read(job->row.plan, job->row.shard, &job->scan.plan);
	if (err)
		return say(job, CS_EXIT_FAILED, "the stored plan is damaged");
	if (cs_args_origin(&job->options.common,
			   offsetof(struct cs_scan_options, rate_pps))
			    .from > CS_FROM_DEFAULT ||
	    job->options.bandwidth_bps)
		job->scan.plan.rate_pps = cs_scan_rate(&job->options);
	return -1;
}

static int make_plan(struct job *job)
{
	if (job->options.resume)
		return resume_plan(job);

	int status = cs_scan_plan_new(job->ctx, &job->options, &job->scan.plan);

	if (status < 0)
		random_bytes(job->row.id, sizeof(job->row.id));
	return status;
}

static int read_sources(struct job *job)
{
	for (size_t i = 0; i < job->options.source_ips.n; i++) {
		const char *text = job->options.source_ips.item[i];
		struct cs_addr a;

		if (!cs_addr_read(cs_span_str(text), &a)) {
			cs_log(&job->ctx->log, CS_ERROR,
			       "--source-ip '%s': want an address", text);
			return CS_EXIT_USAGE;
		}
		if (cs_addr_is_v4(&a))
			job->want.source_v4 = a;
		else
			job->want.source_v6 = a;
	}
	return -1;
}

static int look_at_ways(struct job *job)
{
	const struct cs_scan_options *o = &job->options;

	job->want.sender = (enum cs_sender)o->sender;
	job->want.interface = o->interface;
	job->want.port_first = o->source_ports.first;
	job->want.port_last = o->source_ports.last;
	random_bytes(&job->want.pick, sizeof(job->want.pick));

	int status = read_sources(job);

	if (status >= 0)
		return status;

	enum cs_err err =
		cs_setup_look(&job->want, &job->scan.plan, &job->arena, &job->setup);

	if (err)
		return say(job, cs_exit_of(err),
			   job->setup.why[0] ? job->setup.why : cs_strerror(err));
	cs_scan_show_ways(&job->setup, &job->ctx->log);
	if (job->setup.unreachable)
		cs_log(&job->ctx->log, CS_WARN, "no route to %llu of the addresses",
		       (unsigned long long)job->setup.unreachable);
	return -1;
}

/* --- opening --- */

static int open_lanes(struct job *job)
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
		return say(job, cs_exit_of(err),
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

static int open_signals(struct job *job)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return say(job, CS_EXIT_FAILED, strerror(errno));
	job->scan.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (job->scan.signal_fd < 0)
		return say(job, CS_EXIT_FAILED, strerror(errno));
	return -1;
}

/* The folder of an output that will be renamed into place there. */
static void add_folder(struct cs_jail *jail, const char **list, char text[FD_PATH],
		       const struct cs_out_file *file)
{
	int folder = file ? cs_out_file_folder(file) : -1;

	if (folder < 0)
		return;
	(void)snprintf(text, FD_PATH, "/proc/self/fd/%d", folder);
	list[jail->n_rw++] = text;
}

static int enter_jail(struct job *job)
{
	const char *rw[3];
	char results[FD_PATH], metadata[FD_PATH], why[CS_JAIL_WHY], text[CS_JAIL_TEXT];
	struct cs_jail_state state;
	struct cs_jail jail = { .rw = rw,
				.net = true,
				.user = job->options.user,
				.require = job->options.require_jail };

	if (!job->options.no_store)
		rw[jail.n_rw++] = job->store_dir;
	add_folder(&jail, rw, results, job->output.file);
	add_folder(&jail, rw, metadata, job->output.metadata);

	enum cs_err err = cs_jail_enter(&jail, &state, why);

	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "%s", why);
		return err == CS_ERR_NOT_FOUND ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	}
	cs_jail_text(&state, text);
	cs_log(&job->ctx->log, CS_DETAIL, "jail: %s", text);
	return -1;
}

/* Enters the scan into the store, or takes up what is there of it. */
static int open_shard(struct job *job)
{
	struct cs_scan *scan = &job->scan;
	enum cs_err err = CS_OK;

	if (job->options.no_store)
		return -1;
	if (!job->options.resume) {
		job->row.shard = scan->plan.shard;
		job->row.shards = scan->plan.shards;
		job->row.n_chunks = scan->plan.chunks;
		job->row.started_us = cs_clock_wall(scan->clock);
		cs_plan_hash(&scan->plan, job->row.plan_hash);
		err = cs_plan_write(&scan->plan, &job->arena, &job->row.plan);
		if (!err)
			err = cs_store_scan_begin(job->store, &job->row);
	}
	if (!err)
		err = cs_shard_open(job->store, job->row.id, scan->plan.shard,
				    &scan->shard);
	if (err == CS_ERR_BUSY)
		return say(job, CS_EXIT_FAILED,
			   "this scan is being run by another process");
	if (err)
		return say(job, CS_EXIT_FAILED, cs_store_why(job->store));
	return -1;
}

static int open_all(struct job *job)
{
	cs_hex_text(cs_span_of(job->row.id, sizeof(job->row.id)), job->id);

	int status = open_lanes(job);

	if (status < 0)
		status = cs_scan_output_open(job->ctx, &job->options, job->id,
					     cs_scope_has_v6(job->scan.plan.scope),
					     &job->output);
	if (status < 0)
		status = open_signals(job);
	if (status < 0)
		status = make_store(job);
	if (status < 0)
		status = enter_jail(job);
	if (status < 0)
		status = open_store(job);
	if (status < 0)
		status = open_shard(job);
	return status;
}

/* --- the run and its end --- */

static int say_end(const struct job *job)
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

static void write_metadata(struct job *job, FILE *to)
{
	const struct cs_metadata about = { .scan = job->id,
					   .sender = cs_setup_senders(&job->setup),
					   .started_us = job->row.started_us,
					   .ended_us = job->row.ended_us };

	cs_metadata_write(&job->scan, &about, to);
}

/* The scan's row in the catalogue, with its counters. */
static bool update_row(struct job *job)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return false;
	write_metadata(job, memory);
	if (fclose(memory)) {
		free(text);
		return false;
	}
	job->row.metadata = cs_span_of(text, len);
	job->row.state = job->scan.chunks_open ? CS_SCAN_STOPPED : CS_SCAN_DONE;

	enum cs_err err = cs_store_scan_update(job->store, &job->row);

	free(text);
	job->row.metadata = (struct cs_span){ 0 };
	return !err;
}

static int end_store(struct job *job)
{
	struct cs_shard *shard = job->scan.shard;

	if (!shard)
		return CS_EXIT_OK;
	job->scan.shard = NULL;
	if (job->scan.end == CS_END_STORE_FAILED) {
		cs_shard_abandon(shard);
		return CS_EXIT_FAILED;
	}
	if (cs_shard_publish(shard) || !update_row(job))
		return say(job, CS_EXIT_FAILED, cs_store_why(job->store));
	return CS_EXIT_OK;
}

static int worst(int a, int b)
{
	return a > b ? a : b;
}

static int run(struct job *job)
{
	struct cs_scan *scan = &job->scan;
	int64_t started = cs_clock_mono(scan->clock);

	scan->row = cs_scan_output_row;
	scan->progress = cs_scan_output_progress;
	scan->row_arg = scan->progress_arg = &job->output;
	scan->max_results = job->options.max_results;
	scan->max_runtime_ns = (int64_t)job->options.max_runtime_s * CS_NS_PER_S;
	scan->replay = job->options.resume != NULL;
	random_bytes(&scan->secret, sizeof(scan->secret));
	if (!job->row.started_us)
		job->row.started_us = cs_clock_wall(scan->clock);

	enum cs_err err = cs_scan_run(scan);

	cs_scan_output_settle(&job->output);
	if (err)
		return say(job, CS_EXIT_FAILED, "the scan could not be started");
	job->row.ended_us = cs_clock_wall(scan->clock);

	int status = say_end(job);

	status = worst(status, end_store(job));
	cs_scan_show_summary(scan, cs_clock_mono(scan->clock) - started, &job->ctx->log);
	if (job->output.metadata)
		write_metadata(job, cs_out_file_stream(job->output.metadata));
	if (scan->end == CS_END_OUTPUT_FAILED) {
		cs_scan_output_abort(&job->output);
		return status;
	}
	return cs_scan_output_commit(&job->output) ? status : CS_EXIT_FAILED;
}

static int scan(struct job *job)
{
	char why[CS_ARG_WHY];

	if (cs_scan_options_settle(&job->options, why))
		return say(job, CS_EXIT_USAGE, why);

	int status = find_store(job);

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

static void clear(struct job *job)
{
	cs_scan_output_abort(&job->output);
	cs_shard_abandon(job->scan.shard);
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
	struct job *job = calloc(1, sizeof(*job));

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
