/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "addresses.h"

#include "base/clock.h"
#include "enrich/scanner.h"

enum { CHANGED = 1000 };

static int64_t day(const char *text)
{
	int32_t n = 0;

	assert_true(cs_day_read(cs_span_str(text), &n));
	return n * CS_US_PER_DAY;
}

static struct cs_scanners *open_with(const char *const *lists, size_t n)
{
	struct cs_scanners *s;
	char why[CS_SCANNERS_WHY] = "";

	assert_int_equal(cs_scanners_open(&s), CS_OK);
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = heap_copy(lists[i], strlen(lists[i]));

		if (cs_scanners_add_text(s, cs_span_of(copy, strlen(lists[i])),
					 "dir/list.txt", CHANGED, why))
			fail_msg("%s", why);
		free(copy);
	}
	assert_int_equal(cs_scanners_settle(s), CS_OK);
	return s;
}

static void expect(const struct cs_scanners *s, const char *ip, const char *name,
		   const char *kind, int64_t date_us)
{
	struct cs_addr a = addr(ip);
	struct cs_scanner who;

	if (!cs_scanners_find(s, &a, &who)) {
		if (name)
			fail_msg("%s: on no list", ip);
		return;
	}
	if (!name)
		fail_msg("%s: found", ip);
	if (!cs_span_eq(who.name, cs_span_str(name)) ||
	    !cs_span_eq(who.kind, cs_span_str(kind)) || who.date_us != date_us)
		fail_msg("%s: %.*s (%.*s) of %lld", ip, (int)who.name.len, who.name.ptr,
			 (int)who.kind.len, who.kind.ptr, (long long)who.date_us);
}

static const char misp[] =
	"{\"description\": \"... from the telescope on 2026/06/01\",\n"
	" \"list\": [\"162.142.125.0/24\", \"5.101.64.6\", \"2602:80d:1003::/112\"],\n"
	" \"matching_attributes\": [\"ip-src\"],\n"
	" \"name\": \"Censys IP Ranges Used for Scanning\",\n"
	" \"type\": \"cidr\", \"version\": 2}\n";

static void a_warninglist_of_misp_is_read(void **state)
{
	const char *lists[] = { misp };
	struct cs_scanners *s = open_with(lists, 1);
	int64_t date = day("2026-06-01");
	const char *name = "Censys IP Ranges Used for Scanning";

	(void)state;
	assert_int_equal(cs_scanners_count(s), 3);
	expect(s, "162.142.125.7", name, "search engine", date);
	expect(s, "5.101.64.6", name, "search engine", date);
	expect(s, "5.101.64.7", NULL, NULL, 0);
	expect(s, "2602:80d:1003::5", name, "search engine", date);
	expect(s, "2602:80d:1003:0:0:0:1::", NULL, NULL, 0);
	cs_scanners_close(s);
}

