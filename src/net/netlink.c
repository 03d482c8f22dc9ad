/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	ANSWER = 32768, /* bytes; the kernel fills dumps up to this */
	ATTEMPTS = 5,   /* dumps of a table that changes all the time */
};

enum cs_err cs_netlink_open(struct cs_netlink *nl)
{
	*nl = (struct cs_netlink){ .socket = mnl_socket_open2(NETLINK_ROUTE,
							      SOCK_CLOEXEC) };
	if (!nl->socket)
		return CS_ERR_IO;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID)) {
		cs_netlink_close(nl);
		return CS_ERR_IO;
	}
	return CS_OK;
}

void cs_netlink_close(struct cs_netlink *nl)
{
	int kept = errno;

	if (nl->socket)
		(void)mnl_socket_close(nl->socket); /* nothing is under way */
	nl->socket = NULL;
	errno = kept;
}

struct reading {
	cs_netlink_fn *each;
	void *arg;
};

static int on_message(const struct nlmsghdr *msg, void *arg)
{
	const struct reading *r = arg;

	if (r->each && !r->each(r->arg, msg))
		return MNL_CB_ERROR;
	return MNL_CB_OK;
}

/* Sends and reads what comes back, to its end. */
static int transact(struct cs_netlink *nl, struct nlmsghdr *request, struct reading *r)
{
	unsigned port = mnl_socket_get_portid(nl->socket);
	bool to_the_end = request->nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK);
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER];
	int more = MNL_CB_OK;

	request->nlmsg_seq = ++nl->sequence;
	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return -1;
	do {
		ssize_t len = mnl_socket_recvfrom(nl->socket, answer, sizeof(answer));

		if (len < 0)
			return -1;
		more = mnl_cb_run(answer, (size_t)len, nl->sequence, port, on_message, r);
	} while (more == MNL_CB_OK && to_the_end);
	return more < 0 ? -1 : 0;
}

/* A reading that stopped early leaves messages that the next must not see. */
static enum cs_err reopen(struct cs_netlink *nl)
{
	int kept = errno;
	unsigned sequence = nl->sequence;

	cs_netlink_close(nl);

	enum cs_err err = cs_netlink_open(nl);

	nl->sequence = sequence;
	if (!err)
		errno = kept;
	return err;
}

enum cs_err cs_netlink_dump(struct cs_netlink *nl, uint16_t type, uint8_t family,
			    cs_netlink_fn *each, void *arg)
{
	struct reading r = { each, arg };

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		_Alignas(struct nlmsghdr) uint8_t room[256];
		struct nlmsghdr *request = mnl_nlmsg_put_header(room);
		struct rtgenmsg *body;

		request->nlmsg_type = type;
		request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		body = mnl_nlmsg_put_extra_header(request, sizeof(struct rtmsg));
		body->rtgen_family = family;
		if (transact(nl, request, &r) == 0)
			return CS_OK;
		if (reopen(nl))
			return CS_ERR_IO;
		if (errno != EINTR) /* EINTR: the table changed under us */
			return CS_ERR_IO;
	}
	return CS_ERR_IO;
}

enum cs_err cs_netlink_ask(struct cs_netlink *nl, struct nlmsghdr *request,
			   cs_netlink_fn *each, void *arg)
{
	struct reading r = { each, arg };

	return transact(nl, request, &r) ? CS_ERR_IO : CS_OK;
}

void cs_netlink_put_addr(struct nlmsghdr *msg, uint16_t type, const struct cs_addr *a)
{
	if (cs_addr_is_v4(a))
		mnl_attr_put(msg, type, 4, a->b + 12);
	else
		mnl_attr_put(msg, type, 16, a->b);
}

bool cs_netlink_addr(const struct nlattr *attr, struct cs_addr *out)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);

	switch (mnl_attr_get_payload_len(attr)) {
	case 4:
		*out = cs_addr_v4(0);
		memcpy(out->b + 12, bytes, 4);
		return true;
	case 16:
		memcpy(out->b, bytes, 16);
		return true;
	default:
		return false;
	}
}
