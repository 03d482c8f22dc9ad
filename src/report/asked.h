/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked: whether a day's scans asked an address and port, in chunks that they
 * closed: only then does silence mean that nobody is there.
 */
#pragma once

#include "store/store.h"

struct cs_asked;

/*
 * CS_ERR_NOMEM, and what the store gives. A plan that cannot be read (of a
 * newer version, say) has asked nothing that we know of.
 */
CS_MUST_USE enum cs_err cs_asked_open(struct cs_store *store, int32_t day,
				      struct cs_asked **out);
void cs_asked_close(struct cs_asked *asked);

bool cs_asked_has(const struct cs_asked *asked, const struct cs_addr *ip, uint16_t port);

/*
 * Whether the reports imported for a day are marked as sample data: as soon as
 * one of them is. CS_ERR_NOMEM, and what the store gives.
 */
CS_MUST_USE enum cs_err cs_day_is_sample(struct cs_store *store, int32_t day,
					 bool *sample);
