/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>

#include "resources/tree.h"

/* A line a row: a dot for each step in, the label, "-" for what is no link. */
static void tell(const char *text, size_t len, char *out, size_t cap)
{
	uint8_t *copy = heap_copy(text, len);
	struct cs_arena arena = { 0 };
	struct cs_tree tree;
	size_t at = 0;

	assert_int_equal(cs_tree_build(cs_span_of(copy, len), &arena, &tree), CS_OK);
	out[0] = '\0';
	for (size_t i = 0; i < tree.n && at < cap; i++) {
		const struct cs_tree_row *row = &tree.rows[i];

		at += (size_t)snprintf(out + at, cap - at, "%s%.*s%.*s%s", i ? " " : "",
				       (int)row->depth, "........", (int)row->label.len,
				       row->label.len ? (const char *)row->label.ptr : "",
				       row->is_link ? "" : "-");
	}
	cs_arena_clear(&arena);
	free(copy);
}

static const struct {
	const char *list;
	const char *want;
} rows[] = {
	{ "", "" },
	{ "</>", "/" },
	{ "</>,</time>,</async>", "/ /time /async" },
	/* Children stand under what is a resource, or a common step. */
	{ "</a>,</a/b>,</a/c>", "/a ./b ./c" },
	{ "</a/b>,</a/c>", "/a- ./b ./c" },
	{ "</a/b>,</x>,</a/c>", "/a- ./b ./c /x" },
	{ "</a/b>,</a>", "/a ./b" },
	/* A step with one child is one line with it. */
	{ "</.well-known/core>", "/.well-known/core" },
	{ "</a/b/c/d>", "/a/b/c/d" },
	{ "</a/b/c>,</a/b/d>", "/a/b- ./c ./d" },
	{ "</a/b/c>,</a/x/d>", "/a- ./b/c ./x/d" },
	{ "</a/b/c/d>,</a/b>,</e>", "/a/b ./c/d /e" },
	{ "</a/b/c/d>,</a/b/c/e/f>,</a/g>,</h>", "/a- ./b/c- ../d ../e/f ./g /h" },
	/* Slashes at the end and in a row are steps of their own. */
	{ "</a/>", "/a/" },
	{ "</a>,</a/>", "/a ./" },
	{ "<//>", "//" },
	/* Queries belong to the last step. */
	{ "</a?b/c>,</a>", "/a?b/c /a" },
	{ "</a/?x>", "/a/?x" },
	/* The same twice is two resources. */
	{ "</a>;rt=1,</a>;rt=2", "/a /a" },
	{ "</a/b>,</a/b>,</a/c>", "/a- ./b ./b ./c" },
	{ "</a/b/c>,</a/b/c>", "/a/b- ./c ./c" },
	/* What is no path stands as it is. */
	{ "<coap://[::1]/a/b>,<rel/x>,<>,</a>", "coap://[::1]/a/b rel/x  /a" },
	/* Up to where it can be followed. */
	{ "</a>,</b", "/a" },
	{ "</a>,hello", "/a" },
};

static void each_list_is_put_in_order(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		tell(rows[i].list, strlen(rows[i].list), got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", rows[i].list, got,
				 rows[i].want);
	}
}

static void every_prefix_is_taken_without_harm(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		for (size_t n = 0; n < strlen(rows[i].list); n++)
			tell(rows[i].list, n, got, sizeof(got));
}

/* A list that a device may send: one link of half a million steps. */
static void a_hostile_depth_is_one_line(void **state)
{
	enum { DEPTH = 500000 };
	struct cs_arena arena = { 0 };
	struct cs_tree tree;
	char *list = malloc(2 * DEPTH + 2);

	(void)state;
	assert_non_null(list);
	list[0] = '<';
	for (size_t i = 0; i < DEPTH; i++)
		memcpy(list + 1 + 2 * i, "/a", 2);
	list[2 * DEPTH + 1] = '>';
	assert_int_equal(cs_tree_build(cs_span_of(list, 2 * DEPTH + 2), &arena, &tree),
			 CS_OK);
	assert_int_equal(tree.n, 1);
	assert_int_equal(tree.rows[0].label.len, 2 * DEPTH);
	cs_arena_clear(&arena);
	free(list);
}

static void links_stay_with_their_rows(void **state)
{
	static const char list[] = "</a/b>;rt=x,</a>;rt=y";
	struct cs_arena arena = { 0 };
	struct cs_tree tree;

	(void)state;
	assert_int_equal(cs_tree_build(SPAN(list), &arena, &tree), CS_OK);
	assert_int_equal(tree.n, 2);
	assert_true(cs_span_eq(tree.rows[0].link.text, SPAN("</a>;rt=y")));
	assert_true(cs_span_eq(tree.rows[1].link.text, SPAN("</a/b>;rt=x")));
	cs_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_is_put_in_order),
		cmocka_unit_test(every_prefix_is_taken_without_harm),
		cmocka_unit_test(a_hostile_depth_is_one_line),
		cmocka_unit_test(links_stay_with_their_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
