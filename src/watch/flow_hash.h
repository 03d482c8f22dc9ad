/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_hash: one name for both directions of a flow: Community ID version 1, seed 0
 * (github.com/corelight/community-id-spec), which other sensors write, too, so that
 * their events and ours can be joined; and a number of it as Suricata's flow_id is one.
 */
#pragma once

#include "base/addr.h"

struct cs_flow_hash;

enum {
	CS_COMMUNITY_ID = sizeof("1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
};

struct cs_flow_id {
	char community[CS_COMMUNITY_ID];
	uint64_t number; /* below 2^51: whole in any JSON reader */
};

/* Before a jail: the library looks for its files. CS_ERR_NOMEM: or it has no SHA-1 */
CS_MUST_USE enum cs_err cs_flow_hash_open(struct cs_flow_hash **out);
void cs_flow_hash_close(struct cs_flow_hash *hash);

/* @protocol is IP's: 6 or 17. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_flow_hash_of(struct cs_flow_hash *hash,
					const struct cs_addr *from, uint16_t from_port,
					const struct cs_addr *to, uint16_t to_port,
					uint8_t protocol, struct cs_flow_id *out);
