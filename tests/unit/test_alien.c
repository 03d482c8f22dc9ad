/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/alien.h"

#define Z4  "\0\0\0\0"
#define Z8  Z4 Z4
#define Z40 Z8 Z8 Z8 Z8 Z8
#define CORE              \
	"\xbb.well-known" \
	"\x04"            \
	"core"
#define QUESTION      \
	"\x07"        \
	"example\x03" \
	"com\0\0\x01\0\x01"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_alien want;
} cases[] = {
	{ "nothing", { NULL, 0 }, CS_ALIEN_EMPTY },
	{ "one zero", SPAN_ROW("\0"), CS_ALIEN_ZEROS },
	{ "many zeros", SPAN_ROW(Z40), CS_ALIEN_ZEROS },
	{ "zeros and a one", SPAN_ROW(Z40 "\1"), CS_ALIEN_UNKNOWN },

	{ "a CoAP question", SPAN_ROW("\x40\x01\x7d\x70" CORE), CS_ALIEN_NONE },
	{ "a CoAP ping", SPAN_ROW("\x40\0\x12\x34"), CS_ALIEN_NONE },
	{ "a CoAP message cut short", SPAN_ROW("\x44\x01"), CS_ALIEN_NONE },
	{ "a CoAP message with a format error",
	  SPAN_ROW("\x4f\x01\x12\x34"
		   "abcd"),
	  CS_ALIEN_NONE },
	{ "an answer that is all letters", SPAN_ROW("dDABtokn"), CS_ALIEN_NONE },
	{ "... with an option", SPAN_ROW("dEABtokn!a"), CS_ALIEN_NONE },
	{ "... whose option is cut", SPAN_ROW("dEABtokn\"a"), CS_ALIEN_TEXT },
	{ "... of no token", SPAN_ROW("`_AB"), CS_ALIEN_NONE },
	{ "... with a long option",
	  SPAN_ROW("`EAB-!123456789012345678901234567890"
		   "1234567890123456"),
	  CS_ALIEN_NONE },
	{ "another version", SPAN_ROW("\x80\x01\x7d\x70" CORE), CS_ALIEN_UNKNOWN },
	{ "noise", SPAN_ROW("\xa7\x11\xc4\x9f\x20\x8e\x77\x03\x5b"), CS_ALIEN_UNKNOWN },

	{ "HTTP", SPAN_ROW("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), CS_ALIEN_TEXT },
	{ "HTTP with a body that is no text", SPAN_ROW("POST /x HTTP/1.1\r\n\r\n\xff\1"),
	  CS_ALIEN_TEXT },
	{ "words", SPAN_ROW("hello"), CS_ALIEN_TEXT },
	{ "lines", SPAN_ROW("\r\n\r\n"), CS_ALIEN_TEXT },
	{ "three letters", SPAN_ROW("hey"), CS_ALIEN_NONE },
	{ "digits", SPAN_ROW("12345"), CS_ALIEN_TEXT },
	{ "words and a zero", SPAN_ROW("12345\0"), CS_ALIEN_UNKNOWN },
	{ "SSDP", SPAN_ROW("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"),
	  CS_ALIEN_SSDP },
	{ "SSDP's notice", SPAN_ROW("NOTIFY * HTTP/1.1\r\n"), CS_ALIEN_SSDP },
	{ "SIP", SPAN_ROW("OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/UDP nm\r\n"),
	  CS_ALIEN_SIP },
	{ "SIP's call", SPAN_ROW("INVITE sip:100@192.0.2.1 SIP/2.0\r\n"), CS_ALIEN_SIP },
	{ "SIP's answer", SPAN_ROW("SIP/2.0 200 OK\r\n"), CS_ALIEN_SIP },

	{ "a DTLS 1.2 client hello", SPAN_ROW("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x02\x01\0"),
	  CS_ALIEN_DTLS },
	{ "a DTLS 1.0 alert", SPAN_ROW("\x15\xfe\xff\0\0\0\0\0\0\0\0\0\x02\x02\x28"),
	  CS_ALIEN_DTLS },
	{ "the smallest and the largest DTLS type",
	  SPAN_ROW("\x14\xfe\xfd\0\0\0\0\0\0\0\0\0\x01\x01"), CS_ALIEN_DTLS },
	{ "... 26", SPAN_ROW("\x1a\xfe\xfd\0\0\0\0\0\0\0\0\0\x01\x01"), CS_ALIEN_DTLS },
	{ "... 27", SPAN_ROW("\x1b\xfe\xfd\0\0\0\0\0\0\0\0\0\x01\x01"),
	  CS_ALIEN_UNKNOWN },
	{ "TLS over UDP is none", SPAN_ROW("\x16\x03\x03\0\0\0\0\0\0\0\0\0\x01\x01"),
	  CS_ALIEN_UNKNOWN },
	{ "a DTLS fragment that cannot be",
	  SPAN_ROW("\x17\xfe\xfd\0\0\0\0\0\0\0\0\x48\x01\x01"), CS_ALIEN_UNKNOWN },
	{ "a DTLS record with a connection id of three bytes",
	  SPAN_ROW("\x19\xfe\xfd\0\1\0\0\0\0\0\2"
		   "abc\0\x04zzzz"),
	  CS_ALIEN_DTLS },
	{ "DTLS 1.3's unified header",
	  SPAN_ROW("\x2e\x12\x34\0\x03"
		   "abc"),
	  CS_ALIEN_DTLS },
	{ "... two of them",
	  SPAN_ROW("\x2e\x12\x34\0\x01"
		   "a\x24\x12\0\x01"
		   "b"),
	  CS_ALIEN_DTLS },
	{ "... of a length that does not fit",
	  SPAN_ROW("\x2e\x12\x34\0\x04"
		   "abc"),
	  CS_ALIEN_UNKNOWN },
	{ "... of no length", SPAN_ROW("\x2a\x12\x34\xf0\xf1\xf2"), CS_ALIEN_UNKNOWN },

	{ "STUN",
	  SPAN_ROW("\0\1\0\0\x21\x12\xa4\x42"
		   "123456789012"),
	  CS_ALIEN_STUN },
	{ "STUN with another cookie",
	  SPAN_ROW("\0\1\0\0\x21\x12\xa4\x43"
		   "123456789012"),
	  CS_ALIEN_UNKNOWN },
	{ "QUIC 1",
	  SPAN_ROW("\xc3\0\0\0\1\x08"
		   "12345678\0\0\x41\x03"),
	  CS_ALIEN_QUIC },
	{ "QUIC 2", SPAN_ROW("\xd3\x6b\x33\x43\xcf\x00\x00\0"), CS_ALIEN_QUIC },
	{ "a QUIC draft", SPAN_ROW("\xc3\xff\0\0\x1d\x00\x00\0"), CS_ALIEN_QUIC },
	{ "QUIC's version negotiation",
	  SPAN_ROW("\x80\0\0\0\0\x00\x04"
		   "1234\0\0\0\1"),
	  CS_ALIEN_QUIC },
	{ "QUIC with a version to force it", SPAN_ROW("\xc0\x1a\x2a\x3a\x4a\0\0\0"),
	  CS_ALIEN_QUIC },
	{ "QUIC's connection id too long",
	  SPAN_ROW("\xc3\0\0\0\1\x15"
		   "123456789012345678901\0\0\x41\x03"),
	  CS_ALIEN_UNKNOWN },
	{ "QUIC's short form is nobody's", SPAN_ROW("\x42\x83\x99\xa0\xff\0"),
	  CS_ALIEN_NONE },

	{ "DNS", SPAN_ROW("\x12\x34\x01\0\0\1\0\0\0\0\0\0" QUESTION), CS_ALIEN_DNS },
	{ "DNS whose id begins as CoAP does",
	  SPAN_ROW("\x41\x01\x01\0\0\1\0\0\0\0\0\0" QUESTION), CS_ALIEN_DNS },
	{ "a DNS answer",
	  SPAN_ROW("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION
		   "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"),
	  CS_ALIEN_DNS },
	{ "DNS for the root", SPAN_ROW("\x12\x34\x01\0\0\1\0\0\0\0\0\0\0\0\xff\0\1"),
	  CS_ALIEN_DNS },
	{ "DNS, version of the server",
	  SPAN_ROW("\0\6\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\x10\0\3"), CS_ALIEN_DNS },
	{ "DNS whose question is cut",
	  SPAN_ROW("\x12\x34\x01\0\0\1\0\0\0\0\0\0\x07"
		   "exampl"),
	  CS_ALIEN_UNKNOWN },
	{ "DNS of no class",
	  SPAN_ROW("\x12\x34\x01\0\0\1\0\0\0\0\0\0\x01"
		   "a\0\0\1\0\2"),
	  CS_ALIEN_UNKNOWN },
	{ "a label of 64",
	  SPAN_ROW("\x12\x34\x01\0\0\1\0\0\0\0\0\0\x40"
		   "1234567890123456789012345678901234567890"
		   "123456789012345678901234\0\0\1\0\1"),
	  CS_ALIEN_UNKNOWN },

	{ "NTP", SPAN_ROW("\x23\0\x06\xec" Z40 Z4), CS_ALIEN_NTP },
	{ "NTP as nmap asks", SPAN_ROW("\xe3\0\x04\xfa\0\1\0\0" Z40), CS_ALIEN_NTP },
	{ "NTP, 47 bytes", SPAN_ROW("\x23\0\x06\xec" Z40 "\0\0\0"), CS_ALIEN_UNKNOWN },
	{ "NTP of stratum 17", SPAN_ROW("\x23\x11\x06\xec" Z40 Z4), CS_ALIEN_UNKNOWN },
	{ "NTP's list of monitors", SPAN_ROW("\x17\0\x03\x2a" Z4), CS_ALIEN_NTP },
	{ "NTP's control", SPAN_ROW("\x16\x02\0\1" Z8), CS_ALIEN_NTP },

	{ "SNMP", SPAN_ROW("\x30\x26\x02\x01\x01\x04\x06public\xa0\x19"), CS_ALIEN_SNMP },
	{ "SNMP, long lengths",
	  SPAN_ROW("\x30\x82\x00\x2f\x02\x01\x00\x04\x06public\xa0"), CS_ALIEN_SNMP },
	{ "SNMP 3", SPAN_ROW("\x30\x3a\x02\x01\x03\x30\x0f\x02\x02"), CS_ALIEN_SNMP },
	{ "SNMP of no version", SPAN_ROW("\x30\x26\x02\x01\x02\x04\x06public"),
	  CS_ALIEN_UNKNOWN },

	{ "RTP, G.729",
	  SPAN_ROW("\x80\x12\0\1\0\0\0\xa0\1\2\3\4"
		   "1234567890"),
	  CS_ALIEN_RTP },
	{ "RTP, G.729 of 9 bytes",
	  SPAN_ROW("\x80\x12\0\1\0\0\0\xa0\1\2\3\4"
		   "123456789"),
	  CS_ALIEN_UNKNOWN },
	{ "RTP, dynamic and marked", SPAN_ROW("\x80\xe0\0\1\0\0\0\xa0\1\2\3\4v"),
	  CS_ALIEN_RTP },
	{ "RTP without payload", SPAN_ROW("\x80\xe0\0\1\0\0\0\xa0\1\2\3\4"),
	  CS_ALIEN_UNKNOWN },
	{ "RTCP", SPAN_ROW("\x80\xc9\0\1\1\2\3\4\x81\xca\0\1\1\2\3\4"), CS_ALIEN_RTP },
	{ "RTCP cut", SPAN_ROW("\x80\xc9\0\1\1\2\3\4\x81\xca\0\2\1\2\3\4"),
	  CS_ALIEN_UNKNOWN },
};

static void each_datagram_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		enum cs_alien got = cs_alien_of(cs_span_of(copy, cases[i].bytes.len));

		if (got != cases[i].want)
			fail_msg("%s: %s", cases[i].name, cs_alien_name(got));
		free(copy);
	}
}

