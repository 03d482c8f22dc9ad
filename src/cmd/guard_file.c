/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard_file.h"

#include <stdlib.h>
#include <string.h>

#include "protect/guard_verdict.h"

enum { FIRST = 256, SAID = 10 /* lines that are wrong, one by one */ };

struct reading {
	const struct cs_ctx *ctx;
	FILE *from;
	const char *name;
	uint32_t seconds;
	struct cs_guard_file *file;
	size_t cap;
	uint32_t line;
	char *text; /* CS_GUARD_LINE + 1 bytes */
};

/* --- lines --- */

/*
 * The next line without its end; of one that is too long so much that it is seen to be.
 * False behind the last.
 */
static bool next_line(struct reading *r, struct cs_span *out)
{
	size_t n = 0;
	int c = getc_unlocked(r->from);

	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc_unlocked(r->from))
		if (n <= CS_GUARD_LINE)
			r->text[n++] = (char)c;
	*out = cs_span_of(r->text, n);
	r->line++;
	return true;
}

static void say_wrong(struct reading *r, const char *why)
{
	if (r->file->wrong++ < SAID)
		cs_log(&r->ctx->log, CS_WARN, "%s:%u: %s", r->name, r->line, why);
	else if (r->file->wrong == SAID + 1)
		cs_log(&r->ctx->log, CS_WARN, "%s: and more lines like that", r->name);
}

static enum cs_err keep(struct reading *r, const struct cs_guard_verdict *v)
{
	struct cs_guard_file *f = r->file;
	struct cs_guard_judged *one;

	if (f->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : FIRST;
		struct cs_guard_judged *more =
			cap <= CS_GUARD_FILE_MAX ? realloc(f->at, cap * sizeof(*more))
						 : NULL;

		if (!more)
			return cap <= CS_GUARD_FILE_MAX ? CS_ERR_NOMEM : CS_ERR_FULL;
		f->at = more;
		r->cap = cap;
	}
	one = &f->at[f->n++];
	*one = (struct cs_guard_judged){ .prefix = v->prefix, .line = r->line };
	one->answer = cs_guard_judge(v, r->seconds, &one->request);
	return CS_OK;
}

static enum cs_err take_line(struct reading *r, struct cs_span line)
{
	struct cs_guard_verdict verdict;
	char why[CS_GUARD_WHY];
	enum cs_err err = cs_guard_verdict_read(line, &verdict, why);

	if (!err)
		return keep(r, &verdict);
	if (err != CS_ERR_FOREIGN)
		say_wrong(r, why);
	return CS_OK;
}

/* --- the last of each source --- */

static int by_source(const void *a, const void *b)
{
	const struct cs_guard_judged *x = a, *y = b;
	int order = cs_prefix_cmp(&x->prefix, &y->prefix);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int by_line(const void *a, const void *b)
{
	const struct cs_guard_judged *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void keep_last(struct cs_guard_file *f)
{
	size_t kept = 0;

	if (f->n == 0)
		return;
	qsort(f->at, f->n, sizeof(*f->at), by_source);
	for (size_t i = 0; i < f->n; i++)
		if (i + 1 == f->n ||
		    cs_prefix_cmp(&f->at[i].prefix, &f->at[i + 1].prefix) != 0)
			f->at[kept++] = f->at[i];
	f->n = kept;
	qsort(f->at, f->n, sizeof(*f->at), by_line);
}

enum cs_err cs_guard_file_read(const struct cs_ctx *ctx, FILE *from, const char *name,
			       uint32_t seconds, struct cs_guard_file *out)
{
	struct reading r = {
		.ctx = ctx, .from = from, .name = name, .seconds = seconds, .file = out
	};
	struct cs_span line;
	enum cs_err err = CS_OK;

	*out = (struct cs_guard_file){ 0 };
	r.text = malloc(CS_GUARD_LINE + 1);
	if (!r.text)
		return CS_ERR_NOMEM;
	while (!err && next_line(&r, &line))
		err = line.len > 0 ? take_line(&r, line) : CS_OK;
	free(r.text);
	if (!err && ferror(from))
		err = CS_ERR_IO;
	if (!err)
		keep_last(out);
	return err;
}

void cs_guard_file_clear(struct cs_guard_file *file)
{
	free(file->at);
	*file = (struct cs_guard_file){ 0 };
}
