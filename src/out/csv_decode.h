/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_decode: the way back from the cells that out/csv.h writes for strangers'
 * bytes. A cell here is the cell's text after an RFC 4180 reader has taken the
 * quotes off. Reads leniently what others write: a byte that is no escape is
 * itself.
 */
#pragma once

#include "base/rd.h"

/*
 * Decodes a `response` cell: | is LF and \xNN (hex of either case) the byte.
 * @out has room for cell.len bytes; @len is how many were written.
 *
 * CS_ERR_SYNTAX  a backslash that no \xNN follows: not a cell of ours; @len
 *                is where in the cell it stands
 */
CS_MUST_USE enum cs_err cs_csv_response_decode(struct cs_span cell, uint8_t *out,
					       size_t *len);

/* Likewise for a cell of cs_csv_field(), where | is itself. */
CS_MUST_USE enum cs_err cs_csv_field_decode(struct cs_span cell, uint8_t *out,
					    size_t *len);
