/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "sample_cmd.h"

/* One reading of a command line: what came of it and what was said. */
struct run {
	struct sample o;
	struct caught caught;
	int exit;
	enum cs_level most;
};

enum { MOST_WORDS = 32 };

/* Splits @line at blanks; '' stands for an empty word. */
static void setup(struct run *r, const char *line)
{
	static char words[512];
	char *argv[MOST_WORDS + 1] = { NULL };
	struct cs_ctx ctx = sample_ctx(&r->caught);
	int argc = 0;

	(void)snprintf(words, sizeof(words), "sample %s", line);
	for (char *at = words, *word; (word = strsep(&at, " ")) != NULL;) {
		if (*word && argc < MOST_WORDS)
			argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	r->exit = cs_args_read(&ctx, &sample_set, argc, argv, &r->o);
	r->most = ctx.log.most;
	sample_end(&ctx);
}

static void teardown(struct run *r)
{
	cs_args_clear(&r->o.common);
	caught_free(&r->caught);
}

static void expect_error(const char *line, const char *want)
{
	struct run r = { 0 };

	setup(&r, line);
	if (r.exit != CS_EXIT_USAGE)
		fail_msg("%s: exit %d", line, r.exit);
	assert_string_equal(r.caught.err, want);
	assert_string_equal(r.caught.out, "");
	teardown(&r);
}

static void without_options_the_defaults_hold(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "");
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.o.rate, 1000);
	assert_int_equal(r.o.limit, 0);
	assert_false(r.o.dry);
	assert_true(r.o.follow);
	assert_int_equal(r.o.level, 0);
	assert_int_equal(r.o.format, -1);
	assert_null(r.o.file);
	assert_string_equal(r.o.store, "/var/lib/sample");
	assert_int_equal(r.o.exclude.n, 0);
	assert_false(r.o.seed.given);
	assert_string_equal(r.o.ports, "5683");
	assert_int_equal(r.o.common.color, CS_COLOR_AUTO);
	assert_int_equal(r.o.common.operands.n, 0);
	assert_int_equal(r.most, CS_NOTE);
	teardown(&r);
}

static void every_kind_of_option_is_stored(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r,
	      "a --rate=5 --limit 16 -d --no-follow -lll -O table b -ffile --no-store "
	      "--seed 0 --ports 1-3 -- --rate");
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.o.rate, 5);
	assert_int_equal(r.o.limit, 16);
	assert_true(r.o.dry);
	assert_false(r.o.follow);
	assert_int_equal(r.o.level, 3);
	assert_int_equal(r.o.format, 2);
	assert_string_equal(r.o.file, "file");
	assert_null(r.o.store);
	assert_true(r.o.seed.given);
	assert_string_equal(r.o.ports, "1-3");
	assert_int_equal(r.o.common.operands.n, 3);
	assert_string_equal(r.o.common.operands.item[0], "a");
	assert_string_equal(r.o.common.operands.item[1], "b");
	assert_string_equal(r.o.common.operands.item[2], "--rate");
	teardown(&r);
}

static void a_text_that_may_be_missing_follows_its_equals_sign_alone(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "a");
	assert_null(r.o.where);
	teardown(&r);
	setup(&r, "--where a");
	assert_string_equal(r.o.where, "here");
	assert_string_equal(r.o.common.operands.item[0], "a");
	teardown(&r);
	setup(&r, "--where=there");
	assert_string_equal(r.o.where, "there");
	teardown(&r);
	setup(&r, "--where=there --where --no-where");
	assert_null(r.o.where);
	teardown(&r);
}

static void the_last_of_two_wins_and_lists_grow(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "-r 5 --rate 6 --dry-run --no-dry-run --no-follow --follow --no-store "
		  "--store /x --exclude 1,2 --exclude 3 -S a,b -S c");
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.o.rate, 6);
	assert_false(r.o.dry);
	assert_true(r.o.follow);
	assert_string_equal(r.o.store, "/x");
	assert_int_equal(r.o.exclude.n, 3);
	assert_string_equal(r.o.exclude.item[0], "1");
	assert_string_equal(r.o.exclude.item[1], "2");
	assert_string_equal(r.o.exclude.item[2], "3");
	assert_int_equal(r.o.sources.n, 2);
	assert_string_equal(r.o.sources.item[0], "a,b");
	assert_string_equal(r.o.sources.item[1], "c");
	teardown(&r);
}

