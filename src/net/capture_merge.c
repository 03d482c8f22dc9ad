/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that were captured side by side (one for each direction, or interface), as one: in
 * the order of time. Each is read by a reader of its own, a frame ahead.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "net/capture_private.h"

struct ahead {
	struct cs_capture *file; /* owned */
	struct cs_capture_frame frame;
	bool has; /* .frame is its next */
};

struct capture_merge {
	struct cs_capture capture;
	size_t n;
	struct ahead ahead[CS_CAPTURE_MERGED];
};

/* Sees to it that the file's next frame is at hand, unless it is at its end. */
static enum cs_err look_ahead(struct capture_merge *c, struct ahead *a, int wait_ms)
{
	enum cs_err err;

	if (a->has || a->file->done)
		return CS_OK;
	err = cs_capture_next(a->file, wait_ms, &a->frame);
	a->has = err == CS_OK;
	if (err && err != CS_ERR_NOT_FOUND)
		(void)snprintf(c->capture.why, CS_CAPTURE_WHY, "%s", a->file->why);
	return err == CS_ERR_NOT_FOUND && a->file->done ? CS_OK : err;
}

static enum cs_err merge_next(struct cs_capture *capture, int wait_ms,
			      struct cs_capture_frame *frame)
{
	struct capture_merge *c = (struct capture_merge *)capture;
	struct ahead *first = NULL;

	for (size_t i = 0; i < c->n; i++) {
		struct ahead *a = &c->ahead[i];
		enum cs_err err = look_ahead(c, a, wait_ms);

		if (err)
			return err;
		if (a->has && (!first || a->frame.wall_us < first->frame.wall_us))
			first = a;
	}
	c->capture.done = !first;
	if (!first)
		return CS_ERR_NOT_FOUND;
	*frame = first->frame;
	frame->source = (unsigned)(first - c->ahead);
	first->has = false;
	return CS_OK;
}

static void merge_close(struct cs_capture *capture)
{
	struct capture_merge *c = (struct capture_merge *)capture;

	for (size_t i = 0; i < c->n; i++)
		cs_capture_close(c->ahead[i].file);
	free(c);
}

static const struct cs_capture_ops ops = { .next = merge_next, .close = merge_close };

/* A pipe may be silent while the others are to be read. */
static bool are_regular(const char *const *files, size_t n)
{
	struct stat is;

	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i], "-") == 0 || stat(files[i], &is) != 0 ||
		    !S_ISREG(is.st_mode))
			return false;
	return true;
}

enum cs_err cs_capture_open_merged(const char *const *files, size_t n, FILE *in,
				   const char *filter, struct cs_capture **out,
				   char why[CS_CAPTURE_WHY])
{
	struct capture_merge *c;
	enum cs_err err = CS_OK;

	if (n < 2 || n > CS_CAPTURE_MERGED || !are_regular(files, n))
		return cs_capture_open_files(files, n, in, filter, out, why);
	c = calloc(1, sizeof(*c));
	(void)snprintf(why, CS_CAPTURE_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	if (!c)
		return CS_ERR_NOMEM;
	c->capture.ops = &ops;
	while (!err && c->n < n) {
		err = cs_capture_open_files(&files[c->n], 1, in, filter,
					    &c->ahead[c->n].file, why);
		c->n += !err;
	}
	if (err)
		merge_close(&c->capture);
	else
		*out = &c->capture;
	return err;
}
