/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets in which rules count are emptied by one transaction of our own: no program is
 * started for it, and no rule goes. To load the rules again takes a hundred times as long.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "protect/prober_own.h"
#include "protect/rules_span.h"

enum {
	MESSAGE = 1024, /* bytes of one, at most */
	ROOM = MESSAGE * (CS_PROBER_COUNTING + 2),
};

/* A batch of messages as it is put together. */
struct batch {
	_Alignas(struct nlmsghdr) uint8_t room[ROOM];
	size_t len;
	uint32_t seq;
};

static struct nlmsghdr *put_message(struct batch *b, uint16_t type, uint8_t family,
				    uint16_t resource)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(b->room + b->len);
	struct nfgenmsg *body;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST;
	m->nlmsg_seq = ++b->seq;
	body = mnl_nlmsg_put_extra_header(m, sizeof(*body));
	body->nfgen_family = family;
	body->version = NFNETLINK_V0;
	body->res_id = htons(resource);
	return m;
}

static void end_message(struct batch *b, const struct nlmsghdr *m)
{
	b->len += (m->nlmsg_len + 3U) & ~3U;
}

static bool read_family(struct cs_span word, uint8_t *out)
{
	static const struct {
		const char *name;
		uint8_t number;
	} families[] = { { "inet", NFPROTO_INET },     { "ip", NFPROTO_IPV4 },
			 { "ip6", NFPROTO_IPV6 },      { "arp", NFPROTO_ARP },
			 { "bridge", NFPROTO_BRIDGE }, { "netdev", NFPROTO_NETDEV } };

	for (size_t i = 0; i < CS_LEN(families); i++) {
		*out = families[i].number;
		if (cs_text_is(word, families[i].name))
			return true;
	}
	return false;
}

static void put_text(struct nlmsghdr *m, uint16_t type, struct cs_span text)
{
	char name[CS_PROBER_NAME];

	(void)snprintf(name, sizeof(name), "%.*s", (int)text.len, (const char *)text.ptr);
	mnl_attr_put_strz(m, type, name);
}

/* All elements of it: a message that names none. */
static bool put_set(struct batch *b, const struct cs_prober_counting *set)
{
	struct cs_span rest = set->table, family, table;
	struct nlmsghdr *m;
	uint8_t number;

	if (!cs_text_word(&rest, &family) || !cs_text_word(&rest, &table) ||
	    !read_family(family, &number) || table.len >= CS_PROBER_NAME ||
	    set->name.len >= CS_PROBER_NAME)
		return false;
	m = put_message(b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM, number, 0);
	m->nlmsg_flags |= NLM_F_ACK;
	put_text(m, NFTA_SET_ELEM_LIST_TABLE, table);
	put_text(m, NFTA_SET_ELEM_LIST_SET, set->name);
	end_message(b, m);
	return true;
}

/* The kernel has said all before the sending is over. True when it took each of @n. */
static bool was_taken(int fd, size_t n)
{
	_Alignas(struct nlmsghdr) uint8_t room[8192];
	size_t acks = 0;
	ssize_t len;

	while ((len = recv(fd, room, sizeof(room), MSG_DONTWAIT)) > 0) {
		int left = (int)len;

		for (const struct nlmsghdr *m = (const struct nlmsghdr *)room;
		     mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
			const struct nlmsgerr *said = mnl_nlmsg_get_payload(m);

			if (m->nlmsg_type != NLMSG_ERROR || said->error)
				return false;
			acks++;
		}
	}
	return acks == n;
}

static bool empty(int fd, const struct cs_prober_scaled *scaled)
{
	struct batch *b = calloc(1, sizeof(*b));
	bool done = b != NULL;

	if (!b)
		return false;
	end_message(b, put_message(b, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES));
	for (size_t i = 0; done && i < scaled->n_counting; i++)
		done = put_set(b, &scaled->counting[i]);
	end_message(b, put_message(b, NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES));
	done = done && send(fd, b->room, b->len, 0) == (ssize_t)b->len &&
	       was_taken(fd, scaled->n_counting);
	free(b);
	return done;
}

bool cs_prober_empty(struct cs_prober *prober)
{
	if (prober->filter < 0)
		prober->filter =
			socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	return prober->filter >= 0 && empty(prober->filter, &prober->scaled);
}
