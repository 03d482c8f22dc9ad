/* SPDX-License-Identifier: Apache-2.0 */
/* The program as a whole: which command runs, what is said, how it ends. */
#include "test.h"

#include <fcntl.h>

#include "sample_cmd.h"

enum { MOST_WORDS = 8 };

/* Runs "coapscope LINE" with the real commands. */
static int run(const char *line, struct caught *caught)
{
	char words[128], *argv[MOST_WORDS + 1] = { NULL };
	struct cs_ctx ctx = sample_ctx(caught);
	int argc = 0, status;

	ctx.commands = cs_commands;
	ctx.n_commands = cs_n_commands;
	(void)snprintf(words, sizeof(words), "coapscope %s", line);
	for (char *at = words, *word; (word = strsep(&at, " ")) != NULL;) {
		if (*word && argc < MOST_WORDS)
			argv[argc++] = word;
	}
	status = cs_cmd_main(&ctx, argc, argv);
	sample_end(&ctx);
	return status;
}

static void the_way_it_ends_follows_the_command_line(void **state)
{
	static const struct {
		const char *line;
		int status;
		const char *out, *err; /* how they begin; NULL: empty */
	} cases[] = {
		{ "", 2, NULL, "coapscope finds CoAP devices" },
		{ "help", 0, "coapscope finds CoAP devices", NULL },
		{ "--help", 0, "coapscope finds CoAP devices", NULL },
		{ "-h", 0, "coapscope finds CoAP devices", NULL },
		{ "--version", 0, "coapscope " CS_VERSION "\n", NULL },
		{ "-V", 0, "coapscope " CS_VERSION "\n", NULL },
		{ "help completion", 0, "Usage: coapscope completion", NULL },
		{ "completion --help", 0, "Usage: coapscope completion", NULL },
		{ "help nothing", 2, NULL,
		  "coapscope help: no command 'nothing': see coapscope help\n" },
		{ "nothing", 2, NULL,
		  "coapscope: no command 'nothing': see coapscope help\n" },
		{ "--nothing", 2, NULL,
		  "coapscope: no option '--nothing': see coapscope help\n" },
		{ "help a b c", 2, NULL, "coapscope help: 'c': one argument too many\n" },
		{ "help report csv", 0, "Usage: coapscope report csv", NULL },
		{ "help report cvs", 2, NULL,
		  "coapscope help: no report 'cvs': see coapscope help report\n" },
		{ "help scan csv", 2, NULL, "coapscope help: no scan 'csv': see" },
		{ "report stats --out-dir x", 2, NULL,
		  "coapscope report: report stats takes no --out-dir: it belongs to "
		  "report csv or jsonl\n" },
		{ "report csv --store /nowhere/store", 2, NULL,
		  "coapscope report: no store in /nowhere/store: `coapscope scan" },
		{ "completion", 2, NULL,
		  "coapscope completion: too few arguments: want bash|zsh|fish; see "
		  "coapscope completion --help\n" },
		{ "completion csh", 2, NULL,
		  "coapscope completion: 'csh': want bash, zsh or fish\n" },
		{ "completion bash", 0, "# bash completion for coapscope", NULL },
		{ "completion zsh", 0, "#compdef coapscope\n", NULL },
		{ "completion fish", 0, "# fish completion for coapscope", NULL },
		{ "completion --config /nowhere/x bash", 2, NULL,
		  "coapscope completion: /nowhere/x: No such file or directory\n" },
		{ "help --print-config -q", 0, "[help]\nquiet = true ; flag -q\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct caught caught = { 0 };
		int status = run(cases[i].line, &caught);
		const char *out = cases[i].out, *err = cases[i].err;

		if (status != cases[i].status ||
		    (out ? strncmp(caught.out, out, strlen(out)) : *caught.out) != 0 ||
		    (err ? strncmp(caught.err, err, strlen(err)) : *caught.err) != 0)
			fail_msg("'%s': %d\n%s\n%s", cases[i].line, status, caught.out,
				 caught.err);
		caught_free(&caught);
	}
}

static void every_command_is_in_the_overview(void **state)
{
	struct caught caught = { 0 };

	(void)state;
	assert_int_equal(run("help", &caught), CS_EXIT_OK);
	for (size_t i = 0; i < cs_n_commands; i++)
		assert_non_null(strstr(caught.out, cs_commands[i].summary));
	caught_free(&caught);
}

static void a_full_disk_is_said(void **state)
{
	char *argv[] = { (char[]){ "coapscope" }, (char[]){ "help" }, NULL };
	struct caught caught = { 0 };
	struct cs_ctx ctx = sample_ctx(&caught);

	(void)state;
	(void)fclose(ctx.out);
	ctx.out = fopen("/dev/full", "w");
	assert_non_null(ctx.out);
	assert_int_equal(cs_cmd_main(&ctx, 2, argv), CS_EXIT_USAGE); /* no such command */
	ctx.commands = cs_commands;
	ctx.n_commands = cs_n_commands;
	assert_int_equal(cs_cmd_main(&ctx, 2, argv), CS_EXIT_FAILED);
	sample_end(&ctx);
	assert_non_null(strstr(caught.err,
			       "coapscope help: standard output: No space left "
			       "on device\n"));
	caught_free(&caught);
}

static const char *const no_color[] = { "NO_COLOR=1", NULL };

static void colour_is_for_terminals_or_on_demand(void **state)
{
	struct caught caught = { 0 };
	struct cs_ctx ctx = sample_ctx(&caught);
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *to = terminal >= 0 ? fdopen(terminal, "w") : NULL;

	(void)state;
	assert_non_null(to);
	assert_false(cs_cmd_colored(&ctx, fileno(ctx.out))); /* memory */
	assert_true(cs_cmd_colored(&ctx, fileno(to)));
	sample_env = no_color;
	assert_false(cs_cmd_colored(&ctx, fileno(to)));
	ctx.color = CS_COLOR_ALWAYS;
	assert_true(cs_cmd_colored(&ctx, fileno(ctx.out)));
	sample_env = NULL;
	ctx.color = CS_COLOR_NEVER;
	assert_false(cs_cmd_colored(&ctx, fileno(to)));
	(void)fclose(to);
	sample_end(&ctx);
	caught_free(&caught);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_it_ends_follows_the_command_line),
		cmocka_unit_test(every_command_is_in_the_overview),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(colour_is_for_terminals_or_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
