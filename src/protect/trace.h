/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: which rules a packet met, as the kernel's nftrace tells them through
 * `nft -a monitor trace` (text: Debian 12's nft has no JSON for it). cs_trace_line() is
 * pure; the rest runs the program in the scratch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_trace_kind {
	CS_TRACE_PACKET, /* the packet itself, shown at each chain that it enters */
	CS_TRACE_RULE,
	CS_TRACE_RETURN,
	CS_TRACE_POLICY,
};

enum cs_trace_verdict {
	CS_TRACE_CONTINUE, /* and return, break */
	CS_TRACE_ACCEPT,
	CS_TRACE_DROP,
	CS_TRACE_JUMP, /* and goto */
	CS_TRACE_QUEUE,
	CS_TRACE_OTHER,
};

struct cs_trace_step {
	uint32_t id; /* of the packet */
	enum cs_trace_kind kind;
	enum cs_trace_verdict verdict; /* of a rule or a policy */
	struct cs_span table;          /* "inet filter": into the line */
	struct cs_span chain;
	struct cs_span target; /* of a jump: the chain; else empty */
	struct cs_span text;   /* the rule or the packet, without handle and verdict */
	uint64_t handle;       /* 0: not told */
};

/*
 * Reads one line. Rules may hold quoted comments with anything in them.
 * CS_ERR_SYNTAX  it is none of nft's trace lines
 */
CS_MUST_USE enum cs_err cs_trace_line(struct cs_span line, struct cs_trace_step *out);

/*
 * The rules that let the kernel trace our marked probes and their answers and nothing
 * else: a table of its own, "inet cs_trace", in front of all others at prerouting
 * ("enter"), forward ("onward") and output ("leave"), and behind all others at input
 * ("arrived"). A marked UDP datagram has the CoAP message id CS_TRACE_MARK, a marked TCP
 * segment that upper half of its sequence (or acknowledged) number, and not
 * CS_TRACE_UNTOLD as its window. What is sent to port 9 of 127/8 is traced and dropped.
 */
enum { CS_TRACE_MARK = 0xc0a9, CS_TRACE_UNTOLD = 0xfa01 };
extern const char cs_trace_rules[];

/* The lines of a chain that have what is marked traced. */
extern const char cs_trace_marked[];
