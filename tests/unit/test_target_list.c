/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test.h"

#include "net/scope.h"

/* Reads an exact-size copy, so that ASan sees a one-byte over-read. */
static enum cs_err read_list(struct cs_scope_draft *draft, struct cs_span text,
			     bool exclude)
{
	uint8_t *copy = heap_copy(text.ptr, text.len);
	enum cs_err err = cs_scope_read_list(draft, cs_span_of(copy, text.len),
					     "list.txt", exclude, NULL, NULL);

	free(copy);
	return err;
}

static void the_ranges(const struct cs_ranges *ranges, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ranges->n; i++) {
		char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];

		cs_addr_text(&ranges->at[i].lo, lo);
		cs_addr_text(&ranges->at[i].hi, hi);
		at += (size_t)snprintf(out + at, cap - at, "%s%s-%s", i ? " " : "", lo,
				       hi);
	}
}

static const struct {
	const char *text, *want;
} lists[] = {
	{ "", "" },
	{ "\n", "" },
	{ "\r\n \t\n#\n # only words\n", "" },
	{ "10.0.0.1", "10.0.0.1-10.0.0.1" },
	{ "10.0.0.1\n", "10.0.0.1-10.0.0.1" },
	{ "10.0.0.2\r\n10.0.0.1\r\n", "10.0.0.2-10.0.0.2 10.0.0.1-10.0.0.1" },
	{ " \t10.0.0.1 \t# the first\n10.0.0.2#", "10.0.0.1-10.0.0.1 10.0.0.2-10.0.0.2" },
	{ "\xef\xbb\xbf"
	  "10.0.0.0/31\n2001:db8::1-2001:db8::2",
	  "10.0.0.0-10.0.0.1 2001:db8::1-2001:db8::2" },
	{ "10.0.0.1#\xff\x01", "10.0.0.1-10.0.0.1" },
};

static void each_list_gives_its_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(lists); i++) {
		struct cs_scope_draft draft = { 0 };
		char got[256];

		assert_int_equal(read_list(&draft, cs_span_str(lists[i].text), false),
				 CS_OK);
		the_ranges(&draft.targets, got, sizeof(got));
		assert_string_equal(got, lists[i].want);
		assert_int_equal(draft.excludes.n, 0);
		assert_int_equal(read_list(&draft, cs_span_str(lists[i].text), true),
				 CS_OK);
		the_ranges(&draft.excludes, got, sizeof(got));
		assert_string_equal(got, lists[i].want);
		cs_scope_draft_clear(&draft);
	}
}

static void the_first_mistake_ends_the_reading_and_says_its_line(void **state)
{
	struct cs_scope_draft draft = { 0 };

	(void)state;
	assert_int_equal(read_list(&draft,
				   SPAN("10.0.0.1\n# a\n\n10.0.0.0/33 # b\n10.0.0.2"),
				   false),
			 CS_ERR_SYNTAX);
	assert_string_equal(
		draft.why,
		"list.txt:4: '10.0.0.0/33': want an address, a prefix (10.0.0.0/24), "
		"a range (10.0.0.1-10.0.0.99), a host name or 'local'");
	assert_int_equal(draft.targets.n, 1);
	assert_int_equal(read_list(&draft, SPAN("\r\n224.0.0.1"), false), CS_ERR_REFUSED);
	assert_string_equal(draft.why, "list.txt:2: '224.0.0.1': nothing is ever sent to "
				       "multicast, broadcast or unspecified addresses");
	assert_int_equal(read_list(&draft, SPAN("\n10.0.0.1\0"), false), CS_ERR_SYNTAX);
	assert_non_null(strstr(draft.why, "list.txt:2: '10.0.0.1\\x00': want"));
	assert_int_equal(read_list(&draft, SPAN("\xef\xbb"), false), CS_ERR_SYNTAX);
	cs_scope_draft_clear(&draft);
}

static void a_long_line_is_a_mistake_a_long_comment_is_not(void **state)
{
	struct cs_scope_draft draft = { 0 };
	char text[600];

	(void)state;
	memset(text, ' ', sizeof(text));
	memset(text + 300, 'x', 256);
	assert_int_equal(read_list(&draft, cs_span_of(text, sizeof(text)), false),
			 CS_ERR_SYNTAX);
	assert_non_null(strstr(draft.why, "...': want at most 255 bytes a line"));
	text[555] = ' ';
	assert_int_equal(read_list(&draft, cs_span_of(text, sizeof(text)), false),
			 CS_ERR_SYNTAX);
	assert_null(strstr(draft.why, "255 bytes"));
	text[300] = '#';
	assert_int_equal(read_list(&draft, cs_span_of(text, sizeof(text)), false), CS_OK);
	cs_scope_draft_clear(&draft);
}

static void every_part_of_a_good_list_is_read_within_its_bounds(void **state)
{
	static const char good[] =
		"# both\r\n10.0.0.0/24\n2001:db8::1-2001:db8::7 # x\n8.8.8.8";

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		struct cs_scope_draft draft = { 0 };

		(void)read_list(&draft, cs_span_of(good, n), n % 2); /* no crash is all */
		cs_scope_draft_clear(&draft);
	}
}

static enum cs_err resolve(void *arg, struct cs_scope_draft *draft, struct cs_span name,
			   const struct cs_source *source)
{
	struct cs_range r = { cs_addr_v4(0x0a000007), cs_addr_v4(0x0a000009) };
	unsigned *calls = arg;

	(*calls)++;
	assert_string_equal(source->file, "f");
	if (cs_span_eq(name, SPAN("host.example")))
		return cs_scope_add_range(draft, &r, false);
	cs_scope_complain(draft, source, name, ": no such host");
	return CS_ERR_NOT_FOUND;
}

static void names_go_to_the_resolver(void **state)
{
	struct cs_scope_draft draft = { 0 };
	unsigned calls = 0;
	char got[256];

	(void)state;
	assert_int_equal(cs_scope_read_list(&draft, SPAN("10.0.0.1\n host.example # one"),
					    "f", false, resolve, &calls),
			 CS_OK);
	the_ranges(&draft.targets, got, sizeof(got));
	assert_string_equal(got, "10.0.0.1-10.0.0.1 10.0.0.7-10.0.0.9");
	assert_int_equal(calls, 1);
	assert_int_equal(cs_scope_read_list(&draft, SPAN("\nnowhere\n10.0.0.2"), "f",
					    false, resolve, &calls),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(draft.why, "f:2: 'nowhere': no such host");
	assert_int_equal(cs_scope_read_list(&draft, SPAN("10.0.0.300"), "f", false,
					    resolve, &calls),
			 CS_ERR_SYNTAX);
	assert_int_equal(calls, 2);
	cs_scope_draft_clear(&draft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_gives_its_ranges),
		cmocka_unit_test(the_first_mistake_ends_the_reading_and_says_its_line),
		cmocka_unit_test(a_long_line_is_a_mistake_a_long_comment_is_not),
		cmocka_unit_test(every_part_of_a_good_list_is_read_within_its_bounds),
		cmocka_unit_test(names_go_to_the_resolver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
