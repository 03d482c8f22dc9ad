/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP options (RFC 7252 section 3.1): a lazy walk over the option list of one
 * message. Pure: no allocation, no I/O, no clock. Which options are critical,
 * and what their values mean, is option_rule.h's business, not this file's.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include "coap/fault.h"

/* One option as it stood on the wire. */
struct cs_opt {
	uint32_t number;      /* absolute option number, 0..65535 */
	struct cs_span value; /* borrowed from the datagram */
};

/* Treat as opaque; on the stack, no cleanup. */
struct cs_opts {
	struct cs_rd rd;
	size_t at;           /* where the option or marker read last begins, in tail */
	uint32_t number;     /* last option number seen */
	enum cs_fault fault; /* why the walk stopped early, or none */
	struct cs_span payload;
};

/*
 * Starts a walk over @tail, the bytes that follow the token. The datagram must
 * outlive the walk and every option it yields.
 */
struct cs_opts cs_opts_over(struct cs_span tail);

/*
 * Yields the next option into @opt. Returns false at the end of the list and
 * on malformed input; cs_opts_end() tells which. @opt is untouched on false.
 */
CS_MUST_USE bool cs_opts_next(struct cs_opts *w, struct cs_opt *opt);

/*
 * Ends the walk. On CS_OK, @payload is the (possibly empty) payload. Otherwise
 * @payload is untouched, w->rd.pos is where reading stopped, w->at is where the
 * option or marker at fault begins, and w->fault says which rule was broken.
 *
 * CS_ERR_SHORT     an option or its value runs past the datagram (M7, M8)
 * CS_ERR_RESERVED  a delta or length nibble is 15 (M6), or a payload marker is
 *                  followed by nothing (M11)
 * CS_ERR_RANGE     the option number (M9) or length (M10) exceeds 65535
 */
CS_MUST_USE enum cs_err cs_opts_end(const struct cs_opts *w, struct cs_span *payload);

/*
 * Appends one option to @w. @previous is the number of the option before it
 * (0 for the first) and must not be greater than @number, and that not greater
 * than 65535. A value of more than 65535 bytes leaves CS_ERR_FULL in @w.
 */
void cs_opt_write(struct cs_wr *w, uint32_t previous, uint32_t number,
		  struct cs_span value);

/*
 * A uint option value (RFC 7252 section 3.2): up to four bytes, most
 * significant first. False when @value is longer.
 */
CS_MUST_USE bool cs_opt_uint(struct cs_span value, uint32_t *out);

/* The shortest encoding of @value into @bytes; returns its length, 0..4. */
size_t cs_opt_uint_write(uint32_t value, uint8_t bytes[4]);
