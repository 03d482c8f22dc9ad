/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "base/num.h"
#include "watch/hexdump.h"

enum { ROOM = 64 };

static const struct {
	const char *name, *text, *want; /* hex; NULL: none */
} cases[] = {
	{ "plain", "40017d70", "40017d70" },
	{ "upper case", "BB2E", "bb2e" },
	{ "blanks", " 40 01\t7d 70 \r\n", "40017d70" },
	{ "colons", "40:01:7d:70", "40017d70" },
	{ "one 0x", "0x40017d70", "40017d70" },
	{ "each 0x", "0x40, 0x01, 0x7d, 0x70", "40017d70" },
	{ "of C", "\\x40\\x01", "4001" },
	{ "an array", "{ 0x40, 0x01 }", "4001" },
	{ "quotes", "\"4001\"", "4001" },
	{ "two lines", "4001\n7d70\n", "40017d70" },
	{ "0x and no more", "0x", NULL },
	{ "tcpdump -x", "\t0x0000:  4500 002f\n\t0x0010:  4001 7d70\n",
	  "4500002f40017d70" },
	{ "tcpdump -X",
	  "12:00:00.1 IP 1.2.3.4.5 > 5.6.7.8.9: UDP, length 2\n"
	  "\t0x0000:  4500 0031 0001 0000 4011 f96c c633 6407  E..1....@..l.3d.\n"
	  "\t0x0010:  4001                                     @.\n",
	  "45000031000100004011f96cc63364074001" },
	{ "xxd", "00000000: 4001 7d70 bb2e 7765 6c6c 2d6b 6e6f 776e  @.}p..well-known\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e" },
	{ "hexdump -C",
	  "00000000  40 01 7d 70 bb 2e 77 65  6c 6c 2d 6b 6e 6f 77 6e  "
	  "|@.}p..well-known|\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e" },
	{ "hexdump -C, and its last line",
	  "00000000  40 01 7d 70 bb 2e 77 65  6c 6c 2d 6b 6e 6f 77 6e  "
	  "|@.}p..well-known|\n00000010  04 63 6f 72 65                                  "
	  "  |.core|\n00000015\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e04636f7265" },
	{ "od -Ax -tx1",
	  "000000 40 01 7d 70 bb 2e 77 65 6c 6c 2d 6b 6e 6f 77 6e\n"
	  "000010 04 63 6f 72 65\n000015\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e04636f7265" },
	{ "od -tx1",
	  "0000000 40 01 7d 70 bb 2e 77 65 6c 6c 2d 6b 6e 6f 77 6e\n"
	  "0000020 04 63 6f 72 65\n0000025\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e04636f7265" },
	{ "tshark -x",
	  "0000  40 01 7d 70 bb 2e 77 65 6c 6c 2d 6b 6e 6f 77 6e   @.}p..well-known\n"
	  "0010  04 63 6f 72 65                                    .core\n",
	  "40017d70bb2e77656c6c2d6b6e6f776e04636f7265" },
	{ "tshark -x, of eight bytes",
	  "0000  40 01 7d 70 bb 2e 77 65                           @.}p..we\n",
	  "40017d70bb2e7765" },
	{ "zeros are no offset that is followed by none", "00000000\n", "00000000" },
	{ "what says another number is none", "000000 40\n000002 41", "4000000241" },
	{ "an array that ends", "0x40, 0x01 };", "4001" },
	{ "of Python", "b'\\x40\\x01'", "4001" },
	{ "b0 is a byte", "b001", "b001" },
	{ "half a byte", "401", NULL },
	{ "no hex", "zz", NULL },
	{ "nothing", "", NULL },
	{ "blanks alone", " \n ", NULL },
};

static void hex_is_read_in_the_forms_that_people_paste(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		size_t len = strlen(cases[i].text), at;
		uint8_t room[ROOM], *copy = heap_copy(cases[i].text, len);
		struct cs_wr out = cs_wr_over(room, sizeof(room));
		char hex[2 * ROOM + 1] = "";
		enum cs_err err = cs_hexdump_read(cs_span_of(copy, len), &out, &at);

		if (!err)
			cs_hex_text(cs_wr_done(&out), hex);
		if ((err == CS_OK) != (cases[i].want != NULL) ||
		    (cases[i].want && strcmp(hex, cases[i].want) != 0))
			fail_msg("%s: %s", cases[i].name, err ? "none" : hex);
		free(copy);
	}
}

static void the_place_of_what_is_no_hex_is_told(void **state)
{
	uint8_t room[ROOM];
	struct cs_wr out = cs_wr_over(room, sizeof(room));
	size_t at;

	(void)state;
	assert_int_equal(cs_hexdump_read(SPAN("40\n01 g0"), &out, &at), CS_ERR_SYNTAX);
	assert_int_equal(at, 6);
}

static void more_than_there_is_room_for_is_said(void **state)
{
	uint8_t room[2];
	struct cs_wr out = cs_wr_over(room, sizeof(room));
	size_t at;

	(void)state;
	assert_int_equal(cs_hexdump_read(SPAN("400102"), &out, &at), CS_OK);
	assert_int_equal(out.err, CS_ERR_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_is_read_in_the_forms_that_people_paste),
		cmocka_unit_test(the_place_of_what_is_no_hex_is_told),
		cmocka_unit_test(more_than_there_is_room_for_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
