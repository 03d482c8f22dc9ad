/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "coap/fault.h"

static const struct {
	uint8_t code;
	const char *text;
	const char *name;
	bool request, response;
} rows[] = {
	{ 0x00, "0.00", "Empty", false, false },
	{ 0x01, "0.01", "GET", true, false },
	{ 0x05, "0.05", "FETCH", true, false },
	{ 0x07, "0.07", "iPATCH", true, false },
	{ 0x08, "0.08", NULL, true, false },
	{ 0x1f, "0.31", NULL, true, false },
	{ 0x20, "1.00", NULL, false, false },
	{ 0x40, "2.00", NULL, false, true },
	{ 0x41, "2.01", "Created", false, true },
	{ 0x45, "2.05", "Content", false, true },
	{ 0x5f, "2.31", "Continue", false, true },
	{ 0x60, "3.00", NULL, false, false },
	{ 0x84, "4.04", "Not Found", false, true },
	{ 0x88, "4.08", "Request Entity Incomplete", false, true },
	{ 0x89, "4.09", "Conflict", false, true },
	{ 0x96, "4.22", "Unprocessable Entity", false, true },
	{ 0x9d, "4.29", "Too Many Requests", false, true },
	{ 0xa5, "5.05", "Proxying Not Supported", false, true },
	{ 0xa8, "5.08", "Hop Limit Reached", false, true },
	{ 0xc0, "6.00", NULL, false, false },
	{ 0xe1, "7.01", "CSM", false, false },
	{ 0xe5, "7.05", "Abort", false, false },
	{ 0xff, "7.31", NULL, false, false },
};

static void each_code_has_its_text_name_and_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		char text[CS_CODE_TEXT];
		const char *name = cs_code_name(rows[i].code);

		cs_code_text(rows[i].code, text);
		assert_string_equal(text, rows[i].text);
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
		else
			assert_null(name);
		assert_int_equal(cs_code_is_request(rows[i].code), rows[i].request);
		assert_int_equal(cs_code_is_response(rows[i].code), rows[i].response);
	}
}

static void a_code_is_made_of_class_and_detail(void **state)
{
	(void)state;
	assert_int_equal(CS_CODE(4, 4), 0x84);
	assert_int_equal(CS_CODE(7, 31), 0xff);
	assert_int_equal(cs_code_class(0x84), 4);
	assert_int_equal(cs_code_detail(0x9d), 29);
}

static void each_fault_has_its_number_and_a_phrase(void **state)
{
	(void)state;
	assert_string_equal(cs_fault_name(CS_FAULT_NONE), "");
	for (unsigned i = 1; i < CS_FAULT_COUNT; i++) {
		const char *name = cs_fault_name((enum cs_fault)i);

		assert_int_equal(name[0], 'M');
		assert_int_equal(atoi(name + 1), i);
		assert_true(strlen(cs_fault_text((enum cs_fault)i)) > 5);
	}
	assert_string_equal(cs_fault_name(CS_FAULT_COUNT), "");
	assert_string_equal(cs_fault_text(CS_FAULT_MARKER),
			    "payload marker without payload");
}

/* M1 to M4 and M6 to M12. */
static void format_errors_are_those_of_the_rfc(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= CS_FAULT_COUNT; i++)
		assert_int_equal(cs_fault_is_format_error((enum cs_fault)i),
				 i >= 1 && i <= 12 && i != 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_its_text_name_and_kind),
		cmocka_unit_test(a_code_is_made_of_class_and_detail),
		cmocka_unit_test(each_fault_has_its_number_and_a_phrase),
		cmocka_unit_test(format_errors_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
