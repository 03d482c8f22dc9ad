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

	/* a port behind a slash, of a line's endpoints */
	{ "%ASA-2-106006: Deny inbound UDP from 1.2.3.4/80 to 5.6.7.8/5683 on interface",
	  "1.2.3.4/32 80 >5.6.7.8" },
	{ "Deny inbound UDP from 1.2.3.4/20 to 5.6.7.8/5683", "1.2.3.4/32 20 >5.6.7.8" },
	{ "Deny inbound UDP from 1.2.0.0/16 to 5.6.7.8/5683", "1.2.0.0/32 16 >5.6.7.8" },
	{ "UDP request discarded from 1.2.3.4/80 to outside:5.6.7.8/5683",
	  "1.2.3.4/32 80 >5.6.7.8" },
	{ "session denied 1.2.3.4/80->5.6.7.8/5683 junos-udp-any",
	  "1.2.3.4/32 80 >5.6.7.8" },
	{ "denied udp outside/1.2.3.4(80) -> inside/5.6.7.8(5683) hit-cnt 1",
	  "1.2.3.4/32 80 >5.6.7.8" },
	{ "src=1.2.3.4:80:X1 dst=5.6.7.8:5683:X1", "1.2.3.4/32 80 >5.6.7.8" },
	{ "Deny UDP 1.2.3.4/80 5.6.7.8/5683", "1.2.3.4/32 80" },
	{ "-A INPUT -s 1.2.3.0/24 -p udp --dport 5683 -j DROP", "1.2.3.0/24" },
	{ "blocked all from 1.2.3.0/24", "1.2.3.0/24" },

	/* where the source is no address another one is not taken for it */
	{ "IP evil.example.http > 5.6.7.8.5683: UDP", NULL },
	{ "IP myhost.5683 > 1.2.3.4.http: UDP", NULL },
	{ "IP router > 5.6.7.8.5683: UDP", NULL },
	{ "evil.example \xe2\x86\x92 5.6.7.8 CoAP", NULL },
	{ "blocked from evil.example to 5.6.7.8:5683", NULL },
	{ "login from evil.example on 5.6.7.8", NULL },
	{ "fw=5.6.7.1 src=evil.example:80 dst=5.6.7.8:5683", NULL },
	{ "SRC= DST=5.6.7.8 PROTO=UDP", NULL },
	{ "SRC=1.2.3.777 DST=5.6.7.8 PROTO=UDP", NULL },
	{ "{\"destination\":{\"ip\":\"5.6.7.8\"},\"source\":{\"port\":80}}", NULL },
	{ "src:{ad.88", NULL },
	{ "dst:{ad.88} knocked", NULL },
	{ "IP 1.2.3.4.http > myhost.5683: UDP, length 21", "1.2.3.4/32" },
	{ "<b>1.2.3.4</b> knocks", "1.2.3.4/32" },
	{ "source=syslog src=1.2.3.4 dst=5.6.7.8", "1.2.3.4/32 >5.6.7.8" },
	{ "00:11:22:33:44:55 > 66:77:88:99:aa:bb, IPv4: 1.2.3.4.80 > 5.6.7.8.5683:",
	  "1.2.3.4/32 80 >5.6.7.8" },

	/* keys of documents, in any order */
	{ "{\"destination.ip\":\"5.6.7.8\",\"source.ip\":\"1.2.3.4\"}",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "{\"destination.ip\":[\"5.6.7.8\"],\"source.ip\":[\"1.2.3.4\"]}",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "{\"id.resp_h\":\"5.6.7.8\",\"id.orig_h\":\"1.2.3.4\"}",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "{\"destination\":{\"ip\":\"5.6.7.8\"},\"source\":{\"geo\":{\"x\":1},"
	  "\"ip\":\"1.2.3.4\"}}",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "Destination Address: 5.6.7.8 Source Address: 1.2.3.4 Source Port: 80",
	  "1.2.3.4/32 >5.6.7.8" },
	{ "ip daddr 5.6.7.8 ip saddr 1.2.3.4", "1.2.3.4/32 >5.6.7.8" },
	{ "dst=5.6.7.8 src=::1", "::1/128 >5.6.7.8" },

	/* side by side, without a direction */
	{ "5.6.7.8:5683 <-> 1.2.3.4:80 UDP : received 21 bytes",
	  "1.2.3.4/32 80 >5.6.7.8" },
	{ "udp ESTAB 0 0 5.6.7.8:5683  1.2.3.4:80", "1.2.3.4/32 80 >5.6.7.8" },
	{ "Deny UDP 1.2.3.4:80 5.6.7.8:5683 in via em0", "1.2.3.4/32 80" },

	/* other forms */
	{ "4.3.2.1.in-addr.arpa", "1.2.3.4/32" },
	{ "4.3.2.1.IN-ADDR.ARPA.", "1.2.3.4/32" },
	{ "3.2.1.in-addr.arpa", "1.2.3.0/24" },
	{ "5.4.3.2.1.in-addr.arpa", "name 5.4.3.2.1.in-addr.arpa" },
	{ "04.3.2.1.in-addr.arpa", "name 04.3.2.1.in-addr.arpa" },
	{ "4.3.2.1.in-addr.arpa. 3600 IN PTR evil.example.", "1.2.3.4/32" },
	{ "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	  "2001:db8::7/128" },
	{ "8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::/32" },
	{ "1.2.3.4:5683/udp", "1.2.3.4/32 5683" },
	{ "received request CON-GET from /1.2.3.4:80", "1.2.3.4/32 80" },
	{ "1[dot]2[dot]3[dot]4", "1.2.3.4/32" },
	{ "blocked 1[dot]2[DOT]3(dot)4 again", "1.2.3.4/32" },
	{ "https://viz.greynoise.io/ip/1.2.3.4", "1.2.3.4/32" },
	{ "https://who.example/?ip=1.2.3.4#top", "1.2.3.4/32" },
	{ "https://who.example/1.2.3.4/5.6.7.8", "name who.example" },
	{ "coap://sensor.example/1.2.3.4", "name sensor.example" },
	{ "1.2.3.4/80", NULL },

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

static void a_line_without_a_source_says_what_stands_there(void **state)
{
	struct cs_pasted got;

	(void)state;
	assert_int_equal(
		cs_pasted_read(SPAN("IP evil.example.80 > 192.0.2.1.5683: UDP"), &got),
		CS_ERR_SYNTAX);
	assert_int_equal(got.unread.len, strlen("evil.example.80"));
	assert_memory_equal(got.unread.ptr, "evil.example.80", got.unread.len);
	assert_int_equal(cs_pasted_read(SPAN("SRC= DST=192.0.2.1"), &got), CS_ERR_SYNTAX);
	assert_true(got.has_to && got.unread.len == 0);
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
		cmocka_unit_test(a_line_without_a_source_says_what_stands_there),
		cmocka_unit_test(many_readings_are_all_given),
		cmocka_unit_test(a_line_and_lost_dots_are_said_to_be_that),
		cmocka_unit_test(no_digits_have_more_readings_than_there_is_room),
		cmocka_unit_test(a_line_cut_anywhere_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
