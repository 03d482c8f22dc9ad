/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/message.h"
#include "watch/write_message.h"

/* Datagrams and what is said of them. */
static const struct {
	const char *name; /* what is special about it */
	struct cs_span bytes;
	const char *want;
} cases[] = {
	{ "zmap's probe",
	  SPAN_ROW("\x40\x01\x7d\x70\xbb.well-known\x04"
		   "core"),
	  "CON GET /.well-known/core, MID 0x7d70, no token" },
	{ "no path is the root", SPAN_ROW("\x51\x01\x00\x01\xaa"),
	  "NON GET /, MID 0x0001, token aa" },
	{ "a host, a path and two queries",
	  SPAN_ROW("\x40\x01\x00\x01\x31h\x81"
		   "a\x01"
		   "b\x43x=1\x01y"),
	  "CON GET //h/a/b?x=1&y, MID 0x0001, no token" },
	{ "a write with a text",
	  SPAN_ROW("\x41\x03\x12\x34\x01\xb5light\x11\x32\xff{\"on\":true}"),
	  "CON PUT /light, MID 0x1234, token 01, Content-Format application/json, "
	  "payload 11 bytes: {\"on\":true}" },
	{ "an answer", SPAN_ROW("\x61\x45\x12\x34\x01\xc1\x28\xb1\x06\xff</a>,</b>"),
	  "ACK 2.05 Content, MID 0x1234, token 01, Content-Format "
	  "application/link-format, Block2 0/0/1024, payload 9 bytes: </a>,</b>" },
	{ "binary payload is counted, not shown",
	  SPAN_ROW("\x60\x45\x12\x34\xff\x00\x01"),
	  "ACK 2.05 Content, MID 0x1234, no token, payload 2 bytes" },
	{ "registration", SPAN_ROW("\x40\x01\x00\x02\x60\x51s"),
	  "CON GET /s, MID 0x0002, no token, Observe register" },
	{ "end of it", SPAN_ROW("\x40\x01\x00\x02\x61\x01\x51s"),
	  "CON GET /s, MID 0x0002, no token, Observe deregister" },
	{ "notification", SPAN_ROW("\x50\x45\x00\x02\x61\x0c"),
	  "NON 2.05 Content, MID 0x0002, no token, Observe 12" },
	{ "ping", SPAN_ROW("\x40\x00\x00\x07"), "CON ping, MID 0x0007" },
	{ "Reset", SPAN_ROW("\x70\x00\x00\x07"), "RST, MID 0x0007" },
	{ "Empty ACK", SPAN_ROW("\x60\x00\x00\x07"), "ACK, MID 0x0007" },
	{ "a proxy is asked for",
	  SPAN_ROW("\x40\x01\x00\x01\xdd\x16\x02"
		   "coap://10.0.0.1"),
	  "CON GET coap://10.0.0.1, MID 0x0001, no token" },
	{ "an unknown critical option", SPAN_ROW("\x40\x01\x00\x01\xe1\xfc\xdc\x05"),
	  "CON GET /, MID 0x0001, no token, option 65001 (unknown, critical) 05" },
	{ "a method that nobody knows", SPAN_ROW("\x40\x1f\x00\x01"),
	  "CON 0.31 /, MID 0x0001, no token" },
	{ "a token that is cut", SPAN_ROW("\x44\x01\x00\x01\x01"),
	  "CON GET /, MID 0x0001, no token; M4 token runs past the end "
	  "(RFC 7252 section 3)" },
	{ "one byte", SPAN_ROW("\x40"),
	  "no message; M1 fewer than four bytes (RFC 7252 section 3)" },
	{ "an option of another number than a signal's",
	  SPAN_ROW("\x40\xe1\x00\x01\x41x"),
	  "CON 7.01 CSM, MID 0x0001, no token, ETag 78; M13 code of a class that has no "
	  "meaning over udp (RFC 7252 section 12.1)" },
	{ "two records of DTLS",
	  SPAN_ROW("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x12\x0c\0\0\x06\0\0\0\0\0\0\0\x06"
		   "\0\4hint"
		   "\x14\xfe\xfd\0\0\0\0\0\0\0\1\0\1\1"),
	  "not CoAP: DTLS 1.2 handshake server key exchange, change cipher spec, "
	  "PSK hint hint, 45 bytes" },
	{ "a DTLS record with a connection id",
	  SPAN_ROW("\x19\xfe\xfd\0\1\0\0\0\0\0\2"
		   "abc\0\4zzzz"),
	  "not CoAP: DTLS 1.2 encrypted record with connection id, "
	  "connection id 616263, 20 bytes" },
	{ "nothing but zeros", SPAN_ROW("\0\0\0\0\0\0\0\0"), "not CoAP: zeros, 8 bytes" },
};

static void each_datagram_is_told_in_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
		struct cs_post_message m;
		size_t len;

		cs_message_of(cs_span_of(copy, cases[i].bytes.len), options, &m);
		len = cs_message_line(&m, line, sizeof(line));
		if (!cs_span_eq(cs_span_of(line, len), cs_span_str(cases[i].want)))
			fail_msg("%s: %.*s", cases[i].name, (int)len, line);
		free(copy);
	}
}

