/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is read again, by our own reader; tshark's turn comes in
 * tests/integration/test_capture.py. */
#include "capture_fixture.h"

#include "out/pcap_file.h"

static const struct {
	int dlt;
	int64_t wall_us;
	struct cs_span bytes;
	uint32_t wire_len;
} frames[] = {
	{ 1, 1700000000123456, SPAN_ROW("one"), 60 },
	{ 12, 1700000000123457, SPAN_ROW("four"), 4 },
	{ 276, INT64_C(1) << 40, SPAN_ROW("fives"), 5 },
	{ 1, 0, SPAN_ROW(""), 0 },
	{ 12, 253402300799999999, SPAN_ROW("\0\1\2\3\4\5\6"), 7 },
};

static void frames_come_back_as_they_were(void **state)
{
	static const char *const names[] = { "-" };
	char why[CS_CAPTURE_WHY];
	struct cs_pcap_file f;
	struct cs_capture *c;
	FILE *to = tmpfile();

	(void)state;
	assert_non_null(to);
	assert_int_equal(cs_pcap_file_begin(&f, to), CS_OK);
	for (size_t i = 0; i < CS_LEN(frames); i++)
		assert_int_equal(cs_pcap_file_add(&f, frames[i].wall_us, frames[i].dlt,
						  frames[i].bytes, frames[i].wire_len),
				 CS_OK);
	assert_int_equal(f.bytes, ftell(to));
	rewind(to);
	assert_int_equal(cs_capture_open_files(names, 1, to, NULL, &c, why), CS_OK);
	for (size_t i = 0; i < CS_LEN(frames); i++) {
		struct cs_capture_frame frame;

		assert_int_equal(cs_capture_next(c, 0, &frame), CS_OK);
		assert_int_equal(frame.wall_us, frames[i].wall_us);
		assert_int_equal(frame.dlt, frames[i].dlt);
		assert_int_equal(frame.wire_len, frames[i].wire_len);
		assert_true(cs_span_eq(frame.bytes, frames[i].bytes));
	}
	cs_capture_close(c);
	assert_int_equal(fclose(to), 0);
}

static void the_bytes_are_those_of_the_draft(void **state)
{
	static const uint8_t want[] =
		"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0"
		"\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0"
		"\1\0\0\0\x14\0\0\0\x65\0\0\0\0\0\4\0\x14\0\0\0"
		"\6\0\0\0\x24\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\x09\0\0\0"
		"abc\0\x24\0\0\0";
	struct cs_pcap_file f;
	uint8_t got[sizeof(want)];
	FILE *to = tmpfile();

	(void)state;
	assert_non_null(to);
	assert_int_equal(cs_pcap_file_begin(&f, to), CS_OK);
	assert_int_equal(cs_pcap_file_add(&f, (INT64_C(1) << 32) + 2, 12, SPAN("abc"), 9),
			 CS_OK);
	rewind(to);
	assert_int_equal(fread(got, 1, sizeof(got), to), sizeof(want) - 1);
	assert_memory_equal(got, want, sizeof(want) - 1);
	assert_int_equal(fclose(to), 0);
}

static void what_no_reader_takes_is_not_written(void **state)
{
	uint8_t *large = calloc(1, CS_PCAP_FILE_FRAME + 1);
	struct cs_pcap_file f;
	FILE *to = tmpfile();
	uint64_t before;

	(void)state;
	assert_true(to && large);
	assert_int_equal(cs_pcap_file_begin(&f, to), CS_OK);
	before = f.bytes;
	assert_int_equal(
		cs_pcap_file_add(&f, 0, 1, cs_span_of(large, CS_PCAP_FILE_FRAME + 1), 1),
		CS_ERR_RANGE);
	assert_int_equal(f.bytes, before);
	assert_int_equal(
		cs_pcap_file_add(&f, 0, 1, cs_span_of(large, CS_PCAP_FILE_FRAME), 1),
		CS_OK);
	for (int dlt = 2; dlt <= CS_PCAP_FILE_LINKS; dlt++)
		assert_int_equal(cs_pcap_file_add(&f, 0, dlt, SPAN(""), 0), CS_OK);
	before = f.bytes;
	assert_int_equal(cs_pcap_file_add(&f, 0, 99, SPAN(""), 0), CS_ERR_FULL);
	assert_int_equal(cs_pcap_file_add(&f, 0, 7, SPAN(""), 0), CS_OK);
	assert_int_equal(f.bytes, before + 32);
	assert_int_equal(fclose(to), 0);
	free(large);
}

static void a_full_disk_is_an_error(void **state)
{
	struct cs_pcap_file f;
	FILE *to = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(to);
	setbuf(to, NULL);
	assert_int_equal(cs_pcap_file_begin(&f, to), CS_ERR_IO);
	assert_int_equal(cs_pcap_file_add(&f, 0, 1, SPAN("x"), 1), CS_ERR_IO);
	(void)fclose(to); /* it is full */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_back_as_they_were),
		cmocka_unit_test(the_bytes_are_those_of_the_draft),
		cmocka_unit_test(what_no_reader_takes_is_not_written),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
