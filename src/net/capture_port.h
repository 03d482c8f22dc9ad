/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_port: one interface that is listened to, by libpcap. It may go down, be
 * removed and come back; its socket stays, and is bound to the new one: that needs no
 * capability and no new descriptor, so it goes in the jail.
 */
#pragma once

#include <net/if.h>
#include <pcap/pcap.h>

#include "net/capture.h"

struct cs_capture_port {
	pcap_t *pcap; /* owned */
	int fd;       /* pcap's */
	char name[IFNAMSIZ];
	bool any;  /* every interface: none of them is missed */
	bool away; /* down or removed at the moment */
	int ifindex;
	unsigned short hardware; /* ARPHRD_ETHER and so on */
	int dlt;
	enum cs_link_type link;
	uint64_t dropped;
};

/* Errors and @why as cs_capture_open_live(). Clear it in every case. */
CS_MUST_USE enum cs_err cs_capture_port_open(struct cs_capture_port *p, const char *name,
					     const struct cs_capture_live *want,
					     char why[CS_CAPTURE_WHY]);
void cs_capture_port_clear(struct cs_capture_port *p);

/*
 * The next frame, without waiting. CS_ERR_NOT_FOUND: none is there, or the interface
 * is away. CS_ERR_IO with @why.
 */
CS_MUST_USE enum cs_err cs_capture_port_next(struct cs_capture_port *p,
					     struct cs_capture_frame *frame,
					     char why[CS_CAPTURE_WHY]);

/* Looks whether the interface is there, binds to it if it is a new one; sets .away. */
void cs_capture_port_look(struct cs_capture_port *p);

/* Adds what the kernel dropped since the last look. */
void cs_capture_port_count(struct cs_capture_port *p);
