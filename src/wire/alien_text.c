/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/alien_text.h"

#include <string.h>

enum {
	TEXT_MIN = 4, /* bytes */
	HEADER = 4,   /* CoAP's (RFC 7252 section 3) */
};

/* The beginnings that settle it. A method of SIP has an address of its own scheme. */
static const struct {
	const char *begins, *then;
	enum cs_alien alien;
} words[] = {
	{ "M-SEARCH * HTTP/", "", CS_ALIEN_SSDP },
	{ "NOTIFY * HTTP/", "", CS_ALIEN_SSDP },
	{ "SIP/2.0 ", "", CS_ALIEN_SIP },
	{ "OPTIONS ", "sip", CS_ALIEN_SIP },
	{ "REGISTER ", "sip", CS_ALIEN_SIP },
	{ "INVITE ", "sip", CS_ALIEN_SIP },
	{ "SUBSCRIBE ", "sip", CS_ALIEN_SIP },
	{ "NOTIFY ", "sip", CS_ALIEN_SIP },
	{ "MESSAGE ", "sip", CS_ALIEN_SIP },
	{ "ACK ", "sip", CS_ALIEN_SIP },
	{ "BYE ", "sip", CS_ALIEN_SIP },
	{ "CANCEL ", "sip", CS_ALIEN_SIP },
	{ "GET ", "/", CS_ALIEN_TEXT },
	{ "GET ", "http", CS_ALIEN_TEXT },
	{ "POST ", "/", CS_ALIEN_TEXT },
	{ "PUT ", "/", CS_ALIEN_TEXT },
	{ "HEAD ", "/", CS_ALIEN_TEXT },
	{ "OPTIONS ", "", CS_ALIEN_TEXT },
	{ "CONNECT ", "", CS_ALIEN_TEXT },
	{ "HTTP/1.", "", CS_ALIEN_TEXT },
};

static bool begins(struct cs_span s, const char *word)
{
	size_t len = strlen(word);

	return s.len >= len && memcmp(s.ptr, word, len) == 0;
}

static enum cs_alien by_words(struct cs_span s)
{
	for (size_t i = 0; i < CS_LEN(words); i++) {
		if (s.ptr[0] != (uint8_t)words[i].begins[0])
			continue;

		size_t len = strlen(words[i].begins);

		if (begins(s, words[i].begins) &&
		    begins(cs_span_of(s.ptr + len, s.len - len), words[i].then))
			return words[i].alien;
	}
	return CS_ALIEN_NONE;
}

static bool is_printable(struct cs_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c >= 0x7f)
			return false;
	}
	return true;
}

/*
 * Whether printable bytes are a response all the same: a code of class 2 that is
 * registered ('A' to 'E', '_'), a token, and options to the very end. There is no
 * payload, as its marker is no text; nor, but for 13 and 14, an extended nibble.
 */
static bool reads_as_response(struct cs_span s)
{
	struct cs_rd rd = cs_rd_over(s.ptr, s.len);
	unsigned tkl = cs_rd_u8(&rd) & 0x0f;
	uint8_t code = cs_rd_u8(&rd);

	if (tkl > 8 || ((code < 'A' || code > 'E') && code != '_'))
		return false;
	(void)cs_rd_take(&rd, 2 + tkl); /* Message ID, token */
	while (cs_rd_left(&rd) > 0) {
		uint8_t head = cs_rd_u8(&rd);
		size_t len = head & 0x0f;

		if (len == 15)
			return false;
		if (len == 14)
			len = 269u + cs_rd_u16(&rd);
		else if (len == 13)
			len = 13u + cs_rd_u8(&rd);
		(void)cs_rd_take(&rd, len);
	}
	return !rd.err;
}

enum cs_alien cs_alien_text(struct cs_span datagram)
{
	/* Of what is asked of a CoAP port nearly all ends here, at the code. */
	if (datagram.len < TEXT_MIN || !is_printable(cs_span_of(datagram.ptr, HEADER)))
		return CS_ALIEN_NONE;

	enum cs_alien alien = by_words(datagram);

	if (alien != CS_ALIEN_NONE)
		return alien;
	if (!is_printable(datagram) || reads_as_response(datagram))
		return CS_ALIEN_NONE;
	return CS_ALIEN_TEXT;
}
