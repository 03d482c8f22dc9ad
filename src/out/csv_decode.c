/* SPDX-License-Identifier: Apache-2.0 */
#include "out/csv_decode.h"

#include "base/num.h"

enum { ESCAPE_LEN = 4 /* \xNN */ };

static bool take_escape(struct cs_rd *rd, uint8_t *byte)
{
	struct cs_span text = cs_rd_take(rd, ESCAPE_LEN);

	return text.len && text.ptr[1] == 'x' &&
	       cs_hex_read(cs_span_of(text.ptr + 2, 2), byte, 1);
}

static enum cs_err decode(struct cs_span cell, bool folds, uint8_t *out, size_t *len)
{
	struct cs_rd rd = cs_rd_over(cell.ptr, cell.len);
	size_t n = 0;

	while (cs_rd_left(&rd) > 0) {
		size_t at = rd.pos;

		if (cell.ptr[at] != '\\') {
			uint8_t byte = cs_rd_u8(&rd);

			out[n++] = folds && byte == '|' ? '\n' : byte;
		} else if (!take_escape(&rd, &out[n++])) {
			*len = at;
			return CS_ERR_SYNTAX;
		}
	}
	*len = n;
	return CS_OK;
}

enum cs_err cs_csv_response_decode(struct cs_span cell, uint8_t *out, size_t *len)
{
	return decode(cell, true, out, len);
}

enum cs_err cs_csv_field_decode(struct cs_span cell, uint8_t *out, size_t *len)
{
	return decode(cell, false, out, len);
}
