/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/content_format.h"

static const struct {
	uint32_t number;
	const char *name;
} rows[] = {
	{ CS_FORMAT_TEXT, "text/plain; charset=utf-8" },
	{ 19, "application/ace+cbor" },
	{ CS_FORMAT_LINK, "application/link-format" },
	{ CS_FORMAT_XML, "application/xml" },
	{ CS_FORMAT_OCTETS, "application/octet-stream" },
	{ CS_FORMAT_EXI, "application/exi" },
	{ CS_FORMAT_JSON, "application/json" },
	{ CS_FORMAT_CBOR, "application/cbor" },
	{ 64, "application/edhoc+cbor-seq" },
	{ 65, "application/cid-edhoc+cbor-seq" },
	{ 98, "application/cose; cose-type=\"cose-sign\"" },
	{ 110, "application/senml+json" },
	{ 115, "application/sensml-exi" },
	{ 272, "application/missing-blocks+cbor-seq" },
	{ 11542, "application/vnd.oma.lwm2m+tlv" },
	{ 11543, "application/vnd.oma.lwm2m+json" },
	{ 11544, "application/vnd.oma.lwm2m+cbor" },
	{ 30000, "image/svg+xml" },
};

static void each_format_has_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++)
		assert_string_equal(cs_content_format_name(rows[i].number), rows[i].name);
}

static void other_numbers_have_none(void **state)
{
	static const uint32_t others[] = { 1,     39,    43,    116,        11545,
					   30001, 65535, 65536, 65536 + 40, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < CS_LEN(others); i++)
		assert_null(cs_content_format_name(others[i]));
}

/* The look-up halves the table: every row is found only if they ascend. */
static void the_table_ascends(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t number = 0; number < 65536; number++)
		n += cs_content_format_name(number) != NULL;
	assert_int_equal(n, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_has_its_name),
		cmocka_unit_test(other_numbers_have_none),
		cmocka_unit_test(the_table_ascends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
