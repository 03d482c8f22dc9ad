/* SPDX-License-Identifier: Apache-2.0 */
#include "report/sources_json.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/num.h"

enum { DEPTH = 4 /* an object, its list, an object in that, its values */ };

#define RECORDS_MAX 1e15 /* whole numbers up to here are exact */

/* A key is written as it stands here, never as a file has it. */
static const char *const words[] = {
	"made", "version", "sources", "file",      "form",
	"type", "built",   "records", "resolvers", "severity",
};

/* The number of the pair of digits at @hex, or -1. */
static int byte_of(const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const char *hi = hex[0] ? strchr(digits, hex[0]) : NULL;
	const char *lo = hi && hex[1] ? strchr(digits, hex[1]) : NULL;

	return lo ? (int)(hi - digits) << 4 | (int)(lo - digits) : -1;
}

/* The \xNN that the encoder wrote once, and would write again, as bytes. */
static struct cs_span plain(char *text)
{
	size_t n = 0;

	for (const char *at = text; *at; at++) {
		int byte = at[0] == '\\' && at[1] == 'x' ? byte_of(at + 2) : -1;

		text[n++] = byte < 0 ? *at : (char)byte;
		at += byte < 0 ? 0 : 3;
	}
	return cs_span_of(text, n);
}

static void put(struct cs_json *j, const cJSON *value, unsigned depth);

static void put_object(struct cs_json *j, const cJSON *object, unsigned depth)
{
	cs_json_object(j);
	for (size_t i = 0; i < CS_LEN(words); i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, words[i]);

		if (!value)
			continue;
		cs_json_key(j, words[i]);
		put(j, value, depth);
	}
	cs_json_object_end(j);
}

static void put_array(struct cs_json *j, const cJSON *array, unsigned depth)
{
	const cJSON *item;

	cs_json_array(j);
	cJSON_ArrayForEach(item, array) put(j, item, depth);
	cs_json_array_end(j);
}

static void put(struct cs_json *j, const cJSON *value, unsigned depth)
{
	if (cJSON_IsString(value))
		cs_json_string(j, plain(value->valuestring));
	else if (cJSON_IsNumber(value) && value->valuedouble >= 0 &&
		 value->valuedouble <= RECORDS_MAX)
		cs_json_uint(j, (uint64_t)value->valuedouble);
	else if (cJSON_IsObject(value) && depth < DEPTH)
		put_object(j, value, depth + 1);
	else if (cJSON_IsArray(value) && depth < DEPTH)
		put_array(j, value, depth + 1);
	else
		cs_json_null(j);
}

void cs_sources_write_json(struct cs_json *j, struct cs_span about)
{
	cJSON *value = about.len > 0
			       ? cJSON_ParseWithLength((const char *)about.ptr, about.len)
			       : NULL;

	if (cJSON_IsObject(value))
		put_object(j, value, 1);
	else
		cs_json_string(j, about);
	cJSON_Delete(value);
}
