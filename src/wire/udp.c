/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/udp.h"

#include "wire/checksum.h"

enum { HEADER = 8 /* bytes */ };

enum cs_err cs_udp_read(struct cs_span bytes, struct cs_udp *out)
{
	struct cs_rd rd = cs_rd_over(bytes.ptr, bytes.len);
	struct cs_udp udp = { 0 };

	udp.from_port = cs_rd_u16(&rd);
	udp.to_port = cs_rd_u16(&rd);

	size_t len = cs_rd_u16(&rd);

	udp.checksum = cs_rd_u16(&rd);
	if (rd.err)
		return rd.err;
	if (len < HEADER)
		return CS_ERR_RANGE;
	udp.payload = cs_rd_take(&rd, len - HEADER);
	if (rd.err)
		return rd.err;
	udp.whole = cs_span_of(bytes.ptr, len);
	*out = udp;
	return CS_OK;
}

bool cs_udp_intact(const struct cs_udp *udp, const struct cs_ip *ip)
{
	if (udp->checksum == 0)
		return cs_addr_is_v4(&ip->from);

	uint64_t sum = cs_sum_pseudo(&ip->from, &ip->to, CS_IPPROTO_UDP,
				     (uint32_t)udp->whole.len);

	return cs_sum_fold(cs_sum_bytes(sum, udp->whole)) == 0xffff;
}
