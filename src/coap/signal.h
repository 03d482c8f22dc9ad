/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal: the signalling messages of CoAP over TCP (RFC 8323 section 5; IANA "CoAP
 * Signaling Option Numbers"). Their options have numbers of their own, for each code
 * others. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "coap/code.h"
#include "coap/option_rule.h"

enum {
	CS_CODE_CSM = 0xe1, /* 7.01 */
	CS_CODE_PING = 0xe2,
	CS_CODE_PONG = 0xe3,
	CS_CODE_RELEASE = 0xe4,
	CS_CODE_ABORT = 0xe5,
};

/* Whether @code is of the signalling class, registered or not. UDP has none of them. */
static inline bool cs_code_is_signal(uint8_t code)
{
	return cs_code_class(code) == 7;
}

/* "CSM", "Ping" ... of 7.xx, or NULL. Static storage. */
const char *cs_signal_name(uint8_t code);

/* The rule of option @number in a signal with @code, or NULL. Static storage. */
const struct cs_opt_rule *cs_signal_option(uint8_t code, uint32_t number);
