/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>

#include "out/json.h"
#include "serve/request.h"

const char CS_TYPE_JSON[] = "application/json";
const char CS_TYPE_TEXT[] = "text/plain; charset=utf-8";
const char CS_TYPE_HTML[] = "text/html; charset=utf-8";
const char CS_TYPE_CSV[] = "text/csv; charset=utf-8";
const char CS_TYPE_METRICS[] = "text/plain; version=0.0.4; charset=utf-8";

static void drop_body(struct cs_answer *a)
{
	if (a->to)
		(void)fclose(a->to); /* memory, and not wanted */
	free(a->text);
	if (a->stream)
		a->stream->close(a->stream);
	a->to = NULL;
	a->text = NULL;
	a->len = 0;
	a->stream = NULL;
	a->fixed = (struct cs_span){ 0 };
	a->file[0] = '\0';
}

enum cs_err cs_answer_begin(struct cs_request *r, const char *type)
{
	struct cs_answer *a = &r->answer;

	drop_body(a);
	a->status = 200;
	a->type = type;
	a->to = open_memstream(&a->text, &a->len);
	return a->to ? CS_OK : CS_ERR_NOMEM;
}

static void out_of_memory(struct cs_answer *a)
{
	drop_body(a);
	a->status = 503;
	a->type = CS_TYPE_JSON;
	a->fixed = cs_span_str("{\"error\":\"out of memory\"}\n");
}

void cs_answer_error(struct cs_request *r, unsigned status, const char *fmt, ...)
{
	char what[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (cs_answer_begin(r, CS_TYPE_JSON)) {
		out_of_memory(&r->answer);
		return;
	}

	struct cs_json j = cs_json_to(r->answer.to);

	cs_json_object(&j);
	cs_json_key(&j, "error");
	cs_json_string(&j, cs_span_str(what));
	cs_json_object_end(&j);
	cs_json_line(&j);
	r->answer.status = status;
	cs_answer_end(r);
}

void cs_answer_failed(struct cs_request *r, enum cs_err err)
{
	if (err == CS_ERR_BUSY)
		cs_answer_error(r, 503,
				"too much is asked at once: want this later, or for "
				"fewer days");
	else
		cs_answer_error(r, err == CS_ERR_NOMEM ? 503 : 500, "%s",
				cs_strerror(err));
}

void cs_answer_end(struct cs_request *r)
{
	struct cs_answer *a = &r->answer;
	bool failed;

	if (!a->to)
		return;
	failed = ferror(a->to) != 0;
	failed = fclose(a->to) != 0 || failed;
	a->to = NULL;
	if (failed)
		out_of_memory(a);
}

void cs_request_clear(struct cs_request *r)
{
	drop_body(&r->answer);
	cs_arena_clear(&r->arena);
}