static void the_date_is_the_descriptions_or_the_versions_or_the_files(void **state)
{
	static const struct {
		const char *description, *version, *date;
	} cases[] = {
		{ "of 2026-08-20", "20260101", "2026-08-20" },
		{ "of 2026-08-20, begun 2019-01-01", "1", "2026-08-20" },
		{ "of no day", "20260829", "2026-08-29" },
		{ "of no day", "26060109", NULL }, /* another way to count */
		{ "of no day", "20261301", NULL }, /* no month 13 */
		{ "of no day", "2", NULL },
		{ "of no day", "\"2\"", NULL },
		{ "of no day", "1e300", NULL },
		{ "2026-02-30", "-1", NULL },
		{ "2026-02/20", "1", NULL },
		{ "3026-02-20", "1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char text[256];
		const char *lists[] = { text };
		struct cs_scanners *s;

		(void)snprintf(text, sizeof(text),
			       "{\"description\":\"%s\",\"name\":\"N\",\"version\":%s,"
			       "\"list\":[\"192.0.2.0/24\"]}",
			       cases[i].description, cases[i].version);
		s = open_with(lists, 1);
		expect(s, "192.0.2.1", "N", "list",
		       cases[i].date ? day(cases[i].date) : CHANGED);
		cs_scanners_close(s);
	}
}

static void text_says_its_name_and_date_in_comments(void **state)
{
	const char *lists[] = { "# made by hand\r\n# Name: Our Shodan list\r\n"
				"# date: 2026-01-02\n\n  198.51.100.7  \n"
				"198.51.100.64/26 # main range\n2001:db8::/32\n" };
	struct cs_scanners *s = open_with(lists, 1);

	(void)state;
	expect(s, "198.51.100.7", "Our Shodan list", "search engine", day("2026-01-02"));
	expect(s, "198.51.100.65", "Our Shodan list", "search engine", day("2026-01-02"));
	expect(s, "2001:db8:1::1", "Our Shodan list", "search engine", day("2026-01-02"));
	expect(s, "198.51.100.8", NULL, NULL, 0);
	cs_scanners_close(s);
}

static void a_nameless_list_is_called_by_its_file_and_dated_by_any_comment(void **state)
{
	const char *lists[] = {
		"# Copyright 2014-2024\n# updated 2026-03-04\n192.0.2.1"
	};
	struct cs_scanners *s = open_with(lists, 1);

	(void)state;
	expect(s, "192.0.2.1", "list.txt", "list", day("2026-03-04"));
	cs_scanners_close(s);
}

static void a_reverse_name_behind_an_address_says_who_it_is(void **state)
{
	const char *lists[] = { "\xef\xbb\xbf"
				"71.6.135.131  # soda.census.shodan.io\n"
				"71.6.135.132  # Census7.SHODAN.io.\n"
				"141.212.121.0   # researchscan***.eecs.umich.edu\n"
				"35.203.210.0/24 # cortex xpanse\n"
				"13.249.87.0/24 # 13.249.87.125\n"
				"129.82.138.12 # pinger1a.netsec.colostate.edu\n" };
	struct cs_scanners *s = open_with(lists, 1);

	(void)state;
	expect(s, "71.6.135.131", "Shodan", "search engine", CHANGED);
	expect(s, "71.6.135.132", "Shodan", "search engine", CHANGED);
	expect(s, "141.212.121.0", "University of Michigan", "research", CHANGED);
	expect(s, "35.203.210.9", "cortex xpanse", "list", CHANGED);
	expect(s, "13.249.87.125", "list.txt", "list", CHANGED);
	expect(s, "129.82.138.12", "pinger1a.netsec.colostate.edu", "list", CHANGED);
	cs_scanners_close(s);
}

static void the_longest_prefix_wins_whichever_list_it_is_on(void **state)
{
	const char *lists[] = { "# name: wide\n10.0.0.0/8\n10.1.0.0/16\n",
				"# name: narrow\n10.1.2.3\n10.1.2.0/24\n10.0.0.0/8\n" };
	struct cs_scanners *s = open_with(lists, 2);

	(void)state;
	expect(s, "10.1.2.3", "narrow", "list", CHANGED);
	expect(s, "10.1.2.4", "narrow", "list", CHANGED);
	expect(s, "10.1.3.4", "wide", "list", CHANGED);
	expect(s, "10.9.9.9", "wide", "list", CHANGED);
	cs_scanners_close(s);
}

static void bits_behind_a_prefix_length_do_no_harm(void **state)
{
	const char *lists[] = { "192.0.2.77/24\n" };
	struct cs_scanners *s = open_with(lists, 1);

	(void)state;
	expect(s, "192.0.2.1", "list.txt", "list", CHANGED);
	cs_scanners_close(s);
}

static void no_lists_know_nobody(void **state)
{
	struct cs_scanners *s = open_with(NULL, 0);

	(void)state;
	expect(s, "192.0.2.1", NULL, NULL, 0);
	cs_scanners_close(s);
}

static const struct {
	const char *name;
	const char *text;
	enum cs_err err;
	const char *why;
} damaged[] = {
	{ "nothing", "", CS_ERR_FOREIGN, "f: an empty file" },
	{ "blanks", " \n\t\n", CS_ERR_FOREIGN, "f: an empty file" },
	{ "gzip", "\x1f\x8b\x08", CS_ERR_FOREIGN,
	  "f: of no form that is known: want a MISP warninglist (JSON), or an address or "
	  "prefix a line" },
	{ "a web page", "<!DOCTYPE html>\n", CS_ERR_SYNTAX,
	  "f:1: '<!DOCTYPE html>': want an address or a prefix" },
	{ "a name in a list", "192.0.2.1\nexample.org\n", CS_ERR_SYNTAX,
	  "f:2: 'example.org': want an address or a prefix" },
	{ "everybody", "# all\n0.0.0.0/0\n", CS_ERR_RANGE,
	  "f:2: '0.0.0.0/0': want a prefix of at least /8 (IPv4) or /16 (IPv6)" },
	{ "half of everybody", "10.0.0.0/7\n", CS_ERR_RANGE,
	  "f:1: '10.0.0.0/7': want a prefix of at least /8 (IPv4) or /16 (IPv6)" },
	{ "much of IPv6", "2000::/15\n", CS_ERR_RANGE,
	  "f:1: '2000::/15': want a prefix of at least /8 (IPv4) or /16 (IPv6)" },
	{ "a length that is none", "192.0.2.0/33\n", CS_ERR_SYNTAX,
	  "f:1: '192.0.2.0/33': want an address or a prefix" },
	{ "JSON cut short", "{\"name\": \"x\",\n\"list\": [\"192.0.2.1\",\n",
	  CS_ERR_SYNTAX, "f:2: want whole JSON (cut short?)" },
	{ "JSON without a list", "{\"name\": \"x\"}", CS_ERR_FOREIGN,
	  "f: want a list under \"list\", as MISP's warninglists have it" },
	{ "a list of names", "{\"type\": \"hostname\", \"list\": [\"a.example\"]}",
	  CS_ERR_SYNTAX, "f: 'hostname': want a list of the type cidr" },
	{ "a number in the list", "{\"list\": [\"192.0.2.1\", 5]}", CS_ERR_SYNTAX,
	  "f: entry 2 of its list: want an address or a prefix as text" },
	{ "a name in the list", "{\"list\": [\"x\\u001b[2J\"]}", CS_ERR_SYNTAX,
	  "f: entry 1 of its list: 'x\\x1b[2J': want an address or a prefix" },
	{ "everybody in the list", "{\"list\": [\"::/0\"]}", CS_ERR_RANGE,
	  "f: entry 1 of its list: '::/0': want a prefix of at least /8 (IPv4) or /16 "
	  "(IPv6)" },
};

static void a_damaged_list_is_named_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(damaged); i++) {
		struct cs_scanners *s;
		char why[CS_SCANNERS_WHY] = "";
		uint8_t *copy = heap_copy(damaged[i].text, strlen(damaged[i].text));

		assert_int_equal(cs_scanners_open(&s), CS_OK);
		assert_int_equal(
			cs_scanners_add_text(s, cs_span_of(copy, strlen(damaged[i].text)),
					     "f", 0, why),
			damaged[i].err);
		if (strcmp(why, damaged[i].why) != 0)
			fail_msg("%s: %s", damaged[i].name, why);
		cs_scanners_close(s);
		free(copy);
	}
}

