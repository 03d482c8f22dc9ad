/* SPDX-License-Identifier: Apache-2.0 */
/* Commands within a command: what they take, and what is said of them. */
#include "test.h"

#include "cmd/complete.h"
#include "cmd/help.h"
#include "sample_cmd.h"

struct tea {
	struct cs_common common;
	const char *pot;
	uint64_t minutes;
	bool milk;
};

#define TEA_AT(field) offsetof(struct tea, field)
enum { BREW, POUR, WASH };

static const struct cs_arg tea_rows[] = {
	{ .name = "pot",
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = TEA_AT(pot),
	  .group = "Tea",
	  .help = "Which pot." },
	{ .name = "minutes",
	  .letter = 'm',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "3",
	  .max = 9,
	  .at = TEA_AT(minutes),
	  .verbs = 1 << BREW | 1 << WASH,
	  .group = "Tea",
	  .help = "How long." },
	{ .name = "milk",
	  .type = CS_ARG_FLAG,
	  .at = TEA_AT(milk),
	  .verbs = 1 << POUR,
	  .group = "Tea",
	  .help = "With milk." },
};

static const struct cs_arg_verb tea_verbs[] = {
	[BREW] = { .name = "brew", .summary = "make it", .intro = "Makes tea." },
	[POUR] = { .name = "pour",
		   .summary = "pour it",
		   .operands = "CUP [CUP]",
		   .min_operands = 1,
		   .max_operands = 2,
		   .examples = "  coapscope tea pour mine\n" },
	[WASH] = { .name = "wash", .summary = "wash up" },
};

static const struct cs_arg_set tea_set = {
	.command = "tea",
	.rows = tea_rows,
	.n_rows = CS_LEN(tea_rows),
	.size = sizeof(struct tea),
	.intro = "All about tea.",
	.verbs = tea_verbs,
	.n_verbs = CS_LEN(tea_verbs),
};

static const struct cs_cmd tea_commands[] = { { "tea", "serve it", 0, &tea_set, NULL } };

static struct cs_ctx tea_ctx(struct caught *caught)
{
	struct cs_ctx ctx = sample_ctx(caught);

	ctx.commands = tea_commands;
	ctx.n_commands = CS_LEN(tea_commands);
	return ctx;
}

struct run {
	struct tea o;
	struct caught caught;
	int exit;
};

static void setup(struct run *r, const char *line)
{
	static char words[256];
	char *argv[16] = { NULL };
	struct cs_ctx ctx = tea_ctx(&r->caught);
	int argc = 0;

	(void)snprintf(words, sizeof(words), "tea %s", line);
	for (char *at = words, *word; (word = strsep(&at, " ")) != NULL;) {
		if (*word && argc < 15)
			argv[argc++] = word;
	}
	r->exit = cs_args_read(&ctx, &tea_set, argc, argv, &r->o);
	sample_end(&ctx);
}

static void teardown(struct run *r)
{
	cs_args_clear(&r->o.common);
	caught_free(&r->caught);
}

static void the_first_operand_is_the_verb_wherever_options_stand(void **state)
{
	static const char *const lines[] = {
		"pour a b --milk --pot blue",
		"--pot blue --milk pour a b",
		"--pot blue pour --milk a -- b",
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(lines); i++) {
		struct run r = { 0 };

		setup(&r, lines[i]);
		assert_int_equal(r.exit, -1);
		assert_ptr_equal(r.o.common.verb, &tea_verbs[POUR]);
		assert_int_equal(r.o.common.operands.n, 2);
		assert_string_equal(r.o.common.operands.item[0], "a");
		assert_string_equal(r.o.common.operands.item[1], "b");
		assert_string_equal(r.o.pot, "blue");
		assert_true(r.o.milk);
		teardown(&r);
	}
}

static void errors_name_the_verbs(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "", "which tea? want brew, pour or wash; see coapscope tea --help" },
		{ "--milk",
		  "which tea? want brew, pour or wash; see coapscope tea --help" },
		{ "drink", "no tea 'drink': want brew, pour or wash" },
		{ "drink --help", "no tea 'drink': want brew, pour or wash" },
		{ "brew --milk", "tea brew takes no --milk: it belongs to tea pour" },
		{ "brew --no-milk", "tea brew takes no --milk: it belongs to tea pour" },
		{ "pour a -m 5",
		  "tea pour takes no --minutes: it belongs to tea brew or wash" },
		{ "pour",
		  "too few arguments: want CUP [CUP]; see coapscope tea pour --help" },
		{ "pour a b c", "'c': one argument too many" },
		{ "brew a", "'a': one argument too many" },
		{ "brew -m 10", "-m '10': want a number from 0 to 9" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct run r = { 0 };
		char want[200];

		setup(&r, cases[i].line);
		(void)snprintf(want, sizeof(want), "coapscope tea: %s\n", cases[i].want);
		assert_int_equal(r.exit, CS_EXIT_USAGE);
		assert_string_equal(r.caught.err, want);
		teardown(&r);
	}
}

