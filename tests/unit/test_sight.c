/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/num.h"
#include "coap/code.h"
#include "coap/option_rule.h"
#include "watch/obs.h"
#include "watch/sight.h"

enum { ROOM = 2048 };

#define CORE "bb2e77656c6c2d6b6e6f776e04636f7265" /* .well-known, core */

#define MARK(name) (1u << (CS_OBS_MARK_##name - CS_OBS_MARK_ZMAP))

/* What is read of @bytes that came to 192.0.2.7 port 5683, of @stated bytes. */
static struct cs_sight see_part(const uint8_t *bytes, size_t n, size_t stated)
{
	uint8_t *copy = heap_copy(bytes, n);
	struct cs_packet packet = { .kind = CS_PACKET_UDP,
				    .to = cs_addr_v4(0xc0000207),
				    .to_port = 5683,
				    .payload = cs_span_of(copy, n),
				    .payload_len = (uint32_t)stated };
	struct cs_sight sight;

	cs_sight_read(&packet, &sight);
	assert_true(sight.n_flaws <= CS_SIGHT_FLAWS);
	free(copy);
	return sight;
}

static struct cs_sight see_hex(const char *hex)
{
	uint8_t bytes[ROOM];
	size_t n = strlen(hex) / 2;

	assert_true(cs_hex_read(cs_span_str(hex), bytes, n));
	return see_part(bytes, n, n);
}

#define REQ CS_SIGHT_REQUEST
#define RSP CS_SIGHT_RESPONSE
#define EMP CS_SIGHT_EMPTY
#define RSV CS_SIGHT_RESERVED
#define VER CS_SIGHT_VERSION
#define BRK CS_SIGHT_BROKEN
#define ALN CS_SIGHT_ALIEN
#define ERR CS_SIGHT_FORMAT_ERROR
#define UNL CS_SIGHT_UNLIKELY

