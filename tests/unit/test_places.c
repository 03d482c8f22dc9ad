/* SPDX-License-Identifier: Apache-2.0 */
/* Files of every form and layout: what they say, and what is wrong with them. */
#include <stdio.h>
#include <unistd.h>

#include "test.h"

#include "enrich/places.h"

/* --- helpers --- */

/* A file of @text that goes away with the test's folder; its name in @path. */
static void write_file(char path[64], const void *bytes, size_t len)
{
	(void)snprintf(path, 64, "/tmp/test_places_XXXXXX");

	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd); /* written */
}

/* "13335 US London ..." with - for what is not known. */
static const char *shown(const struct cs_place *p)
{
	static char text[2048];
	const struct cs_span parts[] = { p->as_name, p->geo,    p->region,
					 p->city,    p->sector, p->owner };
	int at = snprintf(text, sizeof(text), "%u %u", p->asn, p->naics);

	for (size_t i = 0; i < CS_LEN(parts); i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "|%.*s",
			       (int)parts[i].len, (const char *)parts[i].ptr);
	return text;
}

static const char *find(struct cs_places *places, const char *ip)
{
	struct cs_place place = { 0 };
	struct cs_addr a;

	assert_true(cs_addr_read(cs_span_str(ip), &a));
	cs_places_find(places, &a, &place);
	return shown(&place);
}

static struct cs_places *open_data(const char *const *files, size_t n)
{
	struct cs_places *places;
	char why[CS_PLACES_WHY] = "";

	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_true(cs_places_empty(places));
	for (size_t i = 0; i < n; i++) {
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, files[i]);
		if (cs_places_add_geoip(places, path, why))
			fail_msg("%s", why);
	}
	assert_false(cs_places_empty(places));
	return places;
}

static enum cs_err add_bytes(struct cs_places *places, const void *bytes, size_t len,
			     char why[CS_PLACES_WHY])
{
	char path[64];

	write_file(path, bytes, len);

	enum cs_err err = cs_places_add_geoip(places, path, why);

	(void)unlink(path);
	return err;
}

struct answer {
	const char *ip, *want;
};

static void answers_are(struct cs_places *places, const struct answer *answers)
{
	for (; answers->ip; answers++) {
		/* Twice: read, and kept from reading. */
		for (int i = 0; i < 2; i++) {
			const char *got = find(places, answers->ip);

			if (strcmp(got, answers->want) != 0)
				fail_msg("%s: '%s', want '%s'", answers->ip, got,
					 answers->want);
		}
	}
}

/* --- MMDB --- */

static const struct {
	const char *file, *type;
	struct answer answers[10];
} layouts[] = {
	{ "nested.mmdb",
	  "Test-City",
	  {
		  { "127.0.0.1", "0 0||DE|Hesse|Frankfurt||" },
		  { "192.0.2.0", "0 0||DE|Hesse|Frankfurt||" },
		  { "192.0.2.127", "0 0||DE|Hesse|Frankfurt||" },
		  { "192.0.2.128", "0 0||BR||S\xc3\xa3o Paulo||" },
		  { "198.51.100.9", "0 0||US|CA|||" },
		  { "2001:db8::1", "0 0||JP||||" },
		  { "2001:db8:1::1", "0 0||FR||||" },
		  { "::ffff:192.0.2.1", "0 0||DE|Hesse|Frankfurt||" },
		  { "2001:db9::1", "0 0||||||" },
	  } },
	{ "asn.mmdb",
	  "Test-ASN",
	  {
		  { "192.0.2.77", "64500 0|EXAMPLE-AS|||||" },
		  { "198.51.100.1", "4294967295 0||||||" },
		  { "203.0.113.1", "0 0||||||" }, /* a name with a NUL */
		  { "2001:db8:ffff::", "64501 0|SIX-AS|||||" },
		  { "10.0.0.1", "0 0||||||" },
	  } },
	{ "flat.mmdb",
	  "ip-location-test",
	  {
		  { "192.0.2.1", "0 0||NL|North Holland|Amsterdam||" },
		  { "198.51.100.1", "0 0||||||" },
		  { "2001:db8::1", "0 0||||||" }, /* a file of IPv4 alone */
	  } },
	{ "text.mmdb",
	  "ipinfo test.mmdb",
	  {
		  { "192.0.2.1", "64502 0|Text Networks|SE||||" },
		  { "198.51.100.1", "0 0||NO|Oslo|Oslo||" },
		  { "203.0.113.1", "0 0||||||" },
	  } },
};

