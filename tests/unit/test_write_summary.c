/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "watch/write_metrics.h"
#include "watch/write_summary.h"

/* Every counter has a number of its own. */
static struct cs_post_counts counts(void)
{
	return (struct cs_post_counts){
		.frames = 100,
		.fragments = 12,
		.kernel_dropped = 14,
		.track = { .coap = 90,
			   .coap_tcp = 2,
			   .requests = 3,
			   .responses = 4,
			   .empty = 5,
			   .format_errors = 6,
			   .faults = { [CS_FAULT_SHORT] = 21, [CS_FAULT_PATH] = 22 },
			   .version_other = 7,
			   .reserved_class = 8,
			   .extended_token = 9,
			   .unknown_critical = 10,
			   .unknown_elective = 11,
			   .alien = { [CS_ALIEN_DTLS] = 31, [CS_ALIEN_ZEROS] = 32 },
			   .icmp_quotes = 13,
			   .evicted = 15,
			   .sources = 16 },
	};
}

static void the_summary_has_the_pinned_fields(void **state)
{
	const struct cs_post_counts c = counts();
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	assert_non_null(to);
	cs_write_summary(to, &c);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(
		text,
		"{\"schema\":\"coapscope.capture/1\",\"frames\":100,\"coap\":90,"
		"\"coap_tcp\":2,\"requests\":3,\"responses\":4,\"empty\":5,"
		"\"format_errors\":6,\"version_other\":7,\"reserved_class\":8,"
		"\"extended_token\":9,\"unknown_critical\":10,\"unknown_elective\":11,"
		"\"fragments\":12,\"icmp_quotes\":13,\"kernel_dropped\":14,"
		"\"evicted\":15,\"sources\":16,\"faults\":{\"M1\":21,\"M20\":22},"
		"\"not_coap\":{\"zeros\":32,\"dtls\":31}}\n");
	free(text);
}

static char *metrics_of(const struct cs_watch_metrics *m)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	cs_write_metrics(to, m);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void metrics_have_help_type_and_value(void **state)
{
	static const char *const lines[] = {
		"# HELP coapscope_watch_frames_total Frames that were taken.\n"
		"# TYPE coapscope_watch_frames_total counter\n"
		"coapscope_watch_frames_total 100\n",
		"# TYPE coapscope_watch_sources gauge\ncoapscope_watch_sources 16\n",
		"\ncoapscope_watch_faults_total{fault=\"M20\"} 22\n",
		"\ncoapscope_watch_not_coap_total{kind=\"dtls\"} 31\n",
		"\ncoapscope_watch_verdicts{class=\"C1\",worry=\"act_now\"} 9\n",
		"\ncoapscope_watch_output_lost_total{output=\"eve\"} 4\n",
		"\ncoapscope_watch_start_time_seconds 1795291200\n",
	};
	const struct cs_metrics_output output = { "eve", { .lines = 3, .lost = 4 } };
	const struct cs_post_counts c = counts();
	struct cs_watch_metrics m = { .started_us = INT64_C(1795291200123456),
				      .now_us = INT64_C(1795291201123456),
				      .counts = &c,
				      .outputs = &output,
				      .n_outputs = 1 };
	char *text;

	(void)state;
	m.verdicts[CS_CLASS_C1][CS_WORRY_ACT_NOW] = 9;
	text = metrics_of(&m);
	for (size_t i = 0; i < CS_LEN(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("%s is not in %s", lines[i], text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_summary_has_the_pinned_fields),
		cmocka_unit_test(metrics_have_help_type_and_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
