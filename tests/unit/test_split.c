/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

#include "report/split.h"

enum { DAY = 20778 /* 2026-11-21 */ };

static char folder[64];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_split_XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct cs_owners *owners_of(const char *text)
{
	struct cs_owners *owners = NULL;
	char why[CS_OWNERS_WHY];

	if (cs_owners_read_text(cs_span_str(text), "o.ini", NULL, NULL, &owners, why))
		fail_msg("%s", why);
	return owners;
}

/* A row of the format below is its address and a line feed. */
static void put_begin(const struct cs_record_out *out)
{
	fputs("begin\n", out->to);
}

static void put_row(const struct cs_record_out *out, const struct cs_result *result,
		    const struct cs_reading *reading, const struct cs_enriched *enriched)
{
	char text[CS_ADDR_TEXT];

	(void)reading;
	cs_addr_text(&result->ip, text);
	fprintf(out->to, "%s %u\n", text, enriched ? enriched->place.asn : 0);
}

static const struct cs_record_format by_address = {
	.name = "by_address",
	.every_code = true,
	.begin = put_begin,
	.row = put_row,
};

static struct cs_split *open_split(const struct cs_owners *owners, bool ipv6_apart,
				   struct cs_record_out *record)
{
	const struct cs_split_want want = { .folder = folder,
					    .day = DAY,
					    .format = &by_address,
					    .ending = ".txt",
					    .owners = owners,
					    .ipv6_apart = ipv6_apart };
	struct cs_split *split = NULL;
	char why[CS_SPLIT_WHY];

	if (cs_split_open(&want, record, &split, why))
		fail_msg("%s", why);
	return split;
}

static enum cs_err give(struct cs_split *split, const char *ip, uint32_t asn)
{
	const struct cs_enriched enriched = { .place = { .asn = asn } };
	struct cs_result row = { 0 };

	assert_true(cs_addr_read(cs_span_str(ip), &row.ip));
	return cs_split_row(split, &row, asn ? &enriched : NULL);
}

static void expect_file(const char *name, const char *want)
{
	char path[256], got[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/2026-11-21-%s", folder, name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(got, want);
}

static size_t entries(void)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	(void)closedir(dir);
	return n;
}

static void every_owner_has_its_rows_in_order(void **state)
{
	struct cs_owners *owners = owners_of("[isp]\nasns = 7\nprefixes = 10.0.0.0/8\n"
					     "[town]\nprefixes = 10.1.0.0/16\n"
					     "[land]\ncountries = DE\n"
					     "[web]\ndomains = example.org\n");
	struct cs_record_out record = { 0 };
	struct cs_split *split = open_split(owners, false, &record);
	char why[CS_SPLIT_WHY];

	(void)state;
	assert_int_equal(give(split, "10.0.0.1", 7), CS_OK);
	assert_int_equal(give(split, "10.1.0.1", 0), CS_OK);
	assert_int_equal(give(split, "192.0.2.1", 7), CS_OK);
	assert_int_equal(give(split, "192.0.2.2", 8), CS_OK);
	assert_int_equal(give(split, "2001:db8::1", 7), CS_OK);

	struct cs_split_counts counts = cs_split_counted(split);

	assert_int_equal(counts.rows, 4);
	assert_int_equal(counts.nobodys, 1);
	assert_int_equal(counts.files, 4);
	assert_int_equal(cs_split_commit(split, why), CS_OK);
	assert_int_equal(entries(), 4);
	expect_file("scan_coap-isp-asn.txt",
		    "begin\n10.0.0.1 7\n10.1.0.1 0\n192.0.2.1 7\n2001:db8::1 7\n");
	expect_file("scan_coap-town-cidr.txt", "begin\n10.1.0.1 0\n");
	expect_file("scan_coap-land-geo.txt", "begin\n");
	expect_file("scan_coap-web-domain.txt", "begin\n");
	cs_owners_free(owners);
}

static void all_rows_in_one_and_ipv6_apart(void **state)
{
	struct cs_record_out record = { 0 };
	struct cs_split *split = open_split(NULL, true, &record);
	char why[CS_SPLIT_WHY];

	(void)state;
	assert_int_equal(give(split, "2001:db8::1", 0), CS_OK);
	assert_int_equal(give(split, "192.0.2.1", 0), CS_OK);
	assert_int_equal(cs_split_commit(split, why), CS_OK);
	assert_int_equal(entries(), 2);
	expect_file("scan_coap-all-cidr.txt", "begin\n192.0.2.1 0\n");
	expect_file("scan6_coap-all-cidr.txt", "begin\n2001:db8::1 0\n");
}

static void given_up_it_leaves_nothing(void **state)
{
	struct cs_record_out record = { 0 };
	struct cs_split *split = open_split(NULL, false, &record);

	(void)state;
	assert_int_equal(give(split, "192.0.2.1", 0), CS_OK);
	cs_split_abort(split);
	cs_split_abort(NULL);
	assert_int_equal(entries(), 0);
}

static void no_folder_is_said(void **state)
{
	const struct cs_split_want want = { .folder = "/nowhere/else",
					    .format = &by_address,
					    .ending = ".txt" };
	struct cs_record_out record = { 0 };
	struct cs_split *split = NULL;
	char why[CS_SPLIT_WHY];

	(void)state;
	assert_int_equal(cs_split_open(&want, &record, &split, why), CS_ERR_IO);
	assert_string_equal(why, "/nowhere/else: No such file or directory");
	assert_null(split);
}

/* The limit on a file's size stands for the disk that is full. */
static void a_failure_is_kept_and_names_the_file(void **state)
{
	struct rlimit small = { 4, 0 }, before;
	struct cs_record_out record = { 0 };
	struct cs_split *split = open_split(NULL, false, &record);
	char why[CS_SPLIT_WHY], want[CS_SPLIT_WHY];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(cs_split_commit(split, why), CS_ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)snprintf(want, sizeof(want),
		       "%s: 2026-11-21-scan_coap-all-cidr.txt: File too large", folder);
	assert_string_equal(why, want);
	assert_int_equal(entries(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_owner_has_its_rows_in_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(all_rows_in_one_and_ipv6_apart, setup,
						teardown),
		cmocka_unit_test_setup_teardown(given_up_it_leaves_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_folder_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_is_kept_and_names_the_file,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
