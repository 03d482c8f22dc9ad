/* SPDX-License-Identifier: Apache-2.0 */
/* addr_hash: the keyed hash of an address, for tables of what strangers choose. */
#pragma once

#include "base/addr.h"
#include "base/siphash.h"

/* SipHash-1-3 of its four bytes, or of its sixteen; never 0. */
static inline uint64_t cs_addr_hash(const struct cs_sipkey *key, const struct cs_addr *ip)
{
	uint64_t v[4], hash;

	cs_sip_start(v, key);
	if (cs_addr_is_v4(ip)) {
		hash = cs_sip13_end(v, UINT64_C(4) << 56 | cs_addr_low32(ip));
	} else {
		cs_sip13_word(v, cs_addr_high64(ip));
		cs_sip13_word(v, cs_addr_low64(ip));
		hash = cs_sip13_end(v, UINT64_C(16) << 56);
	}
	return hash ? hash : 1;
}
