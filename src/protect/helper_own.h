/* SPDX-License-Identifier: Apache-2.0 */
/* helper_own: what the helper and its starter say to each other. Only for helper*.c. */
#pragma once

#include "protect/helper.h"

/* One byte each, to the helper. */
enum {
	CS_HELPER_GO = 'g',
	CS_HELPER_LEAVE = 'l',
	CS_HELPER_END = 'e',
};

/* From it: that it is ready, that the rules are in force, that they are not any more. */
struct cs_helper_says {
	enum cs_err err;
	char why[CS_STATE_WHY];
};

/* In the child: becomes the helper and never comes back. */
_Noreturn void cs_helper_detach(const struct cs_helper_job *job, int fd);