static void each_layout_of_an_mmdb_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(layouts); i++) {
		struct cs_places *places = open_data(&layouts[i].file, 1);
		struct cs_source_note note;

		answers_are(places, layouts[i].answers);
		assert_int_equal(cs_places_damaged(places), 0);
		assert_true(cs_places_source(places, 0, &note));
		assert_string_equal(note.form, "MMDB");
		assert_string_equal(note.type, layouts[i].type);
		assert_int_equal(note.built_us, INT64_C(1700000000000000));
		assert_int_equal(note.records, 0);
		assert_false(cs_places_source(places, 1, &note));
		cs_places_close(places);
	}
}

static void a_long_name_is_cut_between_two_characters(void **state)
{
	static const char *const files[] = { "nested.mmdb" };
	struct cs_places *places = open_data(files, 1);
	struct cs_addr ip = cs_addr_v4(0xcb007101);
	struct cs_place place = { 0 };

	(void)state;
	cs_places_find(places, &ip, &place);
	assert_int_equal(place.geo.len, 0); /* "A1" is no country */
	assert_int_equal(place.city.len, 255);
	assert_memory_equal(place.city.ptr + 252, "\xc3\xa4x", 3);
	cs_places_close(places);
}

static void what_several_files_know_comes_together(void **state)
{
	static const char *const files[] = { "asn.mmdb", "text.mmdb", "nested.mmdb" };
	struct cs_places *places = open_data(files, CS_LEN(files));
	static const struct answer answers[] = {
		/* The country of the first that knows one: no region of another's. */
		{ "192.0.2.1", "64500 0|EXAMPLE-AS|SE||||" },
		{ "127.0.0.1", "64496 0|LOOPBACK-AS|DE|Hesse|Frankfurt||" },
		{ "198.51.100.1", "4294967295 0||NO|Oslo|Oslo||" },
		{ "2001:db8::1", "64501 0|SIX-AS|JP||||" },
		{ NULL, NULL },
	};

	(void)state;
	answers_are(places, answers);
	cs_places_close(places);
}

static void a_name_of_another_number_is_not_taken(void **state)
{
	static const char routes[] = "192.0.2.0\t24\t7\n2001:db8::\t32\t64501\n";
	struct cs_places *places;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_int_equal(add_bytes(places, routes, sizeof(routes) - 1, why), CS_OK);
	assert_int_equal(cs_places_add_geoip(places, TEST_DATA "/asn.mmdb", why), CS_OK);
	assert_string_equal(find(places, "192.0.2.1"), "7 0||||||");
	assert_string_equal(find(places, "2001:db8::1"), "64501 0|SIX-AS|||||");
	assert_string_equal(find(places, "127.0.0.1"), "64496 0|LOOPBACK-AS|||||");
	cs_places_close(places);
}

static void what_is_renewed_takes_what_hangs_on_it_along(void **state)
{
	static const char *const files[] = { "asn.mmdb", "nested.mmdb" };
	struct cs_places *places = open_data(files, CS_LEN(files));
	struct cs_addr ip = cs_addr_v4(0xc6336401), other = cs_addr_v4(0x0a000001);
	struct cs_place place = { .asn = 7,
				  .naics = 5,
				  .geo = SPAN("FR"),
				  .as_name = SPAN("OLD"),
				  .region = SPAN("Old"),
				  .city = SPAN("Old"),
				  .sector = SPAN("Old"),
				  .owner = SPAN("old") };

	(void)state;
	cs_places_find(places, &other, &place);
	assert_string_equal(shown(&place), "7 5|OLD|FR|Old|Old|Old|old");
	cs_places_find(places, &ip, &place);
	assert_string_equal(shown(&place), "4294967295 5||US|CA||Old|old");
	cs_places_close(places);
}

static uint8_t *read_data(const char *name, size_t *len)
{
	char path[256];
	uint8_t *bytes = malloc(65536);

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);

	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_non_null(bytes);
	*len = fread(bytes, 1, 65536, file);
	(void)fclose(file); /* read from */
	return bytes;
}

