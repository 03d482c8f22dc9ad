/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/code.h"
#include "probe/reading.h"
#include "result.h"

/* Reads a result over exact-size copies, so that an over-read shows. */
static struct cs_reading read_copies(struct cs_result *result, uint8_t *copies[2])
{
	struct cs_reading reading;

	copies[0] = heap_copy(result->header.ptr, result->header.len);
	copies[1] = heap_copy(result->body.ptr, result->body.len);
	result->header.ptr = copies[0];
	result->body.ptr = copies[1];
	cs_result_read(result, &reading);
	return reading;
}

static void an_answer_is_read_without_its_payload(void **state)
{
	struct cs_result result =
		result_of(SPAN("\x52\x84\x01\x02\xaa\xbb\xc1\x28\xff"), SPAN("</a>"));
	uint8_t *copies[2];
	struct cs_reading r = read_copies(&result, copies);
	struct cs_opts w = cs_opts_over(r.options);
	struct cs_opt opt;

	(void)state;
	assert_true(r.has_header && r.has_token && r.has_content_format);
	assert_int_equal(r.type, CS_NON);
	assert_int_equal(r.code, CS_CODE(4, 4));
	assert_int_equal(r.mid, 0x0102);
	assert_true(cs_span_eq(r.token, SPAN("\xaa\xbb")));
	assert_int_equal(r.content_format, 40);
	assert_false(r.format_error);
	assert_true(cs_opts_next(&w, &opt));
	assert_int_equal(opt.number, 12);
	assert_false(cs_opts_next(&w, &opt));
	assert_true(cs_span_eq(r.links, SPAN("</a>")));
	assert_false(cs_reading_is_content(&r)); /* 4.04 */
	free(copies[0]);
	free(copies[1]);
}

static const struct {
	const char *name;
	const char *header;
	size_t n;
	bool has_header, has_token, has_format, error, content;
} heads[] = {
	{ "nothing", "", 0, false, false, false, true, false },
	{ "three bytes", "\x60\x45\x01", 3, false, false, false, true, false },
	{ "version 2", "\xa0\x45\x01\x02", 4, false, false, false, true, false },
	{ "four bytes", "\x60\x45\x01\x02", 4, true, true, false, false, true },
	{ "reset", "\x70\x00\x01\x02", 4, true, true, false, false, false },
	{ "Empty with a byte more", "\x60\x00\x01\x02x", 5, true, false, false, true,
	  false },
	{ "token length 9", "\x69\x45\x01\x02", 4, true, false, false, true, false },
	{ "token cut", "\x62\x45\x01\x02x", 5, true, false, false, true, false },
	{ "marker and nothing", "\x60\x45\x01\x02\xff", 5, true, true, false, true,
	  false },
	{ "option cut after one that is whole", "\x60\x45\x01\x02\xc1\x28\x12x", 8, true,
	  true, true, true, false },
	{ "Content-Format of no bytes is 0", "\x60\x45\x01\x02\xc0", 5, true, true, true,
	  false, true },
	{ "Content-Format too long for a number",
	  "\x60\x45\x01\x02\xc5"
	  "12345",
	  10, true, true, false, false, true },
	{ "an option's last byte is no marker", "\x60\x45\x01\x02\x41\xff", 6, true, true,
	  false, false, true },
};

static void a_field_that_is_not_there_is_not_made_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(heads); i++) {
		struct cs_result result =
			result_of(cs_span_of(heads[i].header, heads[i].n), SPAN(""));
		uint8_t *copies[2];
		struct cs_reading r = read_copies(&result, copies);

		free(copies[0]);
		free(copies[1]);
		if (r.has_header != heads[i].has_header ||
		    r.has_token != heads[i].has_token ||
		    r.has_content_format != heads[i].has_format ||
		    r.format_error != heads[i].error ||
		    cs_reading_is_content(&r) != heads[i].content || r.links.len != 0)
			fail_msg("%s", heads[i].name);
	}
}

