/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include "protect/scratch_own.h"

/* Asks for all entries of the namespace's table to be deleted: one without a key. */
static int flush(struct mnl_socket *nl)
{
	_Alignas(struct nlmsghdr) uint8_t room[1024];
	struct nlmsghdr *m = mnl_nlmsg_put_header(room);
	struct nfgenmsg *body;
	ssize_t n;

	m->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nlmsg_seq = 1;
	body = mnl_nlmsg_put_extra_header(m, sizeof(*body));
	body->nfgen_family = AF_UNSPEC;
	body->version = NFNETLINK_V0;
	if (mnl_socket_sendto(nl, m, m->nlmsg_len) < 0)
		return -1;
	n = mnl_socket_recvfrom(nl, room, sizeof(room));
	if (n < 0)
		return -1;
	return mnl_cb_run(room, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL);
}

enum cs_err cs_scratch_forget(struct cs_scratch *scratch)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	enum cs_err err = CS_ERR_IO;
	int kept;

	(void)scratch; /* we are in it */
	if (!nl)
		return CS_ERR_IO;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 && flush(nl) >= 0)
		err = CS_OK;
	kept = errno;
	(void)mnl_socket_close(nl); /* nothing is under way */
	errno = kept;
	return err;
}
