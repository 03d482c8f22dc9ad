/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hexdump: bytes from the hex that people paste: 4001..., with blanks, colons, commas,
 * 0x or \x before each byte; lines of tcpdump -x and -X, tshark -x, xxd, od -tx1 and
 * hexdump -C with their offsets and the text at their ends. Pure.
 */
#pragma once

#include "base/wr.h"

/*
 * Writes the bytes of @text to @out. CS_ERR_SYNTAX: no hex, or half a byte (*@at is
 * the offset in @text); else @out->err says whether there was room.
 */
CS_MUST_USE enum cs_err cs_hexdump_read(struct cs_span text, struct cs_wr *out,
					size_t *at);
