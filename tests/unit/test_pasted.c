/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "watch/pasted.h"

/* "PREFIX" or "name NAME" or "A|B", then " PORT" and " >TO". */
static void text_of(const struct cs_pasted *p, char *out, size_t cap)
{
	char one[CS_PREFIX_TEXT];
	size_t n = 0;

	out[0] = '\0';
	if (p->kind == CS_PASTED_NAME) {
		n = (size_t)snprintf(out, cap, "name %.*s", (int)p->name.len,
				     (const char *)p->name.ptr);
	} else if (p->kind == CS_PASTED_PREFIX) {
		cs_prefix_text(&p->what, one);
		n = (size_t)snprintf(out, cap, "%s", one);
	}
	for (size_t i = 0; p->kind == CS_PASTED_SEVERAL && i < p->n_readings; i++) {
		cs_prefix_text(&p->reading[i], one);
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? "|" : "", one);
	}
	if (p->port)
		n += (size_t)snprintf(out + n, cap - n, " %u", p->port);
	if (p->has_to) {
		cs_addr_text(&p->to, one);
		(void)snprintf(out + n, cap - n, " >%s", one);
	}
}

static const struct {
	const char *text, *want; /* NULL: nothing */
} cases[] = {
	/* between whatever cannot belong to an address */
	{ "1.2.3.4:4751->5.6.7.8:5683", "1.2.3.4/32 4751 >5.6.7.8" },
	{ "proto UDP, 1.2.3.4:4751->5.6.7.8:5683, len 49", "1.2.3.4/32 4751 >5.6.7.8" },
	{ "5.6.7.8:5683 < 1.2.3.4:4751", "1.2.3.4/32 4751 >5.6.7.8" },
	{ "5.6.7.8.5683 <- 1.2.3.4.4751", "1.2.3.4/32 4751 >5.6.7.8" },
	{ "filterlog[1]: 5,,,1,em0,match,block,in,17,udp,49,1.2.3.4,5.6.7.8,4751,5683,29",
	  "1.2.3.4/32" },
	{ "1.2.3.4,5.6.7.8", "1.2.3.4/32" },
	{ "ip=1.2.3.4", "1.2.3.4/32" },
	{ "host=1.2.3.4;", "1.2.3.4/32" },
	{ "|1.2.3.4|", "1.2.3.4/32" },
	{ "{\"ip\":\"1.2.3.4\"}", "1.2.3.4/32" },
	{ "1.2.3.4#4751", "1.2.3.4/32" },
	{ "connect from unknown[1.2.3.4]:25", "1.2.3.4/32 25" },
	{ "<46>Nov 22 drop 2001:db8::7,2001:db8::1", "2001:db8::7/128" },
	{ "{\"destination\":{\"ip\":\"5.6.7.8\"},\"source\":{\"ip\":\"1.2.3.4\"}}",
	  "1.2.3.4/32 >5.6.7.8" },

	/* "from" before the first */
	{ "Connection attempt to UDP 5.6.7.8:5683 from 1.2.3.4:4751",
	  "1.2.3.4/32 4751 >5.6.7.8" },
	{ "to 5.6.7.8 from 1.2.3.4", "1.2.3.4/32 >5.6.7.8" },
	{ "from nobody", NULL },

	/* dots that were guarded, or are gone */
	{ "1[.]2[.]3[.]4", "1.2.3.4/32" },
	{ "1.2.3(.)4:5683", "1.2.3.4/32 5683" },
	{ "hxxp://1[.]2[.]3[.]4/x", "1.2.3.4/32" },
	{ "103 111 225 7", "103.111.225.7/32" },
	{ "103,111,225,0,24", "103.111.225.0/24" },
	{ "103-111-225-7", "103.111.225.7/32" },
	{ "103 111 225 0/24", "103.111.225.0/24" },
	{ "103 111 225 7/24", NULL },
	{ "103 111 225 256", NULL },
	{ "103 111 225 07", NULL },
	{ "103 111 225 7 24", NULL },
	{ "103 111 225", NULL },
	{ "103 111 225 0 24 1", NULL },
	{ "someone keeps knocking on UDP 5683: 103111225024", "103.111.225.0/24" },
	{ "it was 1234567", NULL },

	{ "192.0.2.7", "192.0.2.7/32" },
	{ "  192.0.2.7\n", "192.0.2.7/32" },
	{ "2001:db8::7", "2001:db8::7/128" },
	{ "2001:DB8::", "2001:db8::/128" },
	{ "::ffff:192.0.2.7", "192.0.2.7/32" },
	{ "fe80::1%eth0", "fe80::1/128" },
	{ "103.111.225.0/24", "103.111.225.0/24" },
	{ "103.111.225.9/24", "103.111.225.0/24" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "192.0.2.7:5683", "192.0.2.7/32 5683" },
	{ "[2001:db8::1]:5683", "2001:db8::1/128 5683" },
	{ "[2001:db8::1]", "2001:db8::1/128" },
	{ "1.2.3.4.5683", "1.2.3.4/32 5683" },
	{ "2001:db8::1.5683", "2001:db8::1/128 5683" },
	{ "1.2.3.4.5683:", "1.2.3.4/32 5683" },
	{ "1.2.3.4(4751)", "1.2.3.4/32 4751" },
	{ "outside:1.2.3.4/22", "1.2.3.4/32 22" },
	{ "1.2.3.4/4751", "1.2.3.4/32 4751" },
	{ "1.2.3.4/129", "1.2.3.4/32 129" },
	{ "\"192.0.2.7\",", "192.0.2.7/32" },
	{ "(192.0.2.7).", "192.0.2.7/32" },
	{ "<192.0.2.7>", "192.0.2.7/32" },
	{ "`192.0.2.7`?", "192.0.2.7/32" },
	{ "coap://192.0.2.7:5683/sensors?x=1", "192.0.2.7/32 5683" },
	{ "coap://[2001:db8::1]/.well-known/core", "2001:db8::1/128" },
	{ "coaps+tcp://sensor.example:5684", "name sensor.example 5684" },
	{ "sensor.example", "name sensor.example" },
	{ "census4.shodan.io.", "name census4.shodan.io" },
	{ "sensor7:5683", "name sensor7 5683" },
	{ "localhost", "name localhost" },

	/* digits alone */
	{ "103111225024", "103.111.225.0/24" },
	{ "103111225", "10.3.111.225/32|" }, /* and others */
	{ "255255255255", "255.255.255.255/32" },
	{ "25525525525532", "255.255.255.255/32" },
	{ "999999999999", NULL },
	{ "0000", "0.0.0.0/32" },
	{ "00000", "0.0.0.0/0" },
	{ "000032", "0.0.0.0/32" },
	{ "000033", NULL },
	{ "123", NULL },
	{ "255255255255255", NULL },

	/* lines */
	{ "IP 1.2.3.4.4751 > 5.6.7.8.5683: UDP, length 27", "1.2.3.4/32 4751 >5.6.7.8" },
	{ "04:39:02.123456 IP6 2001:db8::5.4751 > 2001:db8::1.5683: UDP, length 21",
	  "2001:db8::5/128 4751 >2001:db8::1" },
	{ "Nov 22 04:39:02 host kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= "
	  "MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=1.2.3.4 DST=5.6.7.8 LEN=49 "
	  "TTL=242 PROTO=UDP SPT=4751 DPT=5683 LEN=29",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "IN=eth0 SRC=2001:0db8:0000:0000:0000:0000:0000:0005 "
	  "DST=2001:0db8:0000:0000:0000:0000:0000:0001 PROTO=UDP",
	  "2001:db8::5/128 >2001:db8::1" },
	{ "rule 3/0(match): block in on em0: 1.2.3.4.4751 > 5.6.7.8.5683: UDP, length 21",
	  "1.2.3.4/32 4751 >5.6.7.8" },
	{ "%ASA-4-106023: Deny udp src outside:1.2.3.4/4751 dst inside:5.6.7.8/5683 by",
	  "1.2.3.4/32 4751 >5.6.7.8" },
	{ "%SEC-6-IPACCESSLOGP: list 101 denied udp 1.2.3.4(4751) -> 5.6.7.8(5683), 1 "
	  "packet",
	  "1.2.3.4/32 4751 >5.6.7.8" },
	{ "{\"src_ip\":\"1.2.3.4\",\"src_port\":4751,\"dest_ip\":\"5.6.7.8\"}",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "date=2026-11-22 srcip=1.2.3.4 srcport=4751 dstip=5.6.7.8",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "udp 17 29 src=1.2.3.4 dst=5.6.7.8 sport=4751 dport=5683",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "blocked 1.2.3.4 again", "1.2.3.4/32" },
	{ "who is 192.0.2.0/24 ?", "192.0.2.0/24" },

	{ "", NULL },
	{ " \t\n", NULL },
	{ "no address here", NULL },
	{ "1.2.3", NULL },
	{ "1.2.3.256", NULL },
	{ "1.2.3.4/33", NULL },
	{ "01.2.3.4", NULL },
	{ "1.2.3.4:70000", NULL },
	{ "...", NULL },
	{ "\x1b[31m", NULL },
};

