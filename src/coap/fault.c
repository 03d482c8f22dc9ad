/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/fault.h"

/* Indexed by enum cs_fault: M1 is 1 and so on. */
static const struct {
	const char *name;
	const char *text;
	bool format_error;
	const char *reference;
} faults[CS_FAULT_COUNT] = {
	[CS_FAULT_NONE] = { "", "nothing wrong", false, NULL },
	[CS_FAULT_SHORT] = { "M1", "fewer than four bytes", true, "RFC 7252 section 3" },
	[CS_FAULT_VERSION] = { "M2", "version is not 1", true, "RFC 7252 section 3" },
	[CS_FAULT_TKL] = { "M3", "reserved token length", true, "RFC 7252 section 3" },
	[CS_FAULT_TOKEN_CUT] = { "M4", "token runs past the end", true,
				 "RFC 7252 section 3" },
	[CS_FAULT_TOKEN_LONG] = { "M5", "token of more than 32 bytes", false,
				  "RFC 8974 section 2.1" },
	[CS_FAULT_NIBBLE] = { "M6", "reserved option nibble 15", true,
			      "RFC 7252 section 3.1" },
	[CS_FAULT_OPTION_CUT] = { "M7", "option runs past the end", true,
				  "RFC 7252 section 3.1" },
	[CS_FAULT_EXTENSION_CUT] = { "M8", "extended option delta or length is cut", true,
				     "RFC 7252 section 3.1" },
	[CS_FAULT_NUMBER] = { "M9", "option number above 65535", true,
			      "RFC 7252 section 12.2" },
	[CS_FAULT_LENGTH] = { "M10", "option length above 65535", true,
			      "RFC 7252 section 3.1" },
	[CS_FAULT_MARKER] = { "M11", "payload marker without payload", true,
			      "RFC 7252 section 3" },
	[CS_FAULT_EMPTY] = { "M12", "empty message that is not empty", true,
			     "RFC 7252 section 4.1" },
	[CS_FAULT_CODE] = { "M13", "code of a class that has no meaning over udp", false,
			    "RFC 7252 section 12.1" },
	[CS_FAULT_OPTION_LENGTH] = { "M14", "option of an illegal length", false,
				     "RFC 7252 section 5.4.3" },
	[CS_FAULT_REPEATED] = { "M15", "option that may stand once is repeated", false,
				"RFC 7252 section 5.4.5" },
	[CS_FAULT_BLOCK] = { "M16", "block option contradicts itself or the payload",
			     false, "RFC 7959 section 2.2" },
	[CS_FAULT_BLOCK_EMPTY] = { "M17", "block option of zero length", false,
				   "RFC 7959 section 2.2" },
	[CS_FAULT_OSCORE] = { "M18", "oscore option that cannot be read", false,
			      "RFC 8613 section 6.1" },
	[CS_FAULT_HOST_LONG] = { "M19", "host name of more than 255 bytes", false,
				 "RFC 7252 section 5.10.1" },
	[CS_FAULT_PATH] = { "M20", "path segment of an odd kind", false,
			    "RFC 7252 section 5.10.1" },
	[CS_FAULT_OPTIONS_MANY] = { "M21", "more than 64 options", false, NULL },
};

static bool is_known(enum cs_fault fault)
{
	return (unsigned)fault < CS_FAULT_COUNT;
}

const char *cs_fault_name(enum cs_fault fault)
{
	return is_known(fault) ? faults[fault].name : "";
}

const char *cs_fault_text(enum cs_fault fault)
{
	return is_known(fault) ? faults[fault].text : "unknown fault";
}

const char *cs_fault_reference(enum cs_fault fault)
{
	return is_known(fault) ? faults[fault].reference : NULL;
}

bool cs_fault_is_format_error(enum cs_fault fault)
{
	return is_known(fault) && faults[fault].format_error;
}
