/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "base/wr.h"
#include "wire/dtls_record.h"
#include "wire/packet.h"

#define PLAIN(type, version, epoch, len) type version epoch "\0\0\0\0\0\7" len
#define MESSAGE(type, len)               type "\0\0" len "\0\0\0\0\0\0\0" len
#define RANDOM                           "12345678901234567890123456789012"

static const struct {
	const char *name;
	struct cs_span bytes;
	enum cs_err err;
	unsigned type, version, epoch;
	size_t fragment;
	const char *text;
} cases[] = {
	{ "an alert", SPAN_ROW(PLAIN("\x15", "\xfe\xff", "\0\0", "\0\2") "\2\x28"), CS_OK,
	  21, 0xfeff, 0, 2, "alert" },
	{ "an empty record", SPAN_ROW(PLAIN("\x17", "\xfe\xfd", "\0\1", "\0\0")), CS_OK,
	  23, 0xfefd, 1, 0, "application data" },
	{ "the smallest type", SPAN_ROW(PLAIN("\x14", "\xfe\xfd", "\0\0", "\0\1") "\1"),
	  CS_OK, 20, 0xfefd, 0, 1, "change cipher spec" },
	{ "the largest type", SPAN_ROW(PLAIN("\x1a", "\xfe\xfd", "\0\0", "\0\2") "\0\0"),
	  CS_OK, 26, 0xfefd, 0, 2, "acknowledgement" },
	{ "type 19", SPAN_ROW(PLAIN("\x13", "\xfe\xfd", "\0\0", "\0\0")), CS_ERR_RESERVED,
	  0, 0, 0, 0, "encrypted record" },
	{ "type 27", SPAN_ROW(PLAIN("\x1b", "\xfe\xfd", "\0\0", "\0\0")), CS_ERR_RESERVED,
	  0, 0, 0, 0, "encrypted record" },
	{ "TLS", SPAN_ROW(PLAIN("\x16", "\x03\x03", "\0\0", "\0\0")), CS_ERR_RESERVED, 0,
	  0, 0, 0, "encrypted record" },
	{ "a record past the end",
	  SPAN_ROW(PLAIN("\x17", "\xfe\xfd", "\0\1", "\0\3") "ab"), CS_ERR_SHORT, 0, 0, 0,
	  0, "encrypted record" },
	{ "an encrypted handshake",
	  SPAN_ROW(PLAIN("\x16", "\xfe\xfd", "\0\1", "\0\3") "abc"), CS_OK, 22, 0xfefd, 1,
	  3, "encrypted handshake" },
	{ "a connection id", SPAN_ROW(PLAIN("\x19", "\xfe\xfd", "\0\1", "CID") "\0\2ab"),
	  CS_OK, 25, 0xfefd, 1, 2, "encrypted record with connection id" },
	{ "a unified header with all but an id", SPAN_ROW("\x2f\x12\x34\0\2ab"), CS_OK, 0,
	  0, 3, 2, "encrypted record" },
	{ "the smallest unified header",
	  SPAN_ROW("\x20\x12"
		   "abcd"),
	  CS_OK, 0, 0, 0, 4, "encrypted record" },
	{ "a unified header with an id",
	  SPAN_ROW("\x3d"
		   "CID\x12\0\2ab"),
	  CS_OK, 0, 0, 1, 2, "encrypted record" },
	{ "a unified header with an id and no length",
	  SPAN_ROW("\x32"
		   "CID\x12"
		   "ab"),
	  CS_OK, 0, 0, 2, 6, "encrypted record" },
};

static void each_record_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		struct cs_rd rd = cs_rd_over(copy, cases[i].bytes.len);
		struct cs_dtls_record got = { 0 };
		bool is_record = cs_dtls_next(&rd, &got);

		if (is_record != !cases[i].err || rd.err != cases[i].err ||
		    got.type != cases[i].type || got.version != cases[i].version ||
		    got.epoch != cases[i].epoch ||
		    got.fragment.len != cases[i].fragment ||
		    strcmp(cs_dtls_text(&got), cases[i].text) != 0)
			fail_msg("%s: %s, type %u, version %x, epoch %u, %zu bytes, %s",
				 cases[i].name, cs_strerror(rd.err), got.type,
				 got.version, got.epoch, got.fragment.len,
				 cs_dtls_text(&got));
		if (is_record && got.type >= 20 && got.type != 25)
			assert_int_equal(got.sequence, 7);
		free(copy);
	}
}

