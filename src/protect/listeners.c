/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/listeners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

enum {
	ANSWER = 32768,             /* bytes; the kernel fills dumps up to this */
	SOCKETS_MAX = 1 << 16,      /* of a host; what comes after is not looked at */
	STATE_LISTEN = 1 << 10,     /* TCP_LISTEN */
	STATE_UNCONNECTED = 1 << 7, /* TCP_CLOSE, as UDP sockets without a peer have it */
	PATH = 64,
};

struct entry {
	struct cs_listener listener;
	uint32_t inode;
};

/* Sockets being gathered, in the heap. */
struct gathering {
	struct entry *entries; /* owned */
	size_t n, cap;
	bool tcp;
};

static bool gather(struct gathering *g, const struct entry *entry)
{
	if (g->n == SOCKETS_MAX)
		return true;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 64;
		struct entry *grown = realloc(g->entries, cap * sizeof(*grown));

		if (!grown)
			return false;
		g->entries = grown;
		g->cap = cap;
	}
	g->entries[g->n++] = *entry;
	return true;
}

/* --- sockets, by netlink --- */

static struct cs_addr address_of(const struct inet_diag_msg *diag)
{
	struct cs_addr a;

	if (diag->idiag_family == AF_INET)
		return cs_addr_v4(ntohl(diag->id.idiag_src[0]));
	memcpy(a.b, diag->id.idiag_src, sizeof(a.b));
	return a;
}

static int on_attribute(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == INET_DIAG_SKV6ONLY &&
	    mnl_attr_get_payload_len(attr) >= 1)
		*(bool *)arg = mnl_attr_get_u8(attr) != 0;
	return MNL_CB_OK;
}

static bool says_only_v6(const struct nlmsghdr *msg)
{
	bool only = false;

	if (mnl_attr_parse(msg, sizeof(struct inet_diag_msg), on_attribute, &only) < 0)
		return false;
	return only;
}

static int on_socket(const struct nlmsghdr *msg, void *arg)
{
	struct gathering *g = arg;
	const struct inet_diag_msg *diag;
	struct entry entry = { 0 };

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*diag))
		return MNL_CB_OK;
	diag = mnl_nlmsg_get_payload(msg);
	entry.inode = diag->idiag_inode;
	entry.listener = (struct cs_listener){ .address = address_of(diag),
					       .tcp = g->tcp,
					       .only_v6 = says_only_v6(msg),
					       .port = ntohs(diag->id.idiag_sport),
					       .link = diag->id.idiag_if };
	if (gather(g, &entry))
		return MNL_CB_OK;
	errno = ENOMEM;
	return MNL_CB_ERROR;
}

static enum cs_err dump(struct mnl_socket *nl, uint8_t family, struct gathering *g)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[ANSWER];
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *ask;
	ssize_t len;
	int more = MNL_CB_OK;

	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ask = mnl_nlmsg_put_extra_header(msg, sizeof(*ask));
	ask->sdiag_family = family;
	ask->sdiag_protocol = g->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	ask->idiag_states = g->tcp ? STATE_LISTEN : STATE_UNCONNECTED;
	if (mnl_socket_sendto(nl, msg, msg->nlmsg_len) < 0)
		return CS_ERR_IO;
	while (more == MNL_CB_OK) {
		len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		if (len < 0)
			return CS_ERR_IO;
		more = mnl_cb_run(buffer, (size_t)len, 0, mnl_socket_get_portid(nl),
				  on_socket, g);
	}
	if (more == MNL_CB_STOP)
		return CS_OK;
	return errno == ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
}

static enum cs_err read_sockets(struct gathering *g)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	enum cs_err err = CS_OK;

	if (!nl)
		return CS_ERR_IO;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		err = CS_ERR_IO;
	for (size_t i = 0; i < 2 * CS_LEN(families) && !err; i++) {
		g->tcp = i % 2 != 0;
		err = dump(nl, families[i / 2], g);
		/* A machine without a protocol's diagnosis has no such sockets for us. */
		if (err == CS_ERR_IO && (errno == ENOENT || errno == EINVAL))
			err = CS_OK;
	}
	(void)mnl_socket_close(nl); /* nothing is under way */
	return err;
}

/* --- processes, by /proc --- */

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static struct entry *entry_of(const struct gathering *g, uint32_t inode)
{
	const struct entry key = { .inode = inode };

	return g->n ? bsearch(&key, g->entries, g->n, sizeof(key), by_inode) : NULL;
}

