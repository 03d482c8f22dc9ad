/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cmd/complete.h"
#include "cmd/help.h"
#include "sample_cmd.h"

static void help_has_groups_defaults_and_wrapped_text(void **state)
{
	struct caught caught = { 0 };
	struct cs_ctx ctx = sample_ctx(&caught);

	(void)state;
	ctx.columns = 70;
	cs_help_command(&ctx, &sample_set, NULL, ctx.out);
	sample_end(&ctx);
	*strstr(caught.out, "\nCommon options") = '\0';
	assert_string_equal(
		caught.out,
		"Usage: coapscope sample [OPTION...] [TARGET...]\n"
		"\n"
		"Does what samples do.\n"
		"\n"
		"And more.\n"
		"\n"
		"Pace:\n"
		"  -r, --rate PPS              Packets a second. [default: 1000]\n"
		"      --limit N               A number with both bounds.\n"
		"  -d, --dry-run               Send nothing.\n"
		"      --no-follow             Only probes.\n"
		"  -l, --level                 More of it.\n"
		"\n"
		"Output:\n"
		"  -O, --output-format FORMAT  How it looks.\n"
		"  -f, --targets-file FILE     A file name whose help is long enough\n"
		"                              that it has to go on in a second line of\n"
		"                              the table, at least where the terminal\n"
		"                              is narrow.\n"
		"      --store DIR, --no-store\n"
		"                              A text that can be taken back.\n"
		"                              [default: /var/lib/sample]\n"
		"      --exclude ADDRESS       A list to which every source adds.\n"
		"  -S, --source NAME           A list that the nearest source replaces.\n"
		"  -e, --seed N                A number that may be missing.\n"
		"      --ports PORTS           A text that is checked. [default: "
		"5683]\n"
		"      --where[=PLACE], --no-where\n"
		"                              A text that may be missing.\n");
	caught_free(&caught);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (unsigned columns = 60; columns <= 100; columns++) {
		struct caught caught = { 0 };
		struct cs_ctx ctx = sample_ctx(&caught);

		ctx.columns = columns;
		cs_help_command(&ctx, &sample_set, NULL, ctx.out);
		sample_end(&ctx);
		for (char *at = caught.out, *line; (line = strsep(&at, "\n")) != NULL;) {
			if (strlen(line) > columns)
				fail_msg("%u columns: %s", columns, line);
		}
		caught_free(&caught);
	}
}

static void the_manual_has_the_same_rows(void **state)
{
	struct caught caught = { 0 };
	struct cs_ctx ctx = sample_ctx(&caught);

	(void)state;
	cs_help_scdoc(&sample_set, ctx.out);
	sample_end(&ctx);
	assert_memory_equal(caught.out,
			    "## Pace\n\n"
			    "*-r*, *--rate* _PPS_\n"
			    "\tPackets a second. Default: 1000.\n\n"
			    "*--limit* _N_\n",
			    8 + 22 + 35 + 14);
	assert_non_null(strstr(caught.out, "*--no-follow*\n\tOnly probes.\n"));
	assert_non_null(strstr(caught.out, "*--store* _DIR_, *--no-store*\n"));
	assert_non_null(strstr(caught.out, "*--where*[=_PLACE_], *--no-where*\n"));
	assert_non_null(strstr(caught.out, "Also called *--allowlist-file*.\n"));
	assert_non_null(strstr(caught.out, "*-h*, *--help*\n"));
	caught_free(&caught);
}

static void every_shell_gets_every_option(void **state)
{
	static const struct {
		void (*print)(const struct cs_ctx *ctx, FILE *to);
		const char *has[5];
	} shells[] = {
		{ cs_complete_bash,
		  { "-O|--output-format) COMPREPLY=($(compgen -W 'csv jsonl table' --",
		    " --no-follow ", "--allowlist-file|--targets-file) mapfile",
		    " --no-store ", " --where " } },
		{ cs_complete_zsh,
		  { "'--output-format[How it looks]:FORMAT:(csv jsonl table)'",
		    "'--no-follow[Only probes]'", "'*--exclude[", ":DIR:_files -/'",
		    "'--where=-[A text that may be missing]::PLACE:'" } },
		{ cs_complete_fish,
		  { "-s O -l output-format -x -a 'csv jsonl table' -d 'How it looks'",
		    "-l no-follow ", "-s f -l targets-file -l allowlist-file -r -F",
		    "-l no-store\n", "-l where -d 'A text" } },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(shells); i++) {
		struct caught caught = { 0 };
		struct cs_ctx ctx = sample_ctx(&caught);

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
		cmocka_unit_test(help_has_groups_defaults_and_wrapped_text),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(the_manual_has_the_same_rows),
		cmocka_unit_test(every_shell_gets_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
