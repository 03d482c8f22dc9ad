/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tcp.h"

enum { HEADER_MIN = 20 /* bytes */ };

enum cs_err cs_tcp_read(struct cs_span bytes, size_t wire_len, struct cs_tcp *out)
{
	if (bytes.len < HEADER_MIN)
		return CS_ERR_SHORT;

	struct cs_rd rd = cs_rd_over(bytes.ptr, HEADER_MIN);
	struct cs_tcp tcp = { 0 };

	tcp.from_port = cs_rd_u16(&rd);
	tcp.to_port = cs_rd_u16(&rd);
	tcp.seq = cs_rd_u32(&rd);
	tcp.ack = cs_rd_u32(&rd);

	size_t header = (size_t)(cs_rd_u8(&rd) >> 4) * 4;

	tcp.flags = cs_rd_u8(&rd);

	/* Window, checksum and urgent pointer follow. */
	if (header < HEADER_MIN)
		return CS_ERR_RANGE;
	if (header > wire_len)
		return CS_ERR_SHORT;
	if (header < bytes.len)
		tcp.payload = cs_span_of(bytes.ptr + header, bytes.len - header);
	tcp.payload_len = wire_len - header;
	*out = tcp;
	return CS_OK;
}
