/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk: one UDP socket a family for conversations with many devices, and what
 * the network says when it cannot deliver. For questions one at a time; a scan
 * has tx.h and rx.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct cs_talk_want {
	bool v4, v6; /* families; at least one */
	uint16_t port_first,
		port_last; /* source port: the first that is free; 0, 0: any */
	struct cs_addr source_v4, source_v6; /* all zero bytes: as the routes say */
	const char *interface;               /* or NULL */
	uint32_t pick;                       /* random */
};

struct cs_talk {
	int fd[2];         /* IPv4 and IPv6; -1 where the family was not wanted */
	uint16_t port;     /* source port */
	uint32_t scope_id; /* the interface's index, for link-local IPv6; 0: none */
};

/*
 * CS_ERR_BUSY       the source port, or each of the range, is taken
 * CS_ERR_DENIED     port below 1024 or interface without the right to it
 * CS_ERR_NOT_FOUND  no such interface
 * CS_ERR_IO         any other reason; errno is kept
 */
CS_MUST_USE enum cs_err cs_talk_open(const struct cs_talk_want *want,
				     struct cs_talk *talk);
void cs_talk_close(struct cs_talk *talk);

/*
 * Sends one datagram.
 * CS_ERR_FULL  the kernel has no room now: later
 * CS_ERR_IO    it cannot leave; errno says why
 */
CS_MUST_USE enum cs_err cs_talk_send(const struct cs_talk *talk, const struct cs_addr *to,
				     uint16_t port, struct cs_span bytes);

enum { CS_TALK_DATAGRAM = 65536 /* bytes: room for any */ };

struct cs_talk_in {
	struct cs_addr ip; /* that it came from, or that could not be reached */
	uint16_t port;
	int error; /* 0: a datagram; else an errno, from an ICMP message */
	struct cs_span bytes;
};

/*
 * Takes what has come on talk->fd[@family] into @room (CS_TALK_DATAGRAM
 * bytes). False when nothing is left.
 */
CS_MUST_USE bool cs_talk_receive(const struct cs_talk *talk, unsigned family,
				 uint8_t *room, struct cs_talk_in *in);
