/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linktype: a link type has a LINKTYPE_ number in files and a DLT_ number in libpcap
 * (pcap-linktype(7)). Of those that carry IP here raw IP alone has two.
 */
#pragma once

#include <stdint.h>

enum { CS_LINKTYPE_RAW = 101, CS_DLT_RAW = 12 };

static inline int cs_linktype_to_dlt(uint32_t linktype)
{
	return linktype == CS_LINKTYPE_RAW ? CS_DLT_RAW : (int)linktype;
}

static inline uint32_t cs_linktype_of_dlt(int dlt)
{
	return dlt == CS_DLT_RAW ? CS_LINKTYPE_RAW : (uint32_t)dlt;
}