static void an_alias_is_the_same_option(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "--allowlist-file x");
	assert_int_equal(r.exit, -1);
	assert_string_equal(r.o.file, "x");
	assert_string_equal(cs_args_origin(&r.o.common, SAMPLE_AT(file)).name,
			    "--allowlist-file");
	teardown(&r);
}

static void errors_say_where_what_and_what_is_right(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "--rate fast",
		  "--rate 'fast': want 0 (unpaced) or 1 to 100000000 packets "
		  "per second" },
		{ "-r 100000001", "-r '100000001': want 0 (unpaced) or 1 to 100000000 "
				  "packets per second" },
		{ "--rate=", "--rate '': want 0 (unpaced) or 1 to 100000000 packets per "
			     "second" },
		{ "--limit 0", "--limit '0': want a number from 1 to 16" },
		{ "--limit 17", "--limit '17': want a number from 1 to 16" },
		{ "-O xml", "-O 'xml': want csv, jsonl or table" },
		{ "--targets-file ''", "--targets-file '': want FILE" },
		{ "--exclude ''", "--exclude '': want ADDRESS" },
		{ "--where=", "--where '': want PLACE" },
		{ "--exclude ,", "--exclude '': want ADDRESS" },
		{ "--ports 0", "--ports '0': want ports" },
		{ "--seed -1", "--seed '-1': want a number" },
		{ "--rate",
		  "--rate has no value: want 0 (unpaced) or 1 to 100000000 packets "
		  "per second" },
		{ "-r",
		  "--rate has no value: want 0 (unpaced) or 1 to 100000000 packets per "
		  "second" },
		{ "--dry-run=yes", "--dry-run takes no value" },
		{ "--no-store=x", "--store takes no value" },
		{ "--rat 5", "options are not abbreviated: did you mean --rate?" },
		{ "--raet 5", "unknown option --raet: did you mean --rate?" },
		{ "--rate-limit=5",
		  "unknown option --rate-limit: see coapscope sample --help" },
		{ "--s", "unknown option --s: did you mean --store?" },
		{ "--zzzzzzzz",
		  "unknown option --zzzzzzzz: see coapscope sample --help" },
		{ "--alowlist-file=x",
		  "unknown option --alowlist-file: did you mean --allowlist-file?" },
		{ "-x", "unknown option -x: see coapscope sample --help" },
		{ "-dx", "unknown option -x: see coapscope sample --help" },
		{ "a b c d", "'d': one argument too many" },
		{ "--rate \x1b[31m",
		  "--rate '\\x1b[31m': want 0 (unpaced) or 1 to 100000000 "
		  "packets per second" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char want[CS_ARG_WHY];

		(void)snprintf(want, sizeof(want), "coapscope sample: %s\n",
			       cases[i].want);
		expect_error(cases[i].line, want);
	}
}

static void a_long_wrong_value_is_cut(void **state)
{
	char line[400] = "--limit ";
	struct run r = { 0 };

	(void)state;
	memset(line + 8, 'x', 300);
	setup(&r, line);
	assert_int_equal(r.exit, CS_EXIT_USAGE);
	assert_true(strlen(r.caught.err) < 160);
	assert_non_null(strstr(r.caught.err, "xxx...': want a number from 1 to 16\n"));
	teardown(&r);
}

