/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a capture file, packed or not: reading comes to an end, no frame is longer
 * than it may be, and frames that are written again are read as they were.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "net/capture.h"
#include "net/capture_format.h"
#include "out/pcap_file.h"

enum { SIZE_MAX_HERE = 1 << 18, FRAMES_MAX = 20000 };

#define LAST_US (INT64_C(253402300799999999) + INT64_C(1000000))

static struct cs_capture *open_at(FILE *in)
{
	static const char *const names[] = { "-" };
	struct cs_capture *capture;
	char why[CS_CAPTURE_WHY];

	MUST(cs_capture_open_files(names, 1, in, NULL, &capture, why) == CS_OK);
	return capture;
}

static void check(const struct cs_capture_frame *frame)
{
	enum cs_link_type link;

	MUST(frame->bytes.len <= CS_RECORD_MAX && frame->wire_len >= frame->bytes.len);
	MUST(frame->wall_us >= 0 && frame->wall_us <= LAST_US);
	MUST(cs_link_of(frame->dlt, &link) && link == frame->link);
	MUST(frame->source == 0);
}

/* Reads all of @in, and writes it as @out. */
static size_t read_and_write(FILE *in, struct cs_pcap_file *out)
{
	struct cs_capture *capture = open_at(in);
	struct cs_capture_frame frame;
	size_t n = 0;

	while (!cs_capture_done(capture) && n < FRAMES_MAX) {
		enum cs_err err = cs_capture_next(capture, 0, &frame);

		if (err && err != CS_ERR_NOT_FOUND)
			MUST(cs_capture_why(capture)[0] &&
			     !strchr(cs_capture_why(capture), '\n'));
		if (err)
			continue;
		check(&frame);
		MUST(!cs_pcap_file_add(out, frame.wall_us, frame.dlt, frame.bytes,
				       frame.wire_len));
		n++;
	}
	cs_capture_close(capture);
	return n;
}

static uint8_t *written(const uint8_t *data, size_t size, size_t *len, size_t *n)
{
	struct cs_pcap_file out;
	char *text = NULL;
	FILE *in, *to;
	uint8_t *copy = malloc(size);

	MUST(copy);
	memcpy(copy, data, size);
	in = fmemopen(copy, size, "r");
	to = open_memstream(&text, len);
	MUST(in && to);
	MUST(!cs_pcap_file_begin(&out, to));
	*n = read_and_write(in, &out);
	MUST(fclose(in) == 0 && fclose(to) == 0);
	free(copy);
	return (uint8_t *)text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = 0, again_len = 0, n, n_again;
	uint8_t *first, *again;

	if (size == 0 || size > SIZE_MAX_HERE)
		return 0;
	first = written(data, size, &len, &n);
	again = written(first, len, &again_len, &n_again);
	MUST(n_again == n && again_len == len && memcmp(first, again, len) == 0);
	free(first);
	free(again);
	return 0;
}
