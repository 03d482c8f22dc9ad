/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/signal.h"

#include "base/err.h"

#define ONCE false, false
#define MANY true, false

/* clang-format off */
static const struct {
	uint8_t code;
	struct cs_opt_rule rule;
} options[] = {
	{ CS_CODE_CSM, { 2, 0, 4, ONCE, CS_OPT_UINT, "Max-Message-Size", "RFC 8323" } },
	{ CS_CODE_CSM, { 4, 0, 0, ONCE, CS_OPT_EMPTY, "Block-Wise-Transfer", "RFC 8323" } },
	{ CS_CODE_CSM, { 6, 0, 3, ONCE, CS_OPT_UINT, "Extended-Token-Length", "RFC 8974" } },
	{ CS_CODE_PING, { 2, 0, 0, ONCE, CS_OPT_EMPTY, "Custody", "RFC 8323" } },
	{ CS_CODE_PONG, { 2, 0, 0, ONCE, CS_OPT_EMPTY, "Custody", "RFC 8323" } },
	{ CS_CODE_RELEASE, { 2, 1, 255, MANY, CS_OPT_STRING, "Alternative-Address", "RFC 8323" } },
	{ CS_CODE_RELEASE, { 4, 0, 3, ONCE, CS_OPT_UINT, "Hold-Off", "RFC 8323" } },
	{ CS_CODE_ABORT, { 2, 0, 2, ONCE, CS_OPT_UINT, "Bad-CSM-Option", "RFC 8323" } },
};
/* clang-format on */

const char *cs_signal_name(uint8_t code)
{
	return cs_code_is_signal(code) ? cs_code_name(code) : NULL;
}

const struct cs_opt_rule *cs_signal_option(uint8_t code, uint32_t number)
{
	/* Of all signals (RFC 8613 section 13.3). */
	if (cs_code_is_signal(code) && number == CS_OPT_OSCORE)
		return cs_opt_rule_find(number);
	for (size_t i = 0; i < CS_LEN(options); i++)
		if (options[i].code == code && options[i].rule.number == number)
			return &options[i].rule;
	return NULL;
}
