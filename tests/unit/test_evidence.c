/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <pcap/dlt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/capture.h"
#include "watch/evidence.h"

/* Each test runs in an empty folder of its own. */
static char folder[] = "/tmp/coapscope-test-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = { "e", "e.1", "e.2", "e.3" };

	(void)state;
	for (size_t i = 0; i < CS_LEN(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static struct cs_evidence *open_of(uint64_t most, unsigned files)
{
	struct cs_evidence *e = NULL;

	assert_int_equal(cs_evidence_open("e", most, files, &e), CS_OK);
	return e;
}

/* Its first byte tells frames apart. */
static void put(struct cs_evidence *e, uint8_t first, int dlt)
{
	uint8_t bytes[60] = { first };
	const struct cs_post_evidence frame = {
		.wall_us = INT64_C(1795291200123456) + first,
		.dlt = dlt,
		.wire_len = 1000,
		.bytes = { bytes, sizeof(bytes) },
	};

	cs_evidence_put(e, &frame);
}

/* The first bytes of the frames in a file, as a reader of captures finds them. */
static const char *read_back(const char *path)
{
	static char firsts[64];
	const char *const files[] = { path };
	struct cs_capture_frame frame;
	struct cs_capture *capture;
	char why[CS_CAPTURE_WHY];
	size_t n = 0;

	if (cs_capture_open_files(files, 1, NULL, NULL, &capture, why))
		fail_msg("%s", why);
	while (n < sizeof(firsts) - 1 && !cs_capture_next(capture, 0, &frame)) {
		assert_int_equal(frame.bytes.len, 60);
		assert_int_equal(frame.wire_len, 1000);
		assert_int_equal(frame.wall_us,
				 INT64_C(1795291200123456) + frame.bytes.ptr[0]);
		firsts[n++] = (char)frame.bytes.ptr[0];
	}
	firsts[n] = '\0';
	cs_capture_close(capture);
	return firsts;
}

static void frames_are_read_back_from_each_file(void **state)
{
	struct cs_evidence *e = open_of(28 + 20 + 2 * 92, 3); /* room for two frames */

	(void)state;
	for (uint8_t c = 'a'; c <= 'e'; c++)
		put(e, c, DLT_EN10MB);
	assert_string_equal(read_back("e"), "e");
	assert_string_equal(read_back("e.1"), "cd");
	assert_string_equal(read_back("e.2"), "ab");
	assert_int_equal(cs_evidence_state(e).records, 5);
	assert_int_equal(cs_evidence_state(e).lost, 0);
	cs_evidence_close(e);
}

static void link_types_may_be_mixed(void **state)
{
	struct cs_evidence *e = open_of(1 << 20, 2);

	(void)state;
	put(e, 'a', DLT_EN10MB);
	put(e, 'b', DLT_RAW);
	put(e, 'c', DLT_EN10MB);
	assert_string_equal(read_back("e"), "abc");
	cs_evidence_close(e);
}

static void a_file_without_evidence_is_a_capture_and_is_not_rotated(void **state)
{
	struct cs_evidence *e = open_of(1 << 20, 3);

	(void)state;
	assert_int_equal(cs_evidence_next(e), CS_OK);
	put(e, 'a', DLT_EN10MB);
	assert_int_equal(cs_evidence_next(e), CS_OK);
	assert_int_equal(cs_evidence_next(e), CS_OK);
	assert_string_equal(read_back("e.1"), "a");
	assert_int_equal(access("e.2", F_OK), -1);
	put(e, 'b', DLT_EN10MB);
	assert_string_equal(read_back("e"), "b");
	cs_evidence_close(e);
}

static void a_full_disk_costs_frames_and_no_file(void **state)
{
	struct cs_evidence *e = open_of(1 << 20, 3);
	struct rlimit limit;

	(void)state;
	put(e, 'a', DLT_EN10MB);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 28 + 20 + 92 + 40;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(e, 'b', DLT_EN10MB);
	put(e, 'c', DLT_RAW); /* with a description that is lost, too */
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(cs_evidence_state(e).lost, 2);
	put(e, 'd', DLT_RAW);
	put(e, 'e', DLT_EN10MB);
	assert_string_equal(read_back("e"), "ade");
	cs_evidence_close(e);
}

static void more_link_types_than_a_file_has_go_on_in_the_next(void **state)
{
	struct cs_evidence *e = open_of(1 << 20, 3);

	(void)state;
	for (int i = 0; i < 33; i++)
		put(e, 'x', 147 + i); /* DLT_USER0 and on */
	assert_int_equal(cs_evidence_state(e).records, 33);
	assert_int_equal(access("e.1", F_OK), 0);
	cs_evidence_close(e);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(frames_are_read_back_from_each_file),
		IN_FOLDER(link_types_may_be_mixed),
		IN_FOLDER(a_file_without_evidence_is_a_capture_and_is_not_rotated),
		IN_FOLDER(a_full_disk_costs_frames_and_no_file),
		IN_FOLDER(more_link_types_than_a_file_has_go_on_in_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