static void the_environment_serves_all_verbs(void **state)
{
	static const char *const env[] = { "COAPSCOPE_TEA_MILK=yes",
					   "COAPSCOPE_TEA_MINUTES=5", NULL };
	struct run r = { 0 };

	(void)state;
	sample_env = env;
	setup(&r, "brew");
	sample_env = NULL;
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.o.minutes, 5);
	assert_string_equal(r.caught.err, "");
	teardown(&r);
}

static void print_config_shows_what_the_verb_takes(void **state)
{
	struct run all = { 0 }, brew = { 0 };

	(void)state;
	setup(&all, "--print-config");
	setup(&brew, "brew -m 4 --print-config");
	assert_int_equal(all.exit, CS_EXIT_OK);
	assert_non_null(strstr(all.caught.out, "minutes = 3 ; default\n"));
	assert_non_null(strstr(all.caught.out, "milk = false ; default\n"));
	assert_non_null(strstr(brew.caught.out, "minutes = 4 ; flag -m\n"));
	assert_null(strstr(brew.caught.out, "milk"));
	teardown(&all);
	teardown(&brew);
}

/* Help up to the common options. */
static void expect_help(const char *line, const char *want)
{
	struct run r = { 0 };

	setup(&r, line);
	assert_int_equal(r.exit, CS_EXIT_OK);
	*strstr(r.caught.out, "\nCommon options") = '\0';
	assert_string_equal(r.caught.out, want);
	teardown(&r);
}

static void help_is_of_the_command_or_of_the_verb(void **state)
{
	(void)state;
	expect_help("--help", "Usage: coapscope tea VERB [OPTION...] [ARGUMENT...]\n"
			      "\n"
			      "All about tea.\n"
			      "\n"
			      "Verbs:\n"
			      "  brew      make it\n"
			      "  pour      pour it\n"
			      "  wash      wash up\n"
			      "\n"
			      "`coapscope tea VERB --help` shows what a verb takes "
			      "beside these.\n"
			      "\n"
			      "Tea:\n"
			      "      --pot NAME              Which pot.\n");
	expect_help("brew --help",
		    "Usage: coapscope tea brew [OPTION...]\n"
		    "\n"
		    "Makes tea.\n"
		    "\n"
		    "Tea:\n"
		    "      --pot NAME              Which pot.\n"
		    "  -m, --minutes N             How long. [default: 3]\n");
	expect_help("pour -h", "Usage: coapscope tea pour [OPTION...] CUP [CUP]\n"
			       "\n"
			       "Tea:\n"
			       "      --pot NAME              Which pot.\n"
			       "      --milk                  With milk.\n");
}

static void the_manual_says_whose_an_option_is(void **state)
{
	struct caught caught = { 0 };
	struct cs_ctx ctx = tea_ctx(&caught);

	(void)state;
	cs_help_scdoc_verbs(&tea_set, ctx.out);
	cs_help_scdoc(&tea_set, ctx.out);
	sample_end(&ctx);
	assert_non_null(strstr(caught.out, "*pour* CUP \\[CUP\\]\n\tPour it.\n\n"));
	assert_non_null(strstr(caught.out, "\tWhich pot.\n"));
	assert_non_null(
		strstr(caught.out, "\tHow long. Default: 3. For brew or wash.\n"));
	caught_free(&caught);
}

static void every_shell_knows_the_verbs(void **state)
{
	static const struct {
		void (*print)(const struct cs_ctx *ctx, FILE *to);
		const char *has[3];
	} shells[] = {
		{ cs_complete_bash,
		  { "compgen -W 'brew pour wash' --",
		    "brew) words=' --pot --minutes --help",
		    "pour) words=' --pot --milk --help" } },
		{ cs_complete_zsh,
		  { "'pour:pour it'", "case $verb in", "'--milk[With milk]'" } },
		{ cs_complete_fish,
		  { "not __fish_seen_subcommand_from brew pour wash' -a pour -d 'pour "
		    "it'",
		    "tea; and __fish_seen_subcommand_from brew wash' -s m -l minutes -x",
		    "seen_subcommand_from tea' -l pot -x" } },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(shells); i++) {
		struct caught caught = { 0 };
		struct cs_ctx ctx = tea_ctx(&caught);

		shells[i].print(&ctx, ctx.out);
		sample_end(&ctx);
		for (size_t j = 0; j < CS_LEN(shells[i].has); j++) {
			if (!strstr(caught.out, shells[i].has[j]))
				fail_msg("shell %zu lacks %s:\n%s", i, shells[i].has[j],
					 caught.out);
		}
		caught_free(&caught);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_operand_is_the_verb_wherever_options_stand),
		cmocka_unit_test(errors_name_the_verbs),
		cmocka_unit_test(the_environment_serves_all_verbs),
		cmocka_unit_test(print_config_shows_what_the_verb_takes),
		cmocka_unit_test(help_is_of_the_command_or_of_the_verb),
		cmocka_unit_test(the_manual_says_whose_an_option_is),
		cmocka_unit_test(every_shell_knows_the_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