/* clang-format off */
static const struct {
	const char *name, *hex;
	enum cs_sight_kind kind;
	uint32_t traits;
	enum cs_fault fault; /* the first */
	unsigned marks;
} rows[] = {
	{ "zmap's probe", "40017d70" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(ZMAP) },
	{ "nmap's probe", "400101ce" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(NMAP) },
	{ "a scanner's probe", "4001abcd" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(PLAIN) },
	{ "masscan's: IP ID 0 is 0207 ^ 5683 ^ MID", "40011434" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(MASSCAN) },
	{ "an amplifier's 7257", "40017257" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(AMPLIFIER) },
	{ "an amplifier's 4b70", "40014b70" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(AMPLIFIER) },
	{ "an amplifier's 6570", "40016570" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(AMPLIFIER) },
	{ "an amplifier's 0101", "40010101" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(AMPLIFIER) },
	{ "an amplifier's 5477", "40015477" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, MARK(AMPLIFIER) },
	{ "Californium's banner", "44010f3cd19796c1c13cff0000", REQ, 0, 0, MARK(BANNER) },
	{ "a question with a token", "44017d7001020304" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, 0 },
	{ "a NON question", "50017d70" CORE, REQ, CS_SIGHT_WELL_KNOWN, 0, 0 },
	{ "a question with a query", "40017d70" CORE "4472743d61", REQ, CS_SIGHT_WELL_KNOWN, 0, 0 },
	{ "a question by a name", "40010001" "3161" "8b2e77656c6c2d6b6e6f776e04636f7265", REQ, CS_SIGHT_WELL_KNOWN, 0, 0 },
	{ "more than the well-known path", "40010001" CORE "0161", REQ, 0, 0, 0 },
	{ "less than it", "40010001bb2e77656c6c2d6b6e6f776e", REQ, 0, 0, 0 },
	{ "a POST to it writes", "40020001" CORE, REQ, CS_SIGHT_WELL_KNOWN | CS_SIGHT_WRITES, 0, 0 },
	{ "a GET without a path", "40010001", REQ, 0, 0, 0 },
	{ "PUT", "40030001b161", REQ, CS_SIGHT_WRITES, 0, 0 },
	{ "DELETE", "40040001b161", REQ, CS_SIGHT_WRITES, 0, 0 },
	{ "FETCH reads", "40050001b161", REQ, 0, 0, 0 },
	{ "PATCH", "40060001b161", REQ, CS_SIGHT_WRITES, 0, 0 },
	{ "a method unknown", "40080001b161", REQ, 0, 0, 0 },
	{ "a method that OSCORE hides", "40020001920114", REQ, 0, 0, 0 },
	{ "Observe 0 as nothing", "40010001605161", REQ, CS_SIGHT_OBSERVES, 0, 0 },
	{ "Observe 0 as a byte", "4001000161005161", REQ, CS_SIGHT_OBSERVES, 0, 0 },
	{ "Observe 1", "4001000161015161", REQ, CS_SIGHT_CANCELS, 0, 0 },
	{ "Observe 2 means nothing", "4001000161025161", REQ, 0, 0, 0 },
	{ "Observe in a POST means nothing", "40020001605161", REQ, CS_SIGHT_WRITES, 0, 0 },
	{ "Observe in a response notifies", "604500016102", RSP, CS_SIGHT_NOTIFIES, 0, 0 },
	{ "Proxy-Uri", "40010001d616636f61703a2f", REQ, CS_SIGHT_PROXIES, 0, 0 },
	{ "Proxy-Scheme", "40010001d41a636f6170", REQ, CS_SIGHT_PROXIES, 0, 0 },
	{ "LwM2M bootstrap", "40010001b26273", REQ, CS_SIGHT_SENSITIVE, 0, 0 },
	{ "LwM2M /1/0", "40010001b1310130", REQ, CS_SIGHT_SENSITIVE, 0, 0 },
	{ "a number alone is a name", "40010001b131", REQ, 0, 0, 0 },
	{ "a number behind a name", "40010001b1610130", REQ, 0, 0, 0 },
	{ "/oic/res", "40010001b36f696303726573", REQ, CS_SIGHT_SENSITIVE, 0, 0 },
	{ "/a/FirmWare", "40010001b161084669726d57617265", REQ, CS_SIGHT_SENSITIVE, 0, 0 },
	{ "the largest block", "40010001b161c106", REQ, CS_SIGHT_LARGEST, 0, 0 },
	{ "a smaller block", "40010001b161c105", REQ, 0, 0, 0 },
	{ "a later block", "40010001b161c116", REQ, CS_SIGHT_LATER_BLOCK, 0, 0 },
	{ "a body's block", "40030001b161d1030e", REQ, CS_SIGHT_WRITES | CS_SIGHT_BODY_BLOCK, CS_FAULT_BLOCK, 0 },
	{ "an unknown critical option", "40010001d0f4", REQ, CS_SIGHT_CRITICAL, 0, 0 },
	{ "an unknown elective option", "40010001d0f3", REQ, CS_SIGHT_ELECTIVE, 0, 0 },
	{ "an Echo", "40010001d2ef6162", REQ, CS_SIGHT_ECHO, 0, 0 },
	{ "an extended token", "4d01000100" "0102030405060708090a0b0c0d", REQ, CS_SIGHT_EXTENDED_TOKEN, 0, 0 },

	{ "ping", "40000001", EMP, 0, 0, 0 },
	{ "RST", "70000001", EMP, 0, 0, 0 },
	{ "2.05", "604500016100ff61", RSP, CS_SIGHT_NOTIFIES, 0, 0 },
	{ "more of a body follows", "60450001d10a08ff61616161616161616161616161616161", RSP, CS_SIGHT_MORE, 0, 0 },
	{ "class 1", "40200001", RSV, 0, CS_FAULT_CODE, 0 },
	{ "7.01 over UDP", "40e10001" CORE, RSV, 0, CS_FAULT_CODE, 0 },

	/* F: malformed up to a fault, and CoAP before it. */
	{ "M1", "400100", BRK, ERR, CS_FAULT_SHORT, 0 },
	{ "M1 of chance", "40c7", BRK, ERR | UNL, CS_FAULT_SHORT, 0 },
	{ "M3 of a GET", "4f010001" CORE, REQ, ERR, CS_FAULT_TKL, 0 },
	{ "M4 of a GET", "4801000101", REQ, ERR, CS_FAULT_TOKEN_CUT, 0 },
	{ "M6 of a GET", "40010001f1", REQ, ERR, CS_FAULT_NIBBLE, 0 },
	{ "M7 of a GET", "40010001bb2e77", REQ, ERR, CS_FAULT_OPTION_CUT, 0 },
	{ "M8 of a GET", "40010001d0", REQ, ERR, CS_FAULT_EXTENSION_CUT, 0 },
	{ "M9 of a GET", "40010001e0ffff", REQ, ERR, CS_FAULT_NUMBER, 0 },
	{ "M11 of a GET", "40010001ff", REQ, ERR, CS_FAULT_MARKER, 0 },
	{ "M12", "6500" "30b73432323833", EMP, ERR, CS_FAULT_EMPTY, 0 },
	{ "M14", "4001000130", REQ, 0, CS_FAULT_OPTION_LENGTH, 0 },
	{ "a broken PUT asks nothing", "40030001b261", REQ, ERR, CS_FAULT_OPTION_CUT, 0 },
	{ "a broken 2.05 with an option", "60450001c13cd0", RSP, ERR, CS_FAULT_EXTENSION_CUT, 0 },

	/* I: random bytes that begin as version 1 does. */
	{ "a code that nobody registered", "63b91d02aa77f3f1ee40", RSP, ERR | UNL, CS_FAULT_NIBBLE, 0 },
	{ "a broken 2.05 without one", "60450001d0", RSP, ERR | UNL, CS_FAULT_EXTENSION_CUT, 0 },
	{ "a reserved class, and no option that is known", "42300001" "0102" "d0f4", RSV, UNL | CS_SIGHT_CRITICAL, CS_FAULT_CODE, 0 },

	{ "version 2, the rest parses", "80010001" CORE, VER, 0, CS_FAULT_VERSION, 0 },
	{ "version 0, the rest parses", "00010001" CORE, VER, 0, CS_FAULT_VERSION, 0 },
	{ "version 3, the rest parses", "c0010001" CORE, VER, 0, CS_FAULT_VERSION, 0 },
	{ "version 2, the rest does not", "8f010001" CORE, ALN, 0, 0, 0 },
	{ "nothing", "", ALN, 0, 0, 0 },
	{ "zeros", "00000000", ALN, 0, 0, 0 },
	{ "STUN reads as version 0, too", "000100002112a442000102030405060708090a0b", ALN, 0, 0, 0 },
};
/* clang-format on */

