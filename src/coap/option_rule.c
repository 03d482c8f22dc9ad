/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/option_rule.h"

#include "base/err.h"

enum { NUMBER_MAX = 65535 };

#define ONCE          false, false
#define MANY          true, false
#define MANY_QUERYING true, true /* any number in a request, one in a response */

/* clang-format off */
static const struct cs_opt_rule rules[CS_OPT_RULES] = {
	{ CS_OPT_IF_MATCH, "If-Match", CS_OPT_OPAQUE, 0, 8, MANY, "RFC 7252" },
	{ CS_OPT_URI_HOST, "Uri-Host", CS_OPT_STRING, 1, 255, ONCE, "RFC 7252" },
	{ CS_OPT_ETAG, "ETag", CS_OPT_OPAQUE, 1, 8, MANY_QUERYING, "RFC 7252" },
	{ CS_OPT_IF_NONE_MATCH, "If-None-Match", CS_OPT_EMPTY, 0, 0, ONCE, "RFC 7252" },
	{ CS_OPT_OBSERVE, "Observe", CS_OPT_UINT, 0, 3, ONCE, "RFC 7641" },
	{ CS_OPT_URI_PORT, "Uri-Port", CS_OPT_UINT, 0, 2, ONCE, "RFC 7252" },
	{ CS_OPT_LOCATION_PATH, "Location-Path", CS_OPT_STRING, 0, 255, MANY, "RFC 7252" },
	{ CS_OPT_OSCORE, "OSCORE", CS_OPT_OPAQUE, 0, 255, ONCE, "RFC 8613" },
	{ CS_OPT_URI_PATH, "Uri-Path", CS_OPT_STRING, 0, 255, MANY, "RFC 7252" },
	{ CS_OPT_CONTENT_FORMAT, "Content-Format", CS_OPT_UINT, 0, 2, ONCE, "RFC 7252" },
	{ CS_OPT_MAX_AGE, "Max-Age", CS_OPT_UINT, 0, 4, ONCE, "RFC 7252" },
	{ CS_OPT_URI_QUERY, "Uri-Query", CS_OPT_STRING, 0, 255, MANY, "RFC 7252" },
	{ CS_OPT_HOP_LIMIT, "Hop-Limit", CS_OPT_UINT, 1, 1, ONCE, "RFC 8768" },
	{ CS_OPT_ACCEPT, "Accept", CS_OPT_UINT, 0, 2, ONCE, "RFC 7252" },
	{ CS_OPT_Q_BLOCK1, "Q-Block1", CS_OPT_BLOCK, 0, 3, ONCE, "RFC 9177" },
	{ CS_OPT_LOCATION_QUERY, "Location-Query", CS_OPT_STRING, 0, 255, MANY, "RFC 7252" },
	{ CS_OPT_EDHOC, "EDHOC", CS_OPT_EMPTY, 0, 0, ONCE, "RFC 9668" },
	{ CS_OPT_BLOCK2, "Block2", CS_OPT_BLOCK, 0, 3, ONCE, "RFC 7959" },
	{ CS_OPT_BLOCK1, "Block1", CS_OPT_BLOCK, 0, 3, ONCE, "RFC 7959" },
	{ CS_OPT_SIZE2, "Size2", CS_OPT_UINT, 0, 4, ONCE, "RFC 7959" },
	{ CS_OPT_Q_BLOCK2, "Q-Block2", CS_OPT_BLOCK, 0, 3, MANY_QUERYING, "RFC 9177" },
	{ CS_OPT_PROXY_URI, "Proxy-Uri", CS_OPT_STRING, 1, 1034, ONCE, "RFC 7252" },
	{ CS_OPT_PROXY_SCHEME, "Proxy-Scheme", CS_OPT_STRING, 1, 255, ONCE, "RFC 7252" },
	{ CS_OPT_SIZE1, "Size1", CS_OPT_UINT, 0, 4, ONCE, "RFC 7252" },
	{ CS_OPT_ECHO, "Echo", CS_OPT_OPAQUE, 1, 40, ONCE, "RFC 9175" },
	{ CS_OPT_NO_RESPONSE, "No-Response", CS_OPT_UINT, 0, 1, ONCE, "RFC 7967" },
	{ CS_OPT_REQUEST_TAG, "Request-Tag", CS_OPT_OPAQUE, 0, 8, MANY, "RFC 9175" },
	{ CS_OPT_OCF_ACCEPT_VERSION, "OCF-Accept-Content-Format-Version", CS_OPT_UINT, 0, 2,
	  ONCE, "OCF Core" },
	{ CS_OPT_OCF_CONTENT_VERSION, "OCF-Content-Format-Version", CS_OPT_UINT, 0, 2,
	  ONCE, "OCF Core" },
};
/* clang-format on */

const struct cs_opt_rule *cs_opt_rule_find(uint32_t number)
{
	size_t low = 0, high = CS_LEN(rules);

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
