/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_sinks.h"

#include <errno.h>
#include <string.h>

#include "cmd/connector.h"
#include "cmd/networked.h"
#include "jail/jail.h"

enum { EVENTS_WAIT_MS = 1000 /* of a file: a slow reader shall have them all */ };

/* --- opening --- */

static int cannot_open(const struct cs_ctx *ctx, const char *option, const char *name)
{
	cs_log(&ctx->log, CS_ERROR, "--%s %s: %s", option, name, strerror(errno));
	return CS_EXIT_FAILED;
}

/* Whether another output that is given as @name is where -o is: standard output. */
static bool is_beside_output(const struct cs_watch_options *options, const char *name)
{
	const char *output = options->output_file;

	return (!output || strcmp(output, "-") == 0) && name && strcmp(name, "-") == 0;
}

/*
 * What is replaced whole is renamed at the end, in the jail: who may not do that there is
 * told now, and nothing of ours is left that could not be removed.
 */
static int check_folder(const struct cs_watch_sinks *s, const char *option,
			const char *name, struct cs_out_file **file)
{
	int folder = cs_out_file_folder(*file);

	if (folder < 0 || cs_jail_may_write(folder))
		return -1;
	cs_log(&s->ctx->log, CS_ERROR,
	       "--%s %s: its folder is not ours to write without capabilities: %s; want "
	       "another, or --user NAME",
	       option, name, strerror(errno));
	cs_out_file_abort(*file);
	*file = NULL;
	return CS_EXIT_FAILED;
}

/* -o: replaced whole by what a file says, appended to by what happens. */
static int open_output(struct cs_watch_sinks *s)
{
	const char *name = s->options->output_file ? s->options->output_file : "-";

	if (s->live ? cs_live_open(name, &s->log) != CS_OK
		    : cs_out_file_open(name, &s->file) != CS_OK)
		return cannot_open(s->ctx, "output-file", name);
	if (s->file && check_folder(s, "output-file", name, &s->file) >= 0)
		return CS_EXIT_FAILED;
	s->to = s->live ? cs_live_stream(s->log) : cs_out_file_stream(s->file);
	s->fd = s->live ? cs_live_fd(s->log) : cs_out_file_fd(s->file);
	return -1;
}

static int open_file(struct cs_watch_sinks *s, const char *option, const char *name,
		     struct cs_out_file **out)
{
	if (!name)
		return -1;
	if (cs_out_file_open(name, out))
		return cannot_open(s->ctx, option, name);
	return check_folder(s, option, name, out);
}

static int open_eve(struct cs_watch_sinks *s)
{
	const char *name = s->options->eve;

	if (!name)
		return -1;
	if (cs_live_open(name, &s->events))
		return cannot_open(s->ctx, "eve", name);
	if (!s->live)
		cs_live_wait(s->events, EVENTS_WAIT_MS);
	if (!s->live && is_beside_output(s->options, name))
		(void)setvbuf(s->to, NULL, _IOLBF, BUFSIZ); /* no half lines between */
	errno = ENOMEM;
	return cs_eve_open(&s->eve) ? cannot_open(s->ctx, "eve", name) : -1;
}

static int open_evidence(struct cs_watch_sinks *s)
{
	const struct cs_watch_options *o = s->options;

	if (!o->pcap_out || !cs_evidence_open(o->pcap_out, o->pcap_size,
					      (unsigned)o->pcap_files, &s->evidence))
		return -1;
	return cannot_open(s->ctx, "pcap-out", o->pcap_out);
}

int cs_watch_sinks_open(struct cs_ctx *ctx, const struct cs_watch_options *options,
			bool live, struct cs_watch_sinks *sinks)
{
	const char *summary = options->summary;
	int status;

	*sinks = (struct cs_watch_sinks){ .ctx = ctx, .options = options, .live = live };
	status = open_output(sinks);
	if (status < 0 && !is_beside_output(options, summary))
		status = open_file(sinks, "summary", summary, &sinks->summary);
	if (status < 0)
		status = open_eve(sinks);
	if (status < 0)
		status = open_file(sinks, "metrics", options->metrics, &sinks->metrics);
	if (status < 0)
		status = open_evidence(sinks);
	return status;
}

