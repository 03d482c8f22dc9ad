/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "enrich/dns_reply.h"

/* 192.0.2.1: the question is 28 bytes, so answers begin at 40. */
#define QUESTION           "\0011\0012\0010\003192\007in-addr\004arpa\0\0\014\0\001"
#define HEAD(flags, n, ns) "\0\1" flags "\0\1\0" n "\0" ns "\0\0"

#define OWNER     "\300\014"
#define PTR       "\0\014\0\1"
#define CNAME     "\0\005\0\1"
#define SOA       "\0\006\0\1"
#define TXT       "\0\020\0\1"
#define OK        "\201\200"
#define NO_NAME   "\201\203"
#define SERVFAIL  "\201\202"
#define TTL_1H    "\0\0\016\020"
#define TTL_5M    "\0\0\001\054"
#define NAME_A    "\0\006\001a\002ex\0"
#define NAME_CTRL "\0\006\001\033\002ex\0"
/* "s.", "m.", four numbers, and a minimum of 300 or of 100,000 s. */
#define SOA_5M "\0\032\001s\0\001m\0\0\0\0\001\0\0\0\002\0\0\0\003\0\0\0\004\0\0\001\054"
#define SOA_LONG \
	"\0\032\001s\0\001m\0\0\0\0\001\0\0\0\002\0\0\0\003\0\0\0\004\0\001\206\240"

static const struct {
	const char *what;
	struct cs_span message;
	enum cs_dns_verdict verdict;
	const char *name;
	uint32_t ttl_s;
} cases[] = {
	{ "a name", SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H NAME_A),
	  CS_DNS_NAMED, "a.ex", 3600 },
	{ "a TTL of 0 is a minute",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR "\0\0\0\0" NAME_A),
	  CS_DNS_NAMED, "a.ex", 60 },
	{ "59 s too, 61 s are kept",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR "\0\0\0\075" NAME_A),
	  CS_DNS_NAMED, "a.ex", 61 },
	{ "a TTL of 68 years is a week",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR "\177\377\377\377" NAME_A),
	  CS_DNS_NAMED, "a.ex", 7 * 86400 },
	{ "a TTL with the high bit is 0",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR "\200\0\377\377" NAME_A),
	  CS_DNS_NAMED, "a.ex", 60 },
	{ "the first good name of two",
	  SPAN_ROW(HEAD(OK, "\2", "\0")
			   QUESTION OWNER PTR TTL_1H NAME_CTRL OWNER PTR TTL_1H NAME_A),
	  CS_DNS_NAMED, "a.ex", 3600 },
	{ "no good name",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H NAME_CTRL),
	  CS_DNS_MISNAMED, "", 3600 },
	{ "the root as a name",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H "\0\1\0"),
	  CS_DNS_MISNAMED, "", 3600 },
	{ "by an alias, with the lesser TTL",
	  SPAN_ROW(HEAD(OK, "\2", "\0") QUESTION OWNER CNAME TTL_5M NAME_A
		   "\1A\2Ex\0" PTR TTL_1H "\0\003\001b\0"),
	  CS_DNS_NAMED, "b", 300 },
	{ "the alias behind what it leads to",
	  SPAN_ROW(HEAD(OK, "\2", "\0") QUESTION
		   "\1a\2ex\0" PTR TTL_1H "\0\003\001b\0" OWNER CNAME TTL_5M NAME_A),
	  CS_DNS_NAMED, "b", 300 },
	{ "an alias that leads out of the message",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER CNAME TTL_5M NAME_A),
	  CS_DNS_NAMELESS, "", 60 },
	{ "an alias to itself",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER CNAME TTL_5M "\0\2\300\014"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "somebody else's name",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION "\1x\0" PTR TTL_1H NAME_A),
	  CS_DNS_NAMELESS, "", 60 },
	{ "a record of another class",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER "\0\014\0\3" TTL_1H NAME_A),
	  CS_DNS_NAMELESS, "", 60 },
	{ "a record of another type",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER TXT TTL_1H "\0\2\1x"),
	  CS_DNS_NAMELESS, "", 60 },
	{ "NXDOMAIN without a reason", SPAN_ROW(HEAD(NO_NAME, "\0", "\0") QUESTION),
	  CS_DNS_NAMELESS, "", 60 },
	{ "NXDOMAIN for the SOA's minimum",
	  SPAN_ROW(HEAD(NO_NAME, "\0", "\1") QUESTION "\0" SOA TTL_1H SOA_5M),
	  CS_DNS_NAMELESS, "", 300 },
	{ "the SOA's own TTL bounds it",
	  SPAN_ROW(HEAD(NO_NAME, "\0", "\1") QUESTION "\0" SOA TTL_1H SOA_LONG),
	  CS_DNS_NAMELESS, "", 3600 },
	{ "never longer than a day",
	  SPAN_ROW(HEAD(OK, "\0", "\1") QUESTION "\0" SOA "\177\0\0\0" SOA_LONG),
	  CS_DNS_NAMELESS, "", 86400 },
	{ "an SOA that is cut short",
	  SPAN_ROW(HEAD(OK, "\0", "\1") QUESTION "\0" SOA TTL_1H "\0\004\0\0\0\0"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "SERVFAIL", SPAN_ROW(HEAD(SERVFAIL, "\0", "\0") QUESTION), CS_DNS_REFUSED, "",
	  0 },
	{ "cut short", SPAN_ROW(HEAD("\203\200", "\1", "\0") QUESTION), CS_DNS_TRUNCATED,
	  "", 0 },
	{ "a question, no answer", SPAN_ROW(HEAD("\001\000", "\0", "\0") QUESTION),
	  CS_DNS_MALFORMED, "", 0 },
	{ "two questions", SPAN_ROW("\0\1" OK "\0\2\0\0\0\0\0\0" QUESTION),
	  CS_DNS_MALFORMED, "", 0 },
	{ "another address",
	  SPAN_ROW(HEAD(OK, "\0",
			"\0") "\0012\0012\0010\003192\007in-addr\004arpa\0\0\014\0\001"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "another type of question",
	  SPAN_ROW(HEAD(OK, "\0",
			"\0") "\0011\0012\0010\003192\007in-addr\004arpa\0\0\001\0\001"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "fewer records than it says",
	  SPAN_ROW(HEAD(OK, "\2", "\0") QUESTION OWNER PTR TTL_1H NAME_A),
	  CS_DNS_MALFORMED, "", 0 },
	{ "bytes behind the name in its record",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H "\0\007\001a\002ex\0x"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "a name that runs out of its record",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H "\0\005\001a\002ex\0"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "a name that goes round",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION OWNER PTR TTL_1H "\0\002\300\064"),
	  CS_DNS_MALFORMED, "", 0 },
	{ "an owner that goes round",
	  SPAN_ROW(HEAD(OK, "\1", "\0") QUESTION "\300\050" PTR TTL_1H NAME_A),
	  CS_DNS_MALFORMED, "", 0 },
	{ "nothing", { NULL, 0 }, CS_DNS_MALFORMED, "", 0 },
};

static struct cs_dns_reply read_copy(struct cs_span message)
{
	struct cs_addr ip = cs_addr_v4(UINT32_C(0xc0000201));
	uint8_t *copy = heap_copy(message.ptr, message.len);
	struct cs_dns_reply reply;

	cs_dns_reply_read(cs_span_of(copy, message.len), &ip, &reply);
	free(copy);
	return reply;
}

static void each_message_gives_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_dns_reply got = read_copy(cases[i].message);

		if (got.verdict != cases[i].verdict || got.ttl_s != cases[i].ttl_s ||
		    !cs_span_eq(cs_span_of(got.name, got.name_len),
				cs_span_str(cases[i].name)))
			fail_msg("%s: verdict %d, '%.*s', %u s", cases[i].what,
				 got.verdict, (int)got.name_len, got.name, got.ttl_s);
	}
}

