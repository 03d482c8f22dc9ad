/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "test.h"

#include "report/owners.h"

enum { NOTES = 2048 };

static void take_note(void *arg, const char *line)
{
	char *notes = arg;
	size_t len = strlen(notes);

	(void)snprintf(notes + len, NOTES - len, "%s\n", line);
}

static struct cs_owners *read_ok(const char *text, char notes[NOTES])
{
	struct cs_owners *owners = NULL;
	char why[CS_OWNERS_WHY] = "", ignored[NOTES] = "";

	if (cs_owners_read_text(cs_span_str(text), "o.ini", take_note,
				notes ? notes : ignored, &owners, why))
		fail_msg("%s", why);
	return owners;
}

/* The names of a row's owners, with blanks between them. */
static const char *of(const struct cs_owners *owners, const char *ip,
		      const struct cs_enriched *enriched)
{
	static char text[256];
	struct cs_result row = { 0 };
	uint32_t found[16];
	size_t n, at = 0;

	assert_true(cs_owners_count(owners) <= CS_LEN(found));
	assert_true(cs_addr_read(cs_span_str(ip), &row.ip));
	n = cs_owners_of(owners, &row, enriched, found);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || found[i - 1] < found[i]);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "",
				       cs_owners_at(owners, found[i])->name);
	}
	return text;
}

static const char FILE_OF_FOUR[] = "; who is told\n"
				   "[isp]\n"
				   "asns = 64512, AS64513 as4200000000\n"
				   "contact = noc@isp.example ; by day\n"
				   "[town_1]\n"
				   "prefixes = 192.0.2.0/24, 2001:db8::/32\n"
				   "  198.51.100.7\n"
				   "[Uni]\n"
				   "domains = uni.example.org., EXAMPLE.net\n"
				   "prefixes: 192.0.2.128/25\n"
				   "[cert]\n"
				   "countries = de, AT\n";

static void owners_are_as_the_file_has_them(void **state)
{
	struct cs_owners *owners = read_ok(FILE_OF_FOUR, NULL);
	size_t i = 9;

	(void)state;
	assert_int_equal(cs_owners_count(owners), 4);
	assert_string_equal(cs_owners_at(owners, 0)->name, "isp");
	assert_string_equal(cs_owners_at(owners, 0)->contact, "noc@isp.example");
	assert_null(cs_owners_at(owners, 1)->contact);
	assert_int_equal(cs_owners_at(owners, 0)->kind, CS_OWNER_ASN);
	assert_int_equal(cs_owners_at(owners, 1)->kind, CS_OWNER_CIDR);
	assert_int_equal(cs_owners_at(owners, 2)->kind, CS_OWNER_CIDR);
	assert_int_equal(cs_owners_at(owners, 3)->kind, CS_OWNER_GEO);
	assert_true(cs_owners_find(owners, cs_span_str("Uni"), &i));
	assert_int_equal(i, 2);
	assert_false(cs_owners_find(owners, cs_span_str("uni"), &i));
	assert_false(cs_owners_find(owners, cs_span_str("Un"), &i));
	assert_false(cs_owners_find(owners, cs_span_str("*"), &i));
	cs_owners_free(owners);
	cs_owners_free(NULL);
}

