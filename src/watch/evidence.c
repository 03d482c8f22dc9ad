/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/evidence.h"

#include <stdlib.h>

#include "out/pcap_file.h"

enum { ROOM = CS_PCAP_FILE_FRAME + 1024 /* a frame, and what stands before the first */ };

struct cs_evidence {
	struct cs_rotated *file;  /* owned */
	struct cs_pcap_file pcap; /* what stands in the file; writes to .block */
	FILE *block;              /* owned: what is put next, in .room */
	uint8_t room[ROOM];
};

/* What was written to the block since it was empty. */
static struct cs_span written(struct cs_evidence *e)
{
	long n = fflush(e->block) == 0 ? ftell(e->block) : 0;

	return cs_span_of(e->room, n > 0 ? (size_t)n : 0);
}

/* Puts what stands before a file's first frame. */
static void begin(struct cs_evidence *e)
{
	rewind(e->block);
	if (cs_pcap_file_begin(&e->pcap, e->block) == CS_OK)
		(void)cs_rotated_begin(e->file, written(e)); /* else with the frame */
}

enum cs_err cs_evidence_open(const char *path, uint64_t most, unsigned files,
			     struct cs_evidence **out)
{
	struct cs_evidence *e = calloc(1, sizeof(*e));
	enum cs_err err = CS_ERR_NOMEM;

	if (e)
		e->block = fmemopen(e->room, sizeof(e->room), "w");
	if (e && e->block)
		err = cs_rotated_open(path, most, files, &e->file);
	if (err) {
		cs_evidence_close(e);
		return err;
	}
	begin(e);
	*out = e;
	return CS_OK;
}

void cs_evidence_close(struct cs_evidence *e)
{
	if (!e)
		return;
	cs_rotated_close(e->file);
	if (e->block)
		(void)fclose(e->block); /* memory */
	free(e);
}

int cs_evidence_folder(const struct cs_evidence *e)
{
	return cs_rotated_folder(e->file);
}

/* The frame as it goes into this file; in a file that is empty yet, with its begin. */
static enum cs_err compose(struct cs_evidence *e, const struct cs_post_evidence *frame)
{
	enum cs_err err = CS_OK;

	rewind(e->block);
	if (cs_rotated_is_empty(e->file))
		err = cs_pcap_file_begin(&e->pcap, e->block);
	return err ? err
		   : cs_pcap_file_add(&e->pcap, frame->wall_us, frame->dlt, frame->bytes,
				      frame->wire_len);
}

void cs_evidence_put(struct cs_evidence *e, const struct cs_post_evidence *frame)
{
	struct cs_pcap_file before = e->pcap;
	enum cs_err err = compose(e, frame);

	if (err == CS_ERR_FULL || (!err && !cs_rotated_fits(e->file, written(e).len))) {
		e->pcap = before;
		if (!cs_evidence_next(e))
			before = e->pcap;
		err = compose(e, frame);
	}
	if (err)
		cs_rotated_lose(e->file);
	else if (cs_rotated_put(e->file, written(e)))
		return;
	e->pcap = before; /* nothing of it is there */
}

enum cs_err cs_evidence_next(struct cs_evidence *e)
{
	enum cs_err err = cs_rotated_next(e->file);

	if (!err)
		begin(e);
	return err;
}

struct cs_rotated_state cs_evidence_state(const struct cs_evidence *e)
{
	return cs_rotated_state(e->file);
}
