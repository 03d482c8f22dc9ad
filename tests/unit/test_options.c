/* SPDX-License-Identifier: Apache-2.0 */
/* The real tables: that each is sound, and what scan and resources make of them. */
#include "test.h"

#include "cmd/commands.h"
#include "cmd/resources_options.h"
#include "cmd/scan_options.h"
#include "sample_cmd.h"

static bool same_name(const struct cs_arg *a, const struct cs_arg *b)
{
	return strcmp(a->name, b->name) == 0 ||
	       (a->alias && strcmp(a->alias, b->name) == 0) ||
	       (b->alias && strcmp(b->alias, a->name) == 0) ||
	       (a->letter && a->letter == b->letter);
}

static void row_is_sound(const struct cs_arg_set *set, size_t at)
{
	const struct cs_arg *row = cs_arg_row(set, at);
	bool valueless = row->type == CS_ARG_FLAG || row->type == CS_ARG_COUNT;

	for (size_t i = 0; i < at; i++) {
		if (same_name(row, cs_arg_row(set, i)))
			fail_msg("%s: %s twice", set->command, row->name);
	}
	if (valueless != (row->metavar == NULL) || strncmp(row->name, "no-", 3) == 0 ||
	    (row->type == CS_ARG_WORD) != (row->words != NULL) ||
	    (row->type == CS_ARG_PARSED && (!row->read || !row->want)) ||
	    (row->type == CS_ARG_U64 && row->max == 0) || strlen(row->name) >= 40 ||
	    row->help[strlen(row->help) - 1] != '.' || row->at >= set->size ||
	    (row->traits & CS_ARG_NO && row->type != CS_ARG_TEXT &&
	     row->type != CS_ARG_LIST) ||
	    (row->bare && row->type != CS_ARG_TEXT) ||
	    (row->traits & (CS_ARG_ADDS | CS_ARG_SPLIT) && row->type != CS_ARG_LIST))
		fail_msg("%s: row %s", set->command, row->name);
}

static void set_is_sound(const struct cs_arg_set *set)
{
	struct cs_common *options = calloc(1, set->size);

	assert_non_null(options);
	assert_int_equal(cs_args_start(set, options), CS_OK);
	for (size_t i = 0; i < cs_arg_count(set); i++)
		row_is_sound(set, i);
	cs_args_clear(options);
	free(options);
}

static void every_table_is_sound(void **state)
{
	(void)state;
	set_is_sound(&sample_set);
	set_is_sound(&cs_scan_args);
	set_is_sound(&cs_resources_args);
	for (size_t i = 0; i < cs_n_commands; i++) {
		assert_string_equal(cs_commands[i].name, cs_commands[i].args->command);
		set_is_sound(cs_commands[i].args);
	}
}

struct scan_run {
	struct cs_scan_options o;
	struct caught caught;
	char why[CS_ARG_WHY];
	enum cs_err err;
};

/* Reads and settles; @line is split at blanks. */
static void scan_setup(struct scan_run *r, const char *line)
{
	char words[512], *argv[64] = { NULL };
	struct cs_ctx ctx = sample_ctx(&r->caught);
	int argc = 0;

	(void)snprintf(words, sizeof(words), "scan %s", line);
	for (char *at = words, *word; (word = strsep(&at, " ")) != NULL;)
		argv[argc++] = word;
	assert_int_equal(cs_args_read(&ctx, &cs_scan_args, argc, argv, &r->o), -1);
	r->err = cs_scan_options_settle(&r->o, r->why);
	sample_end(&ctx);
}

static void scan_teardown(struct scan_run *r)
{
	cs_args_clear(&r->o.common);
	caught_free(&r->caught);
}

static void scan_defaults_are_the_documented_ones(void **state)
{
	struct scan_run r = { .err = CS_OK };

	(void)state;
	scan_setup(&r, "192.0.2.1");
	assert_int_equal(r.err, CS_OK);
	assert_int_equal(r.o.target_ports.n, 1);
	assert_true(cs_port_set_has(&r.o.target_ports, 5683));
	assert_int_equal(r.o.rate_pps, 1000);
	assert_int_equal(r.o.bandwidth_bps, 0);
	assert_int_equal(r.o.probes, 1);
	assert_int_equal(r.o.cooldown_s, 8);
	assert_int_equal(r.o.shards, 1);
	assert_int_equal(r.o.shard, 0);
	assert_int_equal(r.o.token_len, 0);
	assert_int_equal(r.o.sender, CS_SENDER_AUTO);
	assert_int_equal(r.o.output_format, -1);
	assert_int_equal(r.o.csv_columns, CS_CSV_PAGE);
	assert_int_equal(r.o.source_ports.first, 0);
	assert_string_equal(r.o.output_file, "-");
	assert_true(r.o.follow);
	assert_false(r.o.no_store);
	assert_false(r.o.seed.given);
	scan_teardown(&r);
}

