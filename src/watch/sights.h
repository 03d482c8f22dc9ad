/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sights: the latest messages of several forms. Most of what comes came before, but for
 * Message ID and token, and is not read again.
 */
#pragma once

#include "watch/sight.h"

enum {
	CS_SIGHTS = 64,       /* forms */
	CS_SIGHTS_BYTES = 76, /* of a message: a header, a token, 64 more */
};

/* Zeroed at first. It holds pointers into itself: it stays where it is. */
struct cs_sights {
	struct cs_sights_form {
		size_t len; /* 0: none yet */
		uint8_t bytes[CS_SIGHTS_BYTES];
		struct cs_sight sight; /* its spans are of .bytes */
	} form[CS_SIGHTS];
	struct cs_sight other;
};

/*
 * What cs_sight_read() says. It is valid until the next is read; its spans are of the
 * packet's payload or of a copy of it.
 */
const struct cs_sight *cs_sights_read(struct cs_sights *sights,
				      const struct cs_packet *packet);
