/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What asking one address and port brought: the record that the scan makes,
 * the store keeps and the outputs write. Holds the raw bytes and what cannot
 * be told from them again; everything else (code, options, links, both
 * amplification figures) is derived by the reader.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "coap/fault.h"

/* How a reply was known to belong to a probe. */
enum cs_match {
	CS_MATCH_FULL, /* by Message ID or token, and by port */
	CS_MATCH_PORT, /* by port alone, then confirmed by a follow-up */
	/*
	 * Not ours to know: the row comes from somebody's scan_coap report, which
	 * holds 2.05 answers only. There is no header, and port is reply_port.
	 * request_size tells the report's `version`: 4 bytes is version 1 (GET /,
	 * and body is the whole datagram, folded to text), else it is version 2.
	 * response_size 0 is unknown: the oldest reports had none.
	 */
	CS_MATCH_REPORT,
};

/*
 * "First datagram" is the first that carries a response code; an Empty ACK or
 * RST only where nothing else came.
 */
struct cs_result {
	struct cs_addr ip;
	uint16_t port;       /* that was asked */
	uint16_t reply_port; /* that the first datagram came from */
	int64_t time_us;     /* of the probe, UTC */
	int64_t rtt_us;      /* probe to first datagram; -1 unknown */
	enum cs_match match;
	uint32_t request_size;  /* UDP payload of the probe, bytes */
	uint32_t response_size; /* UDP payload of the first datagram, bytes */
	uint32_t datagrams;     /* all that came for the probe itself */
	uint64_t bytes;         /* their UDP payloads together */
	/*
	 * The first datagram up to its payload, the marker with it. All of the
	 * datagram when it has a format error: then body is empty.
	 */
	struct cs_span header;
	struct cs_span body; /* the payload, from all blocks that were fetched */
	bool complete;       /* the body ended */
	uint32_t blocks;     /* the body came in; 1 without Block2; 0 no response code */
	struct cs_flaw malformed; /* first format error, else first oddity, or none */
};
