/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcap_file: frames as a pcapng file (draft-ietf-opsawg-pcapng), which other tools read:
 * one section, an interface a link type, times in microseconds. Always in little-endian
 * order. When a file is full, and what is done when a disk is, is the caller's business.
 */
#pragma once

#include <stdio.h>

#include "base/rd.h"

enum {
	CS_PCAP_FILE_LINKS = 32,      /* link types in one file */
	CS_PCAP_FILE_FRAME = 1 << 18, /* bytes of a frame: what readers take */
};

/* Treat as opaque, but for .bytes. */
struct cs_pcap_file {
	FILE *to;       /* borrowed */
	uint64_t bytes; /* written so far */
	int dlts[CS_PCAP_FILE_LINKS];
	size_t n;
};

/* Begins a file at @to. CS_ERR_IO with errno */
CS_MUST_USE enum cs_err cs_pcap_file_begin(struct cs_pcap_file *f, FILE *to);

/*
 * Adds one frame of link type @dlt (libpcap's number): @bytes were captured of
 * @wire_len, at @wall_us (from 1970 on).
 * CS_ERR_IO     with errno; the file may end inside a block
 * CS_ERR_FULL   yet another link type: nothing is written
 * CS_ERR_RANGE  more than CS_PCAP_FILE_FRAME bytes: nothing is written
 */
CS_MUST_USE enum cs_err cs_pcap_file_add(struct cs_pcap_file *f, int64_t wall_us, int dlt,
					 struct cs_span bytes, uint32_t wire_len);
