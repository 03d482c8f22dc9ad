/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/networked.h"
#include "cmd/watch_group.h"
#include "cmd/watching.h"
#include "out/term.h"
#include "watch/write_message.h"
#include "watch/write_summary.h"
#include "watch/write_table.h"
#include "watch/write_verdict.h"

enum { NO_LIMIT = 1000000 };

/* --- opening --- */

static int open_board(struct cs_watch_output *o)
{
	size_t most = o->options->rows ? o->options->rows : NO_LIMIT;
	struct cs_sipkey key;

	if (o->format != CS_WATCH_TABLE && !o->live && !o->options->metrics)
		return -1;
	cs_random_bytes(&key, sizeof(key));
	if (!cs_board_open(most, &key, &o->board))
		return -1;
	cs_log(&o->ctx->log, CS_ERROR, "--rows: %s", cs_strerror(CS_ERR_NOMEM));
	return CS_EXIT_FAILED;
}

static int open_screen(struct cs_watch_output *o)
{
	int fd = o->sinks.fd;

	if (!o->live || o->format != CS_WATCH_TABLE || !isatty(fd) ||
	    !cs_watch_screen_open(o->ctx, fd, o->sinks.to, o->colour, &o->screen))
		return -1;
	cs_log(&o->ctx->log, CS_ERROR, "%s", cs_strerror(CS_ERR_NOMEM));
	return CS_EXIT_FAILED;
}

static int open_keep(struct cs_watch_output *o)
{
	const struct cs_watch_keep_want want = { .dir = o->options->store,
						 .keep_days = o->options->keep_days,
						 .anonymise = o->options->anonymise };

	return want.dir ? cs_watch_keep_open(o->ctx, &want, &o->keep) : -1;
}

static int open_guard(struct cs_watch_output *o)
{
	const char *socket = o->options->protect;

	if (!socket || !cs_watch_protect_open(o->ctx, socket, &o->guard))
		return -1;
	cs_log(&o->ctx->log, CS_ERROR, "--protect: %s", cs_strerror(CS_ERR_NOMEM));
	return CS_EXIT_FAILED;
}

/* Names of a file's sources are asked for together; live, by and by. */
static int open_group(struct cs_watch_output *o)
{
	if (o->live || o->options->decode.resolvers.n == 0 ||
	    !cs_watch_group_open(&o->group))
		return -1;
	cs_log(&o->ctx->log, CS_ERROR, "%s", cs_strerror(CS_ERR_NOMEM));
	return CS_EXIT_FAILED;
}

int cs_watch_output_open(struct cs_ctx *ctx, const struct cs_watch_options *options,
			 const struct cs_threshold *threshold,
			 struct cs_watch_output *output)
{
	bool live = options->interfaces.n > 0;
	int status, fd;

	*output = (struct cs_watch_output){ .ctx = ctx,
					    .options = options,
					    .threshold = threshold,
					    .format = options->format,
					    .live = live,
					    .started_us = cs_clock_wall(ctx->clock) };
	output->now_us = output->started_us;
	status = cs_watch_sinks_open(ctx, options, live, &output->sinks);
	if (status >= 0)
		return status;
	fd = output->sinks.fd;
	if (output->format < 0)
		output->format = isatty(fd) ? CS_WATCH_TABLE : CS_WATCH_JSONL;
	output->colour = cs_cmd_colored(ctx, fd);
	output->line = cs_live_line(ctx);
	status = open_board(output);
	if (status < 0)
		status = open_screen(output);
	if (status < 0)
		status = open_group(output);
	if (status < 0)
		status = open_keep(output);
	if (status < 0)
		status = open_guard(output);
	if (status < 0)
		status = cs_watch_who_open(
			ctx, &options->decode,
			cs_args_taken_back(
				&options->common,
				offsetof(struct cs_watch_options, decode.geoip)),
			&output->who);
	return status;
}

void cs_watch_output_jail(struct cs_watch_output *output, struct cs_jail_want *want)
{
	cs_watch_sinks_jail(&output->sinks, want);
	want->store = output->options->store;
	want->local = output->options->protect != NULL;
}

/* --- verdicts --- */

static enum cs_err tell(struct cs_watch_output *o, const struct cs_verdict *v)
{
	bool changed = true;
	enum cs_err err = CS_OK;

