/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of state share. */
#pragma once

#include "protect/state.h"

/* "PATH: what errno says". CS_ERR_IO */
enum cs_err cs_state_fail(char why[CS_STATE_WHY], const char *path);

/*
 * Opens a folder that is root's alone (whoever we are) and no link. -1 with errno and @why.
 * The descriptor is of what was looked at: whoever renames folders meanwhile changes nothing.
 */
CS_MUST_USE int cs_state_folder(const char *path, char why[CS_STATE_WHY]);