static void a_row_is_whose_keys_match(void **state)
{
	static const struct {
		const char *ip;
		uint32_t asn;
		const char *geo, *host, *want;
	} rows[] = {
		{ "192.0.2.1", 0, "", "", "town_1" },
		{ "192.0.2.127", 0, "", "", "town_1" },
		{ "192.0.2.128", 0, "", "", "town_1 Uni" },
		{ "192.0.2.255", 0, "", "", "town_1 Uni" },
		{ "192.0.1.255", 0, "", "", "" },
		{ "192.0.3.0", 0, "", "", "" },
		{ "198.51.100.7", 0, "", "", "town_1" },
		{ "198.51.100.8", 0, "", "", "" },
		{ "2001:db8:ffff::1", 0, "", "", "town_1" },
		{ "2001:db9::", 0, "", "", "" },
		{ "203.0.113.1", 64512, "", "", "isp" },
		{ "203.0.113.1", 64513, "", "", "isp" },
		{ "203.0.113.1", 4200000000, "", "", "isp" },
		{ "203.0.113.1", 64514, "", "", "" },
		{ "203.0.113.1", 0, "DE", "", "cert" },
		{ "203.0.113.1", 0, "AT", "", "cert" },
		{ "203.0.113.1", 0, "de", "", "" }, /* never so */
		{ "203.0.113.1", 0, "DEU", "", "" },
		{ "203.0.113.1", 0, "", "uni.example.org", "Uni" },
		{ "203.0.113.1", 0, "", "a.B.Uni.Example.ORG.", "Uni" },
		{ "203.0.113.1", 0, "", "community.example.org", "" },
		{ "203.0.113.1", 0, "", "example.org", "" },
		{ "203.0.113.1", 0, "", "x.example.net", "Uni" },
		{ "203.0.113.1", 0, "", "x\\.example.net", "" },
		{ "203.0.113.1", 0, "", "x\\\\.example.net", "Uni" },
		{ "203.0.113.1", 0, "", ".", "" },
		{ "203.0.113.1", 0, "", "x.", "" },
		{ "192.0.2.200", 64512, "DE", "example.net", "isp town_1 Uni cert" },
	};
	struct cs_owners *owners = read_ok(FILE_OF_FOUR, NULL);

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		const struct cs_enriched enriched = {
			.hostname = cs_span_str(rows[i].host),
			.place = { .asn = rows[i].asn, .geo = cs_span_str(rows[i].geo) },
		};
		const char *got = of(owners, rows[i].ip, &enriched);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu, %s: '%s'", i, rows[i].ip, got);
	}
	assert_string_equal(of(owners, "192.0.2.200", NULL), "town_1 Uni");
	cs_owners_free(owners);
}

static void every_prefix_around_an_address_counts(void **state)
{
	struct cs_owners *owners = read_ok("[a]\nprefixes = 10.0.0.0/8 10.1.2.3 ::/0\n"
					   "[b]\nprefixes = 10.1.0.0/16\n"
					   "[c]\nprefixes = 10.1.0.0/24, 10.1.1.0/24\n"
					   "[d]\nprefixes = 0.0.0.0/0\n"
					   "[e]\nprefixes = 10.1.2.3 10.1.0.0/16\n",
					   NULL);

	(void)state;
	assert_string_equal(of(owners, "10.1.0.0", NULL), "a b c d e");
	assert_string_equal(of(owners, "10.1.1.255", NULL), "a b c d e");
	assert_string_equal(of(owners, "10.1.2.3", NULL), "a b d e");
	assert_string_equal(of(owners, "10.1.2.4", NULL), "a b d e");
	assert_string_equal(of(owners, "10.2.0.0", NULL), "a d");
	assert_string_equal(of(owners, "11.0.0.0", NULL), "d");
	assert_string_equal(of(owners, "2001:db8::1", NULL), "a");
	cs_owners_free(owners);
}

static void ipv6_prefixes_have_no_ipv4_address(void **state)
{
	struct cs_owners *owners = read_ok("[six]\nprefixes = ::/0\n"
					   "[four]\nprefixes = 192.0.2.0/24\n",
					   NULL);

	(void)state;
	assert_string_equal(of(owners, "192.0.2.1", NULL), "four");
	assert_string_equal(of(owners, "::1", NULL), "six");
	cs_owners_free(owners);
}

static void overlaps_are_said_once_for_two_owners(void **state)
{
	char notes[NOTES] = "";
	struct cs_owners *owners = read_ok("[a]\n"
					   "asns = 1, 2, 1\n"
					   "prefixes = 10.0.0.0/8\n"
					   "  10.2.0.0/16, 10.0.0.0/8\n"
					   "domains = example.org\n"
					   "[b]\n"
					   "asns = 2 1\n"
					   "prefixes = 10.2.0.0/24\n"
					   "[c]\n"
					   "domains = x.example.org Example.org.\n"
					   "  x.example.org\n"
					   "countries = DE de\n"
					   "[d]\n"
					   "countries = DE\n"
					   "[six]\n"
					   "prefixes = ::/0\n",
					   notes);

	(void)state;
	assert_string_equal(notes, "o.ini:2: 1 is twice in [a] (line 2)\n"
				   "o.ini:12: DE is twice in [c] (line 12)\n"
				   "o.ini:4: 10.0.0.0/8 is twice in [a] (line 3)\n"
				   "o.ini:11: x.example.org is twice in [c] (line 10)\n"
				   "o.ini:7: 1 of [b] overlaps 1 of [a] (line 2)\n"
				   "o.ini:10: example.org of [c] overlaps example.org of "
				   "[a] (line 5)\n"
				   "o.ini:14: DE of [d] overlaps DE of [c] (line 12)\n");
	cs_owners_free(owners);
}

