/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices: whether a device of ours that answered before fell silent after a malformed
 * message, and whose message that was. Of fixed size.
 */
#pragma once

#include "base/addr.h"

struct cs_devices;

enum {
	CS_SILENT_REQUESTS = 3, /* without an answer, from which on it is silent */
	CS_SILENT_S = 4,        /* ... over at least so long */
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_devices_open(size_t bytes, struct cs_devices **out);
void cs_devices_close(struct cs_devices *devices);

/* The device whose address has @hash sent something. */
void cs_devices_heard(struct cs_devices *devices, uint64_t hash, int64_t wall_us);

/* It was sent a malformed message by @from. */
void cs_devices_hurt(struct cs_devices *devices, uint64_t hash,
		     const struct cs_addr *from, int64_t wall_us);

/* It was asked something sound; true, once, when it is silent since @culprit's message. */
CS_MUST_USE bool cs_devices_asked(struct cs_devices *devices, uint64_t hash,
				  int64_t wall_us, struct cs_addr *culprit);