int cs_watch_sinks_connectors(struct cs_watch_sinks *sinks)
{
	struct cs_live *const lives[] = { sinks->log, sinks->events };
	const struct cs_decode_options *o = &sinks->options->decode;
	int status = -1;

	for (size_t i = 0; status < 0 && i < CS_LEN(lives); i++)
		status = cs_connector_start(sinks->ctx, lives[i], o->user,
					    o->require_jail, &sinks->connector[i]);
	return status;
}

void cs_watch_sinks_jail(struct cs_watch_sinks *sinks, struct cs_jail_want *want)
{
	const int fds[] = {
		sinks->log ? cs_live_folder(sinks->log) : -1,
		sinks->events ? cs_live_folder(sinks->events) : -1,
		sinks->metrics ? cs_out_file_folder(sinks->metrics) : -1,
		sinks->evidence ? cs_evidence_folder(sinks->evidence) : -1,
	};

	want->files[0] = sinks->file;
	want->files[1] = sinks->summary;
	want->folders = sinks->folders;
	want->n_folders = 0;
	for (size_t i = 0; i < CS_LEN(fds); i++) {
		char *folder = sinks->folder[want->n_folders];

		if (fds[i] < 0)
			continue;
		(void)snprintf(folder, sizeof(sinks->folder[0]), "/proc/self/fd/%d",
			       fds[i]);
		sinks->folders[want->n_folders++] = folder;
	}
}

/* --- writing --- */

static void flush_live(const struct cs_watch_sinks *s, struct cs_live *live)
{
	char text[CS_LIVE_TEXT];

	cs_live_flush(live);
	if (cs_live_news(live, text))
		cs_log(&s->ctx->log, CS_WARN, "%s", text);
}

/* Said once; how many they were is in the metrics. */
static void tell_lost(struct cs_watch_sinks *s)
{
	struct cs_rotated_state state = cs_evidence_state(s->evidence);

	if (state.lost == 0 || s->frames_lost > 0)
		return;
	s->frames_lost = state.lost;
	cs_log(&s->ctx->log, CS_WARN, "--pcap-out %s: %s; frames are lost",
	       s->options->pcap_out, strerror(state.error ? state.error : EIO));
}

enum cs_err cs_watch_sinks_frame(struct cs_watch_sinks *sinks, struct cs_rd *body)
{
	struct cs_post_evidence frame;

	if (cs_post_evidence_read(body, &frame))
		return CS_ERR_DAMAGED;
	if (!sinks->evidence)
		return CS_OK;
	cs_evidence_put(sinks->evidence, &frame);
	tell_lost(sinks);
	return CS_OK;
}

enum cs_err cs_watch_sinks_flush(struct cs_watch_sinks *sinks)
{
	for (size_t i = 0; i < CS_LEN(sinks->connector); i++)
		cs_connector_tend(sinks->connector[i]);
	if (sinks->events)
		flush_live(sinks, sinks->events);
	if (sinks->file)
		return cs_out_file_flush(sinks->file);
	if (!sinks->log)
		return CS_OK;
	cs_live_flush(sinks->log);
	if (!sinks->options->output_file && cs_live_state(sinks->log).error == EPIPE) {
		errno = EPIPE; /* whoever we were to tell has gone */
		return CS_ERR_IO;
	}
	flush_live(sinks, sinks->log);
	return CS_OK;
}

uint64_t cs_watch_sinks_lost(const struct cs_watch_sinks *sinks)
{
	return sinks->events ? cs_live_state(sinks->events).lost : 0;
}

/* What went wrong, and that it is over; 0: it is written. Each is said once. */
static void tell_metrics(struct cs_watch_sinks *s, int error)
{
	const char *name = s->options->metrics;

	if (error && !s->metrics_error)
		cs_log(&s->ctx->log, CS_WARN, "--metrics %s: %s", name, strerror(error));
	if (!error && s->metrics_error)
		cs_log(&s->ctx->log, CS_WARN, "--metrics %s: goes on", name);
	s->metrics_error = error;
}

/* Where the next file cannot be opened now it may be the next time. */
static void replace_metrics(struct cs_watch_sinks *s,
			    const struct cs_watch_metrics *metrics)
{
	int error = s->metrics_error;

	if (s->metrics) {
		cs_write_metrics(cs_out_file_stream(s->metrics), metrics);
		error = cs_out_file_commit(s->metrics) ? errno : 0;
		s->metrics = NULL;
	}
	if (cs_out_file_open(s->options->metrics, &s->metrics) && !error)
		error = errno;
	tell_metrics(s, error);
}

