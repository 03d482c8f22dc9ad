/* SPDX-License-Identifier: Apache-2.0 */
/* capture_private: what interfaces and files have in common. Only for capture*.c. */
#pragma once

#include "net/capture.h"

struct cs_capture_ops {
	enum cs_err (*next)(struct cs_capture *capture, int wait_ms,
			    struct cs_capture_frame *frame);
	void (*close)(struct cs_capture *capture);
	/* These may be NULL: nothing of that kind. */
	const char *(*lost)(const struct cs_capture *capture);
	uint64_t (*dropped)(struct cs_capture *capture);
	size_t (*locals)(const struct cs_capture *capture, const struct cs_prefix **out);
};

/* The first member of both kinds. */
struct cs_capture {
	const struct cs_capture_ops *ops;
	bool done; /* nothing more comes, ever */
	char why[CS_CAPTURE_WHY];
};