static void scan_takes_what_zmap_and_nmap_users_type(void **state)
{
	struct scan_run r = { .err = CS_OK };

	(void)state;
	scan_setup(&r,
		   "-p 5683,7000-7001 -B 10M -e 7 --shards 4 --shard 3 -P 2 -c 1 -n 9 "
		   "-t 60 -N 5 -i eth0 -S 192.0.2.1 -S 2001:db8::1 -s 40000-40063 "
		   "-o out.csv -O csv --csv-columns current --blocklist-file x "
		   "--allowlist-file - --no-store --no-follow");
	assert_int_equal(r.err, CS_OK);
	assert_int_equal(r.o.target_ports.n, 3);
	assert_int_equal(r.o.bandwidth_bps, 10000000);
	assert_int_equal(r.o.seed.value, 7);
	assert_int_equal(r.o.shards, 4);
	assert_int_equal(r.o.shard, 3);
	assert_int_equal(r.o.max_targets, 9);
	assert_int_equal(r.o.max_runtime_s, 60);
	assert_int_equal(r.o.max_results, 5);
	assert_int_equal(r.o.source_ips.n, 2);
	assert_int_equal(r.o.source_ports.last, 40063);
	assert_int_equal(r.o.output_format, CS_SCAN_CSV);
	assert_int_equal(r.o.csv_columns, CS_CSV_CURRENT);
	assert_string_equal(r.o.exclude_files.item[0], "x");
	assert_string_equal(r.o.targets_file, "-");
	assert_true(r.o.no_store);
	assert_false(r.o.follow);
	scan_teardown(&r);
}

static void scan_options_that_contradict_are_refused(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "-q",
		  "no targets: want TARGET... or --targets-file; see coapscope scan "
		  "--help" },
		{ "--resume last x", "--resume takes no targets: the store knows them" },
		{ "--resume last --no-store",
		  "--resume needs a store: want no --no-store" },
		{ "-r 5 -B 1M x",
		  "--rate and --bandwidth say the same thing: want one of them" },
		{ "--shards 2 --shard 2 -e1 x",
		  "--shard 2: want 0 to 1, as --shards is 2" },
		{ "--shard 1 x", "--shard 1: want 0 to 0, as --shards is 1" },
		{ "--shards 2 x",
		  "--shards 2: want --seed too, the same for every shard" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct scan_run r = { .err = CS_OK };

		scan_setup(&r, cases[i].line);
		assert_int_equal(r.err, CS_ERR_USAGE);
		assert_string_equal(r.why, cases[i].want);
		scan_teardown(&r);
	}
}

static void the_nearer_of_rate_and_bandwidth_holds(void **state)
{
	static const char *const env[] = { "COAPSCOPE_SCAN_BANDWIDTH=1M", NULL };
	struct scan_run r = { .err = CS_OK };

	(void)state;
	sample_env = env;
	scan_setup(&r, "-r 5 x");
	assert_int_equal(r.err, CS_OK);
	assert_int_equal(r.o.bandwidth_bps, 0);
	scan_teardown(&r);
	r = (struct scan_run){ .err = CS_OK };
	scan_setup(&r, "x");
	assert_int_equal(r.o.bandwidth_bps, 1000000);
	sample_env = NULL;
	scan_teardown(&r);
}

struct resources_case {
	const char *word;
	int exit;
	const char *want; /* what stderr ends with */
};

