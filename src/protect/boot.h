/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot: whether what is confirmed will be in force again after the machine has started anew: by
 * our systemd unit, or because nft's own configuration includes our script.
 */
#pragma once

#include "base/arena.h"
#include "protect/state.h"

#define CS_BOOT_UNIT "coapscope-protect.service"

enum cs_boot_by {
	CS_BOOT_BY_NOTHING,
	CS_BOOT_BY_UNIT,
	CS_BOOT_BY_INCLUDE,
	CS_BOOT_BY_UFW, /* which is no business of cs_boot_look() */
};

struct cs_boot {
	enum cs_boot_by by;
	bool systemd;           /* it runs here */
	char why[CS_STATE_WHY]; /* by nothing: why, and what would help */
};

/* Looks; changes nothing. */
void cs_boot_look(const struct cs_state *state, struct cs_boot *out);

/*
 * Enables the unit where systemd runs, the unit is installed and this is what it puts
 * back; and looks again.
 */
void cs_boot_cover(const struct cs_state *state, struct cs_arena *arena,
		   struct cs_boot *out);
