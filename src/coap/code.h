/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP codes (RFC 7252 section 3 and 12.1, RFC 8132, RFC 8323 and the IANA
 * registry): class in the upper three bits, detail in the lower five.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CS_CODE(class_, detail) ((uint8_t)((class_) << 5 | (detail)))

enum {
	CS_CODE_EMPTY = 0,
	CS_CODE_GET = 1,
	CS_CODE_POST = 2,
	CS_CODE_PUT = 3,
	CS_CODE_DELETE = 4,
	CS_CODE_FETCH = 5,
	CS_CODE_PATCH = 6,
	CS_CODE_IPATCH = 7,
	CS_CODE_CONTENT = 2 << 5 | 5,
};

enum { CS_CODE_TEXT = sizeof("7.31") };

static inline unsigned cs_code_class(uint8_t code)
{
	return code >> 5;
}

static inline unsigned cs_code_detail(uint8_t code)
{
	return code & 31;
}

/* Class 0 except 0.00; classes 2, 4 and 5. */
bool cs_code_is_request(uint8_t code);
bool cs_code_is_response(uint8_t code);

/* "2.05". */
void cs_code_text(uint8_t code, char out[CS_CODE_TEXT]);

/* The registered name ("Content", "GET"), or NULL. Static storage. */
const char *cs_code_name(uint8_t code);