static struct cs_dtls_record first_of(struct cs_span datagram)
{
	struct cs_rd rd = cs_rd_over(datagram.ptr, datagram.len);
	struct cs_dtls_record record;

	assert_true(cs_dtls_next(&rd, &record));
	return record;
}

static void connection_ids_are_found(void **state)
{
	static const char hello[] = PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x3f")
		MESSAGE("\1", "\x33") "\xfe\xfd" RANDOM
				      "\0\0\0\2\xc0\xa8\1\0\0\7\0\x36\0\3\2ID";
	struct cs_dtls_record got = first_of(SPAN(hello));

	(void)state;
	assert_true(got.handshake);
	assert_int_equal(got.message, 1);
	assert_true(got.has_cid);
	assert_true(cs_span_eq(got.cid, SPAN("ID")));

	got = first_of(SPAN(PLAIN("\x19", "\xfe\xfd", "\0\1", "CID") "\0\2ab"));
	assert_true(cs_span_eq(got.cid, SPAN("CID")));
	assert_true(cs_span_eq(got.fragment, SPAN("ab")));
	got = first_of(SPAN("\x3e"
			    "ID\x12\x34\0\2ab"));
	assert_true(got.has_cid);
	assert_true(cs_span_eq(got.cid, SPAN("ID")));

	/* Nobody can say where it ends: all of it is the fragment. */
	got = first_of(SPAN(PLAIN("\x19", "\xfe\xfd", "\0\1", "CID") "zzzz"));
	assert_true(got.has_cid);
	assert_int_equal(got.cid.len, 0);
	assert_int_equal(got.fragment.len, 7);
}

/* An identity in the hello of version 1.3; one of 129 bytes is a ticket. */
static void an_identity_may_stand_in_the_hello(void **state)
{
	static const char hello[] = PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x46") MESSAGE(
		"\1", "\x3a") "\xfe\xfd" RANDOM
			      "\0\0\0\2\x13\1\1\0\0\x0e\0\x29\0\x0a\0\x08\0\2id\0\0\0\0";
	struct cs_dtls_record got = first_of(SPAN(hello));

	(void)state;
	assert_true(cs_span_eq(got.psk_identity, SPAN("id")));
}

#define HELLO "\xfe\xfd" RANDOM "\0\0\0\2\x13\1\1\0"

/* Records of a hello say 1.0 or 1.2 whatever is meant: the hello says it, or an extension of it. */
static void a_hello_says_its_version(void **state)
{
	static const struct {
		struct cs_span bytes;
		unsigned version;
		const char *name;
	} hellos[] = {
		{ SPAN_ROW(PLAIN("\x16", "\xfe\xff", "\0\0", "\0\x38")
				   MESSAGE("\1", "\x2c") HELLO "\0\0"),
		  0xfefd, "1.2" },
		{ SPAN_ROW(PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x41") MESSAGE(
			  "\1", "\x35") HELLO "\0\x09\0\x2b\0\5\4\xfe\xfc\xfe\xfd"),
		  0xfefc, "1.3" },
		{ SPAN_ROW(PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x3f") MESSAGE(
			  "\1", "\x33") HELLO "\0\x07\0\x2b\0\3\2\x1a\x1a"),
		  0xfefd, "1.2" }, /* a number that nobody has, to keep others honest */
		{ SPAN_ROW(PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x3a") MESSAGE(
			  "\2", "\x2e") "\xfe\xfd" RANDOM
					"\0\x13\1\0\0\6\0\x2b\0\2\xfe\xfc"),
		  0xfefc, "1.3" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(hellos); i++) {
		struct cs_dtls_record got = first_of(hellos[i].bytes);

		assert_int_equal(got.hello, hellos[i].version);
		assert_string_equal(cs_dtls_version(got.hello), hellos[i].name);
	}
	assert_string_equal(cs_dtls_version(0xfeff), "1.0");
	assert_null(cs_dtls_version(0));
	assert_null(cs_dtls_version(0xfefe));
}

/* A client key exchange of an identity of @len bytes and nothing else. */
static size_t identity_of(size_t len)
{
	uint8_t bytes[400] = { 0 };
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
	static const uint8_t many[256] = { [0] = 1 };

	cs_wr_bytes(&w, "\x16\xfe\xfd\0\0\0\0\0\0\0\1", 11);
	cs_wr_u16(&w, (uint16_t)(12 + 2 + len));
	cs_wr_u32(&w, 0x10000000u | (uint32_t)(2 + len));
	cs_wr_bytes(&w, "\0\1\0\0\0\0", 6);
	cs_wr_u16(&w, (uint16_t)(2 + len));
	cs_wr_u16(&w, (uint16_t)len);
	cs_wr_bytes(&w, many, len);
	return first_of(cs_wr_done(&w)).psk_identity.len;
}

