/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as they are written: an EVE event is read back by another parser and says
 * what the message said; a line for people has nothing but printable ASCII. The first
 * byte chooses whether a datagram or an option list as a post has it follows.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "coap/option_rule.h"
#include "json_back.h"
#include "watch/message.h"
#include "watch/write_eve.h"
#include "watch/write_message.h"

enum { INPUT_MAX = 4096, TEXT_MAX = 1 << 18 };

static char text[TEXT_MAX];

static FILE *begin(void)
{
	FILE *to = fmemopen(text, sizeof(text), "w");

	MUST(to);
	return to;
}

static struct cs_span end(FILE *to)
{
	MUST(!ferror(to));

	long n = ftell(to);

	MUST(fclose(to) == 0 && n > 0);
	return cs_span_of(text, (size_t)n);
}

static void must_say(const cJSON *value, struct cs_span bytes)
{
	static uint8_t back[4 * INPUT_MAX + 1];
	const char *string = cJSON_GetStringValue(value);

	MUST(string);
	MUST(cs_span_eq(cs_span_of(back, undo(string, back)), bytes));
}

static void must_be_hex(const cJSON *value, struct cs_span bytes)
{
	static uint8_t back[INPUT_MAX + 1];
	const char *string = cJSON_GetStringValue(value);

	MUST(string && cs_hex_read(cs_span_str(string), back, bytes.len));
	MUST(cs_span_eq(cs_span_of(back, bytes.len), bytes));
}

static void must_have_options(const cJSON *coap, const struct cs_post_message *m)
{
	const cJSON *options = cJSON_GetObjectItem(coap, "options");
	const cJSON *path = cJSON_GetObjectItem(coap, "uri_path");
	struct cs_rd rd = cs_rd_over(m->options.ptr, m->options.len);
	struct cs_opt opt;
	int n = 0, segments = 0;

	while (cs_message_option_next(&rd, &opt)) {
		const cJSON *item = cJSON_GetArrayItem(options, n++);

		MUST(cJSON_GetNumberValue(cJSON_GetObjectItem(item, "number")) ==
		     opt.number);
		must_be_hex(cJSON_GetObjectItem(item, "value_hex"), opt.value);
		if (opt.number == CS_OPT_URI_PATH)
			must_say(cJSON_GetArrayItem(path, segments++), opt.value);
	}
	MUST(cJSON_GetArraySize(options) == n && cJSON_GetArraySize(path) == segments);
}

static void must_be_the_message(const cJSON *coap, const struct cs_post_message *m)
{
	MUST(cJSON_IsObject(coap));
	MUST(cJSON_GetArraySize(cJSON_GetObjectItem(coap, "faults")) == m->n_flaws);
	MUST(cJSON_GetNumberValue(cJSON_GetObjectItem(coap, "len")) == m->len);
	if (m->kind == CS_SIGHT_ALIEN || m->kind == CS_SIGHT_BROKEN) {
		MUST(!cJSON_GetObjectItem(coap, "code"));
		return;
	}
	MUST(cJSON_GetNumberValue(cJSON_GetObjectItem(coap, "mid")) == m->mid);
	must_be_hex(cJSON_GetObjectItem(coap, "token"), m->token);
	MUST(cJSON_GetNumberValue(cJSON_GetObjectItem(coap, "payload_len")) ==
	     (double)m->payload.len);
	must_have_options(coap, m);
}

static void try_event(struct cs_eve *eve, const struct cs_post_message *m)
{
	FILE *to = begin();

	cs_eve_message(eve, to, m);

	struct cs_span line = end(to);

	must_be_one_clean_line(line);

	cJSON *event = cJSON_ParseWithLength((const char *)line.ptr, line.len);

	MUST(event);
	must_be_the_message(cJSON_GetObjectItem(event, "coap"), m);
	cJSON_Delete(event);
}

static void try_line(const struct cs_post_message *m)
{
	const struct cs_message_look look = { .hex = true };
	FILE *to = begin();

	cs_write_message(to, m, &look);

	struct cs_span lines = end(to);

	for (size_t i = 0; i < lines.len; i++)
		MUST((lines.ptr[i] >= 0x20 && lines.ptr[i] < 0x7f) ||
		     lines.ptr[i] == '\n' || (lines.ptr[i] == '\t' && i > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t options[CS_MESSAGE_OPTIONS];
	static struct cs_eve *eve;
	struct cs_post_message m;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!eve)
		MUST(cs_eve_open(&eve) == CS_OK);
	cs_message_of(cs_span_of(data + 1, size - 1), options, &m);
	if (data[0] & 1)
		m.options = cs_span_of(data + 1, size - 1);
	m.matched = data[0] & 2;
	m.secure = data[0] & 4;
	try_event(eve, &m);
	try_line(&m);
	return 0;
}