static void a_file_without_a_field_of_use_is_named_by_its_type(void **state)
{
	struct cs_places *places;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_int_equal(cs_places_add_geoip(places, TEST_DATA "/foreign.mmdb", why),
			 CS_ERR_FOREIGN);
	assert_non_null(strstr(why,
			       "foreign.mmdb: an MMDB of type 'Test-\\x1bAnonymous' that "
			       "has no ASN, country, region or city"));
	assert_true(cs_places_empty(places));
	cs_places_close(places);
}

/* Every byte of a good file changed, one at a time: never worse than an error. */
static void a_damaged_mmdb_is_an_error_or_knows_less(void **state)
{
	size_t len, opened = 0, refused = 0, counted = 0;
	uint8_t *bytes = read_data("nested.mmdb", &len);

	(void)state;
	for (size_t i = 0; i < 2 * len; i++) {
		struct cs_places *places;
		char why[CS_PLACES_WHY] = "";
		uint8_t kept = bytes[i / 2];

		assert_int_equal(cs_places_open(&places), CS_OK);
		bytes[i / 2] = i % 2 ? (uint8_t)~kept : (uint8_t)(kept ^ 0x20);

		enum cs_err err = add_bytes(places, bytes, len, why);

		bytes[i / 2] = kept;
		opened += err == CS_OK;
		refused += err == CS_ERR_DAMAGED || err == CS_ERR_FOREIGN;
		if (err == CS_ERR_DAMAGED)
			assert_non_null(strstr(why, "a damaged MMDB ("));
		if (!err) {
			(void)find(places, "127.0.0.1");
			(void)find(places, "192.0.2.200");
			(void)find(places, "198.51.100.1");
			(void)find(places, "203.0.113.1");
			(void)find(places, "2001:db8:1::1");
			counted += cs_places_damaged(places) > 0;
		}
		cs_places_close(places);
	}
	assert_int_equal(opened + refused, 2 * len);
	assert_true(opened > 0 && refused > 0 && counted > 0);
	free(bytes);
}

/* The name of 127.0.0.0/8 becomes a pointer to nowhere. */
static void a_damaged_record_is_counted_and_the_others_are_read(void **state)
{
	size_t len;
	uint8_t *bytes = read_data("asn.mmdb", &len);
	uint8_t *name = memmem(bytes, len, "LOOPBACK-AS", 11);
	struct cs_places *places;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_non_null(name);
	name[-1] = 0x38;
	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_int_equal(add_bytes(places, bytes, len, why), CS_OK);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_string_equal(find(places, "127.0.0.1"), "0 0||||||");
		assert_int_equal(cs_places_damaged(places), i);
		assert_string_equal(find(places, "192.0.2.1"), "64500 0|EXAMPLE-AS|||||");
	}
	assert_int_equal(cs_places_damaged(places), 3);
	cs_places_close(places);
	free(bytes);
}

static void an_mmdb_that_is_cut_short_is_not_taken(void **state)
{
	size_t len;
	uint8_t *bytes = read_data("nested.mmdb", &len);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct cs_places *places;
		char why[CS_PLACES_WHY] = "";

		assert_int_equal(cs_places_open(&places), CS_OK);
		assert_int_not_equal(add_bytes(places, bytes, n, why), CS_OK);
		assert_int_not_equal(why[0], 0);
		cs_places_close(places);
	}
	free(bytes);
}

/* --- text --- */