	if (o->board)
		err = cs_board_put(o->board, v, &changed);
	if (!err)
		cs_watch_protect_tell(o->guard, v, changed);
	/* Live, what is final is said again: then the numbers are those of the end. */
	changed |= !o->live || o->counts.last;
	if (!err && o->format == CS_WATCH_JSONL && changed)
		cs_write_verdict(o->sinks.to, v);
	if (!err && o->sinks.eve && changed && cs_eve_wants(v))
		cs_eve_alert(o->sinks.eve, cs_live_stream(o->sinks.events), v);
	cs_watch_keep_put(o->keep, v);
	return err;
}

/* A cs_watch_group_fn; @arg is the output. */
static enum cs_err judge(void *arg, const struct cs_post_source *post,
			 const struct cs_actor *actor)
{
	struct cs_watch_output *o = arg;
	struct cs_answer answer;
	struct cs_place place;
	struct cs_verdict v = { .source = &post->source,
				.finding = &post->finding,
				.answer = &answer,
				.actor = actor,
				.samples = post->samples,
				.n_samples = post->n_samples };

	if (cs_watch_who_place(&o->who, &post->source.ip, &place))
		v.place = &place;
	cs_answer(v.source, v.finding, &o->counts.around, v.actor, o->threshold,
		  o->now_us, &answer);
	return tell(o, &v);
}

static enum cs_err take_source(struct cs_watch_output *o, struct cs_rd *body)
{
	struct cs_rd whole = *body;
	struct cs_post_source post;
	struct cs_actor actor;
	bool known, full = false;
	enum cs_err err;

	if (cs_post_source_read(body, &post))
		return CS_ERR_DAMAGED;
	if (!o->group) {
		known = cs_watch_who_actor(&o->who, &post.source, &actor);
		return judge(o, &post, known ? &actor : NULL);
	}
	err = cs_watch_group_put(o->group, &whole, &post.source.ip, &full);
	if (!err && full)
		err = cs_watch_group_tell(o->group, o->who.who, judge, o);
	return err;
}

/* --- the table --- */

static enum cs_err print_table(struct cs_watch_output *o)
{
	struct cs_verdict_look look = { .width = cs_term_width(o->sinks.fd),
					.now_us = o->screen ? o->now_us : 0,
					.colour = o->colour };
	size_t n;
	const struct cs_verdict *worst = cs_board_worst(o->board, &n, &look.left_out);

	return cs_write_table(o->sinks.to, worst, n, &look);
}

static enum cs_err redraw(struct cs_watch_output *o)
{
	enum cs_err err =
		cs_watch_screen_draw(o->screen, o->board, &o->counts, o->now_us);

	return err ? err : cs_watch_sinks_flush(&o->sinks);
}

/* --- posts --- */

static void show_progress(struct cs_watch_output *o)
{
	if (o->live || o->format == CS_WATCH_TEXT || !cs_live_is_due(&o->line))
		return;
	cs_live_draw(&o->line, "%llu packets, %llu of CoAP, %llu source%s",
		     (unsigned long long)o->counts.frames,
		     (unsigned long long)o->counts.track.coap,
		     (unsigned long long)o->counts.track.sources,
		     cs_plural(o->counts.track.sources));
}

static void tell_metrics(struct cs_watch_output *o)
{
	struct cs_watch_metrics metrics = { .started_us = o->started_us,
					    .now_us = o->now_us,
					    .counts = &o->counts };

	if (!o->options->metrics)
		return;
	cs_board_tally(o->board, metrics.verdicts);
	metrics.guard = cs_watch_protect_state(o->guard);
	cs_watch_sinks_metrics(&o->sinks, &metrics);
}

static enum cs_err take_counts(struct cs_watch_output *o, struct cs_rd *body)
{
	if (cs_post_counts_read(body, &o->counts))
		return CS_ERR_DAMAGED;
	o->now_us = cs_clock_wall(o->ctx->clock);
	if (o->sinks.eve && (o->live || o->counts.last))
		cs_eve_stats(o->sinks.eve, cs_live_stream(o->sinks.events), o->now_us,
			     (uint64_t)(o->now_us - o->started_us) / CS_US_PER_S,
			     &o->counts, cs_watch_sinks_lost(&o->sinks));
	if (o->live || o->counts.last)
		tell_metrics(o);
	show_progress(o);
	o->stale = true;
	return CS_OK;
}

