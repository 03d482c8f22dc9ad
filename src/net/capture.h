/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: frames from interfaces or from files, by libpcap. Everything is opened by
 * cs_capture_open_*(); reading needs no file and no capability afterwards. Files may
 * be pcap or pcapng (interfaces of several link types in one file too), plain, gzip or
 * zstd, told by content; "-" is standard input.
 */
#pragma once

#include <stdio.h>

#include "base/addr.h"
#include "wire/packet.h"

enum {
	CS_CAPTURE_WHY = 320,
	CS_CAPTURE_BUFFER = 32 << 20,
	CS_CAPTURE_SNAPLEN = 1600,
	CS_CAPTURE_FILTER = 2048, /* bytes of cs_capture_filter()'s text */
	CS_CAPTURE_PORTS = 64,    /* that it has room for */
	CS_CAPTURE_MERGED = 8,    /* files that are read side by side */
};

struct cs_capture;

struct cs_capture_frame {
	int64_t wall_us; /* when it was captured, UTC */
	enum cs_link_type link;
	struct cs_span bytes; /* captured; valid until the next call */
	uint32_t wire_len;    /* how long it was */
	int dlt;         /* libpcap's number of the link type, for writing it again */
	unsigned source; /* which interface or file, from 0 */
};

struct cs_capture_live {
	const char *const *interfaces; /* "any" too */
	size_t n_interfaces;
	/*
	 * pcap-filter(7) text without "vlan" or "pppoes", or NULL; set in the kernel, and
	 * applied to what is inside of VLAN tags and PPPoE as well.
	 */
	const char *filter;
	uint32_t snaplen; /* bytes */
	uint32_t buffer;  /* bytes a interface, in the kernel */
	bool promiscuous;
};

/*
 * Opens interfaces. CS_ERR_NOT_FOUND no such interface; CS_ERR_DENIED; CS_ERR_FOREIGN a
 * link type that is none of ours; CS_ERR_SYNTAX the filter; CS_ERR_IO. @why is one line.
 */
CS_MUST_USE enum cs_err cs_capture_open_live(const struct cs_capture_live *want,
					     struct cs_capture **out,
					     char why[CS_CAPTURE_WHY]);

/*
 * Opens @files, all of them now; they are read one after the other. @in is what "-"
 * means. Each frame that the filter (may be NULL) does not take is passed over.
 * CS_ERR_NOT_FOUND, CS_ERR_DENIED, CS_ERR_IO; CS_ERR_FOREIGN: no capture file, or a
 * link type that is none of ours; CS_ERR_SHORT: an empty file; CS_ERR_SYNTAX: the
 * filter. Only a regular file's first bytes are looked at here: what stands in a packed
 * file or in a pipe turns out with cs_capture_next(), in the jail.
 */
CS_MUST_USE enum cs_err cs_capture_open_files(const char *const *files, size_t n,
					      FILE *in, const char *filter,
					      struct cs_capture **out,
					      char why[CS_CAPTURE_WHY]);

/*
 * Likewise; but up to CS_CAPTURE_MERGED files, if none of them is a pipe, are read side by
 * side, each frame in its time: they may have one direction each, and come in any order.
 */
CS_MUST_USE enum cs_err cs_capture_open_merged(const char *const *files, size_t n,
					       FILE *in, const char *filter,
					       struct cs_capture **out,
					       char why[CS_CAPTURE_WHY]);

void cs_capture_close(struct cs_capture *capture);

/*
 * Takes the next frame. @wait_ms below 0: as long as it takes. For each error
 * cs_capture_why() is one line, and the next call goes on, with the next file if that
 * one is of no more use: none of them says that nothing more comes.
 * CS_ERR_NOT_FOUND  the files are at their end: cs_capture_done(); or nothing came (of
 *                   interfaces, a pipe) within @wait_ms or before a signal: call again
 * CS_ERR_DAMAGED    a file ends inside a record or does not hold together
 * CS_ERR_FOREIGN    no capture file; or an interface in one whose link type is none of
 *                   ours, said once: its frames are passed over
 * CS_ERR_SHORT      an empty file
 * CS_ERR_IO         a file cannot be read further; an interface has a fault
 * CS_ERR_NOMEM
 * An interface that goes down or is removed is waited for and used again when it comes
 * back: cs_capture_lost() tells.
 */
CS_MUST_USE enum cs_err cs_capture_next(struct cs_capture *capture, int wait_ms,
					struct cs_capture_frame *frame);

/* Nothing more will come: all files are at their end. Never true of interfaces. */
bool cs_capture_done(const struct cs_capture *capture);

const char *cs_capture_why(const struct cs_capture *capture);

/* Interfaces that are away at the moment, as text, or NULL when all are there. */
const char *cs_capture_lost(const struct cs_capture *capture);

/* Frames that the kernel dropped so far, for want of room. Live only, else 0. */
uint64_t cs_capture_dropped(struct cs_capture *capture);

/*
 * The interfaces' own addresses (128 bits) and their networks, in no order: what
 * `--local` is without the option.
 */
size_t cs_capture_locals(const struct cs_capture *capture, const struct cs_prefix **out);

/*
 * The filter for CoAP on @n ports: UDP and TCP from or to one of them, fragments but
 * the first and IPv6 with extension headers (their ports are out of the kernel's
 * sight), and ICMP errors. False: it has no room for so many.
 */
CS_MUST_USE bool cs_capture_filter(const uint16_t *ports, size_t n,
				   char out[CS_CAPTURE_FILTER]);
