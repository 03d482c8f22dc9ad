/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/option_rule.h"

#include "base/err.h"

enum { NUMBER_MAX = 65535 };

#define ONCE          false, false
#define MANY          true, false
#define MANY_QUERYING true, true /* any number in a request, one in a response */

/* clang-format off */
static const struct cs_opt_rule rules[CS_OPT_RULES] = {
	{ CS_OPT_IF_MATCH, 0, 8, MANY, CS_OPT_OPAQUE, "If-Match", "RFC 7252" },
	{ CS_OPT_URI_HOST, 1, 255, ONCE, CS_OPT_STRING, "Uri-Host", "RFC 7252" },
	{ CS_OPT_ETAG, 1, 8, MANY_QUERYING, CS_OPT_OPAQUE, "ETag", "RFC 7252" },
	{ CS_OPT_IF_NONE_MATCH, 0, 0, ONCE, CS_OPT_EMPTY, "If-None-Match", "RFC 7252" },
	{ CS_OPT_OBSERVE, 0, 3, ONCE, CS_OPT_UINT, "Observe", "RFC 7641" },
	{ CS_OPT_URI_PORT, 0, 2, ONCE, CS_OPT_UINT, "Uri-Port", "RFC 7252" },
	{ CS_OPT_LOCATION_PATH, 0, 255, MANY, CS_OPT_STRING, "Location-Path", "RFC 7252" },
	{ CS_OPT_OSCORE, 0, 255, ONCE, CS_OPT_OPAQUE, "OSCORE", "RFC 8613" },
	{ CS_OPT_URI_PATH, 0, 255, MANY, CS_OPT_STRING, "Uri-Path", "RFC 7252" },
	{ CS_OPT_CONTENT_FORMAT, 0, 2, ONCE, CS_OPT_UINT, "Content-Format", "RFC 7252" },
	{ CS_OPT_MAX_AGE, 0, 4, ONCE, CS_OPT_UINT, "Max-Age", "RFC 7252" },
	{ CS_OPT_URI_QUERY, 0, 255, MANY, CS_OPT_STRING, "Uri-Query", "RFC 7252" },
	{ CS_OPT_HOP_LIMIT, 1, 1, ONCE, CS_OPT_UINT, "Hop-Limit", "RFC 8768" },
	{ CS_OPT_ACCEPT, 0, 2, ONCE, CS_OPT_UINT, "Accept", "RFC 7252" },
	{ CS_OPT_Q_BLOCK1, 0, 3, ONCE, CS_OPT_BLOCK, "Q-Block1", "RFC 9177" },
	{ CS_OPT_LOCATION_QUERY, 0, 255, MANY, CS_OPT_STRING, "Location-Query", "RFC 7252" },
	{ CS_OPT_EDHOC, 0, 0, ONCE, CS_OPT_EMPTY, "EDHOC", "RFC 9668" },
	{ CS_OPT_BLOCK2, 0, 3, ONCE, CS_OPT_BLOCK, "Block2", "RFC 7959" },
	{ CS_OPT_BLOCK1, 0, 3, ONCE, CS_OPT_BLOCK, "Block1", "RFC 7959" },
	{ CS_OPT_SIZE2, 0, 4, ONCE, CS_OPT_UINT, "Size2", "RFC 7959" },
	{ CS_OPT_Q_BLOCK2, 0, 3, MANY_QUERYING, CS_OPT_BLOCK, "Q-Block2", "RFC 9177" },
	{ CS_OPT_PROXY_URI, 1, 1034, ONCE, CS_OPT_STRING, "Proxy-Uri", "RFC 7252" },
	{ CS_OPT_PROXY_SCHEME, 1, 255, ONCE, CS_OPT_STRING, "Proxy-Scheme", "RFC 7252" },
	{ CS_OPT_SIZE1, 0, 4, ONCE, CS_OPT_UINT, "Size1", "RFC 7252" },
	{ CS_OPT_ECHO, 1, 40, ONCE, CS_OPT_OPAQUE, "Echo", "RFC 9175" },
	{ CS_OPT_NO_RESPONSE, 0, 1, ONCE, CS_OPT_UINT, "No-Response", "RFC 7967" },
	{ CS_OPT_REQUEST_TAG, 0, 8, MANY, CS_OPT_OPAQUE, "Request-Tag", "RFC 9175" },
	{ CS_OPT_OCF_ACCEPT_VERSION, 0, 2, ONCE, CS_OPT_UINT,
	  "OCF-Accept-Content-Format-Version", "OCF Core" },
	{ CS_OPT_OCF_CONTENT_VERSION, 0, 2, ONCE, CS_OPT_UINT,
	  "OCF-Content-Format-Version", "OCF Core" },
};
/* clang-format on */

/* Of the numbers that nearly all options have: one more than the place in rules. */
static const uint8_t small[] = {
	[CS_OPT_IF_MATCH] = 1,        [CS_OPT_URI_HOST] = 2,      [CS_OPT_ETAG] = 3,
	[CS_OPT_IF_NONE_MATCH] = 4,   [CS_OPT_OBSERVE] = 5,       [CS_OPT_URI_PORT] = 6,
	[CS_OPT_LOCATION_PATH] = 7,   [CS_OPT_OSCORE] = 8,        [CS_OPT_URI_PATH] = 9,
	[CS_OPT_CONTENT_FORMAT] = 10, [CS_OPT_MAX_AGE] = 11,      [CS_OPT_URI_QUERY] = 12,
	[CS_OPT_HOP_LIMIT] = 13,      [CS_OPT_ACCEPT] = 14,       [CS_OPT_Q_BLOCK1] = 15,
	[CS_OPT_LOCATION_QUERY] = 16, [CS_OPT_EDHOC] = 17,        [CS_OPT_BLOCK2] = 18,
	[CS_OPT_BLOCK1] = 19,         [CS_OPT_SIZE2] = 20,        [CS_OPT_Q_BLOCK2] = 21,
	[CS_OPT_PROXY_URI] = 22,      [CS_OPT_PROXY_SCHEME] = 23, [CS_OPT_SIZE1] = 24,
};

const struct cs_opt_rule *cs_opt_rule_find(uint32_t number)
{
	size_t low = 0, high = CS_LEN(rules);

	if (number < CS_LEN(small))
		return small[number] ? &rules[small[number] - 1] : NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rules[middle].number == number)
			return &rules[middle];
		if (rules[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *cs_opt_name(uint32_t number)
{
	const struct cs_opt_rule *rule = cs_opt_rule_find(number);

	if (rule)
		return rule->name;
	return number >= CS_OPT_EXPERIMENTAL && number <= NUMBER_MAX ? "Experimental"
								     : NULL;
}

const struct cs_opt_rule *cs_opt_rules(size_t *n)
{
	*n = CS_LEN(rules);
	return rules;
}