void cs_watch_sinks_metrics(struct cs_watch_sinks *sinks,
			    struct cs_watch_metrics *metrics)
{
	struct cs_metrics_output outputs[3];

	metrics->n_outputs = 0;
	metrics->outputs = outputs;
	if (sinks->log)
		cs_live_flush(sinks->log); /* so that what is told is how it stands */
	if (sinks->events)
		cs_live_flush(sinks->events);
	if (sinks->log)
		outputs[metrics->n_outputs++] =
			(struct cs_metrics_output){ "output", cs_live_state(sinks->log) };
	if (sinks->events)
		outputs[metrics->n_outputs++] =
			(struct cs_metrics_output){ "eve", cs_live_state(sinks->events) };
	if (sinks->evidence) {
		struct cs_rotated_state kept = cs_evidence_state(sinks->evidence);

		outputs[metrics->n_outputs++] = (struct cs_metrics_output){
			"pcap", { kept.records, kept.lost, kept.error }
		};
	}
	replace_metrics(sinks, metrics);
	metrics->outputs = NULL;
}

void cs_watch_sinks_reopen(struct cs_watch_sinks *sinks)
{
	for (size_t i = 0; i < CS_LEN(sinks->connector); i++)
		cs_connector_hurry(sinks->connector[i]);
	if (sinks->log && cs_live_reopen(sinks->log))
		cs_log(&sinks->ctx->log, CS_WARN, "--output-file %s: %s",
		       sinks->options->output_file, strerror(errno));
	if (sinks->events && cs_live_reopen(sinks->events))
		cs_log(&sinks->ctx->log, CS_WARN, "--eve %s: %s", sinks->options->eve,
		       strerror(errno));
	if (sinks->evidence && cs_evidence_next(sinks->evidence))
		cs_log(&sinks->ctx->log, CS_WARN, "--pcap-out %s: %s",
		       sinks->options->pcap_out, strerror(errno));
}

/* --- the end --- */

static bool commit(const struct cs_ctx *ctx, const char *what, struct cs_out_file **file)
{
	struct cs_out_file *ending = *file;

	*file = NULL;
	if (!ending || !cs_out_file_commit(ending))
		return true;
	cs_log(&ctx->log, CS_ERROR, "%s: %s", what, strerror(errno));
	return false;
}

/*
 * A capture's outputs have all of it. A watch goes on without what a disk or a reader did not
 * take, and says so then; but its last lines are those that count.
 */
static bool is_whole(const struct cs_watch_sinks *s)
{
	int error = s->log ? cs_live_state(s->log).error : 0;

	if (s->live)
		return error != ENOSPC && error != EDQUOT && error != EIO;
	return cs_watch_sinks_lost(s) == 0 && s->metrics_error == 0 &&
	       (!s->evidence || cs_evidence_state(s->evidence).lost == 0);
}

bool cs_watch_sinks_commit(struct cs_watch_sinks *sinks)
{
	bool well = commit(sinks->ctx, "the output", &sinks->file);

	well &= commit(sinks->ctx, "--summary", &sinks->summary);
	if (!cs_watch_sinks_flush(sinks))
		return well && is_whole(sinks);
	cs_log(&sinks->ctx->log, CS_ERROR, "the output: %s", strerror(errno));
	return false;
}

bool cs_watch_sinks_break_off(struct cs_watch_sinks *sinks)
{
	cs_out_file_abort(sinks->summary);
	sinks->summary = NULL;
	return cs_out_file_folder(sinks->file) < 0;
}

void cs_watch_sinks_close(struct cs_watch_sinks *sinks)
{
	cs_out_file_abort(sinks->file);
	cs_out_file_abort(sinks->summary);
	cs_out_file_abort(sinks->metrics);
	for (size_t i = 0; i < CS_LEN(sinks->connector); i++)
		cs_connector_close(sinks->connector[i]);
	cs_live_close(sinks->log);
	cs_live_close(sinks->events);
	cs_eve_close(sinks->eve);
	cs_evidence_close(sinks->evidence);
	*sinks = (struct cs_watch_sinks){ 0 };
}