static void the_environment_gives_way_to_the_command_line(void **state)
{
	static const char *const env[] = { "COAPSCOPE_SAMPLE_RATE=7",
					   "COAPSCOPE_SAMPLE_LIMIT=3",
					   "COAPSCOPE_SAMPLE_DRY_RUN=yes",
					   "COAPSCOPE_SAMPLE_NO_FOLLOW=1",
					   "COAPSCOPE_SAMPLE_NO_STORE=true",
					   "COAPSCOPE_SAMPLE_ALLOWLIST_FILE=x",
					   "COAPSCOPE_SAMPLE_EXCLUDE=1, 2",
					   "COAPSCOPE_SAMPLE_SOURCE=gone",
					   "COAPSCOPE_SAMPLE_PORTS=",
					   "COAPSCOPE_SAMPLE_QUIET=1",
					   "COAPSCOPE_SAMPLE_CONFIG=/nowhere",
					   "COAPSCOPE_OTHER_RATE=9",
					   NULL };
	struct run r = { 0 };

	(void)state;
	sample_env = env;
	setup(&r, "--rate 8 --exclude 3 -S here");
	sample_env = NULL;
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.o.rate, 8);
	assert_int_equal(r.o.limit, 3);
	assert_true(r.o.dry);
	assert_false(r.o.follow);
	assert_null(r.o.store);
	assert_true(cs_args_taken_back(&r.o.common, SAMPLE_AT(store)));
	assert_false(cs_args_taken_back(&r.o.common, SAMPLE_AT(file)));
	assert_string_equal(r.o.file, "x");
	assert_int_equal(r.o.exclude.n, 3);
	assert_string_equal(r.o.exclude.item[2], "3");
	assert_int_equal(r.o.sources.n, 1);
	assert_string_equal(r.o.sources.item[0], "here");
	assert_string_equal(r.o.ports, "5683");
	assert_int_equal(r.most, CS_WARN);
	assert_int_equal(cs_args_origin(&r.o.common, SAMPLE_AT(limit)).from, CS_FROM_ENV);
	teardown(&r);
}

static void a_wrong_variable_is_an_error_even_when_a_flag_wins(void **state)
{
	static const char *const env[] = { "COAPSCOPE_SAMPLE_RATE=fast", NULL };

	(void)state;
	sample_env = env;
	expect_error("--rate 5", "coapscope sample: COAPSCOPE_SAMPLE_RATE 'fast': want 0 "
				 "(unpaced) or 1 to 100000000 packets per second\n");
	sample_env = NULL;
}

static void verbosity_sets_what_is_said(void **state)
{
	static const struct {
		const char *line;
		enum cs_level most;
	} cases[] = { { "-v", CS_DETAIL },
		      { "-vv", CS_DEBUG },
		      { "-vvvv", CS_DEBUG },
		      { "-q", CS_WARN },
		      { "-qv", CS_WARN } };

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct run r = { 0 };

		setup(&r, cases[i].line);
		assert_int_equal(r.most, cases[i].most);
		teardown(&r);
	}
}

static void help_wins_over_the_rest(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "--rate 5 -h --config /nowhere");
	assert_int_equal(r.exit, CS_EXIT_OK);
	assert_string_equal(r.caught.err, "");
	assert_memory_equal(r.caught.out,
			    "Usage: coapscope sample [OPTION...] [TARGET...]\n", 48);
	teardown(&r);
}

static void an_unset_origin_is_nowhere(void **state)
{
	struct run r = { 0 };

	(void)state;
	setup(&r, "-r 1");
	assert_int_equal(cs_args_origin(&r.o.common, SAMPLE_AT(file)).from,
			 CS_FROM_NOWHERE);
	assert_int_equal(cs_args_origin(&r.o.common, SAMPLE_AT(store)).from,
			 CS_FROM_DEFAULT);
	assert_int_equal(cs_args_origin(&r.o.common, SAMPLE_AT(rate)).from, CS_FROM_FLAG);
	teardown(&r);
}

static void many_items_keep_their_order(void **state)
{
	char line[400] = "";
	struct run r = { 0 };

	(void)state;
	strcpy(line, "--exclude ");
	for (unsigned i = 0; i < 100; i++)
		(void)snprintf(line + strlen(line), 8, "%u,", i);
	setup(&r, line);
	assert_int_equal(r.o.exclude.n, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(atoi(r.o.exclude.item[i]), i);
	teardown(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_the_defaults_hold),
		cmocka_unit_test(every_kind_of_option_is_stored),
		cmocka_unit_test(
			a_text_that_may_be_missing_follows_its_equals_sign_alone),
		cmocka_unit_test(the_last_of_two_wins_and_lists_grow),
		cmocka_unit_test(an_alias_is_the_same_option),
		cmocka_unit_test(errors_say_where_what_and_what_is_right),
		cmocka_unit_test(a_long_wrong_value_is_cut),
		cmocka_unit_test(the_environment_gives_way_to_the_command_line),
		cmocka_unit_test(a_wrong_variable_is_an_error_even_when_a_flag_wins),
		cmocka_unit_test(verbosity_sets_what_is_said),
		cmocka_unit_test(help_wins_over_the_rest),
		cmocka_unit_test(an_unset_origin_is_nowhere),
		cmocka_unit_test(many_items_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