static void each_datagram_is_seen_for_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct cs_sight got = see_hex(rows[i].hex);
		enum cs_fault fault = got.n_flaws ? got.flaw[0].fault : CS_FAULT_NONE;

		if (got.kind != rows[i].kind || got.traits != rows[i].traits ||
		    fault != rows[i].fault || got.marks != rows[i].marks)
			fail_msg("%s: kind %d, traits %x, %s, marks %x", rows[i].name,
				 got.kind, got.traits, cs_fault_name(fault), got.marks);
	}
}

static void the_quick_path_says_what_the_decoder_says(void **state)
{
	/* Its neighbours take the slow path: a Uri-Query more, and the same path. */
	struct cs_sight quick = see_hex("4401abcd01020304" CORE);
	struct cs_sight slow = see_hex("4401abcd01020304" CORE "4161");

	(void)state;
	assert_int_equal(quick.path, CS_SIGHT_CORE);
	assert_int_equal(slow.path, CS_SIGHT_CORE);
	assert_int_equal(quick.token_hash, slow.token_hash);
	assert_int_not_equal(quick.shape, slow.shape);
	assert_int_equal(quick.msg.mid, 0xabcd);
	assert_int_equal(quick.msg.token.len, 4);
	assert_int_equal(quick.msg.n_options, 2);
}

static void message_id_and_token_do_not_make_another_shape(void **state)
{
	(void)state;
	assert_int_equal(see_hex("40010001" CORE).shape, see_hex("4001ffff" CORE).shape);
	assert_int_equal(see_hex("41010001aa" CORE).shape,
			 see_hex("41010002bb" CORE).shape);
	assert_int_not_equal(see_hex("40010001" CORE).shape,
			     see_hex("50010001" CORE).shape);
}

static void targets_differ_by_path_and_host_but_not_by_query(void **state)
{
	uint32_t a = see_hex("40010001b161").path;

	(void)state;
	assert_true(a > CS_SIGHT_CORE);
	assert_int_equal(a, see_hex("40010001b1614178").path);
	assert_int_not_equal(a, see_hex("40010001b162").path);
	assert_int_not_equal(a, see_hex("400100013168"
					"8161")
					.path);
	assert_int_not_equal(see_hex("40010001b26162").path,
			     see_hex("40010001b1610162").path);
	assert_int_equal(see_hex("60450001").path, 0);
}