static void an_identity_has_at_most_128_bytes(void **state)
{
	(void)state;
	assert_int_equal(identity_of(1), 1);
	assert_int_equal(identity_of(128), 128);
	assert_int_equal(identity_of(129), 0);
}

/* What a file of tests/data/dtls shows in clear, each at least once. */
struct seen {
	unsigned records, hellos;
	char server_name[64], identity[64], hint[64];
};

static void note(char out[64], struct cs_span what)
{
	if (what.len > 0 && what.len < 64)
		memcpy(out, what.ptr, what.len);
}

static void see(struct seen *seen, struct cs_span datagram)
{
	uint8_t *copy = heap_copy(datagram.ptr, datagram.len);
	struct cs_rd rd = cs_rd_over(copy, datagram.len);
	struct cs_dtls_record record;

	while (cs_dtls_next(&rd, &record)) {
		seen->records++;
		seen->hellos += record.handshake && record.message == 1;
		note(seen->server_name, record.server_name);
		note(seen->identity, record.psk_identity);
		note(seen->hint, record.psk_hint);
	}
	assert_int_equal(rd.err, CS_OK);
	free(copy);
}

/* The records of a capture file are little endian, as who wrote it. */
static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static struct seen see_file(const char *path)
{
	static uint8_t bytes[1 << 16];
	struct cs_packet_reader reader = { .link = CS_LINK_ETHERNET };
	struct seen seen = { 0 };
	FILE *file = fopen(path, "rb");

	assert_non_null(file);

	size_t len = fread(bytes, 1, sizeof(bytes), file);

	fclose(file);
	for (size_t at = 24; at < len;) {
		uint32_t there = le32(bytes + at + 8), wire_len = le32(bytes + at + 12);
		struct cs_packet packet;

		cs_packet_read(&reader, cs_span_of(bytes + at + 16, there), wire_len, 0,
			       &packet);
		assert_int_equal(packet.kind, CS_PACKET_UDP);
		assert_false(cs_packet_is_damaged(&packet));
		see(&seen, packet.payload);
		at += 16 + there;
	}
	return seen;
}

static const struct {
	const char *path;
	unsigned hellos;
	const char *server_name, *identity, *hint;
} files[] = {
	{ TEST_DATA "/dtls/psk.pcap", 2, "coap.example", "sensor-17", "gateway" },
	{ TEST_DATA "/dtls/dhe_psk.pcap", 2, "", "sensor-17", "gateway" },
	{ TEST_DATA "/dtls/ecdhe_psk.pcap", 2, "", "sensor-17", "gateway" },
	{ TEST_DATA "/dtls/certificate.pcap", 2, "coap.example", "", "" },
};

static void real_handshakes_show_their_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(files); i++) {
		struct seen seen = see_file(files[i].path);

		if (seen.hellos != files[i].hellos || seen.records < 12 ||
		    strcmp(seen.server_name, files[i].server_name) != 0 ||
		    strcmp(seen.identity, files[i].identity) != 0 ||
		    strcmp(seen.hint, files[i].hint) != 0)
			fail_msg("%s: %u records, %u hellos, '%s', '%s', '%s'",
				 files[i].path, seen.records, seen.hellos,
				 seen.server_name, seen.identity, seen.hint);
	}
}

static void no_prefix_is_read_past_its_end(void **state)
{
	static const char hello[] = PLAIN("\x16", "\xfe\xfd", "\0\0", "\0\x3f")
		MESSAGE("\1", "\x33") "\xfe\xfd" RANDOM
				      "\0\0\0\2\xc0\xa8\1\0\0\7\0\x36\0\3\2ID";

	(void)state;
	for (size_t n = 1; n < sizeof(hello) - 1; n++) {
		uint8_t *copy = heap_copy(hello, n);
		struct cs_rd rd = cs_rd_over(copy, n);
		struct cs_dtls_record record;

		assert_false(cs_dtls_next(&rd, &record));
		assert_int_equal(rd.err, CS_ERR_SHORT);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_is_read),
		cmocka_unit_test(connection_ids_are_found),
		cmocka_unit_test(an_identity_may_stand_in_the_hello),
		cmocka_unit_test(a_hello_says_its_version),
		cmocka_unit_test(an_identity_has_at_most_128_bytes),
		cmocka_unit_test(real_handshakes_show_their_names),
		cmocka_unit_test(no_prefix_is_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