/* Of TCP, where 7.xx are signals (RFC 8323 section 5). */
static void a_signal_has_options_of_its_own(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
	struct cs_post_message m;
	struct cs_opt opt;

	(void)state;
	cs_message_of_stream(SPAN("\x40\xe1\x22\x04\x80\x20"), options, &m);
	assert_true(cs_span_eq(cs_span_of(line, cs_message_line(&m, line, sizeof(line))),
			       SPAN("TCP 7.01 CSM, no token, Max-Message-Size 1152, "
				    "Block-Wise-Transfer")));
	assert_string_equal(cs_message_option_name(&m, 2), "Max-Message-Size");
	assert_null(cs_message_option_name(&m, CS_OPT_IF_MATCH));
	assert_false(cs_message_option(&m, CS_OPT_ETAG, &opt)); /* 4, but of a CSM */
}

static void a_payload_is_as_long_as_it_was_sent(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
	struct cs_post_message m;
	struct cs_span text;

	(void)state;
	cs_message_of(SPAN("\x60\x45\x00\x07\xff"
			   "abc"),
		      options, &m);
	m.len = 1000;
	m.payload_len = 995;
	text = cs_span_of(line, cs_message_line(&m, line, sizeof(line)));
	assert_true(cs_span_eq(text, SPAN("ACK 2.05 Content, MID 0x0007, no token, "
					  "payload 995 bytes: abc")));
}

static void a_line_is_cut_to_its_room(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m;

	(void)state;
	cs_message_of(cases[0].bytes, options, &m);
	for (size_t cap = 0; cap <= strlen(cases[0].want) + 1; cap++) {
		uint8_t *line = malloc(cap ? cap : 1);
		size_t len = cs_message_line(&m, line, cap);

		assert_int_equal(
			len, cap < strlen(cases[0].want) ? cap : strlen(cases[0].want));
		assert_memory_equal(line, cases[0].want, len);
		free(line);
	}
}

static void what_a_request_asks_for_stands_alone(void **state)
{
	static const struct {
		struct cs_span bytes, want;
	} asked[] = {
		{ SPAN_ROW("\x40\x01\0\1\xb4temp\x43x=1"), SPAN_ROW("GET /temp?x=1") },
		{ SPAN_ROW("\x40\x03\0\1"), SPAN_ROW("PUT /") },
		{ SPAN_ROW("\x40\x0d\0\1"), SPAN_ROW("0.13 /") },
		{ SPAN_ROW("\x40\0\0\1"), SPAN_ROW("ping") },
		{ SPAN_ROW("\x60\0\0\1"), SPAN_ROW("") },
	};
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m;

	(void)state;
	for (size_t i = 0; i < CS_LEN(asked); i++) {
		cs_message_of(asked[i].bytes, options, &m);
		for (size_t cap = 0; cap <= asked[i].want.len + 1; cap++) {
			uint8_t *text = malloc(cap ? cap : 1);
			size_t len = cs_message_asked(&m, text, cap);

			assert_int_equal(
				len, cap < asked[i].want.len ? cap : asked[i].want.len);
			assert_memory_equal(text, asked[i].want.ptr, len);
			free(text);
		}
	}
}

static void a_cut_datagram_is_never_a_crash(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
	struct cs_post_message m;

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++)
		for (size_t n = 0; n < cases[i].bytes.len; n++) {
			uint8_t *copy = heap_copy(cases[i].bytes.ptr, n);

			cs_message_of(cs_span_of(copy, n), options, &m);
			assert_true(cs_message_line(&m, line, sizeof(line)) > 0);
			free(copy);
		}
}

static void assert_line(const struct cs_post_message *m, const char *want)
{
	uint8_t line[CS_MESSAGE_LINE];
	size_t len = cs_message_line(m, line, sizeof(line));

	assert_true(cs_span_eq(cs_span_of(line, len), cs_span_str(want)));
}

/* Its last byte is where a datagram may have gone on; one byte fewer is whole. */
static void a_full_sample_may_be_a_part_and_a_datagram_is_whole(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	uint8_t big[CS_SAMPLE_MAX] = { 0x60, 0x45, 0, 1, 0xff };
	uint8_t alien[CS_SAMPLE_MAX] = { 0 };
	struct cs_post_message m;

	(void)state;
	cs_message_of_sample(cs_span_of(big, sizeof(big)), options, &m);
	assert_int_equal(m.n_flaws, 0);
	assert_line(&m, "ACK 2.05 Content, MID 0x0001, no token, "
			"payload 251 bytes or more");
	cs_message_of_sample(cs_span_of(big, sizeof(big) - 1), options, &m);
	assert_line(&m, "ACK 2.05 Content, MID 0x0001, no token, payload 250 bytes");
	cs_message_of(cs_span_of(big, sizeof(big)), options, &m);
	assert_line(&m, "ACK 2.05 Content, MID 0x0001, no token, payload 251 bytes");
	cs_message_of_sample(cs_span_of(alien, sizeof(alien)), options, &m);
	assert_line(&m, "not CoAP: zeros, 256 bytes or more");
	/* An option that runs past the end: a sample's end is no fault of it. */
	big[4] = 0xbd;
	big[5] = 0xff;
	cs_message_of_sample(cs_span_of(big, sizeof(big)), options, &m);
	assert_int_equal(m.n_flaws, 0);
	cs_message_of(cs_span_of(big, sizeof(big)), options, &m);
	assert_int_equal(m.n_flaws, 1);
}

