/* SPDX-License-Identifier: Apache-2.0 */
/* own: what the files of the store share of the store itself. */
#pragma once

#include "base/siphash.h"
#include "store/catalog.h"
#include "store/companion.h"
#include "store/db.h"
#include "store/store.h"

struct cs_store {
	char *dir; /* absolute; owned */
	struct cs_db catalog;
	struct cs_why why;
	struct cs_sipkey key;    /* for tables of bodies; random */
	const uint8_t *row_scan; /* as cs_store_row_scan() says */
	bool read_only;
	struct cs_companion names, seen;
	uint8_t name[CS_NAME_MAX]; /* that was found last */
	int64_t names_now_us;      /* the latest time that names were asked at */
	bool names_cleaned;
};

/* CS_ERR_DENIED: the store was opened for reading only. */
CS_MUST_USE enum cs_err cs_store_writable(struct cs_store *store);

/* Forgets who was last seen before @us. A store without such a list is fine. */
CS_MUST_USE enum cs_err cs_seen_forget(struct cs_store *store, int64_t us);

/* Removes a folder of a day and our files in it. */
CS_MUST_USE enum cs_err cs_prune_folder(struct cs_store *store, const char *path);

/* Opens the catalogue for writing; it is made where it is missing. */
CS_MUST_USE enum cs_err cs_store_open_catalog(struct cs_store *store);

extern const struct cs_companion_kind cs_names_kind, cs_seen_kind;

/* The catalogue for reading, as it is by now. */
CS_MUST_USE enum cs_err cs_store_catalog(struct cs_store *store, struct cs_db **catalog);
