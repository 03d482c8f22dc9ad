/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <unistd.h>

#include "cmd/config.h"
#include "sample_cmd.h"

struct load {
	struct sample o;
	struct caught caught;
	enum cs_err err;
	char why[CS_ARG_WHY];
};

static void setup(struct load *l, const char *text)
{
	size_t len = strlen(text);
	uint8_t *copy = heap_copy(text, len);
	struct cs_ctx ctx = sample_ctx(&l->caught);

	assert_int_equal(cs_args_start(&sample_set, &l->o), CS_OK);
	l->err = cs_config_read_text(&ctx, cs_span_of(copy, len), "f.conf", CS_FROM_FILE,
				     &sample_set, &l->o, l->why);
	free(copy);
	sample_end(&ctx);
}

static void teardown(struct load *l)
{
	cs_args_clear(&l->o.common);
	caught_free(&l->caught);
}

static void keys_are_long_options(void **state)
{
	struct load l = { .err = CS_OK };

	(void)state;
	setup(&l, "# a comment\n"
		  "[sample]\n"
		  "rate = 5 ; behind a value\n"
		  "dry-run: yes\n"
		  "no-follow = true\n"
		  "level = 2\n"
		  "allowlist-file = my targets.txt\r\n"
		  "no-store = yes\n"
		  "exclude = 1, 2\n"
		  "  3\n"
		  "\t4 = 5\n"
		  "source = a\n"
		  "source = b\n"
		  "output-format = csv"); /* no newline at the end */
	assert_string_equal(l.why, "");
	assert_int_equal(l.err, CS_OK);
	assert_int_equal(l.o.rate, 5);
	assert_true(l.o.dry);
	assert_false(l.o.follow);
	assert_int_equal(l.o.level, 2);
	assert_string_equal(l.o.file, "my targets.txt");
	assert_null(l.o.store);
	assert_int_equal(l.o.exclude.n, 6); /* "4 = 5" is three words */
	assert_string_equal(l.o.exclude.item[2], "3");
	assert_int_equal(l.o.sources.n, 2);
	assert_int_equal(l.o.format, 0);
	assert_int_equal(cs_args_origin(&l.o.common, SAMPLE_AT(format)).line, 14);
	assert_string_equal(cs_args_origin(&l.o.common, SAMPLE_AT(format)).name,
			    "f.conf");
	teardown(&l);
}

static void saying_no_to_a_no_changes_nothing(void **state)
{
	struct load l = { .err = CS_OK };

	(void)state;
	setup(&l, "[sample]\nno-store = no\nno-follow = no\ndry-run = off\n");
	assert_int_equal(l.err, CS_OK);
	assert_string_equal(l.o.store, "/var/lib/sample");
	assert_true(l.o.follow);
	assert_false(l.o.dry);
	teardown(&l);
}

static void errors_name_file_and_line(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "[sample]\n\nrate = fast\n",
		  "f.conf:3: rate 'fast': want 0 (unpaced) or 1 "
		  "to 100000000 packets per second" },
		{ "[sample]\nraet = 5\n",
		  "f.conf:2: unknown key 'raet' in [sample]: did you mean rate?" },
		{ "[sample]\nqqqqqqqqqq = 5\n",
		  "f.conf:2: unknown key 'qqqqqqqqqq' in [sample]: see coapscope sample "
		  "--help" },
		{ "rate = 5\n",
		  "f.conf:1: a key before any section: want [COMMAND] above it" },
		{ "[sample]\nrate\n",
		  "f.conf:2: want [COMMAND], KEY = VALUE or a comment" },
		{ "[sample\n", "f.conf:1: want [COMMAND], KEY = VALUE or a comment" },
		{ "[sample]\nnonsense\nrate = fast\n",
		  "f.conf:2: want [COMMAND], KEY = VALUE or a comment" },
		{ "[sample]\nrate = fast\nnonsense\n",
		  "f.conf:2: rate 'fast': want 0 (unpaced) or 1 to 100000000 packets per "
		  "second" },
		{ "[sample]\nrate = 5\n  limit = 6\n",
		  "f.conf:3: an indented line goes on with 'rate', which has one value" },
		{ "[sample]\nhelp = yes\n",
		  "f.conf:2: 'help' is for the command line alone" },
		{ "[sample]\nrate =\n", "f.conf:2: rate '': want 0 (unpaced) or 1 to "
					"100000000 packets per second" },
		{ "[sample]\ndry-run = maybe\n",
		  "f.conf:2: dry-run 'maybe': want yes or no" },
		{ "[sample]\nno-store = maybe\n",
		  "f.conf:2: no-store 'maybe': want yes or no" },
		{ "[sample]\nno-rate = yes\n",
		  "f.conf:2: unknown key 'no-rate' in [sample]: did you mean rate?" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct load l = { .err = CS_OK };

		setup(&l, cases[i].text);
		assert_int_equal(l.err, CS_ERR_USAGE);
		assert_string_equal(l.why, cases[i].want);
		teardown(&l);
	}
}

static void a_line_has_a_longest_length(void **state)
{
	char text[CS_CONFIG_LINE + 64] = "[sample]\nstore = ";
	size_t start = strlen("[sample]\n");
	struct load l = { .err = CS_OK };

	(void)state;
	memset(text + strlen(text), 'x', start + CS_CONFIG_LINE - strlen(text));
	setup(&l, text);
	assert_int_equal(l.err, CS_OK);
	assert_int_equal(strlen(l.o.store), CS_CONFIG_LINE - strlen("store = "));
	teardown(&l);

	text[start + CS_CONFIG_LINE] = 'x';
	setup(&l, text);
	assert_int_equal(l.err, CS_ERR_USAGE);
	assert_string_equal(l.why,
			    "f.conf:2: the line is too long: want at most 197 bytes");
	teardown(&l);
}

