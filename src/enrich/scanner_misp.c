/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in the form of MISP's warninglists: one JSON object. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/shown.h"
#include "enrich/scanner_list.h"

enum { MOST_BYTES = 64 << 20 /* of a list: the largest of today has 30 MB */ };

static enum cs_err wrong(struct cs_scanner_fault *fault, enum cs_err err, const char *bad,
			 const char *want)
{
	if (bad)
		(void)cs_shown(cs_span_str(bad), fault->bad, sizeof(fault->bad));
	fault->want = want;
	return err;
}

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* 20260829 is a day; 2 or 26060109 only counts versions. */
static int64_t date_of_version(const cJSON *version)
{
	char text[sizeof("20260829")], day[sizeof("2026-08-29")];
	double n = cJSON_IsNumber(version) ? cJSON_GetNumberValue(version) : 0;

	if (!(n >= 20000101 && n <= 20991231))
		return 0;
	(void)snprintf(text, sizeof(text), "%08d", (int)n);
	(void)snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	return cs_scanner_date_in(cs_span_str(day));
}

static struct cs_scanner_head head_of(const cJSON *list)
{
	const char *name = text_of(list, "name");
	const char *description = text_of(list, "description");
	struct cs_scanner_head head = { 0 };

	if (name)
		head.name = cs_scanner_trim(cs_span_str(name));
	if (description)
		head.date_us = cs_scanner_date_in(cs_span_str(description));
	if (head.date_us == 0)
		head.date_us = date_of_version(
			cJSON_GetObjectItemCaseSensitive(list, "version"));
	return head;
}

static enum cs_err read_entries(const cJSON *list, const struct cs_scanner_sink *sink,
				struct cs_scanner_fault *fault)
{
	const cJSON *item;
	struct cs_prefix prefix;
	enum cs_err err = CS_OK;

	cJSON_ArrayForEach(item, list)
	{
		const char *text = cJSON_GetStringValue(item);

		fault->entry++;
		if (!text)
			return wrong(fault, CS_ERR_SYNTAX, NULL,
				     "an address or a prefix as text");
		err = cs_scanner_prefix_read(cs_scanner_trim(cs_span_str(text)), &prefix,
					     fault);
		if (!err)
			err = sink->prefix(sink->arg, &prefix, (struct cs_span){ 0 });
		if (err)
			return err;
	}
	fault->entry = 0;
	return CS_OK;
}

static enum cs_err read_object(const cJSON *object, const struct cs_scanner_sink *sink,
			       struct cs_scanner_fault *fault)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "list");
	const char *type = text_of(object, "type");
	struct cs_scanner_head head = head_of(object);
	enum cs_err err;

	if (!cJSON_IsArray(list))
		return wrong(fault, CS_ERR_FOREIGN, NULL,
			     "a list under \"list\", as MISP's warninglists have it");
	if (type && strcmp(type, "cidr") != 0)
		return wrong(fault, CS_ERR_SYNTAX, type, "a list of the type cidr");
	err = read_entries(list, sink, fault);
	return err ? err : sink->head(sink->arg, &head);
}

static uint64_t line_at(struct cs_span text, const char *at)
{
	const uint8_t *end = (const uint8_t *)at;
	uint64_t line = 1;

	for (const uint8_t *c = text.ptr; c < end && c < text.ptr + text.len; c++)
		line += *c == '\n';
	return line;
}

enum cs_err cs_scanner_misp_read(struct cs_span text, const struct cs_scanner_sink *sink,
				 struct cs_scanner_fault *fault)
{
	const char *end = NULL;
	cJSON *object;
	enum cs_err err;

	if (text.len > MOST_BYTES)
		return wrong(fault, CS_ERR_RANGE, NULL, "a list of at most 64 MiB");
	object = cJSON_ParseWithLengthOpts((const char *)text.ptr, text.len, &end, 0);
	if (!object) {
		fault->line = end ? line_at(text, end) : 0;
		return wrong(fault, CS_ERR_SYNTAX, NULL, "whole JSON (cut short?)");
	}
	err = read_object(object, sink, fault);
	cJSON_Delete(object);
	return err;
}
