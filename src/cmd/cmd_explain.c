/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope explain. Captures are read as `watch` reads them: a process without files
 * decodes (decoder.c), this one writes, in a jail that leaves it no files.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slurp.h"
#include "cmd/commands.h"
#include "cmd/explain_cases.h"
#include "cmd/explain_options.h"
#include "cmd/explain_packet.h"
#include "cmd/explain_text.h"
#include "out/json.h"
#include "out/term.h"

enum { SHOWN = 64 };

struct job {
	struct cs_ctx *ctx;
	struct cs_explain_options options;
	char *text; /* what was asked about; owned */
	struct cs_pasted what;
	struct cs_explain_cases cases;
};

/* --- what is asked about --- */

/* All words as one text: people paste lines without quotes. */
static enum cs_err join(struct job *job)
{
	const struct cs_arg_list *words = &job->options.common.operands;
	size_t len = 1;

	for (size_t i = 0; i < words->n; i++)
		len += strlen(words->item[i]) + 1;
	job->text = calloc(1, len);
	if (!job->text)
		return CS_ERR_NOMEM;

	char *end = job->text;

	for (size_t i = 0; i < words->n; i++) {
		if (i > 0)
			*end++ = ' ';
		end = stpcpy(end, words->item[i]);
	}
	return CS_OK;
}

/* What is taken for granted is said. */
static void say_taken(const struct job *job)
{
	char text[CS_PREFIX_TEXT];

	if (job->what.kind != CS_PASTED_PREFIX)
		return;
	cs_prefix_short(&job->what.what, text);
	if (job->what.of_digits)
		cs_log(&job->ctx->log, CS_NOTE, "'%s' has lost its dots: taken as %s",
		       job->text, text);
	else if (job->what.of_path)
		cs_log(&job->ctx->log, CS_NOTE,
		       "of this URL's path the address is asked "
		       "about: %s",
		       text);
	else if (job->what.of_line)
		cs_log(&job->ctx->log, CS_NOTE,
		       "of this line the source is asked about: %s", text);
}

/* A line that has addresses, but none where its source stands: ours is not taken for it. */
static int refuse_text(const struct job *job)
{
	const struct cs_pasted *what = &job->what;
	char shown[SHOWN], to[CS_ADDR_TEXT];

	if (what->unread.len > 0) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "of this line the source is '%s', which is no address: want its "
		       "address (tcpdump -n writes it)",
		       cs_term_text_in(shown, sizeof(shown), what->unread));
	} else if (what->has_to) {
		cs_addr_text(&what->to, to);
		cs_log(&job->ctx->log, CS_ERROR,
		       "this line says where it went, %s, and no address that it came "
		       "from: want that",
		       to);
	} else {
		cs_log(&job->ctx->log, CS_ERROR,
		       "'%s': want an address, a prefix, a name, or a line with one",
		       cs_term_text_in(shown, sizeof(shown), cs_span_str(job->text)));
	}
	return CS_EXIT_USAGE;
}

static int read_what(struct job *job)
{
	char shown[SHOWN];

	if (cs_pasted_read(cs_span_str(job->text), &job->what))
		return refuse_text(job);
	if (job->what.kind == CS_PASTED_NAME && job->options.decode.resolvers.n == 0) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "'%s' is a name: want --resolver ADDRESS, as no name is asked for "
		       "without, or its address",
		       cs_term_text_in(shown, sizeof(shown), job->what.name));
		return CS_EXIT_USAGE;
	}
	if (job->what.kind == CS_PASTED_NAME && job->options.store) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "a name and --store: want an address, or -r FILE");
		return CS_EXIT_USAGE;
	}
	say_taken(job);
	return -1;
}

/* --- what is said --- */

static const char next_step[] = "coapscope watch -i any --store DIR";

