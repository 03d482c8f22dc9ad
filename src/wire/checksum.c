/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/checksum.h"

/* An IPv4 address is four bytes on the wire, not its mapped sixteen. */
static struct cs_span on_wire(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? cs_span_of(a->b + 12, 4) : cs_span_of(a->b, 16);
}

uint64_t cs_sum_pseudo(const struct cs_addr *from, const struct cs_addr *to,
		       uint8_t protocol, uint32_t len)
{
	uint64_t sum = (uint64_t)protocol + (len >> 16) + (len & 0xffff);

	sum = cs_sum_bytes(sum, on_wire(from));
	return cs_sum_bytes(sum, on_wire(to));
}