static const struct {
	const char *form;
	const char *text;
	uint64_t records;
	struct answer answers[8];
} texts[] = {
	{ "pfx2as",
	  "1.0.0.0\t24\t13335\n"
	  "10.0.0.0\t8\t1_2\n"
	  "10.1.0.0\t16\t3,4\n"
	  "0.0.0.0\t0\t9\n"
	  "10.1.2.3\t32\t4294967295\r\n"
	  "\n"
	  "2001:db8::\t32\t7\n"
	  "2001:db8::1\t128\t8",
	  6,
	  { { "1.0.0.255", "13335 0||||||" },
	    { "10.0.0.1", "1 0||||||" },
	    { "10.1.0.1", "3 0||||||" },
	    { "10.1.2.3", "4294967295 0||||||" },
	    { "9.9.9.9", "0 0||||||" },
	    { "2001:db8::2", "7 0||||||" },
	    { "2001:db8::1", "8 0||||||" } } },
	{ "RIS dump",
	  "% This is RIPE NCC's dump\n%\n\n"
	  "13335\t1.0.0.0/24\t340\n"
	  "{64512,64513}\t192.0.2.0/25\t1\n"
	  "64514\t192.0.2.0/24\t2\n"
	  "3\t::/0\t5\n"
	  "64515\t2001:db8::/32\t0\n",
	  4,
	  { { "1.0.0.1", "13335 0||||||" },
	    { "192.0.2.127", "64512 0||||||" },
	    { "192.0.2.128", "64514 0||||||" },
	    { "2001:db8::", "64515 0||||||" },
	    { "2001:db9::", "0 0||||||" } } },
	{ "IPtoASN",
	  "\xef\xbb\xbf"
	  "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n"
	  "1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n"
	  "1.0.4.0\t1.0.7.255\t38803\tau\tWPL-AS-AP Wirefreebroadband\tPty Ltd\n"
	  "16779264\t16779264\t5\t\t\n"
	  "2001:db8::\t2001:db8::ffff\t64500\tDE\t\xc3\xa4\n",
	  5,
	  { { "1.0.0.0", "13335 0|CLOUDFLARENET|US||||" },
	    { "1.0.2.0", "0 0||||||" },
	    { "1.0.4.1", "38803 0|WPL-AS-AP Wirefreebroadband\tPty Ltd|AU||||" },
	    { "1.0.8.0", "5 0||||||" },
	    { "1.0.8.1", "0 0||||||" },
	    { "2001:db8::ffff", "64500 0|\xc3\xa4|DE||||" } } },
	{ "tor-geoipdb",
	  "# a comment\n"
	  "16777216,16777471,AU\n"
	  "16777472,16778239,??\n"
	  "4294967295,4294967295,ZZ\n"
	  "1.0.4.0,1.0.4.1,nz\n"
	  "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n",
	  5,
	  { { "1.0.0.0", "0 0||AU||||" },
	    { "1.0.1.0", "0 0||||||" },
	    { "255.255.255.255", "0 0||ZZ||||" },
	    { "1.0.4.1", "0 0||NZ||||" },
	    { "1.0.4.2", "0 0||||||" },
	    { "2001:200::1", "0 0||JP||||" } } },
};

static void each_text_form_is_told_by_its_content(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(texts); i++) {
		struct cs_places *places;
		struct cs_source_note note;
		char why[CS_PLACES_WHY] = "";

		assert_int_equal(cs_places_open(&places), CS_OK);
		if (add_bytes(places, texts[i].text, strlen(texts[i].text), why))
			fail_msg("%s", why);
		answers_are(places, texts[i].answers);
		assert_true(cs_places_source(places, 0, &note));
		assert_string_equal(note.form, texts[i].form);
		assert_string_equal(note.type, "");
		assert_int_equal(note.records, texts[i].records);
		assert_true(note.built_us > INT64_C(1700000000000000));
		cs_places_close(places);
	}
}

#define NO_FORM \
	": of no form that is known (cut short?): want an MMDB, pfx2as, a RIS dump, "

