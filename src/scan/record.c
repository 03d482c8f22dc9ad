/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/record.h"

static const struct cs_record_format *const formats[] = {
	&cs_record_table,
	&cs_record_jsonl,
	&cs_record_csv,
};

const struct cs_record_format *const *cs_record_formats(size_t *n)
{
	*n = CS_LEN(formats);
	return formats;
}

const struct cs_record_format *cs_record_format_find(struct cs_span name)
{
	for (size_t i = 0; i < CS_LEN(formats); i++)
		if (cs_span_eq(name, cs_span_str(formats[i]->name)))
			return formats[i];
	return NULL;
}

void cs_record_begin(const struct cs_record_format *format,
		     const struct cs_record_out *out)
{
	if (format->begin)
		format->begin(out);
}

bool cs_record_row(const struct cs_record_format *format, const struct cs_record_out *out,
		   const struct cs_result *result, const struct cs_enriched *enriched)
{
	struct cs_reading reading;

	cs_result_read(result, &reading);
	if (!format->every_code && !out->every_code && !cs_reading_is_content(&reading))
		return false;
	format->row(out, result, &reading, enriched);
	return true;
}

void cs_record_end(const struct cs_record_format *format, const struct cs_record_out *out)
{
	if (format->end)
		format->end(out);
}