enum cs_err cs_watch_output_idle(struct cs_watch_output *output)
{
	if (!output->live || !output->stale)
		return cs_watch_sinks_flush(&output->sinks);
	output->stale = false;
	cs_watch_protect_idle(output->guard);
	(void)cs_who_work(output->who.who); /* seen at the source's next change */
	cs_watch_who_say(output->ctx, &output->who);
	cs_watch_keep_commit(output->keep, output->now_us);
	return output->screen ? redraw(output) : cs_watch_sinks_flush(&output->sinks);
}

static enum cs_err take_message(struct cs_watch_output *o, struct cs_rd *body)
{
	const struct cs_message_look look = { .hex = o->options->hex,
					      .colour = o->colour };
	struct cs_post_message message;

	if (cs_post_message_read(body, &message))
		return CS_ERR_DAMAGED;
	if (o->format == CS_WATCH_TEXT)
		cs_write_message(o->sinks.to, &message, &look);
	if (o->sinks.eve)
		cs_eve_message(o->sinks.eve, cs_live_stream(o->sinks.events), &message);
	return CS_OK;
}

enum cs_err cs_watch_output_take(struct cs_watch_output *output, enum cs_post_kind kind,
				 struct cs_rd *body)
{
	switch (kind) {
	case CS_POST_SOURCE:
		return take_source(output, body);
	case CS_POST_MESSAGE:
		return take_message(output, body);
	case CS_POST_COUNTS:
		return take_counts(output, body);
	case CS_POST_NOTE:
		return cs_watching_note(output->ctx, body);
	case CS_POST_EVIDENCE:
		return cs_watch_sinks_frame(&output->sinks, body);
	case CS_POST_BEAT:
	case CS_POST_END:
	default:
		return CS_OK;
	}
}

void cs_watch_output_reopen(struct cs_watch_output *output)
{
	cs_watch_sinks_reopen(&output->sinks);
}

/* --- the end --- */

/* Everything but the files' names in their folders. */
static enum cs_err conclude(struct cs_watch_output *o)
{
	enum cs_err err = CS_OK;

	cs_live_clear(&o->line);
	if (o->screen)
		cs_watch_screen_clear(o->screen);
	if (o->group)
		err = cs_watch_group_tell(o->group, o->who.who, judge, o);
	cs_watch_who_say(o->ctx, &o->who);
	if (!err && o->format == CS_WATCH_TABLE)
		err = print_table(o);
	return err;
}

static void summarise(const struct cs_watch_output *o)
{
	if (o->options->summary)
		cs_write_summary(o->sinks.summary ? cs_out_file_stream(o->sinks.summary)
						  : o->sinks.to,
				 &o->counts);
}

/* Where a summary is written it is in there, too; but not everybody reads one. */
static void tell_evicted(const struct cs_watch_output *o)
{
	uint64_t n = o->counts.track.evicted;

	if (n > 0)
		cs_log(&o->ctx->log, CS_WARN,
		       "%llu source%s made room for others, and %s not told: --memory",
		       (unsigned long long)n, cs_plural(n), n == 1 ? "is" : "are");
}

static bool commit(struct cs_watch_output *o, enum cs_err err)
{
	bool well;

	if (err)
		cs_log(&o->ctx->log, CS_ERROR, "%s", cs_strerror(err));
	tell_evicted(o);
	well = cs_watch_sinks_commit(&o->sinks);
	well &= cs_watch_keep_close(o->keep, o->now_us);
	o->keep = NULL;
	cs_watch_output_abort(o);
	return well && !err;
}

bool cs_watch_output_commit(struct cs_watch_output *output)
{
	enum cs_err err = conclude(output), flushed;

	/* The events may go to the same place, and the summary is behind them. */
	flushed = cs_watch_sinks_flush(&output->sinks);
	(void)flushed; /* it fails again, and is said, at the very end */
	summarise(output);
	return commit(output, err);
}

void cs_watch_output_break_off(struct cs_watch_output *output)
{
	bool well = true;

	if (output->live)
		well = cs_watch_output_commit(output);
	else if (cs_watch_sinks_break_off(&output->sinks))
		well = commit(output, conclude(output));
	(void)well; /* the run has failed already */
}

void cs_watch_output_abort(struct cs_watch_output *output)
{
	cs_watch_sinks_close(&output->sinks);
	cs_watch_screen_close(output->screen);
	(void)cs_watch_keep_close(output->keep,
				  output->now_us); /* it has failed already */
	cs_watch_protect_close(output->guard);
	cs_board_close(output->board);
	cs_watch_group_close(output->group);
	cs_watch_who_close(&output->who);
	*output = (struct cs_watch_output){ 0 };
}