static const struct {
	const char *text;
	enum cs_err err;
	const char *why; /* behind the file's name */
} mistakes[] = {
	{ "", CS_ERR_FOREIGN, ": an empty file" },
	{ "# nothing\n\n", CS_ERR_FOREIGN, NO_FORM },
	{ "hello\n", CS_ERR_FOREIGN, NO_FORM },
	{ "1.0.0.0,1.0.0.1\n", CS_ERR_FOREIGN, NO_FORM },
	{ "1.0.0.0\t24\n", CS_ERR_FOREIGN, NO_FORM },
	{ "1.0.0.0\t24\t1\t2\n", CS_ERR_FOREIGN, NO_FORM },
	{ "\x1f\x8b\x08\n", CS_ERR_FOREIGN, ": compressed: want it unpacked (gunzip)" },
	/* pfx2as */
	{ "1.0.0\t24\t1\n", CS_ERR_SYNTAX, ":1: '1.0.0': want an address" },
	{ "1.0.0.0\t24\t1\n1.0.0.0\t33\t1\n", CS_ERR_RANGE,
	  ":2: '33': want a length from 0 to 32" },
	{ "2001:db8::\t129\t1\n", CS_ERR_RANGE,
	  ":1: '129': want a length from 0 to 128" },
	{ "\n\n1.0.0.1\t31\t1\n", CS_ERR_RANGE,
	  ":3: '1.0.0.1': want an address without bits behind its prefix length" },
	{ "1.0.0.0\t24\t4294967296\n", CS_ERR_RANGE,
	  ":1: '4294967296': want an AS number, or several as 1_2 or 1,2" },
	{ "1.0.0.0\t24\t\n", CS_ERR_SYNTAX, ":1: '': want an AS number" },
	{ "1.0.0.0\t24\tx\x1b\n", CS_ERR_SYNTAX, ":1: 'x\\x1b': want an AS number" },
	{ "1.0.0.0\t24\t1\n1.0.0.0 24 1\n", CS_ERR_SYNTAX,
	  ":2: want three cells with tabs between" },
	{ "1.0.0.0\t24\t1\n1.0.0.0\t24\t1\t\n", CS_ERR_SYNTAX,
	  ":2: want three cells with tabs between" },
	/* RIS */
	{ "1\t1.0.0.0/33\t1\n", CS_ERR_SYNTAX,
	  ":1: '1.0.0.0/33': want a prefix without bits behind its length" },
	{ "1\t1.0.0.1/31\t1\n", CS_ERR_RANGE, ":1: '1.0.0.1/31': want a prefix without" },
	{ "1\t1.0.0.0/8\tmany\n", CS_ERR_SYNTAX, ":1: 'many': want how many peers" },
	{ "a\t1.0.0.0/8\t1\n", CS_ERR_SYNTAX, ":1: 'a': want an AS number" },
	/* IPtoASN */
	{ "1.0.0.0\t1.0.0.1\t1\tUS\tA\n1.0.0.2\t1.0.0.1\t1\tUS\tA\n", CS_ERR_RANGE,
	  ":2: '1.0.0.1': want a last address that is not before the first" },
	{ "1.0.0.0\t::1\t1\tUS\tA\n", CS_ERR_RANGE,
	  ":1: '::1': want both ends of one address family" },
	{ "1.0.0.0\t1.0.0.1\t-1\tUS\tA\n", CS_ERR_RANGE,
	  ":1: '-1': want an AS number from 0 to 4294967295" },
	{ "1.0.0.0\t1.0.0.1\t1\tUSA\tA\n", CS_ERR_SYNTAX,
	  ":1: 'USA': want a country's two letters, or None" },
	{ "1.0.0.0\t1.0.0.1\t1\tUS\tA\n1.0.0.0\t1.0.0.1\t1\tUS\n", CS_ERR_SYNTAX,
	  ":2: want five cells with tabs between" },
	/* tor-geoipdb */
	{ "4294967296,4294967296,AU\n", CS_ERR_SYNTAX,
	  ":1: '4294967296': want an address, or an IPv4 address as a number" },
	{ "1,2,AUS\n", CS_ERR_SYNTAX, ":1: 'AUS': want a country's two letters, or ??" },
	{ "2,1,AU\n", CS_ERR_RANGE, ":1: '1': want a last address that is not before" },
	{ "1,2,AU\n3,4\n", CS_ERR_SYNTAX, ":2: want three cells with commas between" },
	{ "1,2,AU\n3,4,AU,\n", CS_ERR_SYNTAX,
	  ":2: want three cells with commas between" },
};

static void each_mistake_is_said_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(mistakes); i++) {
		struct cs_places *places;
		char why[CS_PLACES_WHY] = "";

		assert_int_equal(cs_places_open(&places), CS_OK);
		assert_int_equal(add_bytes(places, mistakes[i].text,
					   strlen(mistakes[i].text), why),
				 mistakes[i].err);

		const char *behind = strchr(why, ':');

		if (strncmp(why, "/tmp/", 5) != 0 || !behind ||
		    strncmp(behind, mistakes[i].why, strlen(mistakes[i].why)) != 0)
			fail_msg("'%s', want '%s'", why, mistakes[i].why);
		assert_true(cs_places_empty(places));
		cs_places_close(places);
	}
}

