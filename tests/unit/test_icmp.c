/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "wire/icmp.h"

#define V4(total, part, protocol)                                           \
	"\x45\0\0" total "\0\0" part "\x40" protocol "\0\0\xc0\x00\x02\x01" \
	"\xcb\x00\x71\x05"
#define V6(len, next)                                                        \
	"\x60\0\0\0\0" len next "\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" \
	"\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define UDP(len) "\x16\x33\x9c\x40\0" len "\0\0"

static const struct {
	const char *name;
	struct cs_span bytes;
	bool v6;
	bool quotes, port_closed;
	size_t payload;
} cases[] = {
	{ "nothing", { NULL, 0 }, false, false, false, 0 },
	{ "port unreachable",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V4("\x1e", "\0\0", "\x11") UDP("\x0a") "hi"), false,
	  true, true, 2 },
	{ "quotes eight bytes of a longer datagram",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V4("\x40", "\0\0", "\x11") UDP("\x2c")), false,
	  true, true, 0 },
	{ "quotes four bytes",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V4("\x40", "\0\0", "\x11") "\x16\x33\x9c\x40"),
	  false, true, true, 0 },
	{ "quotes three bytes",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V4("\x40", "\0\0", "\x11") "\x16\x33\x9c"), false,
	  false, false, 0 },
	{ "host unreachable",
	  SPAN_ROW("\3\1\0\0\0\0\0\0" V4("\x1c", "\0\0", "\x11") UDP("\x08")), false,
	  true, false, 0 },
	{ "time exceeded, of TCP",
	  SPAN_ROW("\x0b\0\0\0\0\0\0\0" V4("\x28", "\0\0",
					   "\x06") "\x16\x33\x9c\x40\1\2\3\4"),
	  false, true, false, 0 },
	{ "of another protocol",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V4("\x1c", "\0\0", "\x2f") UDP("\x08")), false,
	  false, false, 0 },
	{ "of a datagram's first part",
	  SPAN_ROW("\x0b\1\0\0\0\0\0\0" V4("\x1c", "\x20\0", "\x11") UDP("\x28")), false,
	  true, false, 0 },
	{ "of a later part",
	  SPAN_ROW("\x0b\1\0\0\0\0\0\0" V4("\x1c", "\0\1", "\x11") UDP("\x08")), false,
	  false, false, 0 },
	{ "an echo",
	  SPAN_ROW("\x08\0\0\0\0\1\0\1" V4("\x1c", "\0\0", "\x11") UDP("\x08")), false,
	  false, false, 0 },
	{ "a redirect",
	  SPAN_ROW("\x05\0\0\0\1\2\3\4" V4("\x1c", "\0\0", "\x11") UDP("\x08")), false,
	  false, false, 0 },
	{ "extensions behind the quote",
	  SPAN_ROW("\3\3\0\0\0\x08\0\0" V4("\x40", "\0\0", "\x11")
			   UDP("\x2c") "okay"
				       "extensions"),
	  false, true, true, 4 },
	{ "a length past the end is none",
	  SPAN_ROW("\3\3\0\0\0\x09\0\0" V4("\x40", "\0\0", "\x11") UDP("\x2c") "okay"),
	  false, true, true, 4 },

	{ "ICMPv6 port unreachable",
	  SPAN_ROW("\1\4\0\0\0\0\0\0" V6("\x0a", "\x11") UDP("\x0a") "hi"), true, true,
	  true, 2 },
	{ "quotes the other family",
	  SPAN_ROW("\3\3\0\0\0\0\0\0" V6("\x08", "\x11") UDP("\x08")), false, false,
	  false, 0 },
	{ "ICMPv6 no route", SPAN_ROW("\1\0\0\0\0\0\0\0" V6("\x08", "\x11") UDP("\x08")),
	  true, true, false, 0 },
	{ "ICMPv6 too big: the four bytes are the size",
	  SPAN_ROW("\2\0\0\0\0\0\5\0" V6("\x58", "\x11") UDP("\x58") "hi"), true, true,
	  false, 2 },
	{ "ICMPv6 echo", SPAN_ROW("\x80\0\0\0\0\0\0\0" V6("\x08", "\x11") UDP("\x08")),
	  true, false, false, 0 },
	{ "ICMPv6 extensions",
	  SPAN_ROW("\1\4\0\0\7\0\0\0" V6("\x40", "\x11") UDP("\x40") "quotedby more"),
	  true, true, true, 8 },
};

static void each_message_gives_its_quote(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_quote quote = { 0 };
		uint8_t *copy = heap_copy(cases[i].bytes.ptr, cases[i].bytes.len);
		bool quotes = cs_icmp_quote(cs_span_of(copy, cases[i].bytes.len),
					    cases[i].v6, &quote);

		if (quotes != cases[i].quotes ||
		    quote.port_closed != cases[i].port_closed ||
		    quote.payload.len != cases[i].payload)
			fail_msg("%s: quotes %d, closed %d, %zu bytes", cases[i].name,
				 quotes, quote.port_closed, quote.payload.len);
		if (quotes) {
			assert_int_equal(quote.from_port, 5683);
			assert_int_equal(quote.to_port, 40000);
			assert_int_equal(cs_addr_is_v4(&quote.from), !cases[i].v6);
			assert_int_equal(quote.type, cases[i].bytes.ptr[0]);
			assert_int_equal(quote.code, cases[i].bytes.ptr[1]);
		}
		free(copy);
	}
}

static void no_prefix_is_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		for (size_t n = 0; n < cases[i].bytes.len; n++) {
			uint8_t *copy = heap_copy(cases[i].bytes.ptr, n);
			struct cs_quote quote;

			if (cs_icmp_quote(cs_span_of(copy, n), cases[i].v6, &quote))
				assert_true(quote.payload.len < n);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_gives_its_quote),
		cmocka_unit_test(no_prefix_is_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
