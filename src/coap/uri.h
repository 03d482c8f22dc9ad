/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coap URIs (RFC 7252 section 6): coap://HOST[:PORT][/PATH][?QUERY] to its
 * parts, and the parts to options. Strict: what RFC 3986 does not allow is an
 * error, not a guess. Pure; resolves no name. Other schemes than coap are told
 * from nonsense, but not read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"

enum {
	CS_URI_PORT = 5683,
	CS_URI_COMPONENT_MAX = 255, /* bytes of one option, RFC 7252 section 5.10 */
};

/* Every span is borrowed from the text. */
struct cs_uri {
	struct cs_span host;  /* as it stands; of an IP literal without brackets */
	bool literal;         /* it stood in brackets: an IPv6 address */
	bool has_port;        /* a port was named */
	uint16_t port;        /* 1..65535; CS_URI_PORT where none was named */
	struct cs_span path;  /* "" or "/..."; still percent-encoded */
	struct cs_span query; /* without "?"; still percent-encoded */
	bool has_query;       /* "?" stood there, if with nothing behind */
};

/*
 * Whether @text begins as a URI, with a scheme and "://"; *@scheme is then what
 * stands before that.
 */
CS_MUST_USE bool cs_uri_looks(struct cs_span text, struct cs_span *scheme);

/*
 * Reads a coap URI.
 *
 * CS_ERR_NOT_FOUND  another scheme, or none
 * CS_ERR_SYNTAX     not of the form above: user information, a fragment, an
 *                   empty host, a byte that must be percent-encoded, a percent
 *                   sign without two hex digits; a path segment "." or "..",
 *                   which no Uri-Path may be (section 5.10.1)
 * CS_ERR_RANGE      a port outside 1..65535, or a host, path segment or query
 *                   argument of more than 255 bytes
 * On error *@want is what would be right, one phrase; static storage.
 */
CS_MUST_USE enum cs_err cs_uri_read(struct cs_span text, struct cs_uri *uri,
				    const char **want);

/*
 * Writes the host's name as it goes into a Uri-Host option: in lower case,
 * percent-decoded. @name has room for CS_URI_COMPONENT_MAX bytes; returns the
 * length.
 */
size_t cs_uri_host_name(const struct cs_uri *uri, uint8_t *name);

/*
 * Appends the Uri-Path and Uri-Query options (section 6.4, steps 8 and 9), to
 * a message whose last option is @previous (at most Uri-Path's number).
 * Returns the number of the last option. What does not fit leaves CS_ERR_FULL
 * in @w.
 */
uint32_t cs_uri_options(const struct cs_uri *uri, struct cs_wr *w, uint32_t previous);