static void a_list_cut_anywhere_is_no_crash(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(misp); n++) {
		struct cs_scanners *s;
		char why[CS_SCANNERS_WHY] = "";
		uint8_t *copy = heap_copy(misp, n);
		enum cs_err err;

		assert_int_equal(cs_scanners_open(&s), CS_OK);
		err = cs_scanners_add_text(s, cs_span_of(copy, n), "f", 0, why);
		assert_int_equal(err == CS_OK, n >= sizeof(misp) - 2);
		assert_true(err == CS_OK || strncmp(why, "f:", 2) == 0);
		cs_scanners_close(s);
		free(copy);
	}
}

static void a_file_is_read_and_a_missing_one_is_named(void **state)
{
	char path[] = "/tmp/scanner.XXXXXX", why[CS_SCANNERS_WHY] = "";
	int fd = mkstemp(path);
	struct cs_scanners *s;
	struct cs_addr ip = addr("192.0.2.1");
	struct cs_scanner who;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "192.0.2.0/24\n", 13), 13);
	assert_int_equal(close(fd), 0);
	assert_int_equal(cs_scanners_open(&s), CS_OK);
	assert_int_equal(cs_scanners_add(s, path, why), CS_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(cs_scanners_add(s, "/nonexistent/list", why), CS_ERR_NOT_FOUND);
	assert_string_equal(why, "/nonexistent/list: No such file or directory");
	assert_int_equal(cs_scanners_settle(s), CS_OK);
	assert_true(cs_scanners_find(s, &ip, &who));
	assert_true(who.date_us > day("2026-01-01")); /* the file's own */
	cs_scanners_close(s);
}

static void a_suffix_counts_on_a_label_boundary_only(void **state)
{
	static const struct {
		const char *name, *who;
	} cases[] = {
		{ "census4.shodan.io", "Shodan" },
		{ "shodan.io", "Shodan" },
		{ "SHODAN.IO.", "Shodan" },
		{ "x.Security.IPIP.net", "IPIP.NET" },
		{ "x.ipip.net", NULL },
		{ "notshodan.io", NULL },
		{ "shodan.io.example.org", NULL },
		{ "io", NULL },
		{ ".", NULL },
		{ "", NULL },
		{ "researchscan0.eecs.berkeley.edu",
		  "University of California, Berkeley" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		uint8_t *copy = heap_copy(cases[i].name, strlen(cases[i].name));
		struct cs_scanner who;
		bool found =
			cs_scanner_of_name(cs_span_of(copy, strlen(cases[i].name)), &who);

		if (found != (cases[i].who != NULL) ||
		    (found && !cs_span_eq(who.name, cs_span_str(cases[i].who))))
			fail_msg("%s", cases[i].name);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warninglist_of_misp_is_read),
		cmocka_unit_test(
			the_date_is_the_descriptions_or_the_versions_or_the_files),
		cmocka_unit_test(text_says_its_name_and_date_in_comments),
		cmocka_unit_test(
			a_nameless_list_is_called_by_its_file_and_dated_by_any_comment),
		cmocka_unit_test(a_reverse_name_behind_an_address_says_who_it_is),
		cmocka_unit_test(the_longest_prefix_wins_whichever_list_it_is_on),
		cmocka_unit_test(bits_behind_a_prefix_length_do_no_harm),
		cmocka_unit_test(no_lists_know_nobody),
		cmocka_unit_test(a_damaged_list_is_named_with_its_place),
		cmocka_unit_test(a_list_cut_anywhere_is_no_crash),
		cmocka_unit_test(a_file_is_read_and_a_missing_one_is_named),
		cmocka_unit_test(a_suffix_counts_on_a_label_boundary_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