static void an_unknown_section_is_warned_of_once(void **state)
{
	struct load l = { .err = CS_OK };

	(void)state;
	setup(&l, "[future]\nx = 1\ny = 2\n[sample]\nrate = 5\n");
	assert_int_equal(l.err, CS_OK);
	assert_int_equal(l.o.rate, 5);
	assert_string_equal(l.caught.err, "coapscope: warning: f.conf:2: no command "
					  "'future', section ignored\n");
	teardown(&l);
}

static void a_missing_file_matters_only_when_named(void **state)
{
	struct load l = { .err = CS_OK };
	struct cs_ctx ctx = sample_ctx(&l.caught);

	(void)state;
	assert_int_equal(cs_args_start(&sample_set, &l.o), CS_OK);
	assert_int_equal(cs_config_read_file(&ctx, "/nowhere/x.conf", CS_FROM_SYSTEM_FILE,
					     &sample_set, &l.o, l.why),
			 CS_OK);
	assert_int_equal(cs_config_read_file(&ctx, "/nowhere/x.conf", CS_FROM_FILE,
					     &sample_set, &l.o, l.why),
			 CS_ERR_USAGE);
	assert_string_equal(l.why, "/nowhere/x.conf: No such file or directory");
	assert_int_equal(
		cs_config_read_file(&ctx, "/", CS_FROM_FILE, &sample_set, &l.o, l.why),
		CS_ERR_USAGE);
	assert_string_equal(l.why, "/: Is a directory");
	sample_end(&ctx);
	teardown(&l);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *const held_env[] = { "COAPSCOPE_SAMPLE_LIMIT=4", NULL };

/* Reads system file, named file, environment and flags; --print-config. */
static void printed(const char *dir, struct caught *caught)
{
	char system_file[128], named[128];
	char *argv[] = { (char[]){ "sample" },
			 (char[]){ "--config" },
			 named,
			 (char[]){ "-d" },
			 (char[]){ "--no-store" },
			 (char[]){ "-e1" },
			 (char[]){ "--exclude=3" },
			 (char[]){ "--print-config" },
			 NULL };
	struct cs_ctx ctx = sample_ctx(caught);
	struct sample o;

	(void)snprintf(system_file, sizeof(system_file), "%s/system.conf", dir);
	(void)snprintf(named, sizeof(named), "%s/n.conf", dir);
	write_file(system_file,
		   "[sample]\nrate = 5\nlevel = 1\nexclude = 1\nsource = a\n");
	write_file(named, "[sample]\nrate = 6\nlimit = 3\nexclude = 2\nsource = b\n");
	ctx.system_config = system_file;
	sample_env = held_env;
	assert_int_equal(cs_args_read(&ctx, &sample_set, 8, argv, &o), CS_EXIT_OK);
	sample_env = NULL;
	cs_args_clear(&o.common);
	sample_end(&ctx);
	(void)unlink(system_file); /* the folder goes too, or the test's end says so */
	(void)unlink(named);
}

static void what_holds_is_printed_with_its_origin(void **state)
{
	char dir[] = "/tmp/test-config-XXXXXX", want[1024];
	struct caught caught = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	printed(dir, &caught);
	(void)snprintf(want, sizeof(want),
		       "[sample]\n"
		       "rate = 6 ; %s/n.conf:2\n"
		       "limit = 4 ; environment COAPSCOPE_SAMPLE_LIMIT\n"
		       "dry-run = true ; flag -d\n"
		       "follow = true ; default\n"
		       "level = 1 ; %s/system.conf:3\n"
		       "; output-format is not set\n"
		       "; targets-file is not set\n"
		       "no-store = true ; flag --no-store\n"
		       "exclude = 1 ; %s/system.conf:4\n"
		       "exclude = 2 ; %s/n.conf:4\n"
		       "exclude = 3 ; flag --exclude\n"
		       "source = b ; %s/n.conf:5\n"
		       "seed = 1 ; flag -e\n"
		       "ports = 5683 ; default\n"
		       "; where is not set\n"
		       "quiet = false ; default\n"
		       "verbose = 0 ; default\n"
		       "color = auto ; default\n",
		       dir, dir, dir, dir, dir);
	assert_string_equal(caught.out, want);
	assert_string_equal(caught.err, "");
	assert_int_equal(rmdir(dir), 0);
	caught_free(&caught);
}

static void what_is_printed_reads_back_the_same(void **state)
{
	char dir[] = "/tmp/test-config-XXXXXX";
	struct caught caught = { 0 };
	struct load l = { .err = CS_OK };

	(void)state;
	assert_non_null(mkdtemp(dir));
	printed(dir, &caught);
	setup(&l, caught.out);
	assert_string_equal(l.why, "");
	assert_int_equal(l.err, CS_OK);
	assert_int_equal(l.o.rate, 6);
	assert_int_equal(l.o.limit, 4);
	assert_true(l.o.dry);
	assert_null(l.o.store);
	assert_int_equal(l.o.exclude.n, 3);
	assert_int_equal(l.o.seed.value, 1);
	assert_int_equal(rmdir(dir), 0);
	teardown(&l);
	caught_free(&caught);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_long_options),
		cmocka_unit_test(saying_no_to_a_no_changes_nothing),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(a_line_has_a_longest_length),
		cmocka_unit_test(an_unknown_section_is_warned_of_once),
		cmocka_unit_test(a_missing_file_matters_only_when_named),
		cmocka_unit_test(what_holds_is_printed_with_its_origin),
		cmocka_unit_test(what_is_printed_reads_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
