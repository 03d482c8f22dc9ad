/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_user: what --user will have to open again (a log that was rotated, a file that is
 * replaced) is opened in that user's name from the first, while we are still root: so
 * it is the user's, and what the user may not open is said at once.
 */
#pragma once

#include <sys/types.h>

#include "cmd/cmd.h"

struct cs_as_user {
	bool changed;
	gid_t group; /* to go back to */
};

/*
 * Before anything is opened, and two processes find out: that nobody has the name, or that
 * we may not become somebody. NULL: nobody was asked for.
 * Returns -1 or the exit status: the reason has been said.
 */
CS_MUST_USE int cs_known_user(const struct cs_ctx *ctx, const char *name);

/*
 * From now on files are opened and made as @name. NULL, a name that nobody has, or not
 * being root: nothing changes. Returns -1 or the exit status:
 * the reason has been said. Ends with cs_as_user_end(); a zeroed one may be ended.
 */
CS_MUST_USE int cs_as_user_begin(const struct cs_ctx *ctx, const char *name,
				 struct cs_as_user *as);
CS_MUST_USE int cs_as_user_end(const struct cs_ctx *ctx, struct cs_as_user *as);

/*
 * Makes the store's folder where it is missing, and gives it to @name (NULL: nobody).
 * Returns -1 or the exit status: the reason has been said.
 */
CS_MUST_USE int cs_make_store(const struct cs_ctx *ctx, const char *dir,
			      const char *name);
