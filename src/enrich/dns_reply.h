/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_reply: what a resolver's message says of one address's name. Pure: no
 * allocation, no I/O, no clock. That the message belongs to the question by its
 * id and its sender is the resolver library's business; that it repeats the
 * question is looked at here again.
 */
#pragma once

#include "enrich/dns_name.h"

/* Bounds of what is kept, whatever the message says: see docs/decisions. */
enum {
	CS_DNS_TTL_MIN_S = 60,
	CS_DNS_TTL_MAX_S = 7 * 86400,
	CS_DNS_TTL_MAX_NEGATIVE_S = 86400,
	CS_DNS_CHAIN_MAX = 8, /* aliases from the question to the name */
};

enum cs_dns_verdict {
	CS_DNS_NAMED,     /* .name is a name */
	CS_DNS_NAMELESS,  /* there is none: NXDOMAIN, or no PTR record */
	CS_DNS_MISNAMED,  /* there are PTR records, none of them with a name for text */
	CS_DNS_TRUNCATED, /* the rest did not fit: to be asked again by TCP */
	CS_DNS_REFUSED,   /* the resolver cannot or will not say: any other code */
	CS_DNS_MALFORMED, /* no message, or it does not answer this question */
};

struct cs_dns_reply {
	enum cs_dns_verdict verdict;
	char name[CS_DNS_TEXT]; /* without the last dot */
	size_t name_len;        /* 0 unless named */
	uint32_t ttl_s;         /* within the bounds; 0 for the last three verdicts */
};

/*
 * Reads the answer to the PTR question for @ip. Aliases (RFC 2317) are followed
 * within the message. The first PTR record with a well-formed name counts. The
 * TTL is the least of the records that led there; without a name it is the
 * SOA's as RFC 2308 section 5 has it.
 */
void cs_dns_reply_read(struct cs_span message, const struct cs_addr *ip,
		       struct cs_dns_reply *reply);
