/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/resources_input.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"
#include "cmd/target_file.h"
#include "net/route.h"

enum { FILE_MAX = 1 << 24 /* bytes: 65,536 long URIs */ };

/* What reading the input hands around. */
struct input {
	struct cs_ctx *ctx;
	const struct cs_resources_options *options;
	struct cs_asks *asks;
	struct cs_resolver targets, excludes;
	struct cs_arena arena;
};

/* Sets draft.why: @name and the reason. */
/* @number is an errno, 0 for what has none. */
static enum cs_err file_failed(struct input *in, const char *name, int number,
			       const char *why)
{
	(void)snprintf(in->asks->draft.why, sizeof(in->asks->draft.why), "%s: %s", name,
		       why);
	return cs_err_of_file(number);
}

/* Without the comment and the blanks around. */
static struct cs_span trim(char *line)
{
	char *end = line + strcspn(line, "#");

	while (isspace((unsigned char)*line) && line < end)
		line++;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	return cs_span_of(line, (size_t)(end - line));
}

static enum cs_err add_word(struct input *in, struct cs_span word,
			    const struct cs_source *source)
{
	return cs_asks_add(in->asks, word, source, cs_resolve_name, &in->targets);
}

/* --targets-file: one a line. */
static enum cs_err read_targets(struct input *in, const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? in->ctx->in : fopen(name, "re");
	struct cs_source source = { .file = name };
	enum cs_err err = CS_OK;
	char *line = NULL;
	size_t cap = 0, sum = 0;
	ssize_t len;

	if (!file)
		return file_failed(in, name, errno, strerror(errno));
	while (!err && (len = getline(&line, &cap, file)) >= 0) {
		struct cs_span word = trim(line);

		source.line++;
		sum += (size_t)len;
		if (sum > FILE_MAX)
			err = file_failed(in, name, 0, "too large");
		else if (word.len > 0)
			err = add_word(in, word, &source);
	}
	if (!err && ferror(file))
		err = file_failed(in, name, errno, strerror(errno));
	free(line);
	if (file != in->ctx->in)
		(void)fclose(file); /* only read from */
	return err;
}

static enum cs_err add_all(struct input *in)
{
	const struct cs_resources_options *o = in->options;
	const struct cs_source command_line = { 0 };
	enum cs_err err = cs_target_file_read(in->ctx, CS_EXCLUDE_CONF, false,
					      &in->excludes, &in->asks->draft);

	for (size_t i = 0; i < o->common.operands.n && !err; i++)
		err = add_word(in, cs_span_str(o->common.operands.item[i]),
			       &command_line);
	if (o->targets_file && !err)
		err = read_targets(in, o->targets_file);
	return err;
}

static enum cs_err settle(struct input *in)
{
	uint16_t *ports = malloc(in->options->target_ports.n * sizeof(*ports));
	struct cs_range *never;
	size_t n_never, n_ports = 0;
	enum cs_err err;

	if (!ports)
		return CS_ERR_NOMEM;
	for (uint32_t port = 1; port <= UINT16_MAX; port++)
		if (cs_port_set_has(&in->options->target_ports, (uint16_t)port))
			ports[n_ports++] = (uint16_t)port;
	err = cs_route_broadcasts(&in->arena, &never, &n_never);
	if (err)
		(void)file_failed(in, "cannot read the host's addresses", errno,
				  strerror(errno));
	else
		err = cs_asks_settle(in->asks, ports, n_ports, never, n_never);
	free(ports);
	return err;
}

int cs_resources_asks_new(struct cs_ctx *ctx, const struct cs_resources_options *options,
			  struct cs_asks *asks)
{
	struct input in = { .ctx = ctx,
			    .options = options,
			    .asks = asks,
			    .targets.interface = options->interface,
			    .excludes = { .exclude = true,
					  .interface = options->interface } };
	enum cs_err err = add_all(&in);

	if (!err)
		err = settle(&in);
	cs_arena_clear(&in.arena);
	if (err) {
		cs_log(&ctx->log, CS_ERROR, "%s",
		       asks->draft.why[0] ? asks->draft.why : cs_strerror(err));
		return cs_exit_of(err);
	}
	if (asks->excluded > 0)
		cs_log(&ctx->log, CS_WARN,
		       "%zu of the targets are excluded and not asked", asks->excluded);
	return -1;
}
