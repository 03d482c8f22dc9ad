/* SPDX-License-Identifier: Apache-2.0 */
#include "net/neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "net/netlink.h"
#include "net/route.h"

enum {
	LOOK_EVERY_MS = 20,
	HAS_ADDRESS = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT,
	IS_NOT_COUNTED = NUD_PERMANENT | NUD_NOARP,
};

struct entry {
	uint16_t state; /* NUD_ */
	bool has_mac;
	uint8_t mac[6];
};

static int on_attribute(const struct nlattr *attr, void *arg)
{
	struct entry *e = arg;

	if (mnl_attr_get_type(attr) == NDA_LLADDR &&
	    mnl_attr_get_payload_len(attr) == sizeof(e->mac)) {
		memcpy(e->mac, mnl_attr_get_payload(attr), sizeof(e->mac));
		e->has_mac = true;
	}
	return MNL_CB_OK;
}

static bool on_entry(void *arg, const struct nlmsghdr *msg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(msg);
	struct entry *e = arg;

	e->state = nd->ndm_state;
	return mnl_attr_parse(msg, sizeof(*nd), on_attribute, e) >= 0;
}

static struct nlmsghdr *request_for(void *room, const struct cs_way *way, uint16_t type,
				    unsigned flags, uint8_t entry_flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(room);
	struct ndmsg *body;

	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->ndm_family = cs_netlink_family(&way->gateway);
	body->ndm_ifindex = (int)way->ifindex;
	body->ndm_flags = entry_flags;
	cs_netlink_put_addr(request, NDA_DST, &way->gateway);
	return request;
}

/* CS_ERR_NOT_FOUND: no entry that holds an address. @failed: and none will. */
static enum cs_err look(struct cs_netlink *nl, const struct cs_way *way, uint8_t mac[6],
			bool *failed)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct entry e = { 0 };
	enum cs_err err = cs_netlink_ask(nl, request_for(room, way, RTM_GETNEIGH, 0, 0),
					 on_entry, &e);

	*failed = false;
	if (err)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : err;
	if (!e.has_mac || !(e.state & HAS_ADDRESS)) {
		*failed = e.state & NUD_FAILED;
		return CS_ERR_NOT_FOUND;
	}
	memcpy(mac, e.mac, sizeof(e.mac));
	return CS_OK;
}

/* Has the kernel resolve the address as if a packet had to go there. */
static enum cs_err resolve(struct cs_netlink *nl, const struct cs_way *way)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	unsigned flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	enum cs_err err = cs_netlink_ask(
		nl, request_for(room, way, RTM_NEWNEIGH, flags, NTF_USE), NULL, NULL);

	return err && (errno == EPERM || errno == EACCES) ? CS_ERR_DENIED : err;
}

static enum cs_err wait_for(struct cs_netlink *nl, const struct cs_way *way,
			    int timeout_ms, uint8_t mac[6])
{
	const struct timespec pause = { .tv_nsec = LOOK_EVERY_MS * CS_NS_PER_MS };
	enum cs_err err = CS_ERR_NOT_FOUND;
	bool failed = false;

	for (int waited = 0; waited <= timeout_ms && !failed; waited += LOOK_EVERY_MS) {
		err = look(nl, way, mac, &failed);
		if (err != CS_ERR_NOT_FOUND)
			break;
		(void)nanosleep(&pause, NULL); /* a shorter one does no harm */
	}
	return err;
}

enum cs_err cs_route_neighbour(const struct cs_way *way, int timeout_ms, uint8_t mac[6])
{
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);
	bool failed;

	if (err)
		return err;
	err = look(&nl, way, mac, &failed);
	if (err == CS_ERR_NOT_FOUND)
		err = resolve(&nl, way);
	else
		timeout_ms = -1;
	if (!err && timeout_ms >= 0)
		err = wait_for(&nl, way, timeout_ms, mac);
	cs_netlink_close(&nl);
	return err;
}

static bool count_one(void *arg, const struct nlmsghdr *msg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(msg);
	uint64_t *n = arg;

	if (!(nd->ndm_state & IS_NOT_COUNTED))
		++*n;
	return true;
}

enum cs_err cs_neighbour_count(bool v6, uint64_t *n)
{
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);

	if (err)
		return err;
	*n = 0;
	err = cs_netlink_dump(&nl, RTM_GETNEIGH, v6 ? AF_INET6 : AF_INET, count_one, n);
	cs_netlink_close(&nl);
	return err;
}