static void read_name(int pid, char name[16])
{
	char path[PATH];
	int fd;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, name, 15);
	(void)close(fd);
	while (len > 0 && name[len - 1] == '\n')
		len--;
	name[len > 0 ? len : 0] = '\0';
}

/* "socket:[4711]" to 4711. */
static bool inode_of(const char *text, size_t len, uint32_t *inode)
{
	static const char begin[] = "socket:[";
	const size_t skip = sizeof(begin) - 1;
	uint64_t n;

	if (len < skip + 2 || memcmp(text, begin, skip) != 0 || text[len - 1] != ']' ||
	    !cs_num_u64(cs_span_of(text + skip, len - skip - 1), 1, UINT32_MAX, &n))
		return false;
	*inode = (uint32_t)n;
	return true;
}

/* The socket is @pid's; of several the last one that is not init's. */
static void claim(const struct gathering *g, uint32_t inode, int pid)
{
	struct entry *entry = entry_of(g, inode);

	if (!entry || (pid == 1 && entry->listener.pid))
		return;
	while (entry > g->entries && entry[-1].inode == inode)
		entry--;
	for (; entry < g->entries + g->n && entry->inode == inode; entry++) {
		entry->listener.pid = pid;
		read_name(pid, entry->listener.process);
	}
}

static void look_at_process(const struct gathering *g, int pid)
{
	char path[PATH], text[PATH];
	struct dirent *found;
	uint32_t inode;
	ssize_t len;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return; /* not ours, or gone */
	while ((found = readdir(dir))) {
		len = readlinkat(dirfd(dir), found->d_name, text, sizeof(text));
		if (len > 0 && inode_of(text, (size_t)len, &inode))
			claim(g, inode, pid);
	}
	(void)closedir(dir);
}

/* Names stay empty where there is no /proc: who listens is known without it. */
static void read_processes(const struct gathering *g)
{
	DIR *proc = opendir("/proc");
	struct dirent *found;
	uint64_t pid;

	if (!proc)
		return;
	while ((found = readdir(proc)))
		if (cs_num_u64(cs_span_str(found->d_name), 1, INT32_MAX, &pid))
			look_at_process(g, (int)pid);
	(void)closedir(proc);
}

enum cs_err cs_listeners_read(struct cs_arena *arena, struct cs_listener **out, size_t *n)
{
	struct gathering g = { 0 };
	enum cs_err err = read_sockets(&g);
	struct cs_listener *list = NULL;

	if (!err) {
		if (g.n)
			qsort(g.entries, g.n, sizeof(*g.entries), by_inode);
		read_processes(&g);
		list = cs_arena_array(arena, g.n ? g.n : 1, sizeof(*list));
		err = list ? CS_OK : CS_ERR_NOMEM;
	}
	for (size_t i = 0; !err && i < g.n; i++)
		list[i] = g.entries[i].listener;
	free(g.entries);
	if (err)
		return err;
	*out = list;
	*n = g.n;
	return CS_OK;
}

/* --- who takes it --- */

/* 0: not for it; else the better, the more it is bound to. */
static int fit(const struct cs_listener *l, const struct cs_addr *to)
{
	static const struct cs_addr all;
	const struct cs_addr all_v4 = cs_addr_v4(0);

	if (cs_addr_cmp(&l->address, to) == 0)
		return 3;
	if (cs_addr_is_v4(to))
		return cs_addr_cmp(&l->address, &all_v4) == 0               ? 2
		       : cs_addr_cmp(&l->address, &all) == 0 && !l->only_v6 ? 1
									    : 0;
	return cs_addr_cmp(&l->address, &all) == 0 ? 2 : 0;
}

const struct cs_listener *cs_listeners_find(const struct cs_listener *listeners, size_t n,
					    const struct cs_addr *to, uint32_t link,
					    bool tcp, uint16_t port)
{
	const struct cs_listener *best = NULL;
	int best_fit = 0;

	if (tcp && cs_addr_is_group(to))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct cs_listener *l = &listeners[i];
		bool bound = l->link != 0 && l->link != link;
		int f = l->tcp == tcp && l->port == port && !bound ? fit(l, to) : 0;

		if (f > best_fit) {
			best_fit = f;
			best = l;
		}
	}
	return best;
}
