/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What any bytes become in JSON: another parser takes the line, and the bytes
 * come back from the string it gives by the one rule of out/json.h.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "json_back.h"
#include "out/json.h"

enum { INPUT_MAX = 4096, LINE_MAX_ = 256 + 16 * INPUT_MAX };

static char line[LINE_MAX_];

static size_t write_line(struct cs_span bytes)
{
	FILE *to = fmemopen(line, sizeof(line), "w");
	struct cs_json j = cs_json_to(to);
	size_t half = bytes.len / 2;

	MUST(to);
	cs_json_object(&j);
	cs_json_key(&j, "whole");
	cs_json_string(&j, bytes);
	cs_json_key(&j, "parts");
	cs_json_string_begin(&j);
	cs_json_string_part(&j, cs_span_of(bytes.ptr, half));
	cs_json_string_part(&j, cs_span_of(bytes.ptr + half, bytes.len - half));
	cs_json_string_end(&j);
	cs_json_key(&j, "hex");
	cs_json_hex(&j, bytes);
	cs_json_object_end(&j);
	cs_json_line(&j);
	MUST(!ferror(to));

	long n = ftell(to);

	MUST(fclose(to) == 0 && n > 0);
	return (size_t)n;
}

static void must_say(const cJSON *object, const char *key, struct cs_span bytes)
{
	static uint8_t back[4 * INPUT_MAX + 1];
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	MUST(value);
	MUST(cs_span_eq(cs_span_of(back, undo(value, back)), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span input = cs_span_of(data, size);
	static uint8_t back[INPUT_MAX];

	if (size > INPUT_MAX)
		return 0;

	size_t n = write_line(input);

	must_be_one_clean_line(cs_span_of(line, n));

	cJSON *object = cJSON_ParseWithLength(line, n);

	MUST(object);
	must_say(object, "whole", input);
	must_say(object, "parts", input);

	const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(object, "hex"));

	MUST(hex && cs_hex_read(cs_span_str(hex), back, size));
	MUST(cs_span_eq(cs_span_of(back, size), input));
	cJSON_Delete(object);
	return 0;
}
