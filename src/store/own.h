/* SPDX-License-Identifier: Apache-2.0 */
/* own: what the files of the store share of the store itself. */
#pragma once

#include "base/siphash.h"
#include "store/catalog.h"
#include "store/db.h"
#include "store/store.h"

struct cs_store {
	char *dir; /* absolute; owned */
	struct cs_db catalog;
	struct cs_why why;
	struct cs_sipkey key; /* for tables of bodies; random */
};