static void resources_options_are_checked(void **state)
{
	static const struct resources_case cases[] = {
		{ "--filter=rt=temperature", -1, "" },
		{ "--filter=rt", 2,
		  "want NAME=VALUE of at most 255 bytes, as rt=temperature "
		  "or href=/sensors*\n" },
		{ "--filter==x", 2, "href=/sensors*\n" },
		{ "--filter=rt=", 2, "href=/sensors*\n" },
		{ "--block-size=0", -1, "" },
		{ "--block-size=16", -1, "" },
		{ "--block-size=1024", -1, "" },
		{ "--block-size=8", 2, "want 0, or 16, 32, 64, 128, 256, 512 or 1024\n" },
		{ "--block-size=48", 2, "512 or 1024\n" },
		{ "--block-size=2048", 2, "512 or 1024\n" },
		{ "--retries=10", -1, "" },
		{ "--retries=11", 2, "want a number from 0 to 10\n" },
		{ "-Olinks", -1, "" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char name[] = "resources", word[64];
		char *argv[] = { name, word, NULL };
		struct caught caught = { 0 };
		struct cs_ctx ctx = sample_ctx(&caught);
		struct cs_resources_options o;
		int exit;

		strcpy(word, cases[i].word);
		exit = cs_args_read(&ctx, &cs_resources_args, 2, argv, &o);
		sample_end(&ctx);
		if (exit != cases[i].exit || !strstr(caught.err, cases[i].want))
			fail_msg("%s: %d, %s", word, exit, caught.err);
		cs_args_clear(&o.common);
		caught_free(&caught);
	}
}

static const struct {
	const char *line;
	bool enriched, no_default;
	size_t files;
} enrich_lines[] = {
	{ "a", false, false, 0 },
	{ "a --ptr-rate 5 --resolver 127.0.0.1", false, false, 0 },
	{ "a --no-geoip", false, true, 0 },
	{ "a --enrich", true, false, 0 },
	{ "a --enrich --no-geoip", true, true, 0 },
	{ "a --geoip x --geoip y", true, false, 2 },
	{ "a --no-geoip --geoip y", true, true, 1 },
	{ "a --geoip x --no-geoip", false, true, 0 },
	{ "a --geoip x --no-geoip --geoip y --geoip z", true, true, 2 },
	{ "a --sector-file x", true, false, 0 },
	{ "a --ptr", true, false, 0 },
	{ "a --severity own", true, false, 0 },
	{ "a --geoip x --ptr --no-enrich", false, false, 1 },
};

static void scan_enriches_only_when_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(enrich_lines); i++) {
		struct scan_run r = { .err = CS_OK };
		size_t geoip = offsetof(struct cs_scan_options, enrich.geoip);

		scan_setup(&r, enrich_lines[i].line);
		if (r.o.enriched != enrich_lines[i].enriched ||
		    r.o.enrich.geoip.n != enrich_lines[i].files ||
		    cs_args_taken_back(&r.o.common, geoip) != enrich_lines[i].no_default)
			fail_msg("%s", enrich_lines[i].line);
		scan_teardown(&r);
	}
}

static void a_list_that_was_emptied_takes_what_comes_after(void **state)
{
	struct scan_run r = { .err = CS_OK };

	(void)state;
	scan_setup(&r, "a --geoip 1 --geoip 2 --no-geoip --geoip 3 --geoip 4 --geoip 5");
	assert_int_equal(r.o.enrich.geoip.n, 3);
	assert_string_equal(r.o.enrich.geoip.item[0], "3");
	assert_string_equal(r.o.enrich.geoip.item[1], "4");
	assert_string_equal(r.o.enrich.geoip.item[2], "5");
	scan_teardown(&r);
}

static const struct {
	const char *text;
	bool good;
} resolvers[] = {
	{ "192.0.2.1", true },        { "192.0.2.1:53", true },
	{ "2001:db8::1", true },      { "[2001:db8::1]:53", true },
	{ "192.0.2.1:65535", true },  { "", false },
	{ "localhost", false },       { "192.0.2.1:", false },
	{ "192.0.2.1:0", false },     { "192.0.2.1:65536", false },
	{ "[2001:db8::1]", false },   { "[192.0.2.1]:53", false },
	{ "[]:53", false },           { ":53", false },
	{ "[2001:db8::1:53", false }, { "192.0.2.1:53:53", false },
};

static void a_resolver_is_an_address_with_or_without_a_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(resolvers); i++)
		if (cs_enrich_resolver(cs_span_str(resolvers[i].text), NULL) !=
		    resolvers[i].good)
			fail_msg("%s", resolvers[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_is_sound),
		cmocka_unit_test(scan_defaults_are_the_documented_ones),
		cmocka_unit_test(scan_takes_what_zmap_and_nmap_users_type),
		cmocka_unit_test(scan_options_that_contradict_are_refused),
		cmocka_unit_test(the_nearer_of_rate_and_bandwidth_holds),
		cmocka_unit_test(resources_options_are_checked),
		cmocka_unit_test(scan_enriches_only_when_asked),
		cmocka_unit_test(a_list_that_was_emptied_takes_what_comes_after),
		cmocka_unit_test(a_resolver_is_an_address_with_or_without_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