static const struct {
	const char *name;
	bool format_0, format_40, complete;
	const char *body;
	bool links;
} bodies[] = {
	{ "said to be links", false, true, true, "</a>", true },
	{ "said to be links, whatever it is", false, true, true, "hello", true },
	{ "said to be text", true, false, true, "</a>", false },
	{ "nothing said, links", false, false, true, "</a>;rt=x,</b>", true },
	{ "nothing said, text", false, false, true, "hello", false },
	{ "nothing said, links and then text", false, false, true, "</a> hello", false },
	{ "nothing said, cut though complete", false, false, true, "</a>,</b", false },
	{ "nothing said, cut and incomplete", false, false, false, "</a>,</b", true },
	{ "nothing said, no link before the cut", false, false, false, "</a", false },
};

static void links_are_what_is_said_or_looks_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(bodies); i++) {
		struct cs_span header = SPAN("\x60\x45\x01\x02\xff");

		if (bodies[i].format_0)
			header = SPAN("\x60\x45\x01\x02\xc0\xff");
		if (bodies[i].format_40)
			header = RESULT_LINKS;

		struct cs_result result = result_of(header, cs_span_str(bodies[i].body));
		uint8_t *copies[2];

		result.complete = bodies[i].complete;

		struct cs_reading r = read_copies(&result, copies);
		bool links = r.links.len == strlen(bodies[i].body);

		free(copies[0]);
		free(copies[1]);
		if (links != bodies[i].links || r.format_error)
			fail_msg("%s", bodies[i].name);
	}
}

static const struct {
	const char *name;
	bool ipv6;
	unsigned probes;
	uint32_t request, response, datagrams;
	uint64_t bytes;
	bool known;
	uint64_t first, wire; /* hundredths */
} sizes[] = {
	{ "43 bytes", false, 1, 21, 43, 1, 43, true, 205, 145 },
	{ "104 bytes", false, 1, 21, 104, 1, 104, true, 495, 269 },
	{ "113 bytes", false, 1, 21, 113, 1, 113, true, 538, 288 },
	{ "516 bytes", false, 1, 21, 516, 1, 516, true, 2457, 1110 },
	{ "454 bytes for 4", false, 1, 4, 454, 1, 454, true, 11350, 1506 },
	{ "an empty 2.05", false, 1, 21, 4, 1, 4, true, 19, 65 },
	{ "IPv6 has longer headers", true, 1, 21, 516, 1, 516, true, 2457, 817 },
	{ "an Empty ACK before the 516", false, 1, 21, 516, 2, 520, true, 2457, 1176 },
	{ "as much for each of two probes", false, 2, 21, 516, 2, 1032, true, 2457,
	  1110 },
	{ "one of two probes was lost", true, 2, 21, 516, 1, 516, true, 2457, 409 },
	{ "half is rounded up", false, 1, 1000, 5, 1, 5, true, 1, 3 },
	{ "size of the request unknown", false, 1, 0, 43, 1, 43, false, 0, 0 },
	{ "largest of all", false, 1, 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, true,
	  UINT64_C(429496729500), UINT64_C(429496729500) },
};

static void amplification_has_two_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(sizes); i++) {
		struct cs_result result = result_of(RESULT_EMPTY, SPAN(""));
		uint64_t first = 0, wire = 0;

		result.ip.b[0] = sizes[i].ipv6 ? 0x20 : 0;
		result.request_size = sizes[i].request;
		result.response_size = sizes[i].response;
		result.datagrams = sizes[i].datagrams;
		result.bytes = sizes[i].bytes;
		if (cs_result_amplification(&result, &first) != sizes[i].known ||
		    cs_result_amplification_wire(&result, sizes[i].probes, &wire) !=
			    sizes[i].known ||
		    first != sizes[i].first || wire != sizes[i].wire)
			fail_msg("%s: %u, %u", sizes[i].name, (unsigned)first,
				 (unsigned)wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_without_its_payload),
		cmocka_unit_test(a_field_that_is_not_there_is_not_made_up),
		cmocka_unit_test(links_are_what_is_said_or_looks_so),
		cmocka_unit_test(amplification_has_two_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
