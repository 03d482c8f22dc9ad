/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading: what a result says, derived from the raw bytes that it holds, in
 * one place for all who write, count or judge results. Pure; nothing is
 * copied.
 */
#pragma once

#include "coap/msg.h"
#include "probe/result.h"

/* Every span is borrowed from the result. */
struct cs_reading {
	bool reported;   /* of a report: header and options are not known, links may be */
	bool has_header; /* it had the four bytes of version 1: the next three hold */
	enum cs_type type;
	uint8_t code;
	uint16_t mid;
	bool has_token; /* its token was whole, if only empty */
	struct cs_span token;
	struct cs_span options; /* for cs_opts_over(): yields those that are whole */
	bool has_content_format;
	uint32_t content_format;
	struct cs_span links; /* the body where it is a list of links, else empty */
	bool format_error;    /* RFC 7252 sections 3 and 4.1: it did not decode */
};

/*
 * Reads @result. The body counts as a list of links when its Content-Format is
 * 40, and, where it names none, when it can be followed to its end as one (or,
 * if it is incomplete, to where it is cut) and has at least one link.
 */
void cs_result_read(const struct cs_result *result, struct cs_reading *reading);

/*
 * The `version` column of a report: the generation of the probe, not CoAP's
 * version. 2 but for the rows of old reports that asked GET / in 4 bytes.
 */
unsigned cs_result_version(const struct cs_result *result);

/* A 2.05 without format error: what Shadowserver's report has. */
bool cs_reading_is_content(const struct cs_reading *reading);

/*
 * The first datagram's payload bytes over the request's, in hundredths, rounded
 * half up. False when the request's size is not known (0).
 */
CS_MUST_USE bool cs_result_amplification(const struct cs_result *result,
					 uint64_t *hundredths);

/*
 * All datagrams over all @probes (1 and on) that asked for them, each with its
 * IP and UDP headers: 28 bytes for IPv4, 48 for IPv6. False also for a report's
 * row, which tells of one datagram only.
 */
CS_MUST_USE bool cs_result_amplification_wire(const struct cs_result *result,
					      unsigned probes, uint64_t *hundredths);
