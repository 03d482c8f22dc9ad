/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle: brings what is derived from a day up to date: its summary in the
 * catalogue, first and last seen, new and gone against the day with data before
 * it. Does nothing for a day whose stamps say that it is settled. `scan`,
 * `import` and `enrich` settle the days they touched; `report` and `serve` what
 * they find unsettled.
 *
 * Groups of a summary (struct cs_store_sum.group) and their keys:
 *   total        "services" (unique address and port), "addresses", "ipv6"
 *   geo asn port stack severity tag code sector   the value; asn is "64512 NAME"
 *   amp          lower bound of the bucket in hundredths: 0 50 100 200 500 1000
 *                2000 5000 10000
 *   tree         "CC TAB ASN NAME TAB stack", at most 2000 and one "TAB TAB" for the rest
 *   change       "new" "gone" "changed" "moved" "not_probed" (absent: no day before)
 *   source       "scan", "report" (imported), "sample" (imported as sample data)
 * Only code counts what is no service. An unknown value is the empty key. At most
 * 1000 keys of a group, the rest in "other".
 */
#pragma once

#include "store/store.h"

/* What the store gives, CS_ERR_DENIED where it was opened for reading. */
CS_MUST_USE enum cs_err cs_settle_day(struct cs_store *store, int32_t day);

/* All days that are not settled; @progress may be NULL. */
CS_MUST_USE enum cs_err cs_settle_all(struct cs_store *store,
				      void (*progress)(void *arg, int32_t day),
				      void *arg);

/* Whether day @i of all of cs_store_days() is settled. */
CS_MUST_USE bool cs_settled(const struct cs_store_day *days, size_t n, size_t i);
