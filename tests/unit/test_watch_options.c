/* SPDX-License-Identifier: Apache-2.0 */
/* watch and explain: which of two options holds when only one can. */
#include "test.h"

#include <unistd.h>

#include "cmd/explain_options.h"
#include "cmd/watch_options.h"
#include "sample_cmd.h"

/* Where an option stands. */
struct places {
	const char *file; /* the configuration's text, or NULL */
	const char *env;  /* NAME=VALUE, or NULL */
	const char *line; /* the command line */
};

struct run {
	struct cs_watch_options watch;
	struct cs_explain_options explain;
	struct caught caught;
	char why[CS_ARG_WHY];
	enum cs_err err;
};

static void write_file(char name[32], const char *text)
{
	int fd;

	(void)snprintf(name, 32, "/tmp/coapscope-conf-XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* Reads @at's options, @line split at blanks, into @options. */
static void read_all(struct run *r, const struct cs_arg_set *set, const struct places *at,
		     void *options)
{
	char words[512], name[32] = "", *argv[32] = { NULL };
	const char *env[] = { at->env, NULL };
	struct cs_ctx ctx = sample_ctx(&r->caught);
	int argc = 0;

	write_file(name, at->file ? at->file : "");
	(void)snprintf(words, sizeof(words), "%s --config %s %s", set->command, name,
		       at->line);
	for (char *rest = words, *word; (word = strsep(&rest, " ")) != NULL;) {
		if (*word)
			argv[argc++] = word;
	}
	sample_env = env;
	assert_int_equal(cs_args_read(&ctx, set, argc, argv, options), -1);
	sample_env = NULL;
	assert_int_equal(unlink(name), 0);
	sample_end(&ctx);
}

static void watch_setup(struct run *r, const struct places *at)
{
	*r = (struct run){ .err = CS_OK };
	read_all(r, &cs_watch_args, at, &r->watch);
	r->err = cs_watch_options_settle(&r->watch, r->why);
}

static void explain_setup(struct run *r, const struct places *at)
{
	*r = (struct run){ .err = CS_OK };
	read_all(r, &cs_explain_args, at, &r->explain);
	r->err = cs_explain_options_settle(&r->explain, r->why);
}

static void teardown(struct run *r)
{
	cs_args_clear(&r->watch.common);
	cs_args_clear(&r->explain.common);
	caught_free(&r->caught);
}

static void of_interface_and_capture_the_nearer_one_is_watched(void **state)
{
	static const struct {
		struct places at;
		const char *interface, *file;
	} rows[] = {
		{ { "[watch]\ninterface = lo\n", NULL, "-r a" }, NULL, "a" },
		{ { "[watch]\nread = a\n", NULL, "-i lo" }, "lo", NULL },
		{ { "[watch]\ninterface = lo\n", "COAPSCOPE_WATCH_READ=a", "" },
		  NULL,
		  "a" },
		{ { "[watch]\nread = a\n", "COAPSCOPE_WATCH_INTERFACE=lo", "" },
		  "lo",
		  NULL },
		{ { NULL, "COAPSCOPE_WATCH_INTERFACE=lo", "-r a" }, NULL, "a" },
		{ { NULL, "COAPSCOPE_WATCH_READ=a", "-i lo" }, "lo", NULL },
		{ { "[watch]\ninterface = lo\n", NULL, "" }, "lo", NULL },
		{ { "[watch]\nread = a\n", NULL, "" }, NULL, "a" },
		{ { "[watch]\nread = b\n", "COAPSCOPE_WATCH_INTERFACE=lo", "-r a" },
		  NULL,
		  "a" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct run r;

		watch_setup(&r, &rows[i].at);
		assert_int_equal(r.err, CS_OK);
		assert_int_equal(r.watch.interfaces.n, rows[i].interface != NULL);
		assert_int_equal(r.watch.files.n, rows[i].file != NULL);
		if (rows[i].interface)
			assert_string_equal(r.watch.interfaces.item[0],
					    rows[i].interface);
		else
			assert_string_equal(r.watch.files.item[0], rows[i].file);
		teardown(&r);
	}
}

static void interface_and_capture_of_one_place_are_an_error(void **state)
{
	static const struct places rows[] = {
		{ NULL, NULL, "-i lo -r a" },
		{ "[watch]\ninterface = lo\nread = a\n", NULL, "" },
		{ "[watch]\ninterface = eth0\n", NULL, "-r a -i lo" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct run r;

		watch_setup(&r, &rows[i]);
		assert_int_equal(r.err, CS_ERR_USAGE);
		assert_string_equal(r.why, "-i and -r: want one of them");
		teardown(&r);
	}
}

static void an_interface_is_listened_to_once(void **state)
{
	static const struct {
		const char *line, *names[3];
		bool any_alone;
	} rows[] = {
		{ "-i lo -i lo", { "lo" }, false },
		{ "-i a,b -i a -i c,b", { "a", "b", "c" }, false },
		{ "-i any -i any", { "any" }, false },
		{ "-i any -i lo", { "any" }, true },
		{ "-i a -i lo -i any -i lo", { "any" }, true },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		const struct places at = { .line = rows[i].line };
		struct run r;

		watch_setup(&r, &at);
		assert_int_equal(r.err, CS_OK);
		assert_int_equal(r.watch.any_alone, rows[i].any_alone);
		for (size_t k = 0; k < r.watch.interfaces.n; k++)
			assert_string_equal(r.watch.interfaces.item[k], rows[i].names[k]);
		assert_true(r.watch.interfaces.n == 3 ||
			    !rows[i].names[r.watch.interfaces.n]);
		teardown(&r);
	}
}

static void explain_looks_where_the_nearer_place_says(void **state)
{
	static const struct {
		struct places at;
		size_t files;
		const char *store;
	} rows[] = {
		{ { "[explain]\nstore = s\n", NULL, "::1 -r a" }, 1, NULL },
		{ { "[explain]\nread = a\n", NULL, "::1 --store s" }, 0, "s" },
		{ { NULL, "COAPSCOPE_EXPLAIN_STORE=s", "::1 -r a" }, 1, NULL },
		{ { "[explain]\nstore = s\n", "COAPSCOPE_EXPLAIN_READ=a", "::1" },
		  1,
		  NULL },
		{ { "[explain]\nstore = s\n", NULL, "--packet 00" }, 0, NULL },
		{ { "[explain]\nread = a\n", "COAPSCOPE_EXPLAIN_STORE=s", "--packet 00" },
		  0,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct run r;

		explain_setup(&r, &rows[i].at);
		assert_int_equal(r.err, CS_OK);
		assert_int_equal(r.explain.files.n, rows[i].files);
		if (rows[i].store)
			assert_string_equal(r.explain.store, rows[i].store);
		else
			assert_null(r.explain.store);
		teardown(&r);
	}
}

static void two_places_of_one_kind_are_an_error_of_explain(void **state)
{
	static const struct places rows[] = {
		{ NULL, NULL, "::1 -r a --store s" },
		{ "[explain]\nread = a\nstore = s\n", NULL, "::1" },
		{ "[explain]\nstore = s\n", NULL, "--packet -r a 00" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		struct run r;

		explain_setup(&r, &rows[i]);
		assert_int_equal(r.err, CS_ERR_USAGE);
		teardown(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_interface_and_capture_the_nearer_one_is_watched),
		cmocka_unit_test(interface_and_capture_of_one_place_are_an_error),
		cmocka_unit_test(an_interface_is_listened_to_once),
		cmocka_unit_test(explain_looks_where_the_nearer_place_says),
		cmocka_unit_test(two_places_of_one_kind_are_an_error_of_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