static void what_people_paste_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const char *want = cases[i].want;
		uint8_t *copy = heap_copy(cases[i].text, strlen(cases[i].text));
		struct cs_pasted got;
		char text[2048] = "";
		bool found = cs_pasted_read(cs_span_of(copy, strlen(cases[i].text)),
					    &got) == CS_OK;

		if (found)
			text_of(&got, text, sizeof(text));
		if (found != (want != NULL) ||
		    (want && want[strlen(want) - 1] == '|'
			     ? strncmp(text, want, strlen(want)) != 0
			     : want && strcmp(text, want) != 0))
			fail_msg("'%s': %s", cases[i].text, found ? text : "nothing");
		free(copy);
	}
}

static void many_readings_are_all_given(void **state)
{
	struct cs_pasted got;
	char text[2048];

	(void)state;
	assert_int_equal(cs_pasted_read(SPAN("19216811"), &got), CS_OK);
	assert_int_equal(got.kind, CS_PASTED_SEVERAL);
	assert_true(got.of_digits);
	text_of(&got, text, sizeof(text));
	assert_non_null(strstr(text, "192.168.1.1/32"));
	assert_non_null(strstr(text, "19.216.81.1/32"));
	assert_null(strstr(text, "0/"));
}

static void a_line_and_lost_dots_are_said_to_be_that(void **state)
{
	struct cs_pasted got;

	(void)state;
	assert_int_equal(cs_pasted_read(SPAN("103111225024"), &got), CS_OK);
	assert_true(got.of_digits && !got.of_line);
	assert_int_equal(cs_pasted_read(SPAN("SRC=1.2.3.4 DPT=5683"), &got), CS_OK);
	assert_true(got.of_line && !got.of_digits && !got.has_to);
}

