/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture.h"

#include "net/capture_private.h"

void cs_capture_close(struct cs_capture *capture)
{
	if (capture)
		capture->ops->close(capture);
}

enum cs_err cs_capture_next(struct cs_capture *capture, int wait_ms,
			    struct cs_capture_frame *frame)
{
	return capture->ops->next(capture, wait_ms, frame);
}

bool cs_capture_done(const struct cs_capture *capture)
{
	return capture->done;
}

const char *cs_capture_why(const struct cs_capture *capture)
{
	return capture->why;
}

const char *cs_capture_lost(const struct cs_capture *capture)
{
	return capture->ops->lost ? capture->ops->lost(capture) : NULL;
}

uint64_t cs_capture_dropped(struct cs_capture *capture)
{
	return capture->ops->dropped ? capture->ops->dropped(capture) : 0;
}

size_t cs_capture_locals(const struct cs_capture *capture, const struct cs_prefix **out)
{
	*out = NULL;
	return capture->ops->locals ? capture->ops->locals(capture, out) : 0;
}
