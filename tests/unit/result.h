/* SPDX-License-Identifier: Apache-2.0 */
/* Results as a scan would make them, for the tests of what is made of results. */
#pragma once

#include "probe/result.h"
#include "test.h"

/* 2026-01-05 00:00:00 UTC, the day of all of them. */
#define RESULT_TIME_US INT64_C(1767571200000000)

enum { RESULT_REQUEST = 21 /* bytes of the shipped probe */ };

/* A whole answer in one datagram: @header ends with its marker if @body has bytes. */
static inline struct cs_result result_of(struct cs_span header, struct cs_span body)
{
	uint32_t size = (uint32_t)(header.len + body.len);

	return (struct cs_result){
		.ip = cs_addr_v4(0xc0000201), /* 192.0.2.1 */
		.port = 5683,
		.reply_port = 5683,
		.time_us = RESULT_TIME_US,
		.rtt_us = 12345,
		.match = CS_MATCH_FULL,
		.request_size = RESULT_REQUEST,
		.response_size = size,
		.datagrams = 1,
		.bytes = size,
		.header = header,
		.body = body,
		.complete = true,
		.blocks = 1,
	};
}

/* ACK 2.05 with Content-Format 40, and nothing but a header. */
#define RESULT_LINKS SPAN("\x60\x45\x73\x6a\xc1\x28\xff")
#define RESULT_EMPTY SPAN("\x60\x45\x73\x6a")