static void no_digits_have_more_readings_than_there_is_room(void **state)
{
	size_t most = 0;

	(void)state;
	for (unsigned n = 4; n <= 14; n++)
		for (char c = '0'; c <= '9'; c++) {
			char text[16] = "";
			struct cs_pasted got;

			memset(text, c, n);
			if (cs_pasted_read(cs_span_of(text, n), &got) == CS_OK &&
			    got.n_readings > most)
				most = got.n_readings;
		}
	assert_in_range(most, 2, CS_PASTED_READINGS - 1);
}

static void a_line_cut_anywhere_is_no_crash(void **state)
{
	const char *line =
		"IN= SRC=2001:db8::5 DST=[2001:db8::1]:5683 1.2.3.4(4751) -> x";

	(void)state;
	for (size_t n = 0; n <= strlen(line); n++) {
		uint8_t *copy = heap_copy(line, n);
		struct cs_pasted got;

		(void)!cs_pasted_read(cs_span_of(copy, n), &got);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_paste_is_understood),
		cmocka_unit_test(many_readings_are_all_given),
		cmocka_unit_test(a_line_and_lost_dots_are_said_to_be_that),
		cmocka_unit_test(no_digits_have_more_readings_than_there_is_room),
		cmocka_unit_test(a_line_cut_anywhere_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