/* No verdict: of hosts of ours there is none, and else nothing is known. */
static void say_nothing_json(const struct job *job, const char *text)
{
	const struct cs_explain_host *host = &job->cases.host;
	bool name = job->what.kind == CS_PASTED_NAME;
	bool single = !name && cs_pasted_is_address(&job->what.what);
	struct cs_json j = cs_json_to(job->ctx->out);

	cs_json_object(&j);
	cs_json_put_word(&j, "schema", "coapscope.verdict/1");
	cs_json_put_word(&j, "source", single ? text : NULL);
	cs_json_put_word(&j, "prefix", single || name ? NULL : text);
	cs_json_put_bool(&j, "data", false);
	if (cs_explain_host_is_known(host))
		cs_explain_host_json(&j, host);
	cs_json_put_word(&j, "next",
			 cs_explain_host_is_known(host) ? cs_explain_host_next
							: next_step);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

static void say_nothing(const struct job *job)
{
	bool name = job->what.kind == CS_PASTED_NAME;
	char text[CS_PREFIX_TEXT] = "";

	if (!name)
		cs_prefix_short(&job->what.what, text);
	if (job->options.format == CS_EXPLAIN_JSONL) {
		say_nothing_json(job, text);
		return;
	}
	if (cs_explain_host_is_known(&job->cases.host)) {
		cs_explain_host_text(job->ctx->out, &job->cases.host, text);
		return;
	}
	cs_term_text(job->ctx->out, name ? job->what.name : cs_span_str(text));
	(void)fprintf(job->ctx->out,
		      ": nothing is known.\n\nTo get to know something:\n"
		      "  %s    and later  coapscope explain ... --store DIR\n"
		      "  coapscope explain ... -r FILE                  of a capture "
		      "that you have\n",
		      next_step);
}

/* Which of them is meant only who asks can know. */
static void say_readings(const struct job *job)
{
	bool jsonl = job->options.format == CS_EXPLAIN_JSONL;
	struct cs_json j = cs_json_to(job->ctx->out);
	char text[CS_PREFIX_TEXT];

	if (jsonl) {
		cs_json_object(&j);
		cs_json_key(&j, "schema");
		cs_json_word(&j, "coapscope.verdict/1");
		cs_json_key(&j, "data");
		cs_json_bool(&j, false);
		cs_json_key(&j, "readings");
		cs_json_array(&j);
	} else {
		(void)fprintf(job->ctx->out,
			      "'%s' has lost its dots, and can be read in %zu ways; ask "
			      "again with one of\n",
			      job->text, job->what.n_readings);
	}
	for (size_t i = 0; i < job->what.n_readings; i++) {
		cs_prefix_short(&job->what.reading[i], text);
		if (jsonl)
			cs_json_word(&j, text);
		else
			(void)fprintf(job->ctx->out, "  %s\n", text);
	}
	if (!jsonl)
		return;
	cs_json_array_end(&j);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

static enum cs_err say_case(const struct job *job, size_t i, bool colour)
{
	FILE *to = job->ctx->out;

	if (job->options.format == CS_EXPLAIN_JSONL)
		return fprintf(to, "%s\n", job->cases.cases[i].verdict) < 0 ? CS_ERR_IO
									    : CS_OK;
	if (i > 0)
		(void)fputs("\n----\n\n", to);
	return cs_explain_text(to, job->cases.cases[i].verdict, &job->cases, colour);
}

static int say_cases(struct job *job)
{
	bool colour = cs_term_colour((enum cs_term_when)job->ctx->color, STDOUT_FILENO);
	size_t n = job->cases.n;
	enum cs_err err = CS_OK;

	cs_explain_cases_sort(&job->cases, job->what.kind == CS_PASTED_PREFIX
						   ? job->what.what.bits
						   : 128);
	if (n > job->options.cases)
		n = job->options.cases;
	if (n == 0)
		say_nothing(job);
	for (size_t i = 0; i < n && !err; i++)
		err = say_case(job, i, colour);
	if (n < job->cases.n)
		cs_log(&job->ctx->log, CS_NOTE, "%zu more: --cases N shows more",
		       job->cases.n - n + (size_t)job->cases.left_out);
	if (!err && fflush(job->ctx->out) == 0)
		return CS_EXIT_OK;
	cs_log(&job->ctx->log, CS_ERROR, "standard output: %s",
	       cs_strerror(err ? err : CS_ERR_IO));
	return CS_EXIT_FAILED;
}

/* --- the command --- */

static int explain_hex(struct job *job)
{
	bool jsonl = job->options.format == CS_EXPLAIN_JSONL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	int status;

	if (strcmp(job->text, "-") != 0)
		return cs_explain_packet(job->ctx, cs_span_str(job->text), jsonl);
	if (cs_slurp(job->ctx->in, &bytes, &len)) {
		cs_log(&job->ctx->log, CS_ERROR, "standard input cannot be read");
		status = CS_EXIT_FAILED;
	} else {
		status = cs_explain_packet(job->ctx, cs_span_of(bytes, len), jsonl);
	}
	free(bytes);
	return status;
}

static int explain(struct job *job)
{
	struct cs_explain_options *o = &job->options;
	char why[CS_ARG_WHY];
	int status;

	if (cs_explain_options_settle(o, why)) {
		cs_log(&job->ctx->log, CS_ERROR, "%s", why);
		return CS_EXIT_USAGE;
	}
	if (join(job))
		return CS_EXIT_FAILED;
	if (o->packet)
		return explain_hex(job);
	status = read_what(job);
	if (status < 0 && job->what.kind == CS_PASTED_SEVERAL) {
		say_readings(job);
		return CS_EXIT_OK;
	}
	if (status < 0 && o->files.n > 0)
		status = cs_explain_read_files(job->ctx, o, &job->what, &job->cases);
	else if (status < 0 && o->store)
		status = cs_explain_read_store(job->ctx, o, &job->what, &job->cases);
	return status < 0 ? say_cases(job) : status;
}

int cs_cmd_explain(struct cs_ctx *ctx, int argc, char **argv)
{
	struct job job = { .ctx = ctx };
	int status = cs_args_read(ctx, &cs_explain_args, argc, argv, &job.options);

	if (status < 0)
		status = explain(&job);
	cs_explain_cases_clear(&job.cases);
	free(job.text);
	cs_args_clear(&job.options.common);
	return status;
}
