/* SPDX-License-Identifier: Apache-2.0 */
/* watch_own: what the files of watch_store.h share. */
#pragma once

#include "store/db.h"
#include "store/files.h"
#include "store/watch_store.h"

extern const struct cs_db_kind cs_watch_db_kind;

/* The file of @day below @dir. False: longer than PATH_MAX. */
CS_MUST_USE bool cs_path_watch(const char *dir, int32_t day, struct cs_path *out);