static void errors_have_file_line_and_what_is_right(void **state)
{
	static const struct {
		const char *text;
		enum cs_err err;
		const char *why;
	} cases[] = {
		{ "", CS_ERR_SYNTAX, "1: no organisation: want [NAME] and its keys" },
		{ "# only\n", CS_ERR_SYNTAX,
		  "1: no organisation: want [NAME] and its keys" },
		{ "asns = 1\n", CS_ERR_SYNTAX,
		  "1: a key before any section: want [ORGANISATION] above it" },
		{ "[a b]\nasns=1\n", CS_ERR_SYNTAX,
		  "1: [a b]: want letters, digits and _, 64 at most" },
		{ "[../x]\nasns=1\n", CS_ERR_SYNTAX,
		  "1: [../x]: want letters, digits and _, 64 at most" },
		{ "[]\nasns=1\n", CS_ERR_SYNTAX,
		  "1: []: want letters, digits and _, 64 at most" },
		{ "[a\nasns=1\n", CS_ERR_SYNTAX, "1: want [NAME] with both brackets" },
		{ "[a]\nasn = 1\n", CS_ERR_SYNTAX,
		  "2: unknown key 'asn': want asns, prefixes, countries, domains or "
		  "contact" },
		{ "[a]\nasns 1\n", CS_ERR_SYNTAX,
		  "2: want [NAME], KEY = VALUE or a comment" },
		{ "[a]\nasns = 1, x\n", CS_ERR_RANGE,
		  "2: asns 'x': want numbers from 1 to 4294967295, as 64512" },
		{ "[a]\nasns = 0\n", CS_ERR_RANGE,
		  "2: asns '0': want numbers from 1 to 4294967295, as 64512" },
		{ "[a]\nasns = 4294967296\n", CS_ERR_RANGE,
		  "2: asns '4294967296': want numbers from 1 to 4294967295, as 64512" },
		{ "[a]\nasns =\n 1\n 2-3\n", CS_ERR_RANGE,
		  "4: asns '2-3': want numbers from 1 to 4294967295, as 64512" },
		{ "[a]\nprefixes = 192.0.2.1/24\n", CS_ERR_RANGE,
		  "2: prefixes '192.0.2.1/24': host bits are set: want 192.0.2.0/24" },
		{ "[a]\nprefixes = 192.0.2.0/33\n", CS_ERR_SYNTAX,
		  "2: prefixes '192.0.2.0/33': want prefixes as 192.0.2.0/24 or "
		  "2001:db8::/32" },
		{ "[a]\ncountries = DEU\n", CS_ERR_SYNTAX,
		  "2: countries 'DEU': want two letters of ISO 3166, as DE" },
		{ "[a]\ndomains = a..b\n", CS_ERR_SYNTAX,
		  "2: domains 'a..b': want names as example.org, which has all below "
		  "it" },
		{ "[a]\ndomains = *.b\n", CS_ERR_SYNTAX,
		  "2: domains '*.b': want names as example.org, which has all below "
		  "it" },
		{ "[a]\ndomains = .\n", CS_ERR_SYNTAX,
		  "2: domains '.': want names as example.org, which has all below it" },
		{ "[a]\ncontact = x\n", CS_ERR_SYNTAX,
		  "1: nothing is [a]'s: want asns, prefixes, countries or domains" },
		{ "[a]\nasns =\n[b]\nasns=1\n", CS_ERR_SYNTAX,
		  "1: nothing is [a]'s: want asns, prefixes, countries or domains" },
		{ "[a]\nasns=1\n[b]\nasns=2\n[a]\nasns=3\n", CS_ERR_SYNTAX,
		  "5: [a] again: want one section, the first is on line 1" },
		{ "[a]\nasns=1\ncontact=x\ncontact=y\n", CS_ERR_SYNTAX,
		  "4: a second contact of [a]: want one" },
		{ "[a]\nasns = \x1b[31m\n", CS_ERR_RANGE,
		  "2: asns '\\x1b[31m': want numbers from 1 to 4294967295, as 64512" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_owners *owners = NULL;
		char why[CS_OWNERS_WHY] = "", want[CS_OWNERS_WHY];
		enum cs_err err = cs_owners_read_text(cs_span_str(cases[i].text), "o.ini",
						      NULL, NULL, &owners, why);

		(void)snprintf(want, sizeof(want), "o.ini:%s", cases[i].why);
		assert_null(owners);
		assert_string_equal(why, want);
		assert_int_equal(err, cases[i].err);
	}
}

static void bounds_of_names(void **state)
{
	char label[80], text[400], why[CS_OWNERS_WHY];
	struct cs_owners *owners = NULL;

	(void)state;
	memset(label, 'x', sizeof(label));
	for (size_t n = 63; n <= 65; n++) {
		(void)snprintf(text, sizeof(text), "[%.*s]\nasns=1\n", (int)n, label);
		owners = NULL;
		assert_int_equal(cs_owners_read_text(cs_span_str(text), "o", NULL, NULL,
						     &owners, why) == CS_OK,
				 n <= 64);
		cs_owners_free(owners);
		(void)snprintf(text, sizeof(text), "[a]\ndomains=%.*s\n", (int)n, label);
		owners = NULL;
		assert_int_equal(cs_owners_read_text(cs_span_str(text), "o", NULL, NULL,
						     &owners, why) == CS_OK,
				 n <= 63);
		cs_owners_free(owners);
	}
}

static void a_domain_has_at_most_253_bytes(void **state)
{
	char label[64] = "", text[400], why[CS_OWNERS_WHY];
	struct cs_owners *owners;

	(void)state;
	memset(label, 'x', 63);
	for (int last = 61; last <= 62; last++) { /* 3 * 64 + last */
		(void)snprintf(text, sizeof(text), "[a]\ndomains=%s.%s.%s.%.*s.\n", label,
			       label, label, last, label);
		owners = NULL;
		assert_int_equal(cs_owners_read_text(cs_span_str(text), "o", NULL, NULL,
						     &owners, why) == CS_OK,
				 last == 61);
		cs_owners_free(owners);
	}
}

static void a_file_is_read_or_said_to_be_missing(void **state)
{
	char path[] = "/tmp/test_owners_XXXXXX", why[CS_OWNERS_WHY];
	struct cs_owners *owners = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[a]\nasns=7\n", 11), 11);
	(void)close(fd);
	assert_int_equal(cs_owners_read(path, NULL, NULL, &owners, why), CS_OK);
	assert_int_equal(cs_owners_count(owners), 1);
	cs_owners_free(owners);
	(void)unlink(path);
	assert_int_equal(cs_owners_read("/nowhere/o.ini", NULL, NULL, &owners, why),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(why, "/nowhere/o.ini: No such file or directory");
}

/* As many as it is made for: each address is still found with its own owner. */
static void a_thousand_owners_with_a_hundred_prefixes(void **state)
{
	enum { OWNERS = 1000, EACH = 100 };
	struct cs_owners *owners = NULL;
	char *text = NULL, why[CS_OWNERS_WHY];
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	uint32_t found[OWNERS];

	(void)state;
	assert_non_null(to);
	for (unsigned i = 0; i < OWNERS; i++) {
		fprintf(to, "[o%u]\nprefixes =", i);
		for (unsigned j = 0; j < EACH; j++)
			fprintf(to, " 10.%u.%u.0/24", (i * EACH + j) >> 8 & 0xff,
				(i * EACH + j) & 0xff);
		fprintf(to, "\n");
	}
	(void)fclose(to); /* memory */
	assert_int_equal(
		cs_owners_read_text(cs_span_of(text, len), "o", NULL, NULL, &owners, why),
		CS_OK);
	assert_int_equal(cs_owners_count(owners), OWNERS);
	for (uint32_t net = 0; net < 65536; net += 17) {
		struct cs_result row = { .ip = cs_addr_v4(10u << 24 | net << 8 | 9) };
		size_t n = cs_owners_of(owners, &row, NULL, found);

		/* The numbers wrap at 65536: the first 34464 networks have two. */
		assert_int_equal(n, net < OWNERS * EACH - 65536 ? 2 : 1);
		assert_int_equal(found[0], net / EACH);
		if (n == 2)
			assert_int_equal(found[1], (net + 65536) / EACH);
	}
	cs_owners_free(owners);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_are_as_the_file_has_them),
		cmocka_unit_test(a_row_is_whose_keys_match),
		cmocka_unit_test(every_prefix_around_an_address_counts),
		cmocka_unit_test(ipv6_prefixes_have_no_ipv4_address),
		cmocka_unit_test(overlaps_are_said_once_for_two_owners),
		cmocka_unit_test(errors_have_file_line_and_what_is_right),
		cmocka_unit_test(bounds_of_names),
		cmocka_unit_test(a_domain_has_at_most_253_bytes),
		cmocka_unit_test(a_file_is_read_or_said_to_be_missing),
		cmocka_unit_test(a_thousand_owners_with_a_hundred_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