static void every_part_of_a_good_file_is_read_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(texts); i++) {
		for (size_t n = 0; n < strlen(texts[i].text); n++) {
			struct cs_places *places;
			char why[CS_PLACES_WHY] = "";

			assert_int_equal(cs_places_open(&places), CS_OK);

			enum cs_err err = add_bytes(places, texts[i].text, n, why);

			assert_int_equal(err == CS_OK, why[0] == '\0');
			assert_int_equal(cs_places_empty(places), err != CS_OK);
			cs_places_close(places);
		}
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct cs_places *places;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_int_equal(cs_places_add_geoip(places, "/nowhere/a\n.mmdb", why),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(why, "/nowhere/a\\x0a.mmdb: No such file or directory");
	assert_int_equal(cs_places_add_sector(places, "/", why), CS_ERR_NOT_FOUND);
	assert_string_equal(why, "/: Is a directory");
	cs_places_close(places);
}

static void the_default_is_debians_where_it_is_installed(void **state)
{
	struct cs_places *places;
	struct cs_source_note note;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_int_equal(cs_places_open(&places), CS_OK);
	if (access("/usr/share/tor/geoip", R_OK)) {
		assert_int_equal(cs_places_add_default(places, why), CS_ERR_NOT_FOUND);
		cs_places_close(places);
		NOT_HERE("tor-geoipdb is not installed");
	}
	assert_int_equal(cs_places_add_default(places, why), CS_OK);
	assert_true(cs_places_source(places, 0, &note));
	assert_string_equal(note.form, "tor-geoipdb");
	assert_true(note.records > 100000);
	assert_non_null(strstr(find(places, "193.0.6.139"), "|NL|"));
	assert_string_equal(find(places, "127.0.0.1"), "0 0||||||");
	cs_places_close(places);
}

/* --- sectors --- */

static enum cs_err add_sector_text(struct cs_places *places, const char *text,
				   char why[CS_PLACES_WHY])
{
	char path[64];

	write_file(path, text, strlen(text));

	enum cs_err err = cs_places_add_sector(places, path, why);

	(void)unlink(path);
	return err;
}

static void a_sector_is_of_a_prefix_before_it_is_of_an_asn(void **state)
{
	static const char *const files[] = { "asn.mmdb" };
	static const char text[] =
		"Prefix,comment,naics,sector,owner,ASN\r\n"
		"192.0.2.0/24,,517311,\"Communications, Service Provider\",one,\r\n"
		"192.0.2.128/25,x,,Government,,\r\n"
		",\"of \"\"all\"\"\",221122,Energy,two,AS64500\r\n"
		"2001:db8::/32,,,,three\r\n"
		",,,Loop,,64496\r\n"
		",,,Loop,,AS64496\r\n";
	static const struct answer answers[] = {
		{ "192.0.2.1",
		  "64500 517311|EXAMPLE-AS||||Communications, Service Provider|one" },
		{ "192.0.2.200", "64500 221122|EXAMPLE-AS||||Government|two" },
		{ "127.0.0.1", "64496 0|LOOPBACK-AS||||Loop|" },
		{ "2001:db8::1", "64501 0|SIX-AS|||||three" },
		{ "198.51.100.1", "4294967295 0||||||" },
		{ NULL, NULL },
	};
	struct cs_places *places = open_data(files, 1);
	struct cs_source_note note;
	char why[CS_PLACES_WHY] = "";

	(void)state;
	if (add_sector_text(places, text, why))
		fail_msg("%s", why);
	answers_are(places, answers);
	assert_true(cs_places_source(places, 1, &note));
	assert_string_equal(note.form, "sector");
	assert_int_equal(note.records, 6);
	cs_places_close(places);
}

static void an_asn_that_was_known_before_has_its_sector(void **state)
{
	struct cs_places *places;
	struct cs_place place = { .asn = 5 };
	struct cs_addr ip = cs_addr_v4(1);
	char why[CS_PLACES_WHY] = "";

	(void)state;
	assert_int_equal(cs_places_open(&places), CS_OK);
	assert_int_equal(add_sector_text(places, "asn,owner\n5,five\n", why), CS_OK);
	cs_places_find(places, &ip, &place);
	assert_string_equal(shown(&place), "5 0||||||five");
	cs_places_close(places);
}

#define HEADER "prefix,asn,naics\n"

static const struct {
	const char *text;
	enum cs_err err;
	const char *why;
} sector_mistakes[] = {
	{ "", CS_ERR_FOREIGN, ":1: an empty file: want a header and rows" },
	{ "a,b\n", CS_ERR_FOREIGN,
	  ":1: no sector file: want a header with prefix or asn" },
	{ "prefix\n", CS_ERR_FOREIGN, ":1: no sector file" },
	{ "naics,owner\n", CS_ERR_FOREIGN, ":1: no sector file" },
	{ "asn,owner,ASN\n", CS_ERR_SYNTAX, ":1: 'ASN': want each column once" },
	{ HEADER "10.0.0.0/8,,1\n10.0.0.1/8,,1\n", CS_ERR_RANGE,
	  ":3: '10.0.0.1/8': want a prefix without bits behind its length" },
	{ HEADER "ten,,1\n", CS_ERR_SYNTAX, ":2: 'ten': want a prefix" },
	{ HEADER ",0,1\n", CS_ERR_RANGE, ":2: '0': want an AS number from 1" },
	{ HEADER ",4294967296,1\n", CS_ERR_RANGE, ":2: '4294967296': want an AS" },
	{ HEADER "10.0.0.0/8,1,1\n", CS_ERR_SYNTAX, ":2: prefix and asn: want one" },
	{ HEADER "\n,,1\n", CS_ERR_SYNTAX, ":3: neither prefix nor asn: want one" },
	{ HEADER ",1,1000000\n", CS_ERR_RANGE, ":2: '1000000': want a NAICS code" },
	{ HEADER ",1,31-33\n", CS_ERR_RANGE, ":2: '31-33': want a NAICS code" },
	{ HEADER ",1,1,\n", CS_ERR_SYNTAX, ":2: more cells than the header has" },
	{ HEADER ",1,\"1\n", CS_ERR_SYNTAX, ":2: a quote that is not closed" },
	{ HEADER ",1,1\n,2,2\n,1,3\n", CS_ERR_SYNTAX,
	  ":4: the asn of line 2 with other values: want it once" },
	{ HEADER "10.0.0.0/8,,1\n10.0.0.0/8,,3\n", CS_ERR_SYNTAX,
	  ":3: the prefix of line 2 with other values" },
};

static void each_mistake_in_a_sector_file_is_said_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(sector_mistakes); i++) {
		struct cs_places *places;
		char why[CS_PLACES_WHY] = "";

		assert_int_equal(cs_places_open(&places), CS_OK);
		assert_int_equal(add_sector_text(places, sector_mistakes[i].text, why),
				 sector_mistakes[i].err);

		const char *behind = strchr(why, ':');

		if (!behind || strncmp(behind, sector_mistakes[i].why,
				       strlen(sector_mistakes[i].why)) != 0)
			fail_msg("'%s', want '%s'", why, sector_mistakes[i].why);
		assert_true(cs_places_empty(places));
		cs_places_close(places);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_layout_of_an_mmdb_is_understood),
		cmocka_unit_test(a_long_name_is_cut_between_two_characters),
		cmocka_unit_test(what_several_files_know_comes_together),
		cmocka_unit_test(a_name_of_another_number_is_not_taken),
		cmocka_unit_test(what_is_renewed_takes_what_hangs_on_it_along),
		cmocka_unit_test(a_file_without_a_field_of_use_is_named_by_its_type),
		cmocka_unit_test(a_damaged_mmdb_is_an_error_or_knows_less),
		cmocka_unit_test(a_damaged_record_is_counted_and_the_others_are_read),
		cmocka_unit_test(an_mmdb_that_is_cut_short_is_not_taken),
		cmocka_unit_test(each_text_form_is_told_by_its_content),
		cmocka_unit_test(each_mistake_is_said_with_its_line),
		cmocka_unit_test(every_part_of_a_good_file_is_read_within_its_bounds),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(the_default_is_debians_where_it_is_installed),
		cmocka_unit_test(a_sector_is_of_a_prefix_before_it_is_of_an_asn),
		cmocka_unit_test(an_asn_that_was_known_before_has_its_sector),
		cmocka_unit_test(each_mistake_in_a_sector_file_is_said_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
