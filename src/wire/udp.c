/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/udp.h"

#include "wire/checksum.h"

enum { HEADER = 8 /* bytes */ };

enum cs_err cs_udp_read_cut(struct cs_span bytes, size_t wire_len, struct cs_udp *out)
{
	if (bytes.len < HEADER)
		return CS_ERR_SHORT;

	struct cs_rd rd = cs_rd_over(bytes.ptr, HEADER);
	struct cs_udp udp = { 0 };

	udp.from_port = cs_rd_u16(&rd);
	udp.to_port = cs_rd_u16(&rd);

	size_t len = cs_rd_u16(&rd);

	udp.checksum = cs_rd_u16(&rd);
	if (len < HEADER)
		return CS_ERR_RANGE;
	if (len > wire_len)
		return CS_ERR_SHORT;

	size_t there = len < bytes.len ? len : bytes.len;

	if (there > HEADER)
		udp.payload = cs_span_of(bytes.ptr + HEADER, there - HEADER);
	udp.payload_len = len - HEADER;
	udp.whole = cs_span_of(bytes.ptr, there);
	*out = udp;
	return CS_OK;
}

enum cs_err cs_udp_read(struct cs_span bytes, struct cs_udp *out)
{
	return cs_udp_read_cut(bytes, bytes.len, out);
}

bool cs_udp_intact(const struct cs_udp *udp, const struct cs_ip *ip)
{
	if (udp->checksum == 0)
		return cs_addr_is_v4(&ip->from);

	uint64_t sum = cs_sum_pseudo(&ip->from, &ip->to, CS_IPPROTO_UDP,
				     (uint32_t)udp->whole.len);

	return cs_sum_fold(cs_sum_bytes(sum, udp->whole)) == 0xffff;
}
