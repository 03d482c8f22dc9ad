/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: just enough of rtnetlink over libmnl to ask the kernel one thing or
 * for the whole of a table. What is asked, and what comes of it, is the
 * business of route, neighbour and room.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct cs_netlink {
	struct mnl_socket *socket; /* owned */
	unsigned sequence;
};

/* CS_ERR_IO with errno. */
CS_MUST_USE enum cs_err cs_netlink_open(struct cs_netlink *nl);
void cs_netlink_close(struct cs_netlink *nl);

/* One message of an answer; false with errno ends the reading. */
typedef bool cs_netlink_fn(void *arg, const struct nlmsghdr *msg);

/*
 * Asks for all entries of a table (@type RTM_GETROUTE, RTM_GETADDR, ...) of
 * one family. Entries come in no order. When the table changed meanwhile, the
 * dump is made again: @each may see an entry twice.
 * CS_ERR_IO with errno, also @each's
 */
CS_MUST_USE enum cs_err cs_netlink_dump(struct cs_netlink *nl, uint16_t type,
					uint8_t family, cs_netlink_fn *each, void *arg);

/*
 * Sends @request, whose type and flags are set, and hands the answer to @each
 * (or none, where only an acknowledgement is wanted). CS_ERR_IO with the
 * kernel's reason in errno.
 */
CS_MUST_USE enum cs_err cs_netlink_ask(struct cs_netlink *nl, struct nlmsghdr *request,
				       cs_netlink_fn *each, void *arg);

/* Puts an address as 4 or 16 bytes. */
void cs_netlink_put_addr(struct nlmsghdr *msg, uint16_t type, const struct cs_addr *a);

/* Reads an attribute of 4 or 16 bytes; false when it has another length. */
CS_MUST_USE bool cs_netlink_addr(const struct nlattr *attr, struct cs_addr *out);

/* AF_INET or AF_INET6. */
static inline uint8_t cs_netlink_family(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? AF_INET : AF_INET6;
}