static void a_cut_message_is_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_span message = cases[i].message;
		bool whole = cases[i].verdict == CS_DNS_NAMED;

		for (size_t n = 0; n < message.len; n++) {
			struct cs_dns_reply got = read_copy(cs_span_of(message.ptr, n));

			if (whole)
				assert_int_equal(got.verdict, CS_DNS_MALFORMED);
		}
	}
}

/* @n aliases, a0 to a1 and so on, and a name at the end. */
static struct cs_dns_reply chain_of(unsigned n)
{
	uint8_t bytes[1024];
	size_t len = sizeof(HEAD(OK, "\0", "\0") QUESTION) - 1;

	memcpy(bytes, HEAD(OK, "\0", "\0") QUESTION, len);
	bytes[7] = (uint8_t)(n + 1);
	for (unsigned i = 0; i <= n; i++) {
		const uint8_t owner[] = { 1, (uint8_t)('a' + i - 1), 0 };
		const uint8_t to[] = { 0, 3, 1, (uint8_t)('a' + i), 0 };
		const char *rest = i < n ? CNAME TTL_5M : PTR TTL_1H;

		memcpy(bytes + len, i ? owner : (const uint8_t *)OWNER, i ? 3 : 2);
		len += i ? 3 : 2;
		memcpy(bytes + len, rest, 8);
		memcpy(bytes + len + 8, to, sizeof(to));
		len += 8 + sizeof(to);
	}
	return read_copy(cs_span_of(bytes, len));
}

static void aliases_are_followed_so_far(void **state)
{
	struct cs_dns_reply got;

	(void)state;
	got = chain_of(1);
	assert_int_equal(got.verdict, CS_DNS_NAMED);
	got = chain_of(CS_DNS_CHAIN_MAX);
	assert_int_equal(got.verdict, CS_DNS_NAMED);
	assert_int_equal(got.name[0], 'a' + CS_DNS_CHAIN_MAX);
	assert_int_equal(got.ttl_s, 300);
	assert_int_equal(chain_of(CS_DNS_CHAIN_MAX + 1).verdict, CS_DNS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_gives_its_verdict),
		cmocka_unit_test(a_cut_message_is_malformed),
		cmocka_unit_test(aliases_are_followed_so_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
