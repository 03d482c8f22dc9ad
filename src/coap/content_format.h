/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the registered content formats (IANA "CoAP Content-Formats"): what
 * a Content-Format or Accept number means to a reader. Only names; nothing here
 * looks at a payload.
 */
#pragma once

#include <stdint.h>

enum {
	CS_FORMAT_TEXT = 0,
	CS_FORMAT_LINK = 40,
	CS_FORMAT_XML = 41,
	CS_FORMAT_OCTETS = 42,
	CS_FORMAT_EXI = 47,
	CS_FORMAT_JSON = 50,
	CS_FORMAT_CBOR = 60,
};

/*
 * The media type with its parameters and content coding: "text/plain;
 * charset=utf-8", "application/json; deflate". NULL when unknown. Static storage.
 */
const char *cs_content_format_name(uint32_t number);