static void no_prefix_is_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		for (size_t n = 0; n < cases[i].bytes.len; n++) {
			uint8_t *copy = heap_copy(cases[i].bytes.ptr, n);

			assert_true(cs_alien_of(cs_span_of(copy, n)) < CS_ALIENS);
			free(copy);
		}
	}
}

/* xorshift: the same bytes each time. */
static uint8_t chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint8_t)(*seed >> 24);
}

static void random_bytes_have_no_name(void **state)
{
	enum { MANY = 100000 };
	uint64_t seed = 88172645463325252u;
	unsigned named = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		uint8_t bytes[64];
		size_t len = 8 + chance(&seed) % 57;

		for (size_t at = 0; at < len; at++)
			bytes[at] = chance(&seed);

		enum cs_alien got = cs_alien_of(cs_span_of(bytes, len));

		if ((bytes[0] & 0xc0) == 0x40)
			assert_int_equal(got, CS_ALIEN_NONE);
		named += got != CS_ALIEN_NONE && got != CS_ALIEN_UNKNOWN;
	}
	if (named > MANY / 500)
		fail_msg("%u of %u were named", named, MANY);
}

static void names_are_those_of_the_summary(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CS_ALIENS; i++)
		assert_non_null(cs_alien_name((enum cs_alien)i));
	assert_string_equal(cs_alien_name(CS_ALIEN_DTLS), "dtls");
	assert_string_equal(cs_alien_name(CS_ALIEN_ZEROS), "zeros");
	assert_string_equal(cs_alien_name(CS_ALIENS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datagram_is_named),
		cmocka_unit_test(no_prefix_is_read_past_its_end),
		cmocka_unit_test(random_bytes_have_no_name),
		cmocka_unit_test(names_are_those_of_the_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
