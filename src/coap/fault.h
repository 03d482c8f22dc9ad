/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be wrong with a CoAP message, as data: a stranger's malformed
 * message is an observation with a reason and a place, not a failure of ours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * M1 to M4 and M6 to M12 are message format errors in the sense of RFC 7252
 * sections 3 and 4.1: decoding stops there. The others are oddities of a
 * message that decodes.
 */
enum cs_fault {
	CS_FAULT_NONE = 0,
	CS_FAULT_SHORT,         /* M1  fewer than four bytes */
	CS_FAULT_VERSION,       /* M2  version is not 1 */
	CS_FAULT_TKL,           /* M3  token length 9..12 or 15 */
	CS_FAULT_TOKEN_CUT,     /* M4  the token runs past the end */
	CS_FAULT_TOKEN_LONG,    /* M5  extended token of more than 32 bytes */
	CS_FAULT_NIBBLE,        /* M6  nibble 15 that is no payload marker */
	CS_FAULT_OPTION_CUT,    /* M7  an option's value runs past the end */
	CS_FAULT_EXTENSION_CUT, /* M8  an extended delta or length is cut */
	CS_FAULT_NUMBER,        /* M9  option number above 65535 */
	CS_FAULT_LENGTH,        /* M10 option length above 65535 */
	CS_FAULT_MARKER,        /* M11 payload marker without payload */
	CS_FAULT_EMPTY,         /* M12 Empty message with more than a header */
	CS_FAULT_CODE,          /* M13 reserved class, or 7.xx over UDP */
	CS_FAULT_OPTION_LENGTH, /* M14 length outside the option's registry */
	CS_FAULT_REPEATED,      /* M15 an option that may stand once, twice */
	CS_FAULT_BLOCK,         /* M16 Block SZX 7, NUM jump, size mismatch */
	CS_FAULT_BLOCK_EMPTY,   /* M17 zero-length Block value: legal, a note */
	CS_FAULT_OSCORE,        /* M18 OSCORE flags reserved or value cut */
	CS_FAULT_HOST_LONG,     /* M19 Uri-Host, or a Proxy-Uri's host, > 255 */
	CS_FAULT_PATH, /* M20 path segment: NUL, "(null)", ".", "..", empty inside */
	CS_FAULT_OPTIONS_MANY, /* M21 more than 64 options */
	CS_FAULT_COUNT,
};

/*
 * A fault and the offset in the datagram of the byte that shows it: the option's
 * first byte for faults of an option, the marker for M11, the first byte of the
 * token's field for M4 and M5, the datagram's end for M1.
 */
struct cs_flaw {
	enum cs_fault fault;
	size_t at;
};

/* "M11"; "" for CS_FAULT_NONE. Static storage. */
const char *cs_fault_name(enum cs_fault fault);

/* One lower-case phrase: "payload marker without payload". Static storage. */
const char *cs_fault_text(enum cs_fault fault);

/*
 * Where it is written: "RFC 7252 section 3"; NULL where no RFC sets the limit (M21) and
 * for CS_FAULT_NONE. Static storage.
 */
const char *cs_fault_reference(enum cs_fault fault);

/* Whether decoding stops there (RFC 7252 sections 3 and 4.1). */
bool cs_fault_is_format_error(enum cs_fault fault);
