/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is registered about each CoAP option: its name, its class, the legal
 * lengths of its value, and whether it may stand more than once (RFC 7252
 * section 5.10 and the RFCs that add options; IANA "CoAP Option Numbers").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cs_opt_format {
	CS_OPT_EMPTY,
	CS_OPT_OPAQUE,
	CS_OPT_UINT,
	CS_OPT_STRING,
	CS_OPT_BLOCK, /* a uint read as NUM, M and SZX (RFC 7959 section 2.2) */
};

struct cs_opt_rule {
	uint16_t number;
	uint16_t min_len, max_len; /* of the value, bytes */
	bool repeatable;
	bool once_in_response; /* repeatable, but in requests only */
	enum cs_opt_format format;
	const char *name;      /* as registered: "Uri-Path" */
	const char *reference; /* "RFC 7252" */
};

enum {
	CS_OPT_IF_MATCH = 1,
	CS_OPT_URI_HOST = 3,
	CS_OPT_ETAG = 4,
	CS_OPT_IF_NONE_MATCH = 5,
	CS_OPT_OBSERVE = 6,
	CS_OPT_URI_PORT = 7,
	CS_OPT_LOCATION_PATH = 8,
	CS_OPT_OSCORE = 9,
	CS_OPT_URI_PATH = 11,
	CS_OPT_CONTENT_FORMAT = 12,
	CS_OPT_MAX_AGE = 14,
	CS_OPT_URI_QUERY = 15,
	CS_OPT_HOP_LIMIT = 16,
	CS_OPT_ACCEPT = 17,
	CS_OPT_Q_BLOCK1 = 19,
	CS_OPT_LOCATION_QUERY = 20,
	CS_OPT_EDHOC = 21,
	CS_OPT_BLOCK2 = 23,
	CS_OPT_BLOCK1 = 27,
	CS_OPT_SIZE2 = 28,
	CS_OPT_Q_BLOCK2 = 31,
	CS_OPT_PROXY_URI = 35,
	CS_OPT_PROXY_SCHEME = 39,
	CS_OPT_SIZE1 = 60,
	CS_OPT_ECHO = 252,
	CS_OPT_NO_RESPONSE = 258,
	CS_OPT_REQUEST_TAG = 292,
	CS_OPT_OCF_ACCEPT_VERSION = 2049,
	CS_OPT_OCF_CONTENT_VERSION = 2053,
};

enum {
	CS_OPT_EXPERIMENTAL = 65000, /* from here on, RFC 7252 section 12.2 */
	CS_OPT_RULES = 29,           /* rows of the table */
};

/* The rule of @number, or NULL when it is not in the table. Static storage. */
const struct cs_opt_rule *cs_opt_rule_find(uint32_t number);

/*
 * The registered name; "Experimental" from 65000 to 65535; NULL for what is not
 * in the table. Static storage.
 */
const char *cs_opt_name(uint32_t number);

/* All rules, ascending by number. */
const struct cs_opt_rule *cs_opt_rules(size_t *n);

/* RFC 7252 section 5.4.6: these follow from the number alone. */
static inline bool cs_opt_is_critical(uint32_t number)
{
	return number & 1;
}

static inline bool cs_opt_is_unsafe(uint32_t number)
{
	return number & 2;
}

static inline bool cs_opt_is_no_cache_key(uint32_t number)
{
	return (number & 0x1e) == 0x1c;
}