static void what_the_snap_length_cut_is_not_malformed(void **state)
{
	static const uint8_t whole[] = "\x44\x01\x00\x01tokn\xb3"
				       "abc\x43xyz\xff"
				       "payload";
	enum { LEN = sizeof(whole) - 1 };

	(void)state;
	for (size_t n = 0; n < LEN; n++) {
		struct cs_sight got = see_part(whole, n, LEN);

		if (n > 0 && (got.n_flaws > 0 || got.traits))
			fail_msg("cut to %zu: %u flaws, traits %x", n, got.n_flaws,
				 got.traits);
	}
}

static void a_request_of_1152_bytes_is_not_big(void **state)
{
	uint8_t bytes[ROOM] = "\x40\x02\x00\x01\xff";
	uint8_t answer[ROOM] = "\x60\x45\x00\x01\xff";

	(void)state;
	assert_false(see_part(bytes, 1152, 1152).traits & CS_SIGHT_BIG);
	assert_true(see_part(bytes, 1153, 1153).traits & CS_SIGHT_BIG);
	assert_true(see_part(bytes, 100, 1153).traits & CS_SIGHT_BIG);
	assert_false(see_part(answer, 1153, 1153).traits & CS_SIGHT_BIG);
}

/* A message over TCP as stream.h gives it. */
static struct cs_sight see_stream(uint8_t code, const char *tail, struct cs_flaw flaw)
{
	struct cs_msg msg = { .version = 1, .code = code, .tail = cs_span_str(tail) };
	struct cs_sight sight;

	cs_sight_of_stream(&msg, &flaw, msg.tail, &sight);
	return sight;
}

static void signals_are_no_oddity_over_tcp(void **state)
{
	struct cs_flaw none = { 0 }, cut = { .fault = CS_FAULT_OPTION_CUT };
	struct cs_sight csm = see_stream(CS_CODE(7, 1), "", none);

	(void)state;
	assert_int_equal(csm.kind, CS_SIGHT_EMPTY);
	assert_int_equal(csm.n_flaws, 0);
	/* Max-Message-Size 1152, Block-Wise-Transfer: 4 is not the ETag of a request. */
	csm = see_stream(CS_CODE(7, 1), "\x22\x04\x80\x20", none);
	assert_int_equal(csm.n_flaws, 0);
	assert_int_equal(csm.traits, 0);
	assert_int_equal(see_stream(CS_CODE(3, 1), "", none).n_flaws, 1);
	assert_true(see_stream(CS_CODE_GET,
			       "\xb2"
			       "rd",
			       none)
			    .traits &
		    CS_SIGHT_SENSITIVE);
	assert_int_equal(see_stream(CS_CODE_GET, "\xb2r", cut).traits,
			 CS_SIGHT_FORMAT_ERROR);
	assert_int_equal(see_stream(CS_CODE_GET,
				    "\xb1"
				    "a\xc1\x07",
				    none)
				 .n_flaws,
			 0);
}

static void expect_target(const char *tail, size_t cap, const char *want)
{
	struct cs_msg msg = { .code = CS_CODE_GET, .tail = cs_span_str(tail) };
	uint8_t out[64];
	size_t n = cs_sight_target(&msg, out, cap);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void a_target_reads_as_people_write_it(void **state)
{
	(void)state;
	expect_target("", 64, "/");
	expect_target("\xb1"
		      "a\x02"
		      "bc",
		      64, "/a/bc");
	expect_target("\xb1"
		      "a\x41x\x02yz",
		      64, "/a?x&yz");
	expect_target("\xd1\x02x", 64, "/?x");
	expect_target("\xd4\x16"
		      "c://",
		      64, "c://");
	expect_target("\xb1"
		      "a\x02"
		      "bc",
		      3, "/a/");
	expect_target("\xb1"
		      "a\x02"
		      "bc",
		      0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datagram_is_seen_for_what_it_is),
		cmocka_unit_test(the_quick_path_says_what_the_decoder_says),
		cmocka_unit_test(message_id_and_token_do_not_make_another_shape),
		cmocka_unit_test(targets_differ_by_path_and_host_but_not_by_query),
		cmocka_unit_test(what_the_snap_length_cut_is_not_malformed),
		cmocka_unit_test(a_request_of_1152_bytes_is_not_big),
		cmocka_unit_test(signals_are_no_oddity_over_tcp),
		cmocka_unit_test(a_target_reads_as_people_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
