/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_input.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/capture_unpack.h"

enum cs_err cs_input_init(struct cs_input *in)
{
	*in = (struct cs_input){ .fd = -1, .wait_ms = -1 };
	in->buf = malloc(CS_INPUT_ROOM);
	return in->buf ? CS_OK : CS_ERR_NOMEM;
}

void cs_input_clear(struct cs_input *in)
{
	cs_unpacker_free(in->unpacker);
	free(in->buf);
	*in = (struct cs_input){ .fd = -1 };
}

void cs_input_begin(struct cs_input *in, int fd, FILE *file)
{
	struct stat is;

	cs_unpacker_free(in->unpacker);
	*in = (struct cs_input){
		.buf = in->buf, .fd = fd, .file = file, .wait_ms = in->wait_ms
	};
	in->slow = fd >= 0 && (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode));
}

static enum cs_err wait_for(const struct cs_input *in)
{
	struct pollfd fd = { .fd = in->fd, .events = POLLIN };
	int n = poll(&fd, 1, in->wait_ms);

	if (n > 0)
		return CS_OK;
	return n == 0 || errno == EINTR ? CS_ERR_BUSY : CS_ERR_IO;
}

static enum cs_err read_file(struct cs_input *in, uint8_t *to, size_t n, size_t *got)
{
	*got = fread(to, 1, n, in->file);
	return *got == 0 && ferror(in->file) ? CS_ERR_IO : CS_OK;
}

enum cs_err cs_input_raw(struct cs_input *in, uint8_t *to, size_t n, size_t *got)
{
	enum cs_err err = CS_OK;
	ssize_t rc;

	*got = 0;
	if (in->fd < 0)
		return read_file(in, to, n, got);
	if (in->slow)
		err = wait_for(in);
	if (err)
		return err;
	rc = read(in->fd, to, n);
	if (rc < 0)
		return errno == EINTR || errno == EAGAIN ? CS_ERR_BUSY : CS_ERR_IO;
	*got = (size_t)rc;
	return CS_OK;
}

/* Makes room behind what is at hand: little is, where more is needed. */
static void compact(struct cs_input *in)
{
	if (in->at == 0)
		return;
	memmove(in->buf, in->buf + in->at, in->end - in->at);
	in->base += in->at;
	in->end -= in->at;
	in->at = 0;
}

static void pass_over(struct cs_input *in)
{
	size_t here = in->end - in->at;
	size_t n = in->skip < here ? (size_t)in->skip : here;

	in->at += n;
	in->skip -= n;
}

static enum cs_err more(struct cs_input *in)
{
	uint8_t *to = in->buf + in->end;
	size_t room = CS_INPUT_ROOM - in->end, got = 0;
	enum cs_err err;

	if (in->over)
		return CS_ERR_SHORT;
	if (in->unpacker)
		err = cs_unpack(in->unpacker, in, to, room, &got);
	else /* no more than an unpacker can take over */
		err = cs_input_raw(in, to, in->known ? room : CS_INPUT_RAW - in->end,
				   &got);
	if (err)
		return err;
	in->end += got;
	in->over = got == 0;
	return in->over ? CS_ERR_SHORT : CS_OK;
}

/* Plain or packed? The first bytes tell. */
static enum cs_err find_out(struct cs_input *in)
{
	struct cs_span head;
	enum cs_err err = CS_OK;

	while (!err && in->end < CS_PACK_MAGIC)
		err = more(in);
	if (err && err != CS_ERR_SHORT)
		return err;
	in->known = true;
	head = cs_span_of(in->buf, in->end);
	if (!cs_unpack_name(head))
		return CS_OK;
	err = cs_unpacker_new(head, &in->unpacker);
	if (err)
		return err;
	in->end = 0;
	in->over = false;
	return CS_OK;
}

enum cs_err cs_input_fill(struct cs_input *in, size_t n)
{
	enum cs_err err = in->known ? CS_OK : find_out(in);

	assert(n <= CS_INPUT_ROOM);
	pass_over(in);
	while (!err && (in->end - in->at < n || in->skip)) {
		compact(in);
		err = more(in);
		pass_over(in);
	}
	return err;
}
