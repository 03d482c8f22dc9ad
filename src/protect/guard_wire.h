/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_wire: a request to the guard as bytes: one record of a fixed length and form,
 * written with wr and read with rd as strictly as packets are. There is one way
 * to write each request, and everything else is refused. Pure.
 */
#pragma once

#include "base/wr.h"
#include "protect/guard.h"

enum { CS_GUARD_WIRE = 68 + CS_GUARD_SEEN * (CS_GUARD_WHAT + 4) /* bytes */ };

/* Writes one record. CS_ERR_FULL in @w when there is no room. */
void cs_guard_wire_write(struct cs_wr *w, const struct cs_guard_request *request);

/*
 * Reads @bytes, which must be one record and no more.
 * CS_ERR_SHORT, CS_ERR_TRAILING
 * CS_ERR_FOREIGN   no request of this version
 * CS_ERR_RESERVED  what must be zero is not, or a name is not of its form
 * CS_ERR_RANGE     a number out of its range, or host bits are set
 */
CS_MUST_USE enum cs_err cs_guard_wire_read(struct cs_span bytes,
					   struct cs_guard_request *out);

/* Whether @what is at least one byte, has no NUL, and fits. */
CS_MUST_USE bool cs_guard_what_read(struct cs_span what, char out[CS_GUARD_WHAT]);
