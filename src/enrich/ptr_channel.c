/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/ptr_channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>

enum {
	CLASS_IN = 1,
	TYPE_PTR = 12,
	ANSWER_ROOM = 2048,      /* bytes that a short datagram takes in a buffer */
	BUFFER_MIN = 256 * 1024, /* bytes: forged answers must not displace true ones */
};

static void watch(void *data, ares_socket_t socket, int readable, int writable)
{
	struct cs_ptr_channel *channel = data;
	struct epoll_event event = { .events = (readable ? (uint32_t)EPOLLIN : 0) |
					       (writable ? (uint32_t)EPOLLOUT : 0),
				     .data.u64 = (uint64_t)channel->tag << 32 |
						 (uint32_t)socket };
	int rc;

	if (!readable && !writable) {
		(void)epoll_ctl(channel->epoll, EPOLL_CTL_DEL, socket, NULL);
		return;
	}
	rc = epoll_ctl(channel->epoll, EPOLL_CTL_MOD, socket, &event);
	if (rc != 0 && errno == ENOENT)
		rc = epoll_ctl(channel->epoll, EPOLL_CTL_ADD, socket, &event);
	if (rc != 0)
		channel->epoll_failed = true;
}

static int set_server(ares_channel ares, const struct cs_ptr_resolver *resolver)
{
	struct ares_addr_port_node node = { .family = AF_INET6,
					    .udp_port = resolver->port,
					    .tcp_port = resolver->port };

	if (cs_addr_is_v4(&resolver->ip)) {
		node.family = AF_INET;
		node.addr.addr4.s_addr = htonl(cs_addr_low32(&resolver->ip));
	} else {
		memcpy(&node.addr.addr6, resolver->ip.b, sizeof(resolver->ip.b));
	}
	return ares_set_servers_ports(ares, &node);
}

/* The kernel takes less when its limit is lower. */
static int buffer_for(uint32_t window)
{
	int bytes = (int)(window * ANSWER_ROOM);

	return bytes > BUFFER_MIN ? bytes : BUFFER_MIN;
}

static int open_channel(struct cs_ptr_channel *channel,
			const struct cs_ptr_channel_want *want)
{
	char nothing[] = "/dev/null", dns_alone[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_NOCHECKRESP |
			 (want->tcp ? ARES_FLAG_USEVC : ARES_FLAG_IGNTC),
		.timeout = (int)want->timeout_ms,
		.tries = 1,
		.socket_receive_buffer_size = buffer_for(want->window),
		.lookups = dns_alone,
		.sock_state_cb = watch,
		.sock_state_cb_data = channel,
		.resolvconf_path = nothing,
	};
	int rc = ares_init_options(&channel->ares, &options,
				   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS |
					   ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB |
					   ARES_OPT_RESOLVCONF);

	if (rc != ARES_SUCCESS) {
		channel->ares = NULL;
		return rc;
	}
	return set_server(channel->ares, &want->resolver);
}

enum cs_err cs_ptr_channel_open(struct cs_ptr_channel *channel,
				const struct cs_ptr_channel_want *want,
				char why[CS_PTR_WHY])
{
	int rc;

	*channel = (struct cs_ptr_channel){ .epoll = want->epoll, .tag = want->tag };
	rc = open_channel(channel, want);
	if (rc == ARES_SUCCESS)
		return CS_OK;
	(void)snprintf(why, CS_PTR_WHY, "asking for names: %s", ares_strerror(rc));
	cs_ptr_channel_close(channel);
	return rc == ARES_ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
}

void cs_ptr_channel_close(struct cs_ptr_channel *channel)
{
	if (channel->ares)
		ares_destroy(channel->ares);
	channel->ares = NULL;
}

void cs_ptr_channel_ask(struct cs_ptr_channel *channel, const struct cs_addr *ip,
			ares_callback done, void *arg)
{
	char name[CS_DNS_REVERSE_TEXT];

	cs_dns_reverse_text(ip, name);
	cs_ptr_channel_ask_name(channel, name, TYPE_PTR, done, arg);
}

void cs_ptr_channel_ask_name(struct cs_ptr_channel *channel, const char *name, int type,
			     ares_callback done, void *arg)
{
	ares_query(channel->ares, name, CLASS_IN, type, done, arg);
}

void cs_ptr_channel_ready(struct cs_ptr_channel *channel, int socket, uint32_t events)
{
	bool failed = events & (EPOLLERR | EPOLLHUP);

	ares_process_fd(channel->ares,
			failed || events & EPOLLIN ? socket : ARES_SOCKET_BAD,
			events & EPOLLOUT ? socket : ARES_SOCKET_BAD);
}

void cs_ptr_channel_tick(struct cs_ptr_channel *channel)
{
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
