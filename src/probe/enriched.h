/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enriched: what is added to a result: whose and where the address is, what the
 * answers say of the device, how bad it is and why. Beside the result, never in
 * it, so that it can be renewed. A zeroed struct knows nothing.
 *
 * All text is borrowed, may be a stranger's bytes (a reverse name, a database's
 * field), and has no NUL. An empty span is "unknown".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

enum cs_severity {
	CS_SEVERITY_INFO,
	CS_SEVERITY_LOW,
	CS_SEVERITY_MEDIUM,
	CS_SEVERITY_HIGH,
	CS_SEVERITY_CRITICAL,
	CS_SEVERITIES,
};

/* "info" to "critical", as Shadowserver writes them. */
const char *cs_severity_name(enum cs_severity severity);
CS_MUST_USE bool cs_severity_read(struct cs_span text, enum cs_severity *out);

/* What is known of the address alone. */
struct cs_place {
	uint32_t asn;       /* 0 unknown */
	uint32_t naics;     /* 0 unknown */
	struct cs_span geo; /* ISO 3166-1 alpha-2, upper case; or empty */
	struct cs_span as_name, region, city, sector, owner;
};

/* What the answers alone say of the device. */
struct cs_judgement {
	struct cs_span stack; /* family: "libcoap", "Californium", "QLINK" ... */
	uint8_t confidence;   /* of stack, percent; formats.md's fraction times 100 */
	struct cs_span stack_because;
	enum cs_severity severity;
	struct cs_span severity_because;
	/* The whole `tag` cell: "coap;iot", and what was found after it. */
	struct cs_span tags;
};

struct cs_enriched {
	struct cs_span hostname;
	struct cs_span hostname_source; /* "ptr" */
	struct cs_place place;
	bool judged; /* the judgement holds; else severity is medium by default */
	struct cs_judgement judgement;
};

/* What a row that was not enriched has, and begins every row's tags. */
#define CS_TAGS_PLAIN "coap;iot"
