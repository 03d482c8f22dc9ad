/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptr_channel: one resolver over one transport: a c-ares channel whose sockets
 * are watched by an epoll. Each question is sent once; asking again is
 * ptr_turns.h's business. UDP and TCP are channels apart: when a connection
 * breaks, c-ares ends every question of its channel.
 */
#pragma once

#include <ares.h>

#include "enrich/dns_name.h"
#include "enrich/ptr_resolvers.h"

struct cs_ptr_channel {
	ares_channel ares;
	int epoll;
	uint32_t tag; /* high half of an event's data; the socket is the low one */
	bool epoll_failed;
};

struct cs_ptr_channel_want {
	struct cs_ptr_resolver resolver;
	bool tcp;
	uint32_t timeout_ms;
	uint32_t window; /* answers that may come at once */
	int epoll;       /* borrowed */
	uint32_t tag;
};

/* CS_ERR_NOMEM, CS_ERR_IO. @channel must stay where it is. */
CS_MUST_USE enum cs_err cs_ptr_channel_open(struct cs_ptr_channel *channel,
					    const struct cs_ptr_channel_want *want,
					    char why[CS_PTR_WHY]);

/* Ends what is under way with ARES_EDESTRUCTION. A zeroed one is fine. */
void cs_ptr_channel_close(struct cs_ptr_channel *channel);

/* Asks for the PTR record of @ip; @done may be called before this returns. */
void cs_ptr_channel_ask(struct cs_ptr_channel *channel, const struct cs_addr *ip,
			ares_callback done, void *arg);

/* Asks for the records of @type (RFC 1035 section 3.2.2) of @name, likewise. */
void cs_ptr_channel_ask_name(struct cs_ptr_channel *channel, const char *name, int type,
			     ares_callback done, void *arg);

/* Handles what epoll said of @socket. */
void cs_ptr_channel_ready(struct cs_ptr_channel *channel, int socket, uint32_t events);

/* Ends the questions whose time is over. */
void cs_ptr_channel_tick(struct cs_ptr_channel *channel);