static void options_are_found_and_a_broken_list_ends(void **state)
{
	static const uint8_t packed[] = { 0, 11, 0, 1, 'a', 0, 15, 0, 0, 0, 60, 0, 9, 1 };
	struct cs_post_message m = { .options = { packed, sizeof(packed) } };
	struct cs_opt opt;

	(void)state;
	assert_true(cs_message_option(&m, 11, &opt));
	assert_true(cs_span_eq(opt.value, SPAN("a")));
	assert_true(cs_message_option(&m, 15, &opt));
	assert_int_equal(opt.value.len, 0);
	assert_false(cs_message_option(&m, 60, &opt));
	assert_int_equal(opt.number, 15);
}

/* --- a message as a line of its own --- */

static struct cs_post_message arrived(struct cs_span bytes,
				      uint8_t options[CS_MESSAGE_OPTIONS])
{
	struct cs_post_message m;

	cs_message_of(bytes, options, &m);
	m.wall_us = INT64_C(1795291200123456);
	m.from = cs_addr_v4(0xc0000207);
	m.to = cs_addr_v4(0xc6336405);
	m.from_port = 40000;
	m.to_port = 5683;
	return m;
}

static void assert_written(const struct cs_post_message *m, struct cs_message_look look,
			   const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	cs_write_message(to, m, &look);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, want);
	free(text);
}

static void a_message_has_its_time_ends_and_context(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m = arrived(cases[0].bytes, options);

	(void)state;
	assert_written(&m, (struct cs_message_look){ 0 },
		       "2026-11-21T20:00:00.123456Z 192.0.2.7:40000 > "
		       "198.51.100.5:5683: CON GET /.well-known/core, MID 0x7d70, "
		       "no token, 21 bytes\n");
	m.again = m.matched = m.to_group = true;
	m.request_us = m.wall_us - 1500;
	m.request_len = 21;
	m.hop_limit = 64;
	assert_true(cs_addr_read(SPAN("2001:db8::1"), &m.to));
	assert_written(&m, (struct cs_message_look){ 0 },
		       "2026-11-21T20:00:00.123456Z 192.0.2.7:40000 > "
		       "[2001:db8::1]:5683: CON GET /.well-known/core, MID 0x7d70, "
		       "no token, repeated, answers 21 bytes after 1.500 ms, to a group, "
		       "ttl 64, 21 bytes\n");
}

static void hex_has_sixteen_bytes_a_line_and_no_control_byte(void **state)
{
	static const uint8_t hostile[] = "\x40\x02\x00\x01\xb4\x1b[2J\xff\n\r\x07\x7f"
					 "\x9b\xc3\xa9zzz";
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m =
		arrived(cs_span_of(hostile, sizeof(hostile) - 1), options);

	(void)state;
	assert_written(
		&m, (struct cs_message_look){ .hex = true },
		"2026-11-21T20:00:00.123456Z 192.0.2.7:40000 > "
		"198.51.100.5:5683: CON POST /\\x1b[2J, MID 0x0001, no token, "
		"payload 10 bytes, 20 bytes\n"
		"\t0000  4002 0001 b41b 5b32 4aff 0a0d 077f 9bc3  @.....[2J.......\n"
		"\t0010  a97a 7a7a                                .zzz\n");
}

static void a_message_that_is_wrong_is_coloured(void **state)
{
	uint8_t options[CS_MESSAGE_OPTIONS];
	struct cs_post_message m = arrived(SPAN("\x40"), options);

	(void)state;
	assert_written(&m, (struct cs_message_look){ .colour = true },
		       "2026-11-21T20:00:00.123456Z 192.0.2.7:40000 > "
		       "198.51.100.5:5683: \x1b[31mno message; M1 fewer than four bytes "
		       "(RFC 7252 section 3)\x1b[0m, 1 byte\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datagram_is_told_in_a_line),
		cmocka_unit_test(a_signal_has_options_of_its_own),
		cmocka_unit_test(a_payload_is_as_long_as_it_was_sent),
		cmocka_unit_test(a_line_is_cut_to_its_room),
		cmocka_unit_test(what_a_request_asks_for_stands_alone),
		cmocka_unit_test(a_cut_datagram_is_never_a_crash),
		cmocka_unit_test(a_full_sample_may_be_a_part_and_a_datagram_is_whole),
		cmocka_unit_test(options_are_found_and_a_broken_list_ends),
		cmocka_unit_test(a_message_has_its_time_ends_and_context),
		cmocka_unit_test(hex_has_sixteen_bytes_a_line_and_no_control_byte),
		cmocka_unit_test(a_message_that_is_wrong_is_coloured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
