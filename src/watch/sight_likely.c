/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quarter of all random datagrams begin as version 1 does. A malformed CoAP message
 * reads as CoAP up to its fault; chance does not.
 */
#include "coap/code.h"
#include "coap/option_rule.h"
#include "watch/sight_parts.h"

static bool code_is_registered(uint8_t code)
{
	return cs_code_name(code) != NULL && cs_code_class(code) != 7;
}

static bool option_is_registered(const struct cs_opt *opt)
{
	const struct cs_opt_rule *rule = cs_opt_rule_find(opt->number);

	return rule && opt->value.len >= rule->min_len && opt->value.len <= rule->max_len;
}

bool cs_sight_is_registered(const struct cs_msg *msg, unsigned *n)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	struct cs_opt opt;

	*n = 0;
	while (cs_opts_next(&w, &opt)) {
		if (!option_is_registered(&opt))
			return false;
		++*n;
	}
	return true;
}

/* A method of somebody's own (0.30), but a path of text: chance has none. */
static bool has_path_of_text(const struct cs_msg *msg)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		if (opt.number != CS_OPT_URI_PATH)
			continue;
		for (size_t i = 0; i < opt.value.len; i++)
			if (opt.value.ptr[i] <= ' ' || opt.value.ptr[i] > '~')
				return false;
		return opt.value.len > 1;
	}
	return false;
}

bool cs_sight_is_likely(const struct cs_msg *msg, struct cs_flaw flaw)
{
	bool decodes = flaw.fault == CS_FAULT_NONE;
	bool registered = code_is_registered(msg->code);
	unsigned n = 0;

	/* One in seven codes is registered, most of them a response's. */
	if (registered && (decodes || !cs_code_is_response(msg->code)))
		return true;
	if (decodes && cs_code_is_request(msg->code) && has_path_of_text(msg))
		return true;
	if (!cs_sight_is_registered(msg, &n))
		return false;
	/* Chance seldom ends in 0xFF, just where an option would begin. */
	if (registered && flaw.fault == CS_FAULT_MARKER)
		return true;
	return decodes || n >= (registered ? 1 : 2);
}
