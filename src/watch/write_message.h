/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_message: each datagram as a line for people, as tcpdump would if it knew CoAP.
 * Strangers' bytes are escaped. Write errors are left in the stream.
 */
#pragma once

#include <stdio.h>

#include "watch/post.h"

struct cs_message_look {
	bool hex; /* the datagram's bytes below it, in hex and as text */
	bool colour;
};

/* "TIME FROM > TO: LINE", and the bytes where they are asked for. */
void cs_write_message(FILE *to, const struct cs_post_message *message,
		      const struct cs_message_look *look);
